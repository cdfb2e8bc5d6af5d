// Entries of the admin's log: made of rows before and after, read back as changes.
// Thread safety: functions of their arguments.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "admin/log_entry.h"

namespace admin {

// Who does something; a bulk job does it for them.
struct Actor {
  std::string key{}, name{};
  std::string job{};  // its key; empty: they do it themselves
  Timestamp job_created_at{};
};

struct FieldChange {
  std::string field{};  // its attribute
  dynamo_backend::Value before{}, after{};
  bool cut = false;  // too large for the log, or secret: the values are not there
};

// What differs between two stored rows; an empty one is a row that is not there. Without computed
// attributes and what the database keeps for itself.
std::vector<FieldChange> compare_rows(const dynamo_backend::ModelInfo& model,
                                      dynamodb::ItemView before, dynamodb::ItemView after);

std::string object_of(const dynamo_backend::ModelInfo& model, const dynamodb::Item& key);
// `text`: what the row calls itself. A job's entry has an id of the job: a row has one at most.
LogEntry make_entry(const Actor& actor, const dynamo_backend::ModelInfo& model,
                    const dynamodb::Item& key, std::string text, std::string verb,
                    const std::vector<FieldChange>& changes);
std::vector<FieldChange> changes_of(const LogEntry& entry);

std::vector<LogEntry> recent_entries(const Actor& actor, std::size_t most);
dynamo_backend::Page<LogEntry> history_of(const dynamo_backend::ModelInfo& model,
                                          const dynamodb::Item& key, std::string_view cursor);

// The entry that the actor's job has of a row; nullopt: none, or there is no job.
std::optional<LogEntry> find_job_entry(const Actor& actor, const dynamo_backend::ModelInfo& model,
                                       const dynamodb::Item& key);
std::optional<LogEntry> find_entry(const dynamo_backend::ModelInfo& model,
                                   const dynamodb::Item& key, const std::string& id);
// The keys of a many-to-many, as an entry has them, for people.
std::string links_text(const dynamo_backend::Value& value);

// Lists the admin's own models.
void models(dynamo_backend::Registry& registry);

}  // namespace admin
