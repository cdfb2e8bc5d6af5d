// Batches and scans of any size over any Client: cut into requests that DynamoDB takes, several of
// them in flight, what is left unprocessed sent again until it lands or time is up.
//
//   auto result = dynamodb::write_all(client, {{"posts", std::move(writes)}});
//   for (const auto& failed : result.not_written) log(failed.why.message);
//
// Not for writes that must happen together or not at all: that is TransactWriteItems.
// Thread safety: functions of their arguments; callbacks are said where they run.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "dynamodb/client.h"

namespace dynamodb {

struct BatchOptions {
  using Clock = std::chrono::steady_clock;
  using Milliseconds = std::chrono::milliseconds;

  std::size_t in_flight = 8;  // requests at once
  // Before try n the pause is random between 0 and min(longest_pause, first_pause * 2^n): full
  // jitter.
  Milliseconds first_pause{50};
  Milliseconds longest_pause{5'000};
  // No try begins later than this after the start, or after the last answer by which something has
  // landed; time spent in `sleep` counts in full, also where it returns at once.
  Milliseconds time_limit{60'000};
  // For tests. Empty: the real ones.
  std::function<void(Milliseconds)> sleep{};
  std::function<Clock::time_point()> now{};
};

// ---- writing
struct NotWritten {
  std::string table{};
  WriteRequest write{};
  // The last error since anything landed; provisioned_throughput_exceeded: left unprocessed until
  // time was up.
  Error why{};
};
struct WriteAllResult {
  std::vector<NotWritten> not_written{};     // everything else has landed
  std::vector<ConsumedCapacity> consumed{};  // one per table
};

// BatchWriteItem in requests of at most 25 writes and 16 MB. What is left unprocessed or throttled
// is sent again until time is up; a server's error or an unreachable server is tried again three
// times (a Client has done so before it says so). Another error is the answer for each write of
// that request, and the rest goes on. After an error of a server or a connection a write that is
// reported may have landed all the same. REQUIRES: each key once.
WriteAllResult write_all(Client& client, std::map<std::string, std::vector<WriteRequest>> writes,
                         const BatchOptions& options = {});

// ---- reading
struct NotRead {
  std::string table{};
  Item key{};
  Error why{};
};
struct GetAllResult {
  // Found items, in no order, by the table as it was asked for (a name, or an ARN).
  std::map<std::string, std::vector<ItemList>> items{};
  std::vector<NotRead> not_read{};
  std::vector<ConsumedCapacity> consumed{};
};

// BatchGetItem in requests of at most 100 keys; as write_all() otherwise.
// REQUIRES: each key once.
GetAllResult get_all(Client& client, std::map<std::string, KeysAndAttributes> keys,
                     const BatchOptions& options = {});

// ---- scanning
struct ParallelScanResult {
  std::uint64_t count = 0;
  std::uint64_t scanned_count = 0;
  ConsumedCapacity consumed{};
};

// Scans `segments` segments at once, on as many threads. `on_page` is called on them, one at a
// time, pages in no order; it returns false to end the scan. Throttled pages are asked for again
// with pauses; the first other error, or one that outlasts time_limit (of a page), ends the scan
// and is the answer. What on_page throws ends the scan and is thrown on.
// REQUIRES: 1 <= segments <= 1'000'000; `request` has no segment and no exclusive_start_key.
Result<ParallelScanResult> parallel_scan(Client& client, const ScanRequest& request,
                                         std::uint32_t segments,
                                         const std::function<bool(const ScanResult&)>& on_page,
                                         const BatchOptions& options = {});

}  // namespace dynamodb
