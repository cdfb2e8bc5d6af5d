#include "forms/model_form_set.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "dynamo_backend/rows.h"
#include "forms/model_fields.h"

namespace forms {

namespace db = dynamo_backend;
using db::ModelInfo;

namespace {

// Reads each model's choices once for all entries.
ChoiceLoader shared_choices(ChoiceLoader loader) {
  struct Read {
    const ModelInfo* model;
    std::size_t limit;
    auto operator<=>(const Read&) const = default;
  };
  auto read = std::make_shared<std::map<Read, std::vector<Choice>>>();
  if (!loader) loader = row_choices;
  return [read, loader = std::move(loader)](const ModelInfo& model, std::size_t limit) {
    const auto [found, is_new] = read->try_emplace(Read{&model, limit});
    if (is_new) found->second = loader(model, limit);
    return found->second;
  };
}

std::string row_key(const ModelInfo& model, const void* row) {
  return db::key_text(model, db::key_of(model, row));
}

std::optional<std::size_t> parse_count(std::string_view text) {
  std::size_t count = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return count;
}

std::string hidden(const std::string& name, std::string_view value) {
  std::string html = "<input type=\"hidden\" name=\"";
  web::append_escaped_html(html, name);
  html += "\" value=\"";
  web::append_escaped_html(html, value);
  return html + "\">";
}

}  // namespace

ModelFormSet::ModelFormSet(const ModelInfo& model, std::vector<std::shared_ptr<void>> rows,
                           ModelFormSetOptions options)
    : model_(model), options_(std::move(options)), rows_(std::move(rows)) {
  options_.form.choices = shared_choices(std::move(options_.form.choices));
  for (const auto& row : rows_)
    entries_.push_back(
        make_entry(row, row_key(model_, row.get()), std::to_string(entries_.size())));
  for (std::size_t i = 0; i < options_.extra; ++i)
    entries_.push_back(new_entry(std::to_string(entries_.size())));
  total_ = entries_.size();
}

ModelFormSet::Entry ModelFormSet::make_entry(std::shared_ptr<void> row, std::string key,
                                             const std::string& number) {
  ModelFormOptions form = options_.form;
  form.prefix = options_.prefix + "-" + number;
  Entry entry;
  entry.form = std::make_unique<ModelForm>(model_, row.get(), std::move(form));
  entry.row = std::move(row);
  entry.key = std::move(key);
  return entry;
}

ModelFormSet::Entry ModelFormSet::new_entry(const std::string& number) {
  std::shared_ptr<void> row = model_.row.make();
  for (const auto& [attribute, value] : options_.fixed) {
    const db::FieldInfo& field = model_.field(attribute);
    field.set(row.get(), db::coerce(field.shape(), value));
  }
  return make_entry(std::move(row), {}, number);
}

ModelFormSet::Entry ModelFormSet::template_entry() { return new_entry("__prefix__"); }

std::string ModelFormSet::name(std::size_t index, std::string_view field) const {
  return options_.prefix + "-" + std::to_string(index) + "-" + std::string(field);
}

bool ModelFormSet::bind(const web::FormData& data) {
  bound_ = true;
  errors_.clear();
  const auto count = parse_count(data.get(options_.prefix + "-TOTAL_FORMS").value_or(""));
  if (!count) {
    errors_.emplace_back("The page was not sent as it was made. Reload it and try again.");
    return false;
  }
  if (*count > options_.max) {
    errors_.push_back("Send at most " + std::to_string(options_.max) + " of these at once.");
    return false;
  }
  entries_.clear();
  total_ = *count;
  for (std::size_t i = 0; i < *count; ++i) {
    const std::string key(data.get(name(i, "_key")).value_or(""));
    const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const auto& known) {
      return row_key(model_, known.get()) == key;
    });
    if (!key.empty() && row == rows_.end()) {
      errors_.push_back(model_.name + " \"" + key + "\" is not here any more.");
      continue;
    }
    Entry entry =
        key.empty() ? new_entry(std::to_string(i)) : make_entry(*row, key, std::to_string(i));
    entry.deleted = options_.can_delete && data.has(name(i, "DELETE"));
    entry.form->bind(data);
    entry.left_empty = key.empty() && entry.form->changed().empty();
    if (entry.left_empty) entry.form = new_entry(std::to_string(i)).form;  // as it was shown
    entries_.push_back(std::move(entry));
  }
  return is_valid();
}

bool ModelFormSet::is_valid() const {
  return bound_ && errors_.empty() &&
         std::all_of(entries_.begin(), entries_.end(), [](const Entry& entry) {
           return !entry.is_written() || entry.form->is_valid();
         });
}

bool ModelFormSet::save() {
  for (Entry& entry : entries_) {
    if (!entry.deleted || entry.key.empty()) continue;
    try {
      db::remove_row(model_, entry.row.get());
    } catch (const db::ObjectDoesNotExist&) {
      continue;  // as was wanted
    } catch (const db::ModelError& error) {
      entry.form->add_error(error.what());
      return false;
    }
  }
  return std::all_of(entries_.begin(), entries_.end(), [](Entry& entry) {
    const bool writes = entry.is_written() && !entry.form->changed().empty();
    return !writes || entry.form->save();
  });
}

web::SafeHtml ModelFormSet::management_html() const {
  return web::SafeHtml(hidden(options_.prefix + "-TOTAL_FORMS", std::to_string(total_)));
}

web::SafeHtml ModelFormSet::entry_html(std::size_t index) const {
  const Entry& entry = entries_.at(index);
  const std::string name = entry.form->input_name("_key");
  return web::SafeHtml(hidden(name, entry.key) + entry.form->hidden_html().str());
}

web::SafeHtml ModelFormSet::delete_html(std::size_t index) const {
  if (!options_.can_delete) return {};
  const Entry& entry = entries_.at(index);
  const std::string id = entry.form->id("DELETE");
  std::string html = "<input type=\"checkbox\" name=\"";
  web::append_escaped_html(html, entry.form->input_name("DELETE"));
  html += "\" id=\"";
  web::append_escaped_html(html, id);
  html += entry.deleted ? "\" checked> <label for=\"" : "\"> <label for=\"";
  web::append_escaped_html(html, id);
  return web::SafeHtml(html + "\">Delete</label>");
}

}  // namespace forms
