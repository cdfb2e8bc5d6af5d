// ConnectionTable: every open connection, with the caps on their number.
//
// Invariant: a connection's socket stays open while the connection is in the table, so that whoever
// holds the table's lock may shut it down from another thread.
//
// Thread safety: any thread; a visitor must not call the table.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace net::detail {

class Connection;

// What a client is counted by: its IPv4 address or its IPv6 /64. Empty = not counted.
using ClientKey = std::string;

// REQUIRES: `address` is numeric. An IPv4 address that IPv6 carries counts as itself.
ClientKey client_key(const std::string& address);

class ConnectionTable {
 public:
  ConnectionTable(std::size_t max_total, std::size_t max_per_client)
      : max_total_(max_total), max_per_client_(max_per_client) {}

  // False when the table or the client's share of it is full.
  bool add(Connection& connection, const ClientKey& client);
  // Nothing for a connection that is not in the table.
  void remove(Connection& connection, const ClientKey& client);

  template <class Visit>
  void for_each(Visit&& visit) {
    const std::lock_guard lock(mutex_);
    for (Connection* connection : connections_) visit(*connection);
  }

  std::size_t size() const;
  // Waits until the table is empty; false at the deadline.
  template <class Deadline>
  bool wait_empty(Deadline deadline) {
    std::unique_lock lock(mutex_);
    return empty_.wait_until(lock, deadline, [this] { return connections_.empty(); });
  }

 private:
  const std::size_t max_total_;
  const std::size_t max_per_client_;
  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::vector<Connection*> connections_;
  std::unordered_map<ClientKey, std::size_t> per_client_;
};

}  // namespace net::detail
