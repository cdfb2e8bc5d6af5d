// A Client that passes everything on, counts it, and misbehaves when told to: for tests.
#pragma once
#include <atomic>
#include <functional>
#include <future>
#include <mutex>

#include "dynamodb/forwarding_client.h"

namespace test_blog {

struct Calls {
  std::atomic<int> get{0}, query{0}, scan{0}, batch_get{0}, put{0}, update{0}, remove{0},
      batch_write{0}, transact{0}, describe{0};
  void reset() {
    for (auto* c : {&get, &query, &scan, &batch_get, &put, &update, &remove, &batch_write,
                    &transact, &describe})
      *c = 0;
  }
  int reads() const { return get + query + scan + batch_get; }
  int writes() const { return put + update + remove + batch_write + transact; }
};

class RecordingClient : public dynamodb::ForwardingClient {
 public:
  using Client::batch_write_item;
  using Client::delete_item;
  using Client::put_item;
  using Client::transact_write_items;
  using Client::update_item;
  using ForwardingClient::ForwardingClient;

  Calls calls{};
  std::atomic<int> leave_unprocessed{0};  // of the next batches: all but the first key or write
  std::atomic<bool> stuck{false};         // batches do nothing
  std::atomic<int> writes_left{-1};       // then every write fails; -1: none does
  std::atomic<int> collide{0};            // the next transactions answer TransactionConflict
  std::atomic<int> lose{0};               // the next transactions are made, and their answers lost
  std::atomic<bool> reverse_batches{false};  // DynamoDB answers BatchGetItem in any order
  std::atomic<int> meet{0};  // the next single writes answer TransactionConflictException
  // The next single writes are sent twice, as by a client that has lost the first answer; in
  // between this runs.
  std::atomic<int> send_twice{0};
  std::function<void()> between{};
  std::function<void()> before_write{};  // runs once, before the next write
  std::function<void()> after_read{};    // runs once, after the next Query or Scan
  std::vector<dynamodb::QueryRequest> queries{};
  std::vector<dynamodb::UpdateItemRequest> updates{};
  std::vector<dynamodb::BatchGetItemRequest> batch_gets{};
  std::vector<dynamodb::TransactWriteItemsRequest> transactions{};

  dynamodb::Result<dynamodb::GetItemResult> get_item(const dynamodb::GetItemRequest& r) override {
    return ++calls.get, inner_.get_item(r);
  }
  dynamodb::Result<dynamodb::QueryResult> query(const dynamodb::QueryRequest& r) override {
    ++calls.query;
    keep(queries, r);
    auto result = inner_.query(r);
    interfere(after_read);
    return result;
  }
  dynamodb::Result<dynamodb::ScanResult> scan(const dynamodb::ScanRequest& r) override {
    ++calls.scan;
    auto result = inner_.scan(r);
    interfere(after_read);
    return result;
  }
  dynamodb::Result<dynamodb::BatchGetItemResult> batch_get_item(
      const dynamodb::BatchGetItemRequest& r) override {
    ++calls.batch_get;
    keep(batch_gets, r);
    if (stuck) return dynamodb::BatchGetItemResult{.unprocessed = r.tables};
    if (reverse_batches) {
      dynamodb::BatchGetItemRequest reversed = r;
      for (auto& [table, keys] : reversed.tables) std::reverse(keys.keys.begin(), keys.keys.end());
      return inner_.batch_get_item(reversed);
    }
    if (leave_unprocessed == 0) return inner_.batch_get_item(r);
    --leave_unprocessed;
    dynamodb::BatchGetItemRequest some = r;
    std::map<std::string, dynamodb::KeysAndAttributes> rest;
    for (auto& [table, keys] : some.tables) {
      auto& left = rest[table] = keys;
      left.keys.erase(left.keys.begin());
      keys.keys.resize(1);
    }
    auto result = inner_.batch_get_item(some);
    if (result) result->unprocessed = std::move(rest);
    return result;
  }
  void put_item(dynamodb::PutItemRequest r,
                dynamodb::Completion<dynamodb::PutItemResult> done) override {
    ++calls.put;
    if (fails()) return done(dynamodb::unavailable("a test"));
    interfere();
    write([this, r](auto end) { inner_.put_item(r, std::move(end)); }, std::move(done));
  }
  void update_item(dynamodb::UpdateItemRequest r,
                   dynamodb::Completion<dynamodb::UpdateItemResult> done) override {
    ++calls.update;
    if (fails()) return done(dynamodb::unavailable("a test"));
    keep(updates, r);
    interfere();
    write([this, r](auto end) { inner_.update_item(r, std::move(end)); }, std::move(done));
  }
  void delete_item(dynamodb::DeleteItemRequest r,
                   dynamodb::Completion<dynamodb::DeleteItemResult> done) override {
    ++calls.remove;
    if (fails()) return done(dynamodb::unavailable("a test"));
    interfere();
    write([this, r](auto end) { inner_.delete_item(r, std::move(end)); }, std::move(done));
  }
  void batch_write_item(dynamodb::BatchWriteItemRequest r,
                        dynamodb::Completion<dynamodb::BatchWriteItemResult> done) override {
    ++calls.batch_write;
    if (fails()) return done(dynamodb::unavailable("a test"));
    if (stuck) return done(dynamodb::BatchWriteItemResult{.unprocessed = r.tables});
    interfere();
    if (leave_unprocessed == 0) return inner_.batch_write_item(std::move(r), std::move(done));
    --leave_unprocessed;
    std::map<std::string, std::vector<dynamodb::WriteRequest>> rest;
    for (auto& [table, writes] : r.tables) {
      rest[table] = {writes.begin() + 1, writes.end()};
      writes.resize(1);
    }
    inner_.batch_write_item(std::move(r),
                            [rest, done](dynamodb::Result<dynamodb::BatchWriteItemResult> result) {
                              if (result) result->unprocessed = rest;
                              done(std::move(result));
                            });
  }
  void transact_write_items(
      dynamodb::TransactWriteItemsRequest r,
      dynamodb::Completion<dynamodb::TransactWriteItemsResult> done) override {
    ++calls.transact;
    if (fails()) return done(dynamodb::unavailable("a test"));
    if (collide > 0) {
      --collide;
      std::vector<dynamodb::CancellationReason> reasons(r.actions.size());
      reasons[0].code = "TransactionConflict";
      return done(dynamodb::transaction_canceled(std::move(reasons)));
    }
    interfere();
    keep(transactions, r);
    if (lose > 0) {
      --lose;
      return inner_.transact_write_items(
          std::move(r), [done](auto) { done(dynamodb::internal_error("the answer was lost")); });
    }
    inner_.transact_write_items(std::move(r), std::move(done));
  }
  dynamodb::Result<dynamodb::TableDescription> describe_table(const std::string& t) override {
    return ++calls.describe, inner_.describe_table(t);
  }

 private:
  template <class Send>
  void write(Send send, dynamodb::Completion<dynamodb::WriteResult> done) {
    if (meet > 0 && send_twice == 0) {
      --meet;
      return done(dynamodb::Error{dynamodb::ErrorCode::transaction_conflict, "a test"});
    }
    if (send_twice == 0) return send(std::move(done));
    --send_twice;
    std::promise<bool> made;
    send([&](const dynamodb::Result<dynamodb::WriteResult>& lost) {
      made.set_value(lost.has_value());
    });
    const bool was_made = made.get_future().get();
    if (const auto run = std::exchange(between, nullptr)) run();
    if (meet > 0) {  // and so does the second of the two
      --meet;
      dynamodb::Error error{dynamodb::ErrorCode::transaction_conflict, "a test"};
      error.after_lost_answer = was_made;
      return done(std::move(error));
    }
    send([done, was_made](dynamodb::Result<dynamodb::WriteResult> result) {
      if (result || !was_made) return done(std::move(result));
      dynamodb::Error error = result.error();
      error.after_lost_answer = true;
      done(std::move(error));
    });
  }
  template <class R>
  void keep(std::vector<R>& list, const R& request) {
    const std::lock_guard lock(mutex_);
    list.push_back(request);
  }
  bool fails() {
    if (writes_left < 0) return false;
    if (writes_left == 0) return true;
    --writes_left;
    return false;
  }
  void interfere() { interfere(before_write); }
  void interfere(std::function<void()>& hook) {
    std::function<void()> run;
    {
      const std::lock_guard lock(mutex_);
      run = std::exchange(hook, nullptr);
    }
    if (run) run();
  }
  std::mutex mutex_;
};

}  // namespace test_blog
