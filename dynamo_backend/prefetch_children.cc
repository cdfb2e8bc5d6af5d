#include "dynamo_backend/prefetch_children.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/call_ledger.h"
#include "dynamo_backend/connection.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/request_scope.h"
#include "dynamodb/capacity_scope.h"

namespace dynamo_backend {
namespace {

using Visit = std::function<void(const std::string&, dynamodb::ItemView)>;

// What a call that is spared is worth, in read units: its time.
constexpr double kUnitsPerCall = 4;
// A Query of an index costs half a unit at least.
constexpr double kUnitsPerQuery = 0.5;
constexpr std::size_t kBytesPerUnit = 8192;  // of a Scan that is eventually consistent
constexpr std::size_t kQueriesAtOnce = 16;
// Answers that come sooner are not worth a thread: the database is in this process.
constexpr std::chrono::microseconds kSlowCall{1000};

// Tables that were found to be larger than a Scan is worth, and by how many rows at least. Kept for
// the process: a table that has shrunk costs more calls, never a wrong answer.
class LargeTables {
 public:
  std::size_t rows_at_least(const std::string& table) {
    const std::lock_guard lock(mutex_);
    const auto at = rows_.find(table);
    return at == rows_.end() ? 0 : at->second;
  }
  void note(const std::string& table, std::size_t rows) {
    const std::lock_guard lock(mutex_);
    if (rows_.size() > 1000) rows_.clear();
    rows_[table] = std::max(rows_[table], rows);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::size_t> rows_;
};
LargeTables& large_tables() {
  static LargeTables tables;
  return tables;
}
// A table of one connection: databases of one process may have tables of one name.
std::string identity(const Connection& connection, const std::string& table) {
  return std::string(connection.cursor_key().begin(), connection.cursor_key().end()) + table;
}

// Rows of a join table are two keys; others are taken to be 1 KB.
std::size_t scan_worth(const ModelInfo& model, std::size_t parents) {
  const double units = static_cast<double>(parents) * (kUnitsPerCall + kUnitsPerQuery);
  const std::size_t row_size = model.row.make ? 1024 : 160;
  return static_cast<std::size_t>(units) * kBytesPerUnit / row_size;
}

// One page; false, with nothing visited, where the table is larger.
bool scan_children(const Connection& connection, const ModelInfo& model, const FieldInfo& key,
                   const std::set<std::string>& parents, const Visit& visit) {
  const std::string table = connection.table(model.table);
  const std::size_t worth = scan_worth(model, parents.size());
  if (large_tables().rows_at_least(identity(connection, table)) >= worth) return false;
  const auto page = connection.client().scan(
      {.table = table,
       .limit = static_cast<std::uint32_t>(std::min<std::size_t>(worth, 1'000'000))});
  if (!page) throw DatabaseError(page.error(), "Scan");
  if (page->last_evaluated_key) {
    // Where a page's megabyte was its end, no number of parents makes it worth while.
    const bool by_size = page->items.size() < worth;
    large_tables().note(identity(connection, table), by_size ? SIZE_MAX : worth);
    return false;
  }
  for (std::size_t i = 0; i < page->items.size(); ++i) {
    const dynamodb::ItemView item = page->items[i];
    const auto value = stored_value(key, item);
    if (!value || value->type() != dynamodb::Type::S || has_expired(model, item, connection.now()))
      continue;
    const std::string parent(value->text());
    if (parents.count(parent) > 0) visit(parent, item);
  }
  return true;
}

std::vector<std::string> query_children(const ModelInfo& model, const FieldInfo& key,
                                        const std::string& parent) {
  Query query{.model = &model, .where = make_leaf(Op::eq, {key.member}, Value(parent))};
  query.scan_reason = "prefetch";
  return fetch_rows(query);
}

// The rest of the parents, by several threads: reads block.
void query_side_by_side(const ModelInfo& model, const FieldInfo& key,
                        const std::vector<std::string>& parents, std::size_t first,
                        std::vector<std::vector<std::string>>& rows) {
  std::mutex mutex;
  std::size_t next = first;
  std::exception_ptr error;
  const auto capacity = dynamodb::CapacityScope::current();
  const auto ledgers = base::CallLedger::current();
  const auto work = [&] {
    const dynamodb::CapacityScope::Lent lent(capacity);
    const base::CallLedger::Lent lent_ledgers(ledgers);
    for (;;) {
      std::size_t i = 0;
      {
        const std::lock_guard lock(mutex);
        if (error || next == parents.size()) return;
        i = next++;
      }
      try {
        rows[i] = query_children(model, key, parents[i]);
      } catch (...) {
        const std::lock_guard lock(mutex);
        error = std::current_exception();
      }
    }
  };
  const std::size_t count = std::min(kQueriesAtOnce, parents.size() - first);
  std::vector<std::thread> threads;
  threads.reserve(count);
  try {
    for (std::size_t i = 1; i < count; ++i) threads.emplace_back(work);
  } catch (const std::system_error&) {
    // The process may have no more threads: those that there are, and this one, do it all.
  }
  work();
  for (auto& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace

void read_children(const ModelInfo& model, const FieldInfo& key,
                   const std::set<std::string>& parents, const Visit& visit) {
  const Connection& connection = Connection::current();
  const RequestScope::Quiet quiet;  // these are no N+1: they are what is done about it
  if (parents.size() > 1 && scan_children(connection, model, key, parents, visit)) return;
  const std::vector<std::string> list(parents.begin(), parents.end());
  std::vector<std::vector<std::string>> rows(list.size());
  using Clock = std::chrono::steady_clock;
  std::size_t i = 0;
  for (bool slow = false; i < list.size() && !slow; ++i) {
    const auto started = Clock::now();
    rows[i] = query_children(model, key, list[i]);
    slow = Clock::now() - started > kSlowCall && list.size() - i > 2;
  }
  if (i < list.size()) query_side_by_side(model, key, list, i, rows);
  for (std::size_t p = 0; p < list.size(); ++p) {
    for (const std::string& packed : rows[p]) visit(list[p], dynamodb::ItemView(packed));
  }
}

}  // namespace dynamo_backend
