#include "dynamo_backend/migrations/object_reader.h"

#include <algorithm>

#include "base/json.h"
#include "dynamo_backend/migrations/state.h"

namespace dynamo_backend::migrations {

using base::Json;

ObjectReader::ObjectReader(const Json& json, std::string_view what) : json_(json), what_(what) {
  if (!json.is_object()) throw MigrationError(what_ + ": must be an object, {…}");
}

void ObjectReader::refuse(std::string_view key, const std::string& why) const {
  throw MigrationError(what_ + ": \"" + std::string(key) + "\" " + why);
}

const Json* ObjectReader::find(std::string_view key) {
  if (std::find(taken_.begin(), taken_.end(), key) == taken_.end()) taken_.emplace_back(key);
  const auto found = json_.find(std::string(key));
  return found == json_.end() ? nullptr : &*found;
}

const Json& ObjectReader::take(std::string_view key) {
  const Json* value = find(key);
  if (!value) refuse(key, "is missing");
  return *value;
}

std::string ObjectReader::text(std::string_view key) {
  const Json& value = take(key);
  if (!value.is_string() || value.get_ref<const std::string&>().empty())
    refuse(key, "must be a text that is not empty");
  return value.get<std::string>();
}

std::string ObjectReader::text_or_empty(std::string_view key) {
  const Json* value = find(key);
  if (value && !value->is_string()) refuse(key, "must be a text");
  return value ? value->get<std::string>() : std::string();
}

bool ObjectReader::flag(std::string_view key) {
  const Json* value = find(key);
  if (value && !value->is_boolean()) refuse(key, "must be true or false");
  return value && value->get<bool>();
}

const std::vector<Json>& ObjectReader::array(std::string_view key) {
  static const std::vector<Json> none;
  const Json* value = find(key);
  if (value && !value->is_array()) refuse(key, "must be an array, […]");
  return value ? value->get_ref<const Json::array_t&>() : none;
}

std::vector<std::string> ObjectReader::texts(std::string_view key) {
  std::vector<std::string> out;
  for (const Json& element : array(key)) {
    if (!element.is_string()) refuse(key, "must be an array of texts");
    out.push_back(element.get<std::string>());
  }
  return out;
}

std::vector<std::string> ObjectReader::text_or_texts(std::string_view key) {
  const Json* value = find(key);
  return value && value->is_string() ? std::vector{text(key)} : texts(key);
}

void ObjectReader::finish() const {
  for (const auto& [key, value] : json_.items()) {
    if (std::find(taken_.begin(), taken_.end(), key) != taken_.end()) continue;
    std::string known;
    for (const std::string& name : taken_) known += (known.empty() ? "" : ", ") + name;
    throw MigrationError(what_ + ": unknown key \"" + key + "\"; the keys are " + known);
  }
}

}  // namespace dynamo_backend::migrations
