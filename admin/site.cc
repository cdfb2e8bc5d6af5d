#include "admin/site.h"

#include <algorithm>
#include <cctype>

#include "dynamo_backend/text.h"

namespace admin {

const FieldInfo* find_field(const ModelInfo& model, std::string_view name) {
  if (const FieldInfo* field = model.find(name)) return field;
  return model.find_member(name);
}

const FieldInfo* inline_key(const Inline& of, const ModelInfo& parent) {
  const FieldInfo* found = nullptr;
  for (const FieldInfo& f : of.model->fields) {
    if (!dynamo_backend::is_relation(f.kind) || &f.target() != &parent) continue;
    if (!of.options.foreign_key.empty()) {
      if (f.attribute == of.options.foreign_key || f.member == of.options.foreign_key) return &f;
      continue;
    }
    if (found) return nullptr;
    found = &f;
  }
  return found;
}

std::string label_of(const FieldInfo& field) {
  std::string label = field.label();
  if (is_relation(field.kind) && field.verbose_name.empty() && label.ends_with(" pk"))
    label.resize(label.size() - 3);
  return label;
}

std::string words_of(const ModelInfo& model) {
  if (!model.meta.verbose_name.empty()) return std::string(model.meta.verbose_name);
  std::string words;
  for (std::size_t i = 0; i < model.name.size(); ++i) {
    const char c = model.name[i];
    const bool upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    const bool after_lower =
        i > 0 && std::isupper(static_cast<unsigned char>(model.name[i - 1])) == 0;
    if (upper && after_lower) words += ' ';
    words += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return words;
}

std::string plural(std::string words) {
  if (words.ends_with('y') && words.size() > 1 &&
      std::string_view("aeiou").find(words[words.size() - 2]) == std::string_view::npos) {
    words.pop_back();
    return words + "ies";
  }
  const bool hisses = words.ends_with('s') || words.ends_with('x') || words.ends_with("ch");
  return words + (hisses ? "es" : "s");
}

ModelAdmin::ModelAdmin(const ModelInfo& m, ModelOptions o) : model(m), options(std::move(o)) {}

std::string ModelAdmin::path() const {
  return dynamo_backend::ascii_lower(model.app_label) + "/" +
         dynamo_backend::ascii_lower(model.name);
}
std::string ModelAdmin::singular() const { return words_of(model); }
std::string ModelAdmin::title() const {
  const std::string_view given = model.meta.verbose_name_plural;
  return given.empty() ? plural(words_of(model)) : std::string(given);
}
std::string ModelAdmin::permission(std::string_view verb) const {
  return model.app_label + "." + std::string(verb) + "_" + dynamo_backend::ascii_lower(model.name);
}
const FieldInfo* ModelAdmin::field(std::string_view name) const { return find_field(model, name); }

static bool names(const ModelAdmin& admin, const std::vector<std::string>& list,
                  const FieldInfo& field) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& name) { return admin.field(name) == &field; });
}

bool ModelAdmin::is_readonly(const FieldInfo& field) const {
  using dynamo_backend::Kind;
  if (options.read_only || field.key || !field.editable || field.auto_now || field.auto_now_add ||
      field.kind == Kind::version || field.kind == Kind::computed)
    return true;
  return names(*this, options.readonly_fields, field);
}

std::vector<Fieldset> ModelAdmin::form_fieldsets() const {
  if (!options.fieldsets.empty()) return options.fieldsets;
  if (!options.fields.empty()) return {{"", options.fields, ""}};
  Fieldset all;
  std::vector<std::string> last;  // what nobody edits, at the end
  for (const FieldInfo& f : model.fields) {
    using dynamo_backend::Kind;
    if (f.kind == Kind::computed || f.kind == Kind::version) continue;
    // The links of a many-to-many with a model of its own are edited by an inline.
    if (f.kind == Kind::many_to_many && f.through) continue;
    const bool shown = !is_readonly(f) || f.key || f.auto_now || f.auto_now_add ||
                       names(*this, options.readonly_fields, f) || options.read_only;
    if (!shown) continue;
    (is_readonly(f) ? last : all.fields).emplace_back(f.attribute);
  }
  all.fields.insert(all.fields.end(), last.begin(), last.end());
  return {all};
}

bool ModelAdmin::in_form(const FieldInfo& of) const {
  for (const Fieldset& set : form_fieldsets())
    if (names(*this, set.fields, of)) return true;
  return false;
}
const Choices* ModelAdmin::choices_of(const FieldInfo& of) const {
  for (const auto& [name, choices] : options.choices)
    if (field(name) == &of) return &choices;
  return nullptr;
}
bool ModelAdmin::is_several(const FieldInfo& of) {
  return of.kind == dynamo_backend::Kind::set || of.kind == dynamo_backend::Kind::list;
}
bool ModelAdmin::is_raw_id(const FieldInfo& of) const {
  return names(*this, options.raw_id_fields, of);
}
bool ModelAdmin::is_for_superusers(const FieldInfo& of) const {
  return names(*this, options.superuser_fields, of);
}

const Action* ModelAdmin::find_action(std::string_view name) const {
  for (const Action& a : options.actions)
    if (a.name == name) return &a;
  return nullptr;
}

void Site::add(const ModelInfo& model, ModelOptions how) {
  std::erase_if(models_, [&](const auto& m) { return &m->model == &model; });
  models_.push_back(std::make_unique<const ModelAdmin>(model, std::move(how)));
}

const ModelAdmin* Site::find(std::string_view path) const {
  for (const auto& m : models_)
    if (m->path() == path) return m.get();
  return nullptr;
}
const ModelAdmin* Site::find(const ModelInfo& model) const {
  for (const auto& m : models_)
    if (&m->model == &model) return m.get();
  return nullptr;
}
std::vector<const ModelAdmin*> Site::models() const {
  std::vector<const ModelAdmin*> all;
  for (const auto& m : models_) all.push_back(m.get());
  std::sort(all.begin(), all.end(),
            [](const ModelAdmin* a, const ModelAdmin* b) { return a->path() < b->path(); });
  return all;
}

Site& site() {
  static Site instance;
  return instance;
}

}  // namespace admin
