#include "dynamo_backend/batch_write.h"

#include <condition_variable>
#include <mutex>
#include <optional>

#include "dynamo_backend/exceptions.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

constexpr std::size_t kWritesAtOnce = 64;
constexpr std::size_t kBatchesAtOnce = 8;

template <class R, class Start>
std::vector<dynamodb::Result<R>> side_by_side(std::size_t count, std::size_t at_once,
                                              Start&& start) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t running = 0;
  std::vector<std::optional<dynamodb::Result<R>>> results(count);
  for (std::size_t i = 0; i < count; ++i) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return running < at_once; });
      ++running;
    }
    start(i, [&, i](dynamodb::Result<R> result) {
      // Notified under the lock: the waiter may leave this function, and its variables, as soon as
      // it has the lock.
      const std::lock_guard lock(mutex);
      results[i] = std::move(result);
      --running;
      changed.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return running == 0; });
  std::vector<dynamodb::Result<R>> out;
  out.reserve(count);
  for (auto& r : results) out.push_back(*std::move(r));
  return out;
}

// Sends all writes once; gives what was left undone.
std::vector<dynamodb::WriteRequest> send_batches(const Connection& connection,
                                                 const std::string& table,
                                                 std::vector<dynamodb::WriteRequest> writes) {
  const std::size_t batches =
      (writes.size() + dynamodb::kMaxBatchWrites - 1) / dynamodb::kMaxBatchWrites;
  auto results = side_by_side<dynamodb::BatchWriteItemResult>(
      batches, kBatchesAtOnce, [&](std::size_t i, auto done) {
        const auto begin =
            writes.begin() + static_cast<std::ptrdiff_t>(i * dynamodb::kMaxBatchWrites);
        const auto end = i + 1 == batches ? writes.end() : begin + dynamodb::kMaxBatchWrites;
        dynamodb::BatchWriteItemRequest request;
        request.tables[table] = {std::make_move_iterator(begin), std::make_move_iterator(end)};
        connection.client().batch_write_item(std::move(request), std::move(done));
      });
  std::vector<dynamodb::WriteRequest> undone;
  for (auto& result : results) {
    auto taken = take(std::move(result), "BatchWriteItem");
    for (auto& [name, rest] : taken.unprocessed)
      std::move(rest.begin(), rest.end(), std::back_inserter(undone));
  }
  return undone;
}

}  // namespace

void batch_write(const Connection& connection, const std::string& table,
                 std::vector<dynamodb::WriteRequest> writes) {
  for (int attempt = 0; !writes.empty();) {
    const std::size_t sent = writes.size();
    writes = send_batches(connection, table, std::move(writes));
    if (writes.empty()) return;
    // Progress starts the count of tries anew.
    attempt = writes.size() < sent ? 1 : attempt + 1;
    if (attempt > kMaxAttempts) {
      throw DatabaseError("BatchWriteItem on " + table + ": " + std::to_string(writes.size()) +
                          " writes were left unprocessed after " + std::to_string(kMaxAttempts) +
                          " tries; the table is throttled.");
    }
    connection.back_off(attempt);
  }
}

std::vector<dynamodb::Result<dynamodb::WriteResult>> write_side_by_side(std::size_t count,
                                                                        const StartWrite& start) {
  return side_by_side<dynamodb::WriteResult>(count, kWritesAtOnce, start);
}

}  // namespace dynamo_backend
