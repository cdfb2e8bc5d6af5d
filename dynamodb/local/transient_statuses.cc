#include "dynamodb/local/transient_statuses.h"

namespace dynamodb::local {

const TransientStatuses::Entry* TransientStatuses::find(const std::string& table) {
  const auto it = entries_.find(table);
  if (it == entries_.end()) return nullptr;
  if (now_() < it->second.until) return &it->second;
  entries_.erase(it);
  return nullptr;
}

void TransientStatuses::begin(TableDescription& description, TableStatus status) {
  if (delay_.count() == 0) return;
  description.status = status;
  std::lock_guard lock(mutex_);
  entries_.insert_or_assign(description.definition.name, Entry{description, now_() + delay_});
}

void TransientStatuses::begin_deletion(TableDescription description) {
  begin(description, TableStatus::deleting);
}

std::optional<TableStatus> TransientStatuses::status(const std::string& table) {
  if (delay_.count() == 0) return std::nullopt;
  std::lock_guard lock(mutex_);
  const Entry* entry = find(table);
  return entry == nullptr ? std::nullopt : std::optional(entry->description.status);
}

std::optional<TableDescription> TransientStatuses::deleted(const std::string& table) {
  if (delay_.count() == 0) return std::nullopt;
  std::lock_guard lock(mutex_);
  const Entry* entry = find(table);
  if (entry == nullptr || entry->description.status != TableStatus::deleting) return std::nullopt;
  return entry->description;
}

std::vector<std::string> TransientStatuses::deleted_after(const std::string& name) {
  std::vector<std::string> names;
  if (delay_.count() == 0) return names;
  std::lock_guard lock(mutex_);
  for (auto it = entries_.upper_bound(name); it != entries_.end(); ++it) {
    if (it->second.description.status == TableStatus::deleting && now_() < it->second.until)
      names.push_back(it->first);
  }
  return names;
}

std::optional<Error> TransientStatuses::check_idle(const std::string& table) {
  const auto current = status(table);
  if (!current) return std::nullopt;
  const char* doing = *current == TableStatus::creating   ? "created"
                      : *current == TableStatus::updating ? "updated"
                                                          : "deleted";
  return resource_in_use("Attempt to change a resource which is still in use: Table is being " +
                         (doing + (": " + table)));
}

}  // namespace dynamodb::local
