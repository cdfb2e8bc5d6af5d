#include "dynamodb/local/pipeline.h"

#include <utility>

namespace dynamodb::local {
namespace {

// A group ends when it is this large: its memory and the first writer's wait stay bounded.
constexpr std::size_t kMaxGroupBytes = 4 << 20;

}  // namespace

Result<std::optional<std::string_view>> Group::read(const std::string& key) {
  auto it = overlay_.find(key);
  if (it == overlay_.end()) {
    auto stored = storage_.read(key);
    if (stored.has_error()) return stored.error();
    it = overlay_.emplace(key, std::move(*stored)).first;
  }
  if (!it->second) return std::optional<std::string_view>();
  read_bytes_ += it->second->size();  // each time, for an answer may keep it
  return std::optional<std::string_view>(*it->second);
}

void Group::put(const std::string& key, std::string value) {
  batch_.Put(key, value);
  overlay_.insert_or_assign(key, std::move(value));
}

void Group::remove(const std::string& key) {
  batch_.Delete(key);
  overlay_.insert_or_assign(key, std::nullopt);
}

void Group::count(const TableState& table, std::uint16_t index, std::int64_t items,
                  std::int64_t bytes) {
  if (items == 0 && bytes == 0) return;
  auto it = counts_.find(table.number);
  if (it == counts_.end()) it = counts_.emplace(table.number, catalog_.counts(table)).first;
  auto& count = it->second[index];
  count.items += static_cast<std::uint64_t>(items);
  count.bytes += static_cast<std::uint64_t>(bytes);
}

base::Timestamp Group::now() {
  if (!now_) now_ = clock_();
  return *now_;
}

std::uint64_t Group::take_number() {
  took_numbers_ = true;
  return catalog_.streams().take_number();
}

Result<void> Group::commit() {
  for (const auto& [table, counts] : counts_) Catalog::write_counts(batch_, table, counts);
  if (took_numbers_) catalog_.streams().write_numbers(batch_);
  if (batch_.Count() == 0) return {};
  if (auto done = storage_.commit(batch_); done.has_error()) return done;
  if (took_numbers_) catalog_.streams().publish_numbers();
  for (auto& [table, counts] : counts_) catalog_.publish_counts(table, std::move(counts));
  return {};
}

Pipeline::Pipeline(Storage& storage, Catalog& catalog, base::NowFunction now)
    : storage_(storage), catalog_(catalog), now_(std::move(now)), thread_([this] { run(); }) {}

void Pipeline::submit(std::unique_ptr<Write> write) {
  {
    std::unique_lock lock(mutex_);
    if (!stopping_) {
      queue_.push_back(std::move(write));
      const bool was_empty = queue_.size() == 1;
      lock.unlock();
      if (was_empty) wake_.notify_one();
      return;
    }
  }
  const Error stopped = unavailable("the database is shutting down");
  write->finish(&stopped);
}

void Pipeline::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Pipeline::run() {
  for (;;) {
    Queue writes;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      writes.swap(queue_);
    }
    while (!writes.empty()) process_group(writes);
  }
}

void Pipeline::process_group(Queue& writes) {
  Queue members;
  Group group(storage_, catalog_, now_);
  do {
    members.push_back(std::move(writes.front()));
    writes.pop_front();
    members.back()->evaluate(group);
  } while (!writes.empty() && !members.back()->alone() && !writes.front()->alone() &&
           group.bytes() < kMaxGroupBytes);
  const auto committed = group.commit();
  std::optional<Error> failure;
  if (committed.has_error()) failure = committed.error();
  for (auto& member : members) member->finish(failure ? &*failure : nullptr);
}

}  // namespace dynamodb::local
