#include "dynamo_backend/connection.h"

#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <shared_mutex>
#include <thread>

#include <sodium.h>

#include "base/log.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/row_upgrades.h"
#include "dynamo_backend/scoped_client.h"
#include "dynamo_backend/statistics.h"
#include "dynamo_backend/upgrading_client.h"

namespace dynamo_backend {
namespace {

std::atomic<Connection*> current_connection{nullptr};

// A key of its own for each purpose: what leaks one says nothing about others that the secret
// makes.
std::array<unsigned char, 32> derive_key(std::string_view secret, std::string_view purpose) {
  std::array<unsigned char, 32> key{};
  if (sodium_init() < 0)
    throw ImproperlyConfigured("libsodium cannot be initialised: no source of randomness.");
  if (secret.empty()) {
    randombytes_buf(key.data(), key.size());
    return key;
  }
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, key.size());
  const auto update = [&](std::string_view text) {
    const std::uint64_t size =
        text.size();  // before each part, so that no two pairs of parts read the same
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(&size), sizeof size);
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(text.data()),
                              text.size());
  };
  update(purpose);
  update(secret);
  crypto_generichash_final(&state, key.data(), key.size());
  return key;
}

}  // namespace

struct Connection::UnreadyIndexes {
  std::atomic<bool> any{false};  // mostly there is none: then no lock is taken
  std::shared_mutex mutex{};
  std::set<std::pair<std::string, std::string>> indexes{};  // by table and name
};

Connection::Connection(dynamodb::Client& client, ConnectionOptions options)
    : stored_client_(client),
      upgrades_(std::make_unique<RowUpgrades>()),
      upgrading_client_(make_upgrading_client(client, *upgrades_)),
      client_(make_scoped_client(*upgrading_client_)),
      options_(std::move(options)),
      cursor_key_(derive_key(options_.secret, "dynamo_backend.cursor")),
      unready_(std::make_unique<UnreadyIndexes>()),
      statistics_(std::make_unique<StatisticsCache>()) {}
Connection::~Connection() = default;

Connection& Connection::current() {
  if (Connection* c = current_connection.load(std::memory_order_acquire)) return *c;
  throw ImproperlyConfigured(
      "No database connection: make a dynamo_backend::Connection and call "
      "Connection::set_current(), "
      "or a ScopedConnection in a test.");
}

Connection* Connection::find_current() {
  return current_connection.load(std::memory_order_acquire);
}

void Connection::set_current(Connection* connection) {
  current_connection.store(connection, std::memory_order_release);
}

void Connection::back_off(int attempt) const {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const int most = std::min(1000, 2 << std::min(attempt, 9));
  sleep(std::chrono::milliseconds(std::uniform_int_distribution<int>(most / 2, most)(random)));
}

void Connection::sleep(std::chrono::milliseconds time) const {
  if (options_.sleep) return options_.sleep(time);
  std::this_thread::sleep_for(time);
}

void Connection::warn_once(const std::string& message) const {
  static std::mutex mutex;
  static std::set<std::string> seen;
  {
    const std::lock_guard lock(mutex);
    if (seen.size() > 1000) seen.clear();  // bounded: messages may name values of a user's
    if (!seen.insert(message).second) return;
  }
  base::log_warning(message);
}

void Connection::set_index_ready(std::string_view table, std::string_view index, bool ready) const {
  const std::unique_lock lock(unready_->mutex);
  std::pair<std::string, std::string> name(table, index);
  if (ready)
    unready_->indexes.erase(name);
  else
    unready_->indexes.insert(std::move(name));
  unready_->any = !unready_->indexes.empty();
}

bool Connection::index_ready(std::string_view table, std::string_view index) const {
  if (!unready_->any) return true;
  const std::shared_lock lock(unready_->mutex);
  return !unready_->indexes.contains(std::pair(std::string(table), std::string(index)));
}

ScopedConnection::ScopedConnection(dynamodb::Client& client, ConnectionOptions options)
    : connection_(client, std::move(options)), before_(current_connection.load()) {
  Connection::set_current(&connection_);
}
ScopedConnection::~ScopedConnection() { Connection::set_current(before_); }

// Calls of the embedded engine take microseconds: there threads cost more than they save.
static unsigned scan_segments(const base::DynamoBackendSettings& settings) {
  if (settings.scan_segments != 0) return settings.scan_segments;
  const std::string url = settings.endpoint_url.value_or("");
  return url.starts_with("local:") || url.starts_with("unix:") ? 1 : 4;
}

ConnectionOptions connection_options(const base::DynamoBackendSettings& settings,
                                     std::string secret) {
  return {.table_prefix = settings.table_prefix,
          .scan_policy = settings.scan_policy,
          .secret = std::move(secret),
          .scan_segments = scan_segments(settings),
          .prices = settings.prices};
}

}  // namespace dynamo_backend
