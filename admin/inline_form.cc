// Inlines: rows of other models that point to the form's row, as part of its form.
#include <algorithm>
#include <charconv>
#include <map>

#include "admin/form_parts.h"
#include "admin/values.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/text.h"

namespace admin {

using dynamo_backend::Kind;

namespace {

// Lines of a form that are read: what others have added meanwhile stands in none of them.
std::size_t most_lines(const Inline& in) { return in.options.max_rows + in.options.extra + 100; }
// A row has one of a one-to-one.
std::size_t most_shown(const Inline& in, const ModelInfo& parent) {
  return inline_key(in, parent)->kind == Kind::one_to_one ? 1 : in.options.max_rows;
}
std::size_t total_of(const web::FormData& form, const std::string& prefix) {
  const std::string_view text = form.get(prefix + "__total").value_or("0");
  std::size_t total = 0;
  std::from_chars(text.data(), text.data() + text.size(), total);
  return total;
}
std::size_t lines_of(const web::FormData& form, const Inline& in, const std::string& prefix) {
  return std::min(total_of(form, prefix), most_lines(in));
}

bool inline_readonly(const Inline& in, const FieldInfo& field) {
  if (field.key || !field.editable || field.auto_now || field.auto_now_add) return true;
  const auto& list = in.options.readonly_fields;
  return std::any_of(list.begin(), list.end(),
                     [&](const auto& name) { return find_field(*in.model, name) == &field; });
}

// Who adds a row gives it the key that nobody generates.
bool is_given_key(const Inline& in, const FieldInfo& field) {
  return field.key && !in.model->generated_key;
}

std::vector<const FieldInfo*> inline_fields(const Inline& in, const ModelInfo& parent) {
  std::vector<const FieldInfo*> out;
  const FieldInfo* link = inline_key(in, parent);
  if (!in.options.fields.empty()) {
    for (const std::string& name : in.options.fields)
      if (const FieldInfo* f = find_field(*in.model, name)) out.push_back(f);
    for (const FieldInfo& f : in.model->fields)  // no row is added without its key
      if (&f != link && is_given_key(in, f) && std::find(out.begin(), out.end(), &f) == out.end())
        out.push_back(&f);
    return out;
  }
  for (const FieldInfo& f : in.model->fields) {
    if (&f == link) continue;
    const bool shown = f.stored() && !f.key && f.editable && f.kind != Kind::computed &&
                       f.kind != Kind::version && !(inline_readonly(in, f) && !f.auto_now_add);
    if (shown || is_given_key(in, f)) out.push_back(&f);
  }
  return out;
}

}  // namespace

std::string EditForm::inline_prefix(const Inline& in) const {
  const std::string name = dynamo_backend::ascii_lower(in.model->name);
  std::size_t number = 1;
  for (const Inline& other : admin_.options.inlines) {
    if (&other == &in) break;
    if (dynamo_backend::ascii_lower(other.model->name) == name) ++number;
  }
  return name + (number == 1 ? "" : "." + std::to_string(number)) + "-";
}

// A stored row, or an empty one.
struct EditForm::InlineLine {
  std::size_t place = 0;  // in the names of its inputs
  std::shared_ptr<void> row{};
  std::string key{};      // in URLs; empty: it is new
  bool is_blank = false;  // not in the form: the script copies it for one more row
  bool is_new() const { return key.empty(); }
  std::string prefix(const std::string& of_inline) const {
    return of_inline + std::to_string(place) + "-";
  }
};

bool EditForm::may_inline(const Inline& in, std::string_view verb) const {
  return page_.may(*in.model, verb) && (verb == "view" || can_save_);
}

bool EditForm::may_inline_row(const Inline& in, std::string_view verb, const void* row) const {
  const ModelAdmin* admin = site().find(*in.model);
  return may_inline(in, verb) && (!admin || page_.may_row(*admin, verb, row));
}

bool EditForm::inline_editable(const Inline& in, const FieldInfo& field, bool is_new) const {
  if (is_new && is_given_key(in, field) && &field != inline_key(in, model_)) return true;
  const ModelAdmin* admin = site().find(*in.model);
  if (admin && !page_.may_set(*admin, field)) return false;
  return !inline_readonly(in, field);
}

InlineInput EditForm::inline_input(const Inline& in, const web::FormData& form, bool as_new) const {
  const std::string prefix = inline_prefix(in);
  InlineInput out{.of = &in,
                  .may_add = may_inline(in, "add"),
                  .too_many = total_of(form, prefix) > most_lines(in)};
  const std::shared_ptr<void> fresh = in.model->row.make(), another = in.model->row.make();
  for (std::size_t i = 0; i < lines_of(form, in, prefix); ++i) {
    RowInput row{.prefix = prefix + std::to_string(i) + "-"};
    const std::string sent_key(form.get(row.prefix + "__key").value_or(""));
    std::optional<dynamodb::Item> key;
    if (!sent_key.empty()) {
      key = key_from_url(*in.model, sent_key);
      if (!key) not_found("There is no " + words_of(*in.model) + " of that key.");
    }
    if (!as_new) row.key = key;
    row.remove = form.has(row.prefix + "__delete");
    if (row.remove && (!row.key || !in.options.can_delete || !may_inline(in, "delete"))) continue;
    if (!row.remove && !may_inline(in, row.key ? "change" : "add")) continue;
    if (row.key) {
      const auto stored = dynamo_backend::fetch(*in.model, *row.key);
      const char* verb = row.remove ? "delete" : "change";
      if (stored && !may_inline_row(in, verb, row_of(*in.model, stored->bytes()).get())) continue;
    }
    bool filled = false;
    for (const FieldInfo* field : inline_fields(in, model_)) {
      if (!inline_editable(in, *field, !row.key)) continue;
      auto sent = sent_field(*field, row.prefix, form);
      if (!sent && as_new && key && field->key)  // which the line showed, and had no input for
        sent = FieldInput{.field = field,
                          .name = row.prefix + std::string(field->attribute),
                          .mine = input_text(*field, key->find(field->attribute)->second)};
      if (!sent) continue;
      const std::string empty =
          is_relation(field->kind) ? "" : input_text(*field, field->get(fresh.get()));
      // A key that each row makes for itself is in the line before anybody types.
      const bool says_nothing = field->key && !is_relation(field->kind) &&
                                empty != input_text(*field, field->get(another.get()));
      filled = filled || (!says_nothing && typed_text(*field, sent->mine) != empty);
      row.fields.push_back(*std::move(sent));
    }
    if (row.key || key || filled) out.rows.push_back(std::move(row));
  }
  return out;
}

std::vector<std::shared_ptr<void>> EditForm::inline_rows(const Inline& in) const {
  std::vector<std::shared_ptr<void>> rows;
  if (!key_) return rows;
  const FieldInfo* link = inline_key(in, model_);
  dynamo_backend::Query query = dynamo_backend::all_rows(*in.model)
                                    .filtered(make_leaf(dynamo_backend::Op::eq, {link->member},
                                                        model_.partition->get(row_.get())))
                                    .sliced(0, in.options.max_rows);
  query.scan_reason = "rows of an inline";
  for (const std::string& packed : fetch_rows(query)) rows.push_back(row_of(*in.model, packed));
  return rows;
}

// The lines of a form that was refused, as they were sent. `gone`: how many are not there by now.
std::vector<EditForm::InlineLine> EditForm::sent_lines(const Inline& in, const web::FormData& sent,
                                                       std::size_t& gone) const {
  std::vector<InlineLine> lines;
  const std::string prefix = inline_prefix(in);
  for (std::size_t i = 0; i < lines_of(sent, in, prefix); ++i) {
    InlineLine line{.place = i};
    const auto text = sent.get(line.prefix(prefix) + "__key");
    if (!text) continue;  // it was left out when it was shown
    const auto key = key_from_url(*in.model, *text);
    const auto stored = key ? dynamo_backend::fetch(*in.model, *key) : std::nullopt;
    line.row = stored ? row_of(*in.model, stored->bytes()) : in.model->row.make();
    if (!text->empty()) {
      line.key = *text;
      const bool is_here = stored && inline_key(in, model_)->get(line.row.get()) ==
                                         model_.partition->get(row_.get());
      if (!is_here || !may_inline_row(in, "view", line.row.get())) {
        ++gone;
        continue;
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

void EditForm::show_inline(web::Context& context, const Inline& in, const web::FormData* sent,
                           const Edited* result) const {
  if (!inline_key(in, model_) || !may_inline(in, "view")) return;
  const std::string prefix = inline_prefix(in);
  const std::size_t most = most_shown(in, model_);
  std::vector<InlineLine> lines;
  std::size_t gone = 0, total = 0;
  bool more = false;
  if (sent && sent->has(prefix + "__total")) {
    lines = sent_lines(in, *sent, gone);
    total = lines_of(*sent, in, prefix);
  } else {
    const auto rows = inline_rows(in);
    more = rows.size() == in.options.max_rows;
    for (const auto& row : rows)
      if (may_inline_row(in, "view", row.get()))
        lines.push_back(
            {lines.size(), row,
             url_key(*in.model, key_of(*in.model, static_cast<const void*>(row.get())))});
    const std::size_t wanted = std::max(rows.size() + in.options.extra, in.options.min_rows);
    if (may_inline(in, "add"))
      for (std::size_t i = rows.size(); i < std::min(wanted, most); ++i)
        lines.push_back({.place = lines.size(), .row = in.model->row.make()});
    total = lines.size();
  }

  const bool has_new =
      std::any_of(lines.begin(), lines.end(), [](const InlineLine& line) { return line.is_new(); });
  if (!has_new && lines.size() < most && may_inline(in, "add"))
    lines.push_back({.place = total, .row = in.model->row.make(), .is_blank = true});
  web::Context group = context.add("inlines");
  group.set("inline_prefix", prefix).set("inline_title", plural(words_of(*in.model)));
  group.set("inline_total", std::to_string(total));
  group.show("inline_more", more);
  group.set("inline_more_text", "Only the first " + std::to_string(in.options.max_rows) +
                                    " are here; the others are in their own list.");
  group.show("inline_gone", gone > 0);
  group.set("inline_gone_text",
            gone == 1 ? "1 " + words_of(*in.model) + " is not there any more: it is left out."
                      : std::to_string(gone) + " " + plural(words_of(*in.model)) +
                            " are not there any more: they are left out.");
  web::Context body = group.add(in.options.stacked ? "stacked" : "tabular");
  body.show("can_remove", in.options.can_delete && may_inline(in, "delete"));
  for (const FieldInfo* field : inline_fields(in, model_))
    body.add("heads").set("head", label_of(*field));
  for (const InlineLine& line : lines) {
    web::Context turn = body.add("inline_rows");
    show_inline_line(turn, in, line, sent, result);
  }
}

void EditForm::show_inline_line(web::Context& turn, const Inline& in, const InlineLine& line,
                                const web::FormData* sent, const Edited* result) const {
  const ModelInfo& model = *in.model;
  const std::string before = line.prefix(inline_prefix(in));
  const bool may_edit =
      line.is_new() ? may_inline(in, "add") : may_inline_row(in, "change", line.row.get());
  const bool may_remove = in.options.can_delete && may_inline(in, "delete");
  const bool removable =
      may_remove && !line.is_new() && may_inline_row(in, "delete", line.row.get());
  const std::string label =
      line.is_new() ? "new " + words_of(model) : row_text(model, line.row.get());
  turn.show("is_blank", line.is_blank);
  turn.set("row_class", line.is_new() ? "new" : "stored").set("row_label", label);
  turn.set("key_name", before + "__key").set("key_value", line.key);
  turn.set("delete_name", before + "__delete").show("remove_cell", may_remove);
  turn.show("removable", removable);
  turn.show("removal_chosen", removable && sent && sent->has(before + "__delete"));
  for (const std::string& text : errors_of(result, before))
    turn.add("row_errors").set("error", text);
  const auto& by_key = in.options.raw_id_fields;
  bool first = true;
  for (const FieldInfo* field : inline_fields(in, model_)) {
    web::Context cell = turn.add("inline_fields");
    cell.show("first_cell", first).show("row_label_shown", first && !line.is_new());
    first = false;
    Shown shown{.field = field,
                .name = before + std::string(field->attribute),
                .label = label_of(*field),
                .text = text_now(*field, line.row.get()),
                .of = in.options.stacked ? "" : label,
                .blank = line.is_new(),
                .readonly = !may_edit || !inline_editable(in, *field, line.is_new()),
                .by_key = std::any_of(by_key.begin(), by_key.end(), [&](const auto& name) {
                  return find_field(model, name) == field;
                })};
    if (shown.readonly && line.is_new()) shown.text.clear();
    shown.base = line.is_new() ? "" : shown.text;
    shown.has_base = !shown.readonly;
    if (sent && !shown.readonly) {
      if (const auto input = sent_field(*field, before, *sent)) {
        shown.text = unix_lines(input->mine);
        shown.base = input->base;
      }
    }
    if (result) {
      shown.errors = errors_of(result, shown.name);
      for (const Conflict& c : result->conflicts)
        if (c.name == shown.name) shown.base = c.theirs;
    }
    show_field(cell, shown);
  }
}

}  // namespace admin
