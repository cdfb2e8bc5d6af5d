// What there is to know of an index: its versions, who keeps it up, and how far behind it is. For
// `./manage search_status` and for monitoring.
// Thread safety: functions of their arguments.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "dynamo_backend/lease_row.h"
#include "dynamo_backend/search/backend.h"

namespace dynamo_backend::search::sync {

inline constexpr std::size_t kMostBacklog = 10'000;

struct IndexStatus {
  std::string index{}, model{};
  std::vector<IndexVersion> versions{};    // none: it must be built
  std::uint64_t rows = 0;                  // of the table, an estimate: AWS counts every six hours
  std::optional<LeaseOwner> worker{};      // nullopt: nobody keeps it up
  std::uint64_t written = 0, refused = 0;  // documents, by the worker since its start
  std::optional<Timestamp> last_change{};  // that was written
  std::optional<Timestamp> caught_up{};    // when nothing was left to write, last
  // Changes that the live version has not seen, at most kMostBacklog; nullopt: some are lost, or
  // there is no version.
  std::optional<std::size_t> backlog{};
  // For how long the oldest of them may have waited; zero where there is none.
  std::chrono::milliseconds lag{0};
  std::uint64_t dead_letters = 0;
  std::optional<Timestamp> verified{};
  std::uint64_t differences = 0;  // that the last verify found
};

// Throws Unavailable, DatabaseError.
IndexStatus index_status(const Connection& connection, Backend& backend,
                         const IndexDefinition& index);

int live_version(const IndexStatus& status);  // 0: none

// One gauge a line, as Prometheus reads them: `ddbdjango_search_lag_seconds{index="posts"} 0.2`.
std::string metrics_text(const std::vector<IndexStatus>& statuses);

}  // namespace dynamo_backend::search::sync
