#include "dynamo_backend/migrations/functions.h"

#include "dynamo_backend/migrations/state.h"

namespace dynamo_backend::migrations {
namespace {

template <class Map>
typename Map::mapped_type found_in(const Map& map, std::string_view name, const char* adder) {
  if (const auto found = map.find(name); found != map.end()) return found->second;
  std::string names;
  for (const auto& [known, function] : map) names += (names.empty() ? "" : ", ") + known;
  throw MigrationError(
      "The function \"" + std::string(name) + "\" is not registered; call functions()." + adder +
      "() in the app's models(). Registered are: " + (names.empty() ? "none" : names) + ".");
}

}  // namespace

Value MigrationRow::get(std::string_view attribute) const {
  if (const auto changed = changes_.find(attribute); changed != changes_.end())
    return changed->second.value_or(Value());
  const auto value = stored_.find(attribute);
  return value ? dynamodb::unpack(*value) : Value();
}

bool MigrationRow::has(std::string_view attribute) const {
  return !get(attribute).is<dynamodb::Null>();
}

std::string MigrationRow::text(std::string_view attribute) const {
  const Value value = get(attribute);
  const auto* text = value.get_if<std::string>();
  return text ? *text : std::string();
}

void MigrationRow::set(std::string_view attribute, Value value) {
  const auto stored = stored_.find(attribute);
  const bool removes = value.is<dynamodb::Null>();
  const bool same = removes ? !stored : stored && dynamodb::unpack(*stored) == value;
  if (same) {
    if (const auto changed = changes_.find(attribute); changed != changes_.end())
      changes_.erase(changed);
  } else {
    changes_[std::string(attribute)] =
        removes ? std::nullopt : std::optional<Value>(std::move(value));
  }
}

dynamodb::PackedItem MigrationRow::changed() const {
  dynamodb::Item item = dynamodb::unpack(stored_);
  for (const auto& [attribute, value] : changes_) {
    if (value)
      item.insert_or_assign(attribute, *value);
    else
      item.erase(attribute);
  }
  return dynamodb::PackedItem(item);
}

void Functions::add_row(std::string name, RowFunction function) {
  const std::lock_guard lock(mutex_);
  rows_[std::move(name)] = std::move(function);
}

void Functions::add_whole(std::string name, WholeFunction function) {
  const std::lock_guard lock(mutex_);
  wholes_[std::move(name)] = std::move(function);
}

RowFunction Functions::row(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  return found_in(rows_, name, "add_row");
}

WholeFunction Functions::whole(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  return found_in(wholes_, name, "add_whole");
}

Functions& functions() {
  static Functions all;
  return all;
}

}  // namespace dynamo_backend::migrations
