// On disk, under a token's key (key_codec.h): the record of a transaction that carried it,
//   record := microseconds:u64 (since 1970, when it was committed) fingerprint (of the request)
#include "dynamodb/local/writes.h"

#include "dynamodb/local/capacity.h"
#include "dynamodb/local/key_codec.h"
#include "dynamodb/local/validation.h"

namespace dynamodb::local {
namespace {

constexpr std::chrono::minutes kTokenLifetime{10};
// Tokens that one group looks at, for which other writes wait.
constexpr std::size_t kCleanupChunk = 1000;

// Consumption by table, in the order in which tables are first named.
class Consumption {
 public:
  ConsumedCapacity& of(const std::string& table) {
    for (auto& entry : all_) {
      if (entry.table == table) return entry;
    }
    all_.push_back({.table = table});
    return all_.back();
  }
  std::vector<ConsumedCapacity> take() { return std::move(all_); }

 private:
  std::vector<ConsumedCapacity> all_;
};

// DynamoDB: one entry a collection, however many of its items were written.
CollectionMetrics collections_of(const std::vector<WriteAction>& actions) {
  CollectionMetrics tables;
  for (const auto& action : actions) {
    if (!action.collection) continue;
    auto& collections = tables[action.table->name];
    const auto same = [&](const auto& other) { return other.key == action.collection->key; };
    if (std::none_of(collections.begin(), collections.end(), same))
      collections.push_back(*action.collection);
  }
  return tables;
}

class SingleWrite : public Write {
 public:
  SingleWrite(WriteAction action, Completion<WriteResult> done)
      : action_(std::move(action)), done_(std::move(done)) {}

  void evaluate(Group& group) override {
    const auto change = local::evaluate(action_, group);
    if (change.has_error()) {
      outcome_ = change.error();
      return;
    }
    WriteResult result{.consumed = {.table = action_.table->name}};
    apply(action_, *change, group, /*in_transaction=*/false, result.consumed);
    result.attributes = returned_attributes(action_, *change);
    result.collection = action_.collection;
    outcome_ = std::move(result);
  }
  void finish(const Error* failure) override {
    done_(failure != nullptr ? *failure : std::move(outcome_));
  }

 private:
  WriteAction action_;
  Completion<WriteResult> done_;
  Result<WriteResult> outcome_ = WriteResult{};
};

class BatchWrite : public Write {
 public:
  BatchWrite(std::vector<WriteAction> actions, Completion<BatchWriteItemResult> done)
      : actions_(std::move(actions)), done_(std::move(done)) {}

  void evaluate(Group& group) override {
    // All are looked at before any is applied: what AWS refuses, it refuses whole. Keys differ, so
    // no action sees another.
    std::vector<RowChange> changes;
    for (const auto& action : actions_) {
      auto change = local::evaluate(action, group);
      if (change.has_error()) {
        outcome_ = change.error();
        return;
      }
      changes.push_back(std::move(*change));
    }
    Consumption consumed;
    for (std::size_t i = 0; i < actions_.size(); ++i) {
      apply(actions_[i], changes[i], group, /*in_transaction=*/false,
            consumed.of(actions_[i].table->name));
    }
    outcome_ =
        BatchWriteItemResult{.consumed = consumed.take(), .collections = collections_of(actions_)};
  }
  void finish(const Error* failure) override {
    done_(failure != nullptr ? *failure : std::move(outcome_));
  }

 private:
  std::vector<WriteAction> actions_;
  Completion<BatchWriteItemResult> done_;
  Result<BatchWriteItemResult> outcome_ = BatchWriteItemResult{};
};

std::string token_key(const std::string& token) { return std::string(1, kTokenPrefix) + token; }

std::string token_record(const TransactionToken& token) {
  std::string record;
  append_u64(record, static_cast<std::uint64_t>(token.now.time_since_epoch().count()));
  return record + token.fingerprint;
}

// Whether a stored record is older than tokens live.
bool token_expired(std::string_view record, base::Timestamp now) {
  const auto at = base::Timestamp(
      std::chrono::microseconds(static_cast<std::int64_t>(read_big_endian(record.substr(0, 8)))));
  return now - at >= kTokenLifetime;
}

CancellationReason reason_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::conditional_check_failed:
      return {"ConditionalCheckFailed", error.message, error.item};
    case ErrorCode::resource_not_found:
      return {"ResourceNotFound", error.message, {}};
    case ErrorCode::validation:
      return {"ValidationError", error.message, {}};
    default:
      return {std::string(error_name(error.code)), error.message, {}};
  }
}

class Transaction : public Write {
 public:
  Transaction(std::vector<WriteAction> actions, TransactionToken token,
              Completion<TransactWriteItemsResult> done)
      : actions_(std::move(actions)), token_(std::move(token)), done_(std::move(done)) {}

  void evaluate(Group& group) override {
    if (!token_.token.empty() && repeats(group)) return;
    std::vector<RowChange> changes;
    std::vector<CancellationReason> reasons;
    bool canceled = false;
    for (const auto& action : actions_) {
      auto change = local::evaluate(action, group);
      if (change.has_value()) {
        changes.push_back(std::move(*change));
        reasons.emplace_back();
        continue;
      }
      const Error error = change.error();
      if (error.code == ErrorCode::internal_server_error || is_impossible_key(error)) {
        outcome_ = error;
        return;
      }
      reasons.push_back(reason_of(error));
      canceled = true;
    }
    if (canceled) {
      outcome_ = transaction_canceled(std::move(reasons));
      return;
    }
    Consumption consumed;
    for (std::size_t i = 0; i < actions_.size(); ++i) {
      apply(actions_[i], changes[i], group, /*in_transaction=*/true,
            consumed.of(actions_[i].table->name));
    }
    if (!token_.token.empty()) group.put(token_key(token_.token), token_record(token_));
    outcome_ = TransactWriteItemsResult{.consumed = consumed.take(),
                                        .collections = collections_of(actions_)};
  }
  void finish(const Error* failure) override {
    done_(failure != nullptr ? *failure : std::move(outcome_));
  }

 private:
  // Whether the token was seen before; the outcome is set then. A repeat is charged as reads.
  bool repeats(Group& group) {
    const auto stored = group.read(token_key(token_.token));
    if (stored.has_error()) {
      outcome_ = stored.error();
      return true;
    }
    if (!*stored || token_expired(**stored, token_.now)) return false;
    if ((*stored)->substr(8) != token_.fingerprint) {
      outcome_ = Error{.code = ErrorCode::idempotent_parameter_mismatch,
                       .message =
                           "Specified idempotent token was used with different request parameters "
                           "within the idempotency window"};
      return true;
    }
    Consumption consumed;
    for (const auto& action : actions_) {
      const auto row = group.read(action.row_key);
      const std::size_t size = row.has_value() && *row ? item_size(ItemView(**row)) : 0;
      consumed.of(action.table->name).table_units += 2 * read_units(size, /*consistent=*/true);
    }
    outcome_ = TransactWriteItemsResult{.consumed = consumed.take(), .repeated = true};
    return true;
  }

  std::vector<WriteAction> actions_;
  TransactionToken token_;
  Completion<TransactWriteItemsResult> done_;
  Result<TransactWriteItemsResult> outcome_ = TransactWriteItemsResult{};
};

class TokenCleanup : public Write {
 public:
  TokenCleanup(Storage& storage, Pipeline& pipeline, base::Timestamp now, std::string begin)
      : storage_(storage), pipeline_(pipeline), now_(now), at_(std::move(begin)) {}
  void evaluate(Group& group) override {
    const std::string end = prefix_end(token_key(""));
    const rocksdb::Slice upper(end);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &upper;
    options.fill_cache = false;
    const auto it = storage_.iterate(options);
    std::size_t count = 0;
    for (it->Seek(at_); it->Valid() && count < kCleanupChunk; it->Next(), ++count) {
      if (token_expired(it->value().ToStringView(), now_)) group.remove(it->key().ToString());
    }
    at_ = it->Valid() ? it->key().ToString() : std::string();
  }
  // A failure leaves old tokens, which expire on read all the same.
  void finish(const Error* failure) override {
    if (failure != nullptr || at_.empty()) return;
    pipeline_.submit(std::make_unique<TokenCleanup>(storage_, pipeline_, now_, std::move(at_)));
  }
  bool alone() const override { return true; }

 private:
  Storage& storage_;
  Pipeline& pipeline_;
  const base::Timestamp now_;
  std::string at_;  // where to begin, then where to go on; empty: nowhere
};

}  // namespace

std::unique_ptr<Write> make_single_write(WriteAction action, Completion<WriteResult> done) {
  return std::make_unique<SingleWrite>(std::move(action), std::move(done));
}
std::unique_ptr<Write> make_batch_write(std::vector<WriteAction> actions,
                                        Completion<BatchWriteItemResult> done) {
  return std::make_unique<BatchWrite>(std::move(actions), std::move(done));
}
std::unique_ptr<Write> make_transaction(std::vector<WriteAction> actions, TransactionToken token,
                                        Completion<TransactWriteItemsResult> done) {
  return std::make_unique<Transaction>(std::move(actions), std::move(token), std::move(done));
}
std::unique_ptr<Write> make_token_cleanup(Storage& storage, Pipeline& pipeline,
                                          base::Timestamp now) {
  return std::make_unique<TokenCleanup>(storage, pipeline, now, token_key(""));
}

}  // namespace dynamodb::local
