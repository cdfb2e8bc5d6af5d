// LogEntry: who changed what in the admin, with old and new values. Append-only: the models refuse
// to change or delete an entry; see docs/topics/admin.md for what the application's role in AWS
// should not be allowed either.
// Thread safety: as any model's.
#pragma once
#include "dynamo_backend/models.h"

namespace admin {

using dynamo_backend::CharField, dynamo_backend::ComputedIndex, dynamo_backend::DateTimeField,
    dynamo_backend::define, dynamo_backend::DynamoTable, dynamo_backend::Index,
    dynamo_backend::PartitionKey, dynamo_backend::SortKey, dynamo_backend::TextField,
    dynamo_backend::Timestamp;

struct LogEntry : DynamoTable<LogEntry> {
  std::string object{};  // "demo_app.Post/<key in URLs>"
  std::string id{};  // the time and a random end; of a job the time when it was made, and its key
  std::string user{}, user_name{};
  std::string model{};    // "demo_app.Post"
  std::string key{};      // in URLs
  std::string text{};     // what the row called itself
  std::string verb{};     // add, change, delete
  std::string changes{};  // {"title":{"old":{"S":"a"},"new":{"S":"b"}}}, DynamoDB's typed JSON
  std::optional<std::string> job{};  // the bulk job that did it
  Timestamp at{};

  std::string str() const { return verb + " " + model + " " + text; }
  static std::string newest(const LogEntry&) { return "all"; }

  // clang-format off
  static constexpr auto schema = define<LogEntry>(
      {.verbose_name = "log entry", .verbose_name_plural = "log entries"},
      PartitionKey<&LogEntry::object>{}, SortKey<&LogEntry::id>{},
      CharField<&LogEntry::user>{}, CharField<&LogEntry::user_name>{.blank = true},
      CharField<&LogEntry::model>{}, CharField<&LogEntry::key>{},
      CharField<&LogEntry::text>{.blank = true}, CharField<&LogEntry::verb>{},
      TextField<&LogEntry::changes>{}, CharField<&LogEntry::job>{},
      DateTimeField<&LogEntry::at>{},
      Index<&LogEntry::user, &LogEntry::id>{.name = "user-id"},
      Index<&LogEntry::job, &LogEntry::id>{.name = "job-id"},
      ComputedIndex<&LogEntry::newest, &LogEntry::id>{.name = "newest"});
  // clang-format on
};

}  // namespace admin
