#include "dynamo_backend/row_upgrades.h"

#include <mutex>

namespace dynamo_backend {
namespace {

std::string show(const Value& value) {
  if (const auto* text = value.get_if<std::string>()) return *text;
  if (const auto* number = value.get_if<dynamodb::Number>()) return number->text();
  return "(binary)";
}

}  // namespace

dynamodb::Result<RowUpgrade::Changes> RowUpgrade::changes_of(const std::string& table,
                                                             dynamodb::ItemView row) const {
  try {
    return changes(row);
  } catch (const std::exception& error) {
    std::string name;
    for (const std::string& part : key) {
      const auto value = row.find(part);
      if (value) name += (name.empty() ? "" : ", ") + show(dynamodb::unpack(*value));
    }
    return dynamodb::validation_error("row " + name + " of table " + table +
                                      ", of which a migration is not done: " + error.what());
  }
}

dynamodb::Result<std::optional<dynamodb::PackedItem>> RowUpgrade::of(const std::string& table,
                                                                     dynamodb::ItemView row) const {
  auto changed = changes_of(table, row);
  if (!changed) return changed.error();
  if (changed->empty()) return std::optional<dynamodb::PackedItem>();
  dynamodb::Item item = dynamodb::unpack(row);
  for (auto& [name, value] : *changed) {
    if (value)
      item.insert_or_assign(name, *std::move(value));
    else
      item.erase(name);
  }
  return std::optional(dynamodb::PackedItem(item));
}

void RowUpgrades::set(const std::string& table, std::shared_ptr<const RowUpgrade> upgrade) {
  const std::unique_lock lock(mutex_);
  if (upgrade)
    upgrades_.insert_or_assign(table, std::move(upgrade));
  else
    upgrades_.erase(table);
  any_.store(!upgrades_.empty(), std::memory_order_release);
}

std::shared_ptr<const RowUpgrade> RowUpgrades::look_up(const std::string& table) const {
  const std::shared_lock lock(mutex_);
  const auto at = upgrades_.find(table);
  return at == upgrades_.end() ? nullptr : at->second;
}

}  // namespace dynamo_backend
