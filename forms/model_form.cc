#include "forms/model_form.h"

#include <algorithm>

#include "dynamo_backend/rows.h"
#include "forms/model_fields.h"

namespace forms {

namespace db = dynamo_backend;
using db::FieldInfo;
using db::Kind;
using db::ModelInfo;

namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What the form shows, in order.
std::vector<const FieldInfo*> shown_fields(const ModelInfo& model, const ModelFormOptions& options,
                                           bool is_new) {
  for (const auto* const names : {&options.fields, &options.exclude, &options.read_only}) {
    for (const std::string& name : *names) (void)model.field(name);
  }
  std::vector<const FieldInfo*> fields;
  for (const std::string& name : options.fields) {
    if (!contains(options.exclude, name)) fields.push_back(&model.field(name));
  }
  if (!options.fields.empty()) return fields;
  for (const FieldInfo& field : model.fields) {
    if (contains(options.exclude, field.attribute)) continue;
    // Links with values of their own are rows to edit, not choices; generated keys are nobody's.
    const bool editable =
        is_editable(field, is_new) && !field.through && !(field.key && model.generated_key);
    if (editable || contains(options.read_only, field.attribute)) fields.push_back(&field);
  }
  return fields;
}

// nullopt: too many to choose from.
std::optional<std::vector<Choice>> choices_of(const ModelFormOptions& options,
                                              const ModelInfo& target) {
  if (options.max_choices == 0) return std::nullopt;
  auto choices = options.choices ? options.choices(target, options.max_choices)
                                 : row_choices(target, options.max_choices);
  if (choices.size() > options.max_choices) return std::nullopt;
  return choices;
}

// The related row alone, for a field that is only shown.
std::vector<Choice> choice_shown(const ModelInfo& target, const Value& key) {
  const auto* const text = key.get_if<std::string>();
  if (!text) return {};
  const auto packed = db::look_up(target, {{std::string(target.partition->attribute), key}});
  if (!packed) return {};
  const std::shared_ptr<void> row = target.row.make();
  db::load_row(target, row.get(), packed->bytes());
  return {{*text, row_text(target, row.get())}};
}

Field make_field(const ModelInfo& model, const FieldInfo& info, void* row, bool is_new,
                 const ModelFormOptions& options) {
  Field field = field_of(info, row);
  const bool made = info.key && model.generated_key;
  field.read_only =
      contains(options.read_only, info.attribute) || !is_editable(info, is_new) || made;
  if (info.kind == Kind::many_to_many) {
    field.initial = is_new ? Value(dynamodb::List{}) : linked_keys(model, info, row);
    auto choices = choices_of(options, info.target());
    if (choices)
      field.choices = *std::move(choices);
    else
      field.type = Type::lines;
  } else if (db::is_relation(info.kind) && field.read_only) {
    field.choices = choice_shown(info.target(), field.initial);
  } else if (db::is_relation(info.kind)) {
    if (auto choices = choices_of(options, info.target())) {
      field.choices = *std::move(choices);
      field.widget = Widget::select;
    }
  }
  return field;
}

std::vector<Field> make_fields(const ModelInfo& model, void* row, bool is_new,
                               const ModelFormOptions& options) {
  std::vector<Field> fields;
  for (const FieldInfo* info : shown_fields(model, options, is_new))
    fields.push_back(make_field(model, *info, row, is_new, options));
  const bool shows_version =
      model.version && std::any_of(fields.begin(), fields.end(), [&](const Field& field) {
        return field.name == model.version->attribute;
      });
  if (model.version && !is_new && !shows_version) {
    Field version = field_of(*model.version, row);
    version.widget = Widget::hidden;
    version.required = false;
    fields.push_back(std::move(version));
  }
  return fields;
}

std::string lower_label(const ModelInfo& model, std::string_view attribute) {
  const FieldInfo* const field = model.find(attribute);
  return field ? field_of(*field, nullptr).label : std::string(attribute);
}

}  // namespace

ModelForm::ModelForm(const ModelInfo& model, void* row, ModelFormOptions options)
    : Form(make_fields(model, row, model.row.state(row).is_new(), options), options.prefix),
      model_(model),
      row_(row),
      is_new_(model.row.state(row).is_new()) {}

bool ModelForm::bind(const web::FormData& data) {
  Form::bind(data);
  check_version();
  check_keys();
  apply();
  validate();
  return is_valid();
}

void ModelForm::check_version() {
  conflict_ = false;
  if (!model_.version || is_new_ || !has(model_.version->attribute)) return;
  Bound& version = bound(model_.version->attribute);
  // A form that was made without one, by hand or by a program, is held to no version.
  if (version.field.read_only || version.sent.empty() || !has_changed(version.field.name)) return;
  conflict_ = true;
  version.sent = sent_form(version.field, version.field.initial);
  add_error(
      "This was changed by someone else since you opened it. Look at what is there now; "
      "saving once more overwrites it.");
}

// Of fields that do not list their choices.
void ModelForm::check_keys() {
  for (const Bound& of : all()) {
    const FieldInfo* const info = model_.find(of.field.name);
    if (!info || of.field.read_only || !of.field.choices.empty() || !has_changed(of.field.name))
      continue;
    if (!db::is_relation(info->kind) && info->kind != Kind::many_to_many) continue;
    std::vector<std::string> keys = texts(of.field.name);
    if (const auto* const key = of.value.get_if<std::string>()) keys = {*key};
    for (const std::string& key : missing_keys(info->target(), keys))
      add_error(of.field.name, "There is no " + info->target().name + " \"" + key + "\".");
  }
}

void ModelForm::apply() {
  for (const Bound& of : all()) {
    const FieldInfo* const info = model_.find(of.field.name);
    if (!info || !info->stored() || info->kind == Kind::version || of.field.read_only) continue;
    if (!errors(of.field.name).empty() || !has_changed(of.field.name)) continue;
    try {
      info->set(row_, db::coerce(info->shape(), of.value));
    } catch (const db::BadValue& error) {
      add_error(of.field.name, std::string("This value ") + error.what() + ".");
    }
  }
}

void ModelForm::validate() {
  try {
    db::validate_row(model_, row_, db::Strictness::full);
  } catch (const db::ValidationError& errors) {
    add_errors(errors);
  }
}

// Once for each field: what is wrong with what was sent says more than what is wrong with the row.
void ModelForm::add_errors(const db::ValidationError& found) {
  for (const auto& [name, messages] : found.errors()) {
    const bool is_ours = has(name) && !field(name).read_only;
    if (is_ours && !errors(name).empty()) continue;
    const FieldInfo* const info = model_.find(name);
    // Of a stored row, only what the form can mend; a new one lacks what its view forgot to set.
    if (!is_ours && info && (!is_new_ || info->default_factory)) continue;
    for (const std::string& message : messages) {
      if (name == db::ValidationError::kNonField)
        add_error(message);
      else if (is_ours)
        add_error(name, message);
      else
        add_error(lower_label(model_, name) + ": " + message);
    }
  }
}

bool ModelForm::save() {
  try {
    db::save_row(model_, row_);
  } catch (const db::ValidationError& errors) {
    add_errors(errors);
  } catch (const db::IntegrityError& error) {
    std::string labels;
    for (const std::string& name : error.fields())
      labels += (labels.empty() ? "" : " and ") + lower_label(model_, name);
    const std::string message = model_.name + " with this " + labels + " already exists.";
    const bool one = error.fields().size() == 1 && has(error.fields().front());
    add_error(one ? std::string_view(error.fields().front()) : std::string_view(), message);
  } catch (const db::ConflictError&) {
    conflict_ = true;
    add_error(
        "This was changed by someone else at this moment. Look at what is there now and try "
        "again.");
  } catch (const db::ObjectDoesNotExist&) {
    add_error("This was deleted by someone else meanwhile.");
  }
  if (!is_valid()) return false;
  save_many();
  return true;
}

void ModelForm::save_many() {
  for (const Bound& of : all()) {
    const FieldInfo* const info = model_.find(of.field.name);
    if (info && info->kind == Kind::many_to_many && has_changed(of.field.name))
      set_linked_keys(model_, *info, row_, of.value);
  }
}

}  // namespace forms
