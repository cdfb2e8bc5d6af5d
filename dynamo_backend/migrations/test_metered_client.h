// A Client that passes everything on and notes when what was consumed: for tests of budgets, and of
// what interferes between two calls.
#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <vector>

#include "dynamodb/forwarding_client.h"

namespace dynamo_backend::migrations {

class MeteredClient : public dynamodb::ForwardingClient {
 public:
  using Clock = std::function<std::chrono::microseconds()>;
  explicit MeteredClient(dynamodb::Client& inner, Clock clock = {})
      : ForwardingClient(inner), clock_(std::move(clock)) {}
  using Client::batch_write_item;
  using Client::delete_item;
  using Client::put_item;
  using Client::transact_write_items;
  using Client::update_item;

  // Called before each call, with its number from 1; an error is its answer.
  std::function<std::optional<dynamodb::Error>(int)> before{};
  std::function<std::optional<dynamodb::Error>(const dynamodb::UpdateTableRequest&)>
      before_update_table{};
  std::function<void(const dynamodb::UpdateItemRequest&)> before_update_item{};
  std::function<std::optional<dynamodb::Error>(const dynamodb::TransactWriteItemsRequest&)>
      before_transaction{};
  std::atomic<int> calls{0};

  void forget() {
    const std::lock_guard lock(mutex_);
    log_.clear();
  }
  // The most write units in any second.
  double most_written_in_a_second() const {
    const std::lock_guard lock(mutex_);
    auto log = log_;
    std::sort(log.begin(), log.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    double most = 0, sum = 0;
    for (std::size_t first = 0, i = 0; i < log.size(); ++i) {
      sum += log[i].units;
      while (log[i].at - log[first].at >= std::chrono::seconds(1)) sum -= log[first++].units;
      most = std::max(most, sum);
    }
    return most;
  }
  double written() const {
    const std::lock_guard lock(mutex_);
    double sum = 0;
    for (const auto& entry : log_) sum += entry.units;
    return sum;
  }

  template <class T>
  using Result = dynamodb::Result<T>;
  Result<dynamodb::GetItemResult> get_item(const dynamodb::GetItemRequest& r) override {
    if (auto error = enter()) return *error;
    return inner_.get_item(r);
  }
  Result<dynamodb::QueryResult> query(const dynamodb::QueryRequest& r) override {
    if (auto error = enter()) return *error;
    return inner_.query(r);
  }
  Result<dynamodb::ScanResult> scan(const dynamodb::ScanRequest& r) override {
    if (auto error = enter()) return *error;
    return inner_.scan(r);
  }
  Result<dynamodb::BatchGetItemResult> batch_get_item(
      const dynamodb::BatchGetItemRequest& r) override {
    if (auto error = enter()) return *error;
    return inner_.batch_get_item(r);
  }
  Result<dynamodb::TransactGetItemsResult> transact_get_items(
      const dynamodb::TransactGetItemsRequest& r) override {
    if (auto error = enter()) return *error;
    return inner_.transact_get_items(r);
  }
  void put_item(dynamodb::PutItemRequest r,
                dynamodb::Completion<dynamodb::PutItemResult> done) override {
    if (auto error = enter()) return done(*error);
    inner_.put_item(std::move(r), noting(std::move(done)));
  }
  void update_item(dynamodb::UpdateItemRequest r,
                   dynamodb::Completion<dynamodb::UpdateItemResult> done) override {
    if (auto error = enter()) return done(*error);
    if (before_update_item) before_update_item(r);
    inner_.update_item(std::move(r), noting(std::move(done)));
  }
  void delete_item(dynamodb::DeleteItemRequest r,
                   dynamodb::Completion<dynamodb::DeleteItemResult> done) override {
    if (auto error = enter()) return done(*error);
    inner_.delete_item(std::move(r), noting(std::move(done)));
  }
  void batch_write_item(dynamodb::BatchWriteItemRequest r,
                        dynamodb::Completion<dynamodb::BatchWriteItemResult> done) override {
    if (auto error = enter()) return done(*error);
    inner_.batch_write_item(std::move(r), noting(std::move(done)));
  }
  void transact_write_items(
      dynamodb::TransactWriteItemsRequest r,
      dynamodb::Completion<dynamodb::TransactWriteItemsResult> done) override {
    if (auto error = enter()) return done(*error);
    if (before_transaction) {
      if (auto error = before_transaction(r)) return done(*error);
    }
    inner_.transact_write_items(std::move(r), noting(std::move(done)));
  }
  Result<dynamodb::TableDescription> create_table(const dynamodb::TableDefinition& d) override {
    if (auto error = enter()) return *error;
    return inner_.create_table(d);
  }
  Result<dynamodb::TableDescription> update_table(const dynamodb::UpdateTableRequest& r) override {
    if (auto error = enter()) return *error;
    if (before_update_table) {
      if (auto error = before_update_table(r)) return *error;
    }
    return inner_.update_table(r);
  }
  Result<dynamodb::TableDescription> delete_table(const std::string& t) override {
    if (auto error = enter()) return *error;
    return inner_.delete_table(t);
  }
  Result<dynamodb::TableDescription> describe_table(const std::string& t) override {
    if (auto error = enter()) return *error;
    return inner_.describe_table(t);
  }

 private:
  std::optional<dynamodb::Error> enter() {
    const int number = ++calls;
    return before ? before(number) : std::nullopt;
  }
  template <class R>
  dynamodb::Completion<R> noting(dynamodb::Completion<R> done) {
    return [this, done = std::move(done)](Result<R> result) {
      if (result) note(units(result->consumed));
      done(std::move(result));
    };
  }
  static double units(const dynamodb::ConsumedCapacity& c) { return c.total(); }
  static double units(const std::vector<dynamodb::ConsumedCapacity>& all) {
    double sum = 0;
    for (const auto& c : all) sum += c.total();
    return sum;
  }
  void note(double units) {
    const auto now = clock_ ? clock_()
                            : std::chrono::duration_cast<std::chrono::microseconds>(
                                  std::chrono::steady_clock::now().time_since_epoch());
    const std::lock_guard lock(mutex_);
    log_.push_back({now, units});
  }

  struct Entry {
    std::chrono::microseconds at{};
    double units = 0;
  };
  const Clock clock_;
  mutable std::mutex mutex_;
  std::vector<Entry> log_{};
};

}  // namespace dynamo_backend::migrations
