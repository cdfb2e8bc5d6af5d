#include "admin/edit_form.h"

#include <algorithm>
#include <set>

#include "admin/form_parts.h"
#include "admin/values.h"
#include "base/json.h"
#include "dynamo_backend/rows.h"
#include "forms/model_fields.h"
#include "forms/widget.h"

namespace admin {

using base::Uuid;
using dynamo_backend::Kind;
using dynamo_backend::Value;

namespace {

constexpr std::size_t kMostChoices = 500;  // of a many-to-many that is chosen from a list

bool has_several_choices(const ModelAdmin& admin, const FieldInfo& field) {
  return ModelAdmin::is_several(field) && admin.choices_of(field);
}

std::string joined(const std::vector<std::string_view>& parts, char between) {
  std::string out;
  for (const std::string_view part : parts) {
    if (!out.empty()) out += between;
    out += part;
  }
  return out;
}

// The keys in a text; `wrong` gets what is none.
std::vector<Uuid> keys_of(std::string_view text, std::vector<std::string>* wrong = nullptr) {
  std::vector<Uuid> keys;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(",\r\n "), text.size());
    const std::string_view part = text.substr(0, end);
    if (const auto key = Uuid::parse(part))
      keys.push_back(*key);
    else if (wrong && !part.empty())
      wrong->emplace_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return keys;
}

// What is stored stays until somebody takes it away. `in_order`: of several, which a browser sends
// in the order of the choices.
std::vector<forms::Choice> with_stored(const std::vector<std::pair<std::string, std::string>>& all,
                                       const std::vector<std::string>& stored, bool in_order) {
  std::vector<forms::Choice> choices;
  for (const std::string& value : stored) {
    const auto known = std::find_if(all.begin(), all.end(),
                                    [&](const auto& choice) { return choice.first == value; });
    if (known == all.end()) {
      if (!value.empty()) choices.push_back({value, value + " (not a choice any more)"});
    } else if (in_order) {
      choices.push_back({value, known->second});
    }
  }
  for (const auto& [value, label] : all)
    if (!in_order || std::find(stored.begin(), stored.end(), value) == stored.end())
      choices.push_back({value, label});
  return choices;
}

}  // namespace

bool is_checkbox(const FieldInfo& field) {
  return field.kind == Kind::boolean && !field.nullable();
}

std::string checkbox_text(const web::FormData& form, const std::string& name) {
  const auto sent =
      forms::parse({.type = forms::Type::boolean}, {std::string(form.get(name).value_or(""))});
  return sent.value == Value(true) ? "true" : "false";
}

// What was sent for a field; nullopt: it was not on the form.
std::optional<FieldInput> sent_field(const FieldInfo& field, const std::string& prefix,
                                     const web::FormData& form, bool several) {
  FieldInput in{.field = &field, .name = prefix + std::string(field.attribute)};
  const auto base = form.get("base:" + in.name);
  in.base = base.value_or("");
  if (is_checkbox(field)) {
    if (!base && !form.has(in.name)) return std::nullopt;
    in.mine = checkbox_text(form, in.name);
    return in;
  }
  if (!base && !form.has(in.name)) return std::nullopt;
  in.mine = joined(form.get_all(in.name), '\n');
  if (!several) return in;
  // One a line, unless that would be taken for JSON or for other lines.
  std::vector<std::string> chosen;
  for (const std::string_view value : form.get_all(in.name))
    if (!value.empty()) chosen.push_back(unix_lines(value));
  if (in.mine.starts_with('[') || lines_of(unix_lines(in.mine)) != chosen)
    in.mine = base::Json(chosen).dump(2);
  return in;
}

std::string text_now(const FieldInfo& field, const void* row) {
  const Value value = field.get(row);
  if (field.shape().type == dynamo_backend::Shape::Type::uuid && value == Value(Uuid().str()))
    return "";
  return input_text(field, value);
}

std::vector<std::string> errors_of(const Edited* result, const std::string& name) {
  if (!result) return {};
  const auto at = result->errors.find(name);
  return at == result->errors.end() ? std::vector<std::string>() : at->second;
}

EditForm::EditForm(const Page& page, const ModelAdmin& admin, std::optional<dynamodb::Item> key,
                   std::shared_ptr<void> row)
    : page_(page),
      admin_(admin),
      model_(admin.model),
      key_(std::move(key)),
      row_(std::move(row)),
      can_save_(key_ ? page.may_row(admin, "change", row_.get()) : page.may(admin, "add")) {}

bool EditForm::editable(const FieldInfo& field) const {
  if (!can_save_) return false;
  if (field.key && !key_ && !model_.generated_key) return true;
  if (!page_.may_set(admin_, field)) return false;
  return !admin_.is_readonly(field);
}

// ---- what was sent

EditInput EditForm::input(const web::FormData& form, bool as_new) const {
  EditInput input;
  if (!as_new) input.row.key = key_;
  for (const Fieldset& set : admin_.form_fieldsets()) {
    for (const std::string& name : set.fields) {
      const FieldInfo* field = admin_.field(name);
      if (!field || !editable(*field)) continue;
      if (field->kind == Kind::many_to_many) {
        const auto base = form.get("base:" + name);
        if (!base) continue;
        LinksInput links{.field = field, .base = keys_of(as_new ? "" : *base)};
        links.mine = keys_of(joined(form.get_all(name), ','), &links.wrong);
        input.links.push_back(std::move(links));
      } else if (auto sent = sent_field(*field, "", form, has_several_choices(admin_, *field))) {
        input.row.fields.push_back(*std::move(sent));
      }
    }
  }
  for (const Inline& in : admin_.options.inlines)
    input.inlines.push_back(inline_input(in, form, as_new));
  return input;
}

void EditForm::prefill(const Parameters& parameters) {
  for (const auto& [name, text] : parameters) {
    const FieldInfo* field = model_.find(name);
    if (!field || !field->stored() || !editable(*field)) continue;
    try {
      field->set(row_.get(), value_from_input(*field, text));
    } catch (const dynamo_backend::BadValue&) {  // the form begins without it
    }
  }
}

// ---- what is shown

namespace {

void add_errors(web::Context& turn, const std::string& id, const std::vector<std::string>& errors) {
  for (std::size_t i = 0; i < errors.size(); ++i)
    turn.add("errors").set("error", errors[i]).set("error_id", id + "_error" + std::to_string(i));
}

}  // namespace

void EditForm::show_field(web::Context& turn, const Shown& shown) const {
  const FieldInfo& field = *shown.field;
  const std::string id = "id_" + shown.name;
  turn.set("id", id).set("label", shown.label);
  std::string related;
  if (is_relation(field.kind) && !shown.text.empty())
    related = row_texts(field.target(), {shown.text})[shown.text];
  if (shown.readonly) {
    std::string text;
    if (is_relation(field.kind)) {
      text = related.empty() ? shown.text : related;
    } else {
      try {
        text = display_text(field, value_from_input(field, shown.text));
      } catch (const dynamo_backend::BadValue&) {
        text = shown.text;
      }
    }
    turn.show("is_static").set("static_text", text.empty() ? "-" : text);
    turn.set("control", text.empty() ? "-" : text);  // of a cell in a table
    return;
  }
  forms::Field control = forms::field_of(field, nullptr);
  control.name = shown.name;
  control.read_only = false;
  control.required = control.required && !shown.blank;
  if (!shown.of.empty())
    control.attributes.emplace_back("aria-label", shown.label + " of " + shown.of);
  forms::ControlState state{.id = id, .name = shown.name, .invalid = !shown.errors.empty()};
  if (!shown.text.empty()) state.shown = {shown.text};
  if (is_checkbox(field)) {
    if (shown.text != "true") state.shown.clear();
  } else if (shown.choices) {
    const bool several = ModelAdmin::is_several(field);
    control.type = several ? forms::Type::several : forms::Type::text;
    control.widget = several ? forms::Widget::multi_select : forms::Widget::select;
    control.choices = with_stored(
        (*shown.choices)(), several ? values_of(shown.base) : std::vector{shown.base}, several);
    if (several) {
      control.attributes.emplace_back("data-two-pane", "1");
      state.shown = values_of(shown.text);
    }
  } else if (control.type == forms::Type::datetime && shown.text.size() > 19) {
    control.widget = forms::Widget::text;  // datetime-local refuses fractions of a second
  }
  for (std::size_t i = 0; i < shown.errors.size(); ++i)
    state.described_by.push_back(id + "_error" + std::to_string(i));
  if (is_relation(field.kind)) {
    const ModelAdmin* other = site().find(field.target());
    control.widget = forms::Widget::text;
    if (other && page_.may(*other, "view")) {
      if (!shown.by_key && !other->options.search_fields.empty())
        control.attributes.emplace_back("data-autocomplete", model_url(*other) + "autocomplete/");
      control.attributes.emplace_back("data-popup", id);
      control.attributes.emplace_back("data-shown", related);
      turn.show("lookup").set("lookup_url", model_url(*other) + "?_popup=1");
      if (!related.empty()) {
        turn.show("change_related").set("change_key", shown.text);
        turn.set("change_url", row_url(*other, shown.text) + "change/?_popup=1");
        turn.set("change_word", page_.may(*other, "change") ? "Change" : "View");
      }
      if (page_.may(*other, "add"))
        turn.show("add_related").set("add_url", model_url(*other) + "add/?_popup=1");
    }
    if (!related.empty()) turn.show("related_text_shown").set("related_text", related);
  }
  if (!control.help_text.empty()) {
    turn.show("has_help").set("help", control.help_text).set("help_id", id + "_help");
    state.described_by.push_back(id + "_help");
  }
  turn.set("control", forms::control(control, state));
  turn.show(is_checkbox(field) ? "is_checkbox" : "is_control");
  turn.show("required", control.required && !is_checkbox(field));
  if (shown.has_base) {
    turn.show("has_base").set("base_name", "base:" + shown.name).set("base_value", shown.base);
  }
  turn.set("field_class", shown.errors.empty() ? "" : "wrong");
  add_errors(turn, id, shown.errors);
}

void EditForm::show_links(web::Context& turn, const FieldInfo& field, const web::FormData* sent,
                          const Edited* result) const {
  const std::string name(field.attribute), id = "id_" + name;
  std::vector<std::string> now, base, wrong;
  if (key_) {
    const auto owner = Uuid::parse(model_.partition->get(row_.get()).as<std::string>());
    for (const Uuid& key : linked_keys(model_, field, *owner)) base.push_back(key.str());
  }
  now = base;
  if (sent && sent->has("base:" + name)) {
    now.clear();
    base.clear();
    for (const Uuid& key : keys_of(joined(sent->get_all(name), ','), &wrong))
      now.push_back(key.str());
    for (const Uuid& key : keys_of(*sent->get("base:" + name))) base.push_back(key.str());
  }
  turn.set("id", id).set("label", label_of(field));
  const auto choices = forms::row_choices(field.target(), kMostChoices);
  if (!editable(field)) {
    std::string text;
    for (const auto& [key, label] : row_texts(field.target(), {now.begin(), now.end()}))
      text += (text.empty() ? "" : ", ") + label;
    turn.show("is_static").set("static_text", text.empty() ? "-" : text);
    return;
  }
  forms::Field control{.name = name, .type = forms::Type::several, .required = false};
  forms::ControlState state{.id = id, .name = name, .shown = now};
  if (choices.size() <= kMostChoices) {
    control.widget = forms::Widget::multi_select;
    control.choices = choices;
    control.attributes.emplace_back("data-two-pane", "1");
  } else {  // too many for a list: their keys, one a line
    control.type = forms::Type::lines;
    control.widget = forms::Widget::textarea;
    std::string lines;
    now.insert(now.end(), wrong.begin(), wrong.end());
    for (const std::string& key : now) lines += (lines.empty() ? "" : "\n") + key;
    state.shown = {lines};
  }
  const auto errors = errors_of(result, name);
  state.invalid = !errors.empty();
  for (std::size_t i = 0; i < errors.size(); ++i)
    state.described_by.push_back(id + "_error" + std::to_string(i));
  turn.set("field_class", errors.empty() ? "" : "wrong");
  add_errors(turn, id, errors);
  const std::string base_text = joined({base.begin(), base.end()}, ',');
  turn.set("control", forms::control(control, state)).show("is_control");
  turn.show("has_base").set("base_name", "base:" + name).set("base_value", base_text);
}

void EditForm::show(web::Context& context, const web::FormData* sent, const Edited* result) const {
  if (result) {
    context.show("has_errors", !result->errors.empty());
    for (const std::string& text : errors_of(result, ""))
      context.add("form_errors").set("error", text);
    context.show("has_conflicts", !result->conflicts.empty());
    for (const Conflict& c : result->conflicts)
      context.add("conflicts")
          .set("conflict", label_of(*c.field))
          .set("conflict_id", "id_" + c.name)
          .set("conflict_base", c.base)
          .set("conflict_theirs", c.theirs)
          .set("conflict_mine", c.mine);
  }
  for (const Fieldset& set : admin_.form_fieldsets()) {
    web::Context group = context.add("fieldsets");
    group.show("has_legend", !set.title.empty()).set("legend", set.title);
    group.show("has_description", !set.description.empty()).set("description", set.description);
    for (const std::string& name : set.fields) {
      const FieldInfo* field = admin_.field(name);
      if (!field) continue;
      const bool may_edit = editable(*field);
      if (!key_ && !may_edit) continue;  // a new row has nothing to show there
      web::Context turn = group.add("fields");
      if (field->kind == Kind::many_to_many) {
        show_links(turn, *field, sent, result);
        continue;
      }
      Shown shown{.field = field,
                  .name = std::string(field->attribute),
                  .label = label_of(*field),
                  .text = text_now(*field, row_.get()),
                  .readonly = !may_edit,
                  .has_base = may_edit && key_.has_value(),
                  .by_key = admin_.is_raw_id(*field),
                  .choices = admin_.choices_of(*field),
                  .errors = errors_of(result, std::string(field->attribute))};
      if (key_) shown.base = shown.text;
      if (sent && may_edit) {
        if (const auto in = sent_field(*field, "", *sent, has_several_choices(admin_, *field))) {
          shown.text = unix_lines(in->mine);
          shown.base = in->base;
        }
        for (const Conflict& c : result ? result->conflicts : std::vector<Conflict>())
          if (c.name == shown.name) shown.base = c.theirs;  // the next save decides
      }
      show_field(turn, shown);
    }
  }
  for (const Inline& in : admin_.options.inlines) show_inline(context, in, sent, result);
  base::Json prepopulate = base::Json::object();
  for (const auto& [target, sources] : admin_.options.prepopulated_fields)
    prepopulate[target] = sources;
  context.show("can_prepopulate", !key_ && can_save_ && !prepopulate.empty());
  context.set("prepopulate", prepopulate.dump());
}

}  // namespace admin
