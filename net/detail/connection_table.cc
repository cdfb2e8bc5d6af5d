#include "net/detail/connection_table.h"

#include "net/detail/connection.h"

namespace net::detail {

ClientKey client_key(const std::string& address) {
  namespace ip = boost::asio::ip;
  const ip::address parsed = ip::make_address(address);
  if (parsed.is_v4()) {
    const auto bytes = parsed.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = parsed.to_v6().to_bytes();
  if (parsed.to_v6().is_v4_mapped()) return {bytes.begin() + 12, bytes.end()};
  return {bytes.begin(), bytes.begin() + 8};
}

bool ConnectionTable::add(Connection& connection, const ClientKey& client) {
  const std::lock_guard lock(mutex_);
  if (connections_.size() >= max_total_) return false;
  if (!client.empty()) {
    const auto found = per_client_.find(client);
    if ((found == per_client_.end() ? 0 : found->second) >= max_per_client_) return false;
    ++per_client_[client];
  }
  connection.table_index = connections_.size();
  connections_.push_back(&connection);
  return true;
}

void ConnectionTable::remove(Connection& connection, const ClientKey& client) {
  const std::lock_guard lock(mutex_);
  if (connection.table_index >= connections_.size() ||
      connections_[connection.table_index] != &connection)
    return;
  connections_.back()->table_index = connection.table_index;
  connections_[connection.table_index] = connections_.back();
  connections_.pop_back();
  if (const auto found = per_client_.find(client);
      found != per_client_.end() && --found->second == 0) {
    per_client_.erase(found);
  }
  if (connections_.empty()) empty_.notify_all();
}

std::size_t ConnectionTable::size() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

}  // namespace net::detail
