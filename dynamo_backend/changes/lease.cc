#include "dynamo_backend/changes/lease.h"

#include "base/log.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/tables.h"

namespace dynamo_backend::changes {

using dynamodb::ErrorCode;

void ensure_lease_table(const Connection& connection) {
  ensure_table(connection, {.name = std::string(kLeaseTable),
                            .key = {.partition = {.name = "pk", .type = dynamodb::Type::S}}});
}

Lease::Lease(const Connection& connection, std::string name, LeaseOptions options)
    : connection_(connection),
      options_(options),
      row_(connection.table(kLeaseTable), std::move(name), options.time) {}

Lease::~Lease() { give_back(); }

bool Lease::hold() {
  const bool was_held = held();
  if (was_held && connection_.now() < next_heartbeat_) return true;
  return was_held ? keep_up() : take();
}

std::optional<LeaseOwner> Lease::read() const {
  const auto result = connection_.client().get_item(row_.get());
  if (!result && result.error().code == ErrorCode::resource_not_found) {
    ensure_lease_table(connection_);
    return std::nullopt;
  }
  if (!result) throw DatabaseError(result.error(), "GetItem " + row_.table());
  return LeaseRow::owner(*result);
}

bool Lease::take() {
  good_until_ = {};
  const auto seen = read();
  const base::Timestamp now = connection_.now();
  if (seen && seen->holds() && seen->id != row_.id() && seen->expires > now && !seen->is_dead())
    return false;
  const std::uint64_t fence = seen ? seen->fence + 1 : 1;
  if (!write(row_.take(seen, now, fence), now)) return false;
  fence_ = fence;
  return true;
}

bool Lease::keep_up() {
  const base::Timestamp now = connection_.now();
  if (write(row_.keep_up(now), now)) return true;
  good_until_ = {};  // another has it
  return false;
}

// False: another was faster. An answer that is lost on its way leaves the lease to its owner, who
// finds it by its id in the next take().
bool Lease::write(dynamodb::UpdateItemRequest request, base::Timestamp now) {
  for (const auto& [attribute, value] : notes_) request.update.set.push_back({attribute, {value}});
  const auto result = connection_.client().update_item(std::move(request));
  if (!result && result.error().code == ErrorCode::conditional_check_failed) return false;
  if (!result) throw DatabaseError(result.error(), "UpdateItem " + row_.table());
  notes_.clear();
  good_until_ = now + options_.time;
  next_heartbeat_ = now + options_.heartbeat;
  return true;
}

void Lease::give_back() {
  if (!held()) return;
  good_until_ = {};
  dynamodb::UpdateItemRequest request = row_.give_back();
  for (const auto& [attribute, value] : notes_) request.update.set.push_back({attribute, {value}});
  const auto result = connection_.client().update_item(std::move(request));
  if (result || result.error().code == ErrorCode::conditional_check_failed) return;
  base::log_warning("a lease was not given back and expires by itself: " + result.error().message);
}

std::optional<dynamodb::PackedItem> lease_item(const Connection& connection,
                                               const std::string& name) {
  const LeaseRow row(connection.table(kLeaseTable), name, {});
  auto result = connection.client().get_item(row.get());
  if (!result && result.error().code == ErrorCode::resource_not_found) return std::nullopt;
  if (!result) throw DatabaseError(result.error(), "GetItem " + row.table());
  return std::move(result->item);
}

}  // namespace dynamo_backend::changes
