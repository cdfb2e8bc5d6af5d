#include "dynamo_backend/batch_write.h"

#include <condition_variable>
#include <mutex>
#include <optional>

#include "dynamo_backend/exceptions.h"
#include "dynamodb/batch.h"
#include "dynamodb/lost_answer.h"

namespace dynamo_backend {
namespace {

constexpr std::size_t kWritesAtOnce = 64;

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

}  // namespace

void batch_write(const Connection& connection, const std::string& table,
                 std::vector<dynamodb::WriteRequest> writes) {
  const auto result = dynamodb::write_all(connection.client(), {{table, std::move(writes)}},
                                          connection.batch_options());
  if (result.not_written.empty()) return;
  throw DatabaseError(result.not_written.front().why,
                      "BatchWriteItem on " + table + ": " +
                          std::to_string(result.not_written.size()) + " writes did not land");
}

dynamodb::Result<dynamodb::WriteResult> after_earlier(
    const dynamodb::Result<dynamodb::WriteResult>& earlier,
    dynamodb::Result<dynamodb::WriteResult> later) {
  if (later || !earlier.error().after_lost_answer) return later;
  return dynamodb::after_lost_answer(later.error());
}

std::vector<dynamodb::Result<dynamodb::WriteResult>> write_side_by_side(
    const Connection& connection, std::size_t count, const StartWrite& start) {
  auto results = side_by_side<dynamodb::WriteResult>(count, kWritesAtOnce, start);
  for (int attempt = 1; attempt < kMaxAttempts; ++attempt) {
    std::vector<std::size_t> again;
    for (std::size_t i = 0; i < count; ++i)
      if (met_transaction(results[i])) again.push_back(i);
    if (again.empty()) break;
    connection.back_off(attempt);
    auto later = side_by_side<dynamodb::WriteResult>(
        again.size(), kWritesAtOnce,
        [&](std::size_t i, auto done) { start(again[i], std::move(done)); });
    for (std::size_t i = 0; i < again.size(); ++i)
      results[again[i]] = after_earlier(results[again[i]], std::move(later[i]));
  }
  return results;
}

}  // namespace dynamo_backend
