#include "dynamo_backend/search/sync/status.h"

#include "dynamo_backend/changes/lease.h"
#include "dynamo_backend/search/sync/dead_letters.h"
#include "dynamo_backend/search/sync/index_state.h"

namespace dynamo_backend::search::sync {
namespace {

std::optional<Timestamp> time_in(const std::optional<dynamodb::PackedItem>& item,
                                 std::string_view name) {
  const auto value = item ? item->view().find(name) : std::nullopt;
  if (!value || value->type() != dynamodb::Type::S) return std::nullopt;
  return base::parse_iso(value->text());
}

std::uint64_t number_in(const std::optional<dynamodb::PackedItem>& item, std::string_view name) {
  const auto value = item ? item->view().find(name) : std::nullopt;
  if (!value || value->type() != dynamodb::Type::N) return 0;
  const auto number = dynamodb::Number::from_canonical(value->text()).to_int64();
  return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

std::optional<changes::Backlog> backlog_of(const Connection& connection, const IndexState& state,
                                           const IndexDefinition& index) {
  const Target* live = state.live();
  if (!live || !live->positions) return std::nullopt;
  try {
    return changes::backlog(connection, table_of(connection, index), *live->positions,
                            kMostBacklog);
  } catch (const changes::ChangesLost&) {
    return std::nullopt;
  } catch (const changes::NoStream&) {
    return std::nullopt;
  }
}

}  // namespace

IndexStatus index_status(const Connection& connection, Backend& backend,
                         const IndexDefinition& index) {
  IndexStatus status{.index = index.name, .model = index.model->label()};
  status.versions = backend.versions(index, /*count_documents=*/true);
  const auto table = connection.client().describe_table(table_of(connection, index));
  if (!table) throw DatabaseError(table.error(), "DescribeTable " + table_of(connection, index));
  status.rows = table->item_count;
  if (const auto behind = backlog_of(connection, index_state(backend, index), index)) {
    status.backlog = behind->changes;
    const auto age = connection.now() - behind->oldest;
    if (behind->changes > 0)
      status.lag = std::max(std::chrono::duration_cast<std::chrono::milliseconds>(age), status.lag);
  }

  dynamodb::GetItemResult lease{.item = changes::lease_item(connection, sync_lease(index))};
  const auto owner = LeaseRow::owner(lease);
  const base::Timestamp now = connection.now();
  if (owner && owner->holds() && owner->expires > now && !owner->is_dead()) status.worker = owner;
  status.written = number_in(lease.item, "written");
  status.refused = number_in(lease.item, "refused");
  status.last_change = time_in(lease.item, "last_change");
  status.caught_up = time_in(lease.item, "caught_up");
  if (!status.backlog && status.caught_up)
    status.lag = std::chrono::duration_cast<std::chrono::milliseconds>(now - *status.caught_up);
  status.dead_letters = count_dead_letters(index);
  const auto verified = changes::lease_item(connection, sync_lease(index) + "/verified");
  status.verified = time_in(verified, "verified");
  status.differences = number_in(verified, "differences");
  return status;
}

int live_version(const IndexStatus& status) {
  for (const IndexVersion& version : status.versions)
    if (version.state == IndexVersion::State::live) return version.number;
  return 0;
}

std::string metrics_text(const std::vector<IndexStatus>& statuses) {
  std::string text;
  for (const IndexStatus& s : statuses) {
    const auto gauge = [&](const char* name, double value) {
      char number[64];
      std::snprintf(number, sizeof number, "%.15g", value);
      text +=
          std::string("ddbdjango_search_") + name + "{index=\"" + s.index + "\"} " + number + "\n";
    };
    std::uint64_t documents = 0;
    for (const IndexVersion& version : s.versions)
      if (version.state == IndexVersion::State::live) documents = version.documents;
    gauge("documents", static_cast<double>(documents));
    gauge("rows", static_cast<double>(s.rows));
    if (s.backlog) gauge("backlog", static_cast<double>(*s.backlog));
    gauge("lag_seconds", static_cast<double>(s.lag.count()) / 1000);
    gauge("worker", s.worker ? 1 : 0);
    gauge("dead_letters", static_cast<double>(s.dead_letters));
    gauge("differences", static_cast<double>(s.differences));
  }
  return text;
}

}  // namespace dynamo_backend::search::sync
