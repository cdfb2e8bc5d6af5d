#include "dynamodb/batch.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <random>
#include <system_error>
#include <thread>

#include "base/call_ledger.h"
#include "dynamodb/arn.h"
#include "dynamodb/capacity_scope.h"
#include "dynamodb/limits.h"
#include "dynamodb/request_size.h"

namespace dynamodb {
namespace {

using Milliseconds = BatchOptions::Milliseconds;

// DynamoDB: a request is at most 16 MB of JSON. Some are kept for what surrounds the items.
constexpr std::size_t kMaxRequestSize = 16'000'000;

// Tries of requests that a server or a connection fails, one after the other: a Client has tried
// some times before it says so.
constexpr int kServerErrors = 3;

bool is_throttling(ErrorCode code) { return code == ErrorCode::provisioned_throughput_exceeded; }
bool is_server_error(ErrorCode code) {
  return code == ErrorCode::internal_server_error || code == ErrorCode::unavailable;
}

// The table of `asked` that an answer means: either may name it by its ARN. nullptr: none.
template <class T>
const std::string* find_table(const std::map<std::string, T>& asked, const std::string& table) {
  if (const auto same = asked.find(table); same != asked.end()) return &same->first;
  for (const auto& [name, rest] : asked)
    if (table_name_of(name) == table_name_of(table)) return &name;
  return nullptr;
}

Error not_asked(const std::string& table) {
  return internal_error("The answer to a batch is about a table that was not asked for: " + table);
}

// The pauses of one piece of work, and the end of its time, which counts from its last progress.
class Pacer {
 public:
  explicit Pacer(const BatchOptions& options) : options_(options), start_(now()) {}

  // Waits before another try; false: there is no time for one.
  bool pause() {
    const Milliseconds left = time_left();
    if (left <= Milliseconds(0)) return false;
    constexpr int kMaxDoublings = 20;
    const Milliseconds most = std::min(
        options_.longest_pause, options_.first_pause * (1 << std::min(attempt_, kMaxDoublings)));
    ++attempt_;
    static thread_local std::minstd_rand random{std::random_device{}()};
    const Milliseconds time(
        std::uniform_int_distribution<Milliseconds::rep>(0, most.count())(random));
    if (time >= left) return false;
    slept_ += time;
    options_.sleep ? options_.sleep(time) : std::this_thread::sleep_for(time);
    return true;
  }
  void progressed() {
    attempt_ = 0;
    start_ = now();
    slept_ = Milliseconds(0);
  }

 private:
  BatchOptions::Clock::time_point now() const {
    return options_.now ? options_.now() : BatchOptions::Clock::now();
  }
  Milliseconds time_left() const {
    const auto passed = std::chrono::duration_cast<Milliseconds>(now() - start_);
    return options_.time_limit - std::max(passed, slept_);
  }

  const BatchOptions& options_;
  BatchOptions::Clock::time_point start_;
  Milliseconds slept_{0};
  int attempt_ = 0;
};

Error left_unprocessed() {
  return {ErrorCode::provisioned_throughput_exceeded,
          "Left unprocessed until time was up: the table is throttled"};
}

// ---- requests side by side

// What is to be sent: a write or a key.
template <class Unit>
struct Pending {
  const std::string* table = nullptr;
  Unit unit{};
};
template <class Unit>
using Units = std::vector<Pending<Unit>>;

template <class Unit>
struct Answer {
  std::size_t sent = 0;
  Units<Unit> undone{};
  std::optional<Error> error{};  // of all of `undone`; nullopt: they were left unprocessed
};

template <class Unit>
struct Failed {
  Pending<Unit> pending{};
  Error why{};
};

template <class Unit>
class Sending {
 public:
  using Done = std::function<void(Answer<Unit>)>;
  // Starts one request and has `done` called once, on any thread. `alone`: nothing else is to be
  // started before its answer, so that it may as well block.
  using Start = std::function<void(Units<Unit> units, bool alone, Done done)>;

  Sending(const BatchOptions& options, std::size_t max_units, Start start)
      : options_(options), max_units_(max_units), start_(std::move(start)), pacer_(options) {}

  // Sends everything; gives what failed.
  std::vector<Failed<Unit>> run(std::deque<Pending<Unit>> queue) {
    queue_ = std::move(queue);
    bool in_time = true;
    for (;;) {
      const bool slow_down = take_answers();
      if (slow_down && in_time) in_time = pacer_.pause();
      if (!in_time) give_up();
      if (queue_.empty() && running() == 0) break;
      if (queue_.empty() || running() >= std::max<std::size_t>(options_.in_flight, 1)) {
        wait_for_answer();
      } else {
        send_some();
      }
    }
    return std::move(failed_);
  }

 private:
  std::size_t running() {
    const std::lock_guard lock(mutex_);
    return running_ + answers_.size();
  }

  void wait_for_answer() {
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [this] { return !answers_.empty(); });
  }

  void send_some() {
    Units<Unit> units;
    std::size_t size = 0;
    while (!queue_.empty() && units.size() < max_units_) {
      size += request_size(queue_.front().unit);
      if (!units.empty() && size > kMaxRequestSize) break;
      units.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    const bool alone = queue_.empty() && running() == 0;
    {
      const std::lock_guard lock(mutex_);
      ++running_;
    }
    start_(std::move(units), alone, [this](Answer<Unit> answer) {
      // Notified under the lock: run() may return, and this object end, as soon as it has it.
      const std::lock_guard lock(mutex_);
      answers_.push_back(std::move(answer));
      --running_;
      answered_.notify_one();
    });
  }

  // Whether any of them tells to slow down.
  bool take_answers() {
    std::vector<Answer<Unit>> answers;
    {
      const std::lock_guard lock(mutex_);
      answers.swap(answers_);
    }
    bool slow_down = false, server_failed = false;
    for (Answer<Unit>& answer : answers) {
      if (answer.undone.size() < answer.sent) {
        pacer_.progressed();
        server_errors_ = 0;
        last_error_ = left_unprocessed();
      }
      if (answer.undone.empty()) continue;
      if (answer.error && is_server_error(answer.error->code)) server_failed = true;
      if (answer.error && !may_try_again(answer.error->code)) {
        fail(answer.undone, *answer.error);
        continue;
      }
      slow_down = true;
      if (answer.error) last_error_ = std::move(*answer.error);
      std::move(answer.undone.begin(), answer.undone.end(), std::back_inserter(queue_));
    }
    if (server_failed) ++server_errors_;
    return slow_down;
  }

  bool may_try_again(ErrorCode code) const {
    return is_throttling(code) || (is_server_error(code) && server_errors_ < kServerErrors);
  }

  template <class Pendings>
  void fail(Pendings& pendings, const Error& why) {
    for (auto& pending : pendings) failed_.push_back({std::move(pending), why});
  }

  // Time is up: nothing more is sent; what is in flight is still waited for.
  void give_up() {
    fail(queue_, last_error_);
    queue_.clear();
  }

  const BatchOptions& options_;
  const std::size_t max_units_;
  const Start start_;
  Pacer pacer_;
  std::deque<Pending<Unit>> queue_{};
  std::vector<Failed<Unit>> failed_{};
  int server_errors_ = 0;                  // since anything landed
  Error last_error_ = left_unprocessed();  // since anything landed

  std::mutex mutex_;
  std::condition_variable answered_;
  std::vector<Answer<Unit>> answers_{};
  std::size_t running_ = 0;  // started, and neither answered
};

// Runs functions on threads of its own, at most one each; joins them at its end. Where the system
// gives no more threads, those that there are do the work, or the caller.
class Threads {
 public:
  void run(std::function<void()> work) {
    std::unique_lock lock(mutex_);
    if (idle_ <= work_.size() && !add_thread() && threads_.empty()) {
      lock.unlock();
      return work();
    }
    work_.push_back(std::move(work));
    changed_.notify_one();
  }
  ~Threads() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  bool add_thread() {
    try {
      threads_.emplace_back([this] { serve(); });
    } catch (const std::system_error&) {
      return false;
    }
    ++idle_;  // it will come for the work
    return true;
  }
  void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !work_.empty(); });
      if (work_.empty()) return;
      const auto work = std::move(work_.front());
      work_.pop_front();
      --idle_;
      lock.unlock();
      work();
      lock.lock();
      ++idle_;
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_{};
  std::vector<std::thread> threads_{};
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace

WriteAllResult write_all(Client& client, std::map<std::string, std::vector<WriteRequest>> writes,
                         const BatchOptions& options) {
  using Unit = WriteRequest;
  WriteAllResult all;
  std::mutex mutex;
  const auto start = [&](Units<Unit> units, bool, Sending<Unit>::Done done) {
    BatchWriteItemRequest request;
    for (const auto& [table, write] : units) request.tables[*table].push_back(write);
    client.batch_write_item(std::move(request),
                            [&all, &mutex, &writes, units = std::move(units),
                             done = std::move(done)](Result<BatchWriteItemResult> result) mutable {
                              Answer<Unit> answer{units.size()};
                              if (!result) {
                                answer.undone = std::move(units);
                                answer.error = result.error();
                                return done(std::move(answer));
                              }
                              for (auto& [table, rest] : result->unprocessed) {
                                const std::string* name = find_table(writes, table);
                                if (!name) return done({units.size(), units, not_asked(table)});
                                for (WriteRequest& write : rest)
                                  answer.undone.push_back({name, std::move(write)});
                              }
                              {
                                const std::lock_guard lock(mutex);
                                for (const auto& table : result->consumed)
                                  add_capacity(all.consumed, table);
                              }
                              done(std::move(answer));
                            });
  };
  std::deque<Pending<Unit>> queue;
  for (auto& [table, of_table] : writes) {
    for (WriteRequest& write : of_table) queue.push_back({&table, std::move(write)});
  }
  Sending<Unit> sending(options, kMaxBatchWrites, start);
  for (auto& [pending, why] : sending.run(std::move(queue)))
    all.not_written.push_back({*pending.table, std::move(pending.unit), std::move(why)});
  return all;
}

GetAllResult get_all(Client& client, std::map<std::string, KeysAndAttributes> keys,
                     const BatchOptions& options) {
  using Unit = Item;
  GetAllResult all;
  std::mutex mutex;
  const auto counted = CapacityScope::current();
  const auto ledgers = base::CallLedger::current();
  const auto get = [&](const Units<Unit>& units) {
    BatchGetItemRequest request;
    for (const auto& [table, key] : units) {
      const KeysAndAttributes& asked = keys.find(*table)->second;
      auto& of_table = request.tables[*table];
      of_table.consistent_read = asked.consistent_read;
      of_table.projection = asked.projection;
      of_table.keys.push_back(key);
    }
    Answer<Unit> answer{units.size()};
    auto result = client.batch_get_item(request);
    if (!result) {
      answer.undone = units;
      answer.error = result.error();
      return answer;
    }
    for (auto& [table, rest] : result->unprocessed) {
      const std::string* name = find_table(keys, table);
      if (!name) return Answer<Unit>{units.size(), units, not_asked(table)};
      for (Item& key : rest.keys) answer.undone.push_back({name, std::move(key)});
    }
    const std::lock_guard lock(mutex);
    for (auto& [table, items] : result->items) {
      const std::string* name = find_table(keys, table);
      if (!name) return Answer<Unit>{units.size(), units, not_asked(table)};
      all.items[*name].push_back(std::move(items));
    }
    for (const auto& table : result->consumed) add_capacity(all.consumed, table);
    return answer;
  };
  Threads threads;
  const auto start = [&](Units<Unit> units, bool alone, Sending<Unit>::Done done) {
    if (alone) return done(get(units));
    threads.run([&get, units = std::move(units), done = std::move(done), &counted, &ledgers] {
      const CapacityScope::Lent lent(counted);
      const base::CallLedger::Lent lent_ledgers(ledgers);
      done(get(units));
    });
  };
  std::deque<Pending<Unit>> queue;
  for (auto& [table, asked] : keys) {
    for (Item& key : asked.keys) queue.push_back({&table, std::move(key)});
    asked.keys.clear();
  }
  Sending<Unit> sending(options, kMaxBatchGetKeys, start);
  for (auto& [pending, why] : sending.run(std::move(queue)))
    all.not_read.push_back({*pending.table, std::move(pending.unit), std::move(why)});
  return all;
}

namespace {

// One scan of all segments: what its threads share.
class ParallelScan {
 public:
  ParallelScan(Client& client, const ScanRequest& request,
               const std::function<bool(const ScanResult&)>& on_page, const BatchOptions& options)
      : client_(client), request_(request), on_page_(on_page), options_(options) {}

  void segment(std::uint32_t number, std::uint32_t segments) {
    ScanRequest request = request_;
    request.segment = number;
    request.total_segments = segments;
    while (!ended()) {
      auto page = read(request);
      if (!page) return end(page.error());
      const bool more = page->last_evaluated_key.has_value();
      if (more) request.exclusive_start_key = std::move(*page->last_evaluated_key);
      hand_on(*page);
      if (!more) return;
    }
  }

  Result<ParallelScanResult> finish() {
    if (thrown_) std::rethrow_exception(thrown_);
    if (error_) return std::move(*error_);
    return std::move(result_);
  }

 private:
  bool ended() {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  void end(Error error) {
    const std::lock_guard lock(mutex_);
    if (!ended_) error_ = std::move(error);
    ended_ = true;
  }

  Result<ScanResult> read(const ScanRequest& request) {
    Pacer pacer(options_);
    for (int server_errors = 0;;) {
      auto page = client_.scan(request);
      if (page) return page;
      const ErrorCode code = page.error().code;
      if (is_server_error(code)) ++server_errors;
      const bool again =
          is_throttling(code) || (is_server_error(code) && server_errors <= kServerErrors);
      if (!again || !pacer.pause()) return page;
    }
  }

  void hand_on(const ScanResult& page) {
    const std::lock_guard lock(mutex_);
    result_.count += page.count;
    result_.scanned_count += page.scanned_count;
    result_.consumed.table = page.consumed.table;
    add_capacity(result_.consumed, page.consumed);
    if (ended_) return;
    try {
      ended_ = !on_page_(page);
    } catch (...) {  // rethrown by finish()
      thrown_ = std::current_exception();
      ended_ = true;
    }
  }

  Client& client_;
  const ScanRequest& request_;
  const std::function<bool(const ScanResult&)>& on_page_;
  const BatchOptions& options_;
  std::mutex mutex_;
  bool ended_ = false;
  std::optional<Error> error_{};
  std::exception_ptr thrown_{};
  ParallelScanResult result_{};
};

}  // namespace

Result<ParallelScanResult> parallel_scan(Client& client, const ScanRequest& request,
                                         std::uint32_t segments,
                                         const std::function<bool(const ScanResult&)>& on_page,
                                         const BatchOptions& options) {
  ParallelScan scan(client, request, on_page, options);
  const auto counted = CapacityScope::current();
  const auto ledgers = base::CallLedger::current();
  {
    Threads threads;
    for (std::uint32_t i = 1; i < segments; ++i) {
      threads.run([&scan, &counted, &ledgers, i, segments] {
        const CapacityScope::Lent lent(counted);
        const base::CallLedger::Lent lent_ledgers(ledgers);
        scan.segment(i, segments);
      });
    }
    scan.segment(0, segments);
  }
  return scan.finish();
}

}  // namespace dynamodb
