// The moments in which AWS shows tables as CREATING, UPDATING or DELETING. Here changes are done at
// once; for programs that want to be tested with those statuses they are shown for a while.
//
// Thread safety: any thread. Nothing is persisted: after a restart all tables are active.
#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/timestamp.h"
#include "dynamodb/error.h"
#include "dynamodb/table.h"

namespace dynamodb::local {

class TransientStatuses {
 public:
  // A delay of 0 shows nothing.
  TransientStatuses(std::chrono::milliseconds delay, base::NowFunction now)
      : delay_(delay), now_(std::move(now)) {}

  // Shows `status` from now on, in `description` too.
  void begin(TableDescription& description, TableStatus status);
  // A table that is gone is described as before, with DELETING.
  void begin_deletion(TableDescription description);

  std::optional<TableStatus> status(const std::string& table);
  std::optional<TableDescription> deleted(const std::string& table);
  std::vector<std::string> deleted_after(const std::string& name);  // names, in order
  // DynamoDB: a table that is being changed cannot be changed.
  std::optional<Error> check_idle(const std::string& table);

 private:
  struct Entry {
    TableDescription description{};
    base::Timestamp until{};
  };
  const Entry* find(const std::string& table);  // REQUIRES: mutex_

  const std::chrono::milliseconds delay_;
  const base::NowFunction now_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace dynamodb::local
