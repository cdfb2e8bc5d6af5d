// Connection: where models are stored: a Client, the tables' prefix, what a Scan is worth, the
// clock and the keys of cursors.
//
// The process has one, set at start from the settings; ScopedConnection swaps it for a test's
// scope, for all threads.
// Thread safety: any thread; immutable once made, but for what is known of tables.
#pragma once
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/settings.h"
#include "base/timestamp.h"
#include "dynamodb/batch.h"
#include "dynamodb/client.h"

namespace dynamo_backend {

using base::ScanPolicy;

struct ConnectionOptions {
  std::string table_prefix{};
  ScanPolicy scan_policy = ScanPolicy::warn;
  base::NowFunction now = base::now;
  // What cursors are sealed with, of any length. Keep it over restarts and share it between
  // processes, or cursors end with the process: empty means a random one.
  std::string secret{};
  // How to wait between tries: tests pass a function that returns at once.
  std::function<void(std::chrono::milliseconds)> sleep{};
  std::chrono::seconds table_timeout{600};  // for a table or index to become active
  // Segments that are scanned at once where a whole table is read and rows may come in any order
  // (counts, sums, sorts in memory, changes of rows): 1 to 16. It pays where calls take time, as
  // over a network; each segment costs half a read unit at least.
  unsigned scan_segments = 1;
  // On-demand prices in dollars, for explain().
  base::Prices prices{};
  // Keys that a condition across a relation may give; more is a FieldError.
  std::size_t relation_limit = 100'000;
};

class RowUpgrades;
class StatisticsCache;

class Connection {
 public:
  // REQUIRES: `client` outlives the connection.
  explicit Connection(dynamodb::Client& client, ConnectionOptions options = {});
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The process's connection. Throws ImproperlyConfigured where there is none.
  static Connection& current();
  static Connection* find_current();  // nullptr where there is none
  // REQUIRES: `connection` outlives its use; nullptr takes it away.
  static void set_current(Connection* connection);

  // As given, behind this thread's RequestScope and the RowUpgrades.
  dynamodb::Client& client() const { return *client_; }
  // As given: rows as they are stored, for who migrates them.
  dynamodb::Client& stored_client() const { return stored_client_; }
  const ConnectionOptions& options() const { return options_; }
  base::Timestamp now() const { return options_.now(); }
  std::string table(std::string_view name) const {
    return options_.table_prefix + std::string(name);
  }
  const std::array<unsigned char, 32>& cursor_key() const { return cursor_key_; }

  // Waits before try number `attempt` (from 1): exponential with jitter, at most a second.
  void back_off(int attempt) const;
  void sleep(std::chrono::milliseconds time) const;
  // How write_all() and get_all() go about it: with this connection's way to wait.
  dynamodb::BatchOptions batch_options() const { return {.sleep = options_.sleep}; }
  void warn_once(const std::string& message) const;  // to the log, each message once

  // ---- indexes that are being built (or deleted): the planner uses none of them, in this process
  // An index is taken to be built unless it was said here that it is not: whoever makes or finds an
  // index that is not ACTIVE says so before queries may meet it, and again when it is.
  // `table`: ModelInfo::table, without the prefix. Thread safety: any thread; a query sees what
  // held when it was planned.
  void set_index_ready(std::string_view table, std::string_view index, bool ready) const;
  bool index_ready(std::string_view table, std::string_view index) const;

  // Tables whose rows are not all as the models have them yet.
  RowUpgrades& row_upgrades() const { return *upgrades_; }

  // What is known of tables' contents (statistics.h); read and filled by explain(),
  // count_estimate() and the admin's lists.
  StatisticsCache& statistics() const { return *statistics_; }

 private:
  dynamodb::Client& stored_client_;
  std::unique_ptr<RowUpgrades> upgrades_;
  std::unique_ptr<dynamodb::Client> upgrading_client_, client_;
  ConnectionOptions options_;
  std::array<unsigned char, 32> cursor_key_{};
  struct UnreadyIndexes;
  std::unique_ptr<UnreadyIndexes> unready_;
  std::unique_ptr<StatisticsCache> statistics_;
};

class ScopedConnection {
 public:
  explicit ScopedConnection(dynamodb::Client& client, ConnectionOptions options = {});
  ~ScopedConnection();
  ScopedConnection(const ScopedConnection&) = delete;
  ScopedConnection& operator=(const ScopedConnection&) = delete;
  Connection& operator*() { return connection_; }
  Connection* operator->() { return &connection_; }

 private:
  Connection connection_;
  Connection* before_;
};

// The options that settings ask for.
ConnectionOptions connection_options(const base::DynamoBackendSettings& settings,
                                     std::string secret);

// Tries of a write that competes with others before the caller hears of it.
inline constexpr int kMaxAttempts = 12;

}  // namespace dynamo_backend
