// transaction(): several rows written together, or none of them.
//
//   transaction([&](Transaction& t) {
//     auto from = t.get<Account>(a), to = t.get<Account>(b);
//     from.balance -= 10;
//     to.balance += 10;
//     t.save(from);
//     t.save(to);
//     t.create(Transfer{.from_pk = from, .to_pk = to, .amount = 10});
//   });
//
// The function collects; one TransactWriteItems is sent after it has returned, with unique claims,
// versions, computed attributes, automatic times, cascades and signals as the same calls make
// alone. An exception of the function leaves everything as it was. Isolation: serializable for what
// is read by t.get() and t.try_get(): each of these rows must be unchanged when the transaction is
// made. Where one is not, the function RUNS AGAIN, from rows as they are then, at most kMaxAttempts
// times; so it must do nothing that cannot be repeated but through `t`. Other reads are not
// guarded, and no read sees what the transaction is to write. A collision with another transaction
// is sent again; a token sees to it that a lost answer does not write twice. Rows are taken as they
// are when t.create(), t.save() or t.update() is called. A row object's version and state change
// when the transaction is made and not before; keys and automatic times are set by the call, and
// taken back when the transaction fails. Limits: at most 100 actions (each row is one, and each
// unique value that a row takes or gives up) and 4 MB: TransactionTooLarge before anything is sent.
// Failure: TransactionError (transaction_error.h), one line for each row. Where the database's
// answer is lost for good, DatabaseError: whether it was made is not known. Thread safety: a
// Transaction belongs to the thread that runs the function.
#pragma once
#include <memory>

#include "dynamo_backend/manager.h"
#include "dynamo_backend/transaction_error.h"

// Version 14 takes requires clauses and chains of if constexpr apart.
// clang-format off
namespace dynamo_backend {

// More than one TransactWriteItems takes. Nothing was sent.
struct TransactionTooLarge : ModelError {
  using ModelError::ModelError;
};

class Transaction {
 public:
  Transaction();  // of Connection::current(), as all that it reads
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // The row of a key; it must be unchanged, or absent, when the transaction is made. Throws T::DoesNotExist.
  template <class T, class... K>
    requires is_key_of<T, K...>
  T get(K&&... key) {
    auto row = try_get<T>(key...);
    const ModelInfo& model = model_info<T>();
    if (!row) model.raise_does_not_exist("key " + key_text(model, key_item<T>(key_t<T>(std::forward<K>(key)...))));
    return *std::move(row);
  }
  template <class T, class... K>
    requires is_key_of<T, K...>
  std::optional<T> try_get(const K&... key) {
    const auto packed = read(model_info<T>(), key_item<T>(key_t<T>(key...)));
    return packed ? std::optional<T>(row_from<T>(packed->bytes())) : std::nullopt;
  }

  // A new row. Calling it, or save(), again for the same object replaces what was to be written of it.
  template <class T> void create(T& row) { create(model_info<T>(), &row); }
  template <class T>
    requires(!std::is_lvalue_reference_v<T>)
  T create(T&& row) {
    T made = std::forward<T>(row);
    create(model_info<T>(), &made);
    return made;
  }
  // What changed, as row.save().
  template <class T> void save(T& row) { save(model_info<T>(), &row); }
  // The row and what hangs on it: rows that cascades delete, and keys that are set to null, are actions of this
  // transaction. Throws DoesNotExist, ProtectedError, ConflictError.
  template <class T> void remove(T& row) { remove(model_info<T>(), &row); }
  // Assignments to each row that the queryset finds now, on condition that it still meets it; where its condition
  // gives a key and DynamoDB can check it, without reading the row first. TransactionFailed: the row of a key that it
  // gives is not there, or does not meet it.
  template <class T, class... A>
  void update(const QuerySet<T>& rows, const A&... assignments) {
    static_assert((std::same_as<A, Assignment<T>> && ...),
                  "update() takes assignments to fields of this model: f<&Model::field> = value");
    update(rows.query(), {static_cast<const AssignmentNode&>(assignments)...});
  }
  // Of one row, by the key of a DynamoModel. It must exist.
  template <class T, class... A>
    requires std::derived_from<T, DynamoModel<T>>
  void update(const Uuid& pk, const Assignment<T>& first, const A&... others) {
    update(T::objects.filter(f<&T::pk> == pk), first, others...);
  }
  template <class T, class... A>
    requires std::derived_from<T, DynamoModel<T>>
  void update(const T& row, const Assignment<T>& first, const A&... others) {
    update(row.pk, first, others...);
  }
  // That a row meets a condition when the transaction is made: the row is not written, or written too.
  template <class T> void check(const T& row, const Q<T>& condition) {
    const ModelInfo& model = model_info<T>();
    check(model, key_of(model, static_cast<const void*>(&row)), condition.node());
  }
  template <class T>
    requires std::derived_from<T, DynamoModel<T>>
  void check(const Uuid& pk, const Q<T>& condition) {
    const ModelInfo& model = model_info<T>();
    check(model, {{std::string(model.partition->attribute), pk.str()}}, condition.node());
  }

  // ---- of models known at run time
  std::optional<dynamodb::PackedItem> read(const ModelInfo& model, const dynamodb::Item& key);
  void create(const ModelInfo& model, void* row);
  void save(const ModelInfo& model, void* row);
  void remove(const ModelInfo& model, void* row);
  void update(const Query& query, const std::vector<AssignmentNode>& assignments);
  void check(const ModelInfo& model, const dynamodb::Item& key, const NodePtr& condition);
  // Links of a many-to-many, seen from the row `many.owner`, which may be a new row of this transaction. What is
  // linked already, or no longer, stays so.
  void link(const ManyBase::Binding& many, const std::vector<Uuid>& targets);
  void unlink(const ManyBase::Binding& many, const std::vector<Uuid>& targets);

  // ---- for transaction()
  enum class Outcome : std::uint8_t { made, stale };  // stale: what was read has changed; run the function again
  Outcome commit(bool last_try);
  void roll_back();  // rows' keys and times as they were

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Returns what `fn` returns.
template <std::invocable<Transaction&> Fn>
auto transaction(Fn&& fn) {
  for (int attempt = 1;; ++attempt) {
    Transaction t;
    const bool last = attempt == kMaxAttempts;
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<Fn&, Transaction&>>) {
        fn(t);
        if (t.commit(last) == Transaction::Outcome::made) return;
      } else {
        auto result = fn(t);
        if (t.commit(last) == Transaction::Outcome::made) return result;
      }
    } catch (...) {
      t.roll_back();
      throw;
    }
    t.roll_back();
    Connection::current().back_off(attempt);
  }
}

}  // namespace dynamo_backend
