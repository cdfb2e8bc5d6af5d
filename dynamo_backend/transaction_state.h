// What a transaction has collected: private to transaction*.cc.
#pragma once
#include <exception>
#include <map>

#include "dynamo_backend/predicate.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/row_actions.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/transaction.h"

namespace dynamo_backend {

// What must hold of a row beside what its write demands.
struct RowGuard {
  bool read = false;                              // by t.get(): unchanged; else a check()
  std::optional<dynamodb::PackedItem> as_read{};  // absent: there was none, or nothing was read
  Predicate where{};                              // of a check
  dynamodb::Condition condition{};
};

// All that a transaction does with one row: DynamoDB takes one action on it.
struct RowSlot {
  enum class Kind : std::uint8_t { guarded, create, save, update, remove };

  const ModelInfo* model = nullptr;
  dynamodb::Item key{};
  Kind kind = Kind::guarded;
  std::vector<RowGuard> guards{};
  RowActions actions{};  // of all kinds but guarded
  // Makes `actions` anew for the row as others left it; false: that is not possible. Throws what
  // stands in the way.
  std::function<bool(dynamodb::ItemView stored)> rebase{};
  std::optional<Predicate> where{};         // update: what the row must meet
  std::vector<const FieldInfo*> unlinks{};  // keys that a cascade sets to null
  dynamodb::Condition still{};              // remove, unlinks: what must hold of the row as it is

  // ---- of a row object
  std::shared_ptr<RowLink*> link{};
  std::ptrdiff_t link_offset = 0;
  std::vector<std::pair<const FieldInfo*, Value>> before{};  // members that the call has changed
  RowChange change{};                                        // save: what it writes
  dynamodb::PackedItem as_known{};          // save, remove: the row as it was known
  dynamodb::PackedItem after{};             // create, save: the row as it will be
  std::vector<const FieldInfo*> changed{};  // for post_save

  // The object, nullptr once it is gone.
  void* object() const {
    return link && *link ? reinterpret_cast<char*>(*link) - link_offset : nullptr;
  }
};

struct Transaction::State {
  explicit State(const Connection& c) : connection(c) {}

  RowSlot& slot(const ModelInfo& model, const dynamodb::Item& key);
  // The row's slot for a write of `kind`; throws std::logic_error where the transaction does
  // something else to the row already, or does it by another object than `object`.
  RowSlot& slot_to_write(const ModelInfo& model, const dynamodb::Item& key, RowSlot::Kind kind,
                         const void* object = nullptr);
  // Whether it makes this row already.
  bool makes(const ModelInfo& model, const dynamodb::Item& key) const;
  // The row as the transaction has read it; nullopt: it has not, or there was none.
  std::optional<dynamodb::PackedItem> as_read(const ModelInfo& model,
                                              const dynamodb::Item& key) const;
  void add_removal(const ModelInfo& model, dynamodb::PackedItem stored,
                   const dynamodb::Condition& condition, void* object);
  void clear_children(const ModelInfo& model, dynamodb::ItemView row);
  void take_child(const Registry::Reference& by, dynamodb::PackedItem child);
  // Whether the transaction saves the child so that it points to another row, or to none.
  bool saves_elsewhere(const Registry::Reference& by, dynamodb::ItemView child,
                       dynamodb::ItemView parent) const;
  // Throws TransactionTooLarge where a further row is more than one transaction takes.
  RowSlot& slot_of_cascade(const ModelInfo& model, const dynamodb::Item& key);
  // Throws ProtectedError where a row with OnDelete::restrict_ points to a row that is removed, and
  // is not removed itself.
  void check_restrictions();

  const Connection& connection;
  std::map<std::string, std::size_t> places{};  // in `slots`, by table and key
  std::vector<std::unique_ptr<RowSlot>> slots{};
  struct Restriction {
    dynamodb::Item child;
    const ModelInfo* model;
    dynamodb::PackedItem parent;
    Registry::Reference by;
  };
  std::vector<Restriction> restrictions{};
  std::vector<std::shared_ptr<void>> link_rows{};  // objects of join models of the user's
  bool done = false;
  bool broken = false;  // a call failed half way

  // Around a call that changes slots before it is sure to succeed.
  class Call {
   public:
    explicit Call(State& state) : state_(state) {}
    ~Call() {
      if (std::uncaught_exceptions() > exceptions_) state_.broken = true;
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    State& state_;
    const int exceptions_ = std::uncaught_exceptions();
  };
};

// "create", …
std::string_view name_of(RowSlot::Kind kind);

}  // namespace dynamo_backend
