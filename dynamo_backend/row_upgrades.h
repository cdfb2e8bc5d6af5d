// RowUpgrades: tables whose rows are not all as this program's models have them yet, because
// migrations that rename, convert or fill their attributes are still to be done.
//
// Of such a table a Connection's Client shows every row as it will be: conditions on what changes
// are evaluated here, over the changed rows, and a row is changed in the table before it is written
// (upgrading_client.cc). Whoever knows the migrations says what changes
// (migrations/index_readiness.h), and keeps queries away from indexes over it.
// Thread safety: any thread; a call sees what held when it began.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/types.h"
#include "dynamodb/error.h"

namespace dynamo_backend {

struct RowUpgrade {
  // By attribute; absent: to be removed.
  using Changes = std::map<std::string, std::optional<Value>, std::less<>>;
  // What a stored row lacks; nothing of one that is as it will be. May throw std::exception for a
  // row that cannot be changed.
  std::function<Changes(dynamodb::ItemView row)> changes{};
  std::set<std::string, std::less<>> attributes{};  // that may change
  bool any_attribute = false;                       // so may others: a function of the project's
  std::vector<std::string> key{};                   // the table's
  // Global indexes whose entries are not whole rows: these are shown as they are.
  std::set<std::string, std::less<>> partial_indexes{};

  // The row as it will be; nullopt: it is. An error that names the row where it cannot be.
  dynamodb::Result<std::optional<dynamodb::PackedItem>> of(const std::string& table,
                                                           dynamodb::ItemView row) const;
  // The same as a change to be written.
  dynamodb::Result<Changes> changes_of(const std::string& table, dynamodb::ItemView row) const;
};

class RowUpgrades {
 public:
  // `table`: its whole name, with the prefix. nullptr: its rows are as they will be.
  void set(const std::string& table, std::shared_ptr<const RowUpgrade> upgrade);
  std::shared_ptr<const RowUpgrade> find(const std::string& table) const {
    return any_.load(std::memory_order_acquire) ? look_up(table) : nullptr;
  }

 private:
  std::shared_ptr<const RowUpgrade> look_up(const std::string& table) const;

  std::atomic<bool> any_{false};  // mostly there is none: then no lock is taken
  mutable std::shared_mutex mutex_{};
  std::map<std::string, std::shared_ptr<const RowUpgrade>> upgrades_{};
};

}  // namespace dynamo_backend
