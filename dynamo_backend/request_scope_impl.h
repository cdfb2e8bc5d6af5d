// The inside of RequestScope: rows that were read, foreign keys to come, and how often each form of
// query was asked.
// Thread safety: one thread's.
#pragma once
#include <map>
#include <set>
#include <unordered_map>

#include "dynamo_backend/query.h"
#include "dynamo_backend/request_scope.h"
#include "dynamodb/requests.h"

namespace dynamo_backend {

// Rows by table and key, as they were read.
class ScopedRows {
 public:
  explicit ScopedRows(std::size_t most) : most_(most) {}
  const dynamodb::PackedItem* find(const std::string& table, const dynamodb::Item& key) const;
  void keep(const std::string& table, const dynamodb::Item& key, dynamodb::PackedItem item);
  bool full() const { return count_ >= most_ || bytes_ >= kMostBytes; }
  void forget(const std::string& table, const dynamodb::Item& key);
  // Of an item that is put: its key's names are those of the table's kept rows.
  void forget_put(const std::string& table, const dynamodb::Item& item);

 private:
  struct Table {
    std::vector<std::string> names{};  // of the key's attributes
    std::unordered_map<std::string, dynamodb::PackedItem> rows{};
  };
  static constexpr std::size_t kMostBytes = 16 * 1024 * 1024;
  std::size_t most_, count_ = 0, bytes_ = 0;
  std::unordered_map<std::string, Table> tables_{};
};

// Foreign keys of results: those of one field and one result are read together.
struct ScopedReferences {
  struct Group {
    std::vector<std::string> keys{};
    bool read = false;
  };
  std::unordered_map<std::string, std::shared_ptr<Group>> by_key{};  // table, NUL, key
};

// How often one form of query, or look-up, was asked.
struct Suspect {
  std::size_t count = 0;
  std::set<std::size_t> values{};  // hashes of the values that differ
  const ModelInfo* model = nullptr;
  bool by_key = false;
  Origin origin{};
  const FieldInfo* foreign_key = nullptr;  // of `model`, that the condition gives
  bool filtered = false;                   // a relation's rows, narrowed
};

struct RequestScope::Impl {
  explicit Impl(const RequestScopeOptions& o) : options(o), rows(o.most_rows) {}
  void count(const char* operation, const std::string& table, const std::string& index,
             std::chrono::nanoseconds time);

  RequestScopeOptions options;
  ScopedRows rows;
  ScopedReferences references{};
  std::vector<Call> calls{};
  std::size_t coalesced = 0;
  std::map<std::string, Suspect> suspects{};
  std::set<const ModelInfo*> seen{};  // models whose rows were read
  static thread_local RequestScope* current;
  static thread_local int quiet, fresh;
};

// The warning for a suspect, with the line that mends it.
std::string describe_suspect(const Suspect& suspect, const std::set<const ModelInfo*>& seen);

}  // namespace dynamo_backend
