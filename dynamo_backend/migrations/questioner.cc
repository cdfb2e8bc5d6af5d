#include "dynamo_backend/migrations/questioner.h"

#include <chrono>
#include <iostream>

#include "base/json.h"
#include "dynamo_backend/migrations/conversions.h"
#include "dynamo_backend/registry.h"

namespace dynamo_backend::migrations {
namespace {

std::string dotted(const ModelState& model, const FieldState& field) {
  return model.label() + "." + field.name;
}

// Splits "a<separator>b" into both halves.
std::pair<std::string, std::string> split(const std::string& text, char separator,
                                          const std::string& form) {
  const auto at = text.find(separator);
  if (at == std::string::npos || at == 0 || at + 1 == text.size())
    throw MigrationError("\"" + text + "\": write " + form);
  return {text.substr(0, at), text.substr(at + 1)};
}

std::string trimmed(std::string text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// A C++ default that stands for "no value yet".
bool is_placeholder(const FieldInfo& field, const Value& value) {
  if (value.is<dynamodb::Null>()) return true;
  if (field.shape().type == Shape::Type::epoch) return value == Value(0);
  const auto* text = value.get_if<std::string>();
  if (!text) return false;
  if (field.shape().type == Shape::Type::datetime) return *text == base::to_iso(Timestamp{});
  if (field.shape().type == Shape::Type::uuid) return *text == Uuid().str();
  return text->empty() && !field.blank;
}

}  // namespace

// ---- options

void GivenAnswers::add_rename(const std::string& text) {
  const auto [was, is] =
      split(text, ':', "app.Model.old_field:new_field, or app.OldModel:NewModel");
  renames_[was] = is;
}

void GivenAnswers::add_default(const std::string& text) {
  const auto [field, value] = split(text, '=', "app.Model.field=value");
  defaults_[field] = value;
}

void GivenAnswers::add_conversion(const std::string& text) {
  const auto [field, function] = split(text, '=', "app.Model.field=@app.function");
  if (!function.starts_with('@'))
    throw MigrationError("\"" + text + "\": write app.Model.field=@app.function");
  conversions_[field] = function;
}

std::optional<bool> GivenAnswers::says_renamed(const std::string& was, const std::string& is) {
  const std::string owner = was.substr(0, was.rfind('.'));
  for (const auto& [from, to] : renames_) {
    if (from == was && to == is) {
      used_.insert("--rename " + was + ":" + is);
      return true;
    }
    // One of the two is another's.
    if (from == was || (to == is && from.substr(0, from.rfind('.')) == owner)) return false;
  }
  return no_other_renames_ ? std::optional(false) : std::nullopt;
}

std::optional<bool> GivenAnswers::renamed_field(const ModelState& model, const FieldState& was,
                                                const FieldState& is) {
  const auto said = says_renamed(dotted(model, was), is.name);
  // Nobody need be asked about values that do not become those of the other by themselves.
  return said || standard_conversion(was.type, is.type) ? said : std::optional(false);
}

std::optional<bool> GivenAnswers::renamed_model(const ModelState& was, const ModelState& is) {
  return says_renamed(was.label(), is.name);
}

std::optional<Backfill> GivenAnswers::backfill(const ModelState& model, const FieldState& field,
                                               const std::string&) {
  return given_backfill(model, field);
}

std::string GivenAnswers::conversion(const ModelState& model, const FieldState& was,
                                     const FieldState&) {
  return given_conversion(model, was);
}

std::optional<Backfill> GivenAnswers::given_backfill(const ModelState& model,
                                                     const FieldState& field) {
  const auto found = defaults_.find(dotted(model, field));
  if (found == defaults_.end()) return std::nullopt;
  used_.insert("--default " + found->first + "=" + found->second);
  return parse_backfill(field, found->second);
}

std::string GivenAnswers::given_conversion(const ModelState& model, const FieldState& was) {
  const auto found = conversions_.find(dotted(model, was));
  if (found == conversions_.end()) return "";
  used_.insert("--convert " + found->first + "=" + found->second);
  return found->second;
}

void GivenAnswers::takes_as_renamed(const std::string& was, const std::string& is) {
  (void)says_renamed(was, is);
}

std::vector<std::string> GivenAnswers::unused() const {
  std::vector<std::string> out;
  const auto look = [&](const auto& options, const std::string& name, const std::string& between) {
    for (const auto& [left, right] : options) {
      const std::string option = name + left + between + right;
      if (!used_.count(option)) out.push_back(option);
    }
  };
  look(renames_, "--rename ", ":");
  look(defaults_, "--default ", "=");
  look(conversions_, "--convert ", "=");
  return out;
}

// ---- a person

std::optional<std::string> Terminal::answer(const std::string& prompt) {
  out_ << prompt << std::flush;
  std::string line;
  if (!std::getline(in_, line)) {
    out_ << "\n";
    return std::nullopt;
  }
  return trimmed(line);
}

bool Terminal::yes(const std::string& question) {
  for (;;) {
    const auto text = answer(question + " [y/N] ");
    // Who leaves has not said no, after which a field would go with its data.
    if (!text)
      throw MigrationError(
          "The question was not answered: nothing was written. Options answer it, too: see "
          "--help.");
    if (text->empty() || *text == "n" || *text == "N" || *text == "no") return false;
    if (*text == "y" || *text == "Y" || *text == "yes") return true;
  }
}

std::optional<bool> Terminal::renamed_field(const ModelState& model, const FieldState& was,
                                            const FieldState& is) {
  if (const auto given = GivenAnswers::renamed_field(model, was, is)) return given;
  return yes("Was " + dotted(model, was) + " renamed to " + model.name + "." + is.name + " (" +
             (was.type == is.type ? "" : was.type + " to ") + is.type + ")?");
}

std::optional<bool> Terminal::renamed_model(const ModelState& was, const ModelState& is) {
  if (const auto given = GivenAnswers::renamed_model(was, is)) return given;
  return yes("Was the model " + was.label() + " renamed to " +
             (was.app == is.app ? is.name : is.label()) + "?");
}

std::optional<Backfill> Terminal::backfill(const ModelState& model, const FieldState& field,
                                           const std::string& why) {
  if (auto given = GivenAnswers::backfill(model, field, why)) return given;
  out_
      << why << ".\n  What do they get? A value as JSON (\"text\", 1, true, …)"
      << (field.shape().type == Shape::Type::datetime ? ", now for the time of this moment" : "")
      << (field.type == "uuid" ? ", @uuid4 for a random one each" : "")
      << ",\n  @app.function for a row function, skip to leave them without it, nothing to stop.\n";
  for (;;) {
    const auto text = answer("  " + field.name + " = ");
    if (!text || text->empty()) return std::nullopt;
    try {
      return parse_backfill(field, *text);
    } catch (const MigrationError& error) {
      out_ << "  " << error.what() << "\n";
    }
  }
}

std::string Terminal::conversion(const ModelState& model, const FieldState& was,
                                 const FieldState& is) {
  const std::string given = GivenAnswers::conversion(model, was, is);
  if (!given.empty()) return given;
  out_ << dotted(model, was) << " changes from " << was.type << " to " << is.type
       << ": values do not become that by themselves.\n";
  for (;;) {
    const auto text =
        answer("  Which row function converts them? (@app.function, nothing to stop) ");
    if (!text || text->empty()) return "";
    if (text->starts_with('@') && text->size() > 1) return *text;
  }
}

Backfill parse_backfill(const FieldState& field, const std::string& text) {
  if (text == "skip") return {};
  if (text.starts_with('@') && text.size() > 1) {
    try {
      check_function(field, text.substr(1));
    } catch (const BadValue& error) {
      throw MigrationError(field.name + " " + error.what() + "; it is " + text);
    }
    return {.function = text.substr(1)};
  }
  if (text == "now" && field.shape().type == Shape::Type::datetime)
    return {.value = base::to_iso(base::now())};
  if (text == "now" && field.shape().type == Shape::Type::epoch)
    return {.value =
                std::chrono::floor<std::chrono::seconds>(base::now()).time_since_epoch().count()};
  try {
    const base::Json json = base::parse_json(text);
    if (!json.is_null()) return {.value = from_json(field.shape(), json)};
  } catch (const base::JsonError&) {
    // said below, with what else it may be
  } catch (const BadValue& error) {
    throw MigrationError(field.name + " " + error.what() + "; it is " + text);
  }
  throw MigrationError(text + " is no value for " + field.name +
                       ": write JSON (a text stands in "
                       "\"\"), @app.function or skip");
}

Backfill declared_default(const Registry& registry, std::string_view model_label,
                          std::string_view name) {
  const ModelInfo* model = registry.find(model_label);
  const FieldInfo* field = model ? model->find(name) : nullptr;
  if (!field || !field->at || !model->row.make) return {};
  if (field->kind == Kind::uuid)
    return {.function = std::string(kUuidFunction)};  // as a new row gets one
  const auto row = model->row.make();
  if (field->default_factory) field->type->make(field->at(row.get()), field->default_factory);
  Value value = field->get(row.get());
  if (is_placeholder(*field, value)) return {};
  return {.value = std::move(value)};
}

}  // namespace dynamo_backend::migrations
