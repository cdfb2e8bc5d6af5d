#include "dynamo_backend/scoped_client.h"

#include "base/call_ledger.h"
#include "dynamo_backend/request_scope_impl.h"
#include "dynamodb/forwarding_client.h"
#include "dynamodb/wire.h"

namespace dynamo_backend {
namespace {

using namespace dynamodb;
using Impl = RequestScope::Impl;

Impl* scope() {
  RequestScope* const current = Impl::current;
  return current ? &current->impl() : nullptr;
}

using base::CallLedger;

double units(const ConsumedCapacity& consumed) { return consumed.total(); }
double units(const std::vector<ConsumedCapacity>& consumed) {
  double sum = 0;
  for (const ConsumedCapacity& of_table : consumed) sum += of_table.total();
  return sum;
}

// ---- what an answer says of its call
CallLedger::Outcome outcome_of(const GetItemResult& r) {
  const std::size_t found = r.item ? 1 : 0;
  return {.items = found, .examined = found, .read_units = units(r.consumed)};
}
CallLedger::Outcome outcome_of(const PageResult& r) {
  return {.items = static_cast<std::size_t>(r.count),
          .examined = static_cast<std::size_t>(r.scanned_count),
          .read_units = units(r.consumed)};
}
CallLedger::Outcome outcome_of(const BatchGetItemResult& r) {
  std::size_t found = 0;
  for (const auto& [table, items] : r.items) found += items.size();
  return {.items = found, .examined = found, .read_units = units(r.consumed)};
}
CallLedger::Outcome outcome_of(const TransactGetItemsResult& r) {
  std::size_t found = 0;
  for (const auto& item : r.items) found += item ? 1 : 0;
  return {.items = found, .examined = found, .read_units = units(r.consumed)};
}
CallLedger::Outcome outcome_of(const WriteResult& r) {
  return {.items = 1, .write_units = units(r.consumed)};
}
CallLedger::Outcome outcome_of(const BatchWriteItemResult& r) {
  return {.write_units = units(r.consumed)};
}
CallLedger::Outcome outcome_of(const TransactWriteItemsResult& r) {
  const double all = units(r.consumed);
  return r.repeated ? CallLedger::Outcome{.read_units = all}
                    : CallLedger::Outcome{.write_units = all};
}
template <class R>
CallLedger::Outcome outcome_of(const Result<R>& result) {
  if (result) return outcome_of(*result);
  return {.error = std::string(error_name(result.error().code)) + ": " + result.error().message};
}

// The request's text, made of a copy when it is asked for.
template <class Request>
std::function<std::string()> text_of(const Request& request) {
  return [request] { return wire::encode(request); };
}
// Keys are kept packed: as items they are blocks of memory of their own, many to a page.
std::function<std::string()> text_of(const BatchGetItemRequest& request) {
  struct Table {
    std::string name;
    ItemList keys{};
    bool consistent_read;
    Projection projection;
  };
  std::vector<Table> tables;
  tables.reserve(request.tables.size());
  for (const auto& [name, asked] : request.tables) {
    Table& table = tables.emplace_back(Table{
        .name = name, .consistent_read = asked.consistent_read, .projection = asked.projection});
    constexpr std::size_t kKey = 64;  // bytes of many a key
    table.keys.reserve(asked.keys.size(), asked.keys.size() * kKey);
    for (const Item& key : asked.keys) table.keys.add(PackedItem(key).bytes());
  }
  return [tables = std::move(tables)] {
    BatchGetItemRequest whole;
    for (const Table& table : tables) {
      KeysAndAttributes& asked = whole.tables[table.name];
      asked.consistent_read = table.consistent_read;
      asked.projection = table.projection;
      for (std::size_t i = 0; i < table.keys.size(); ++i)
        asked.keys.push_back(unpack(table.keys[i]));
    }
    return wire::encode(whole);
  };
}

// REQUIRES: CallLedger::on().
template <class Request>
CallLedger::Entry start_entry(const char* operation, const std::string& table,
                              const std::string& index, const Request& request) {
  std::function<std::string()> text;
  if (CallLedger::keeps_requests()) text = text_of(request);
  return CallLedger::start("dynamodb", operation, table, index, std::move(text));
}

// Runs a read, counts it and enters it into the thread's ledgers.
template <class Request, class Read>
auto counted(Impl* impl, const char* operation, const std::string& table, const std::string& index,
             const Request& request, Read&& read) {
  if (!impl && !CallLedger::on()) return read();
  std::optional<CallLedger::Entry> entry;
  if (CallLedger::on()) entry = start_entry(operation, table, index, request);
  const auto started = std::chrono::steady_clock::now();
  auto result = read();
  if (impl) impl->count(operation, table, index, std::chrono::steady_clock::now() - started);
  if (entry) entry->end(outcome_of(result));
  return result;
}

// The write's completion, which enters it into the thread's ledgers; `items`: that it writes.
template <class Request, class R>
Completion<R> entered(const char* operation, const std::string& table, const Request& request,
                      std::size_t items, Completion<R> done) {
  if (!CallLedger::on()) return done;
  return [entry = start_entry(operation, table, {}, request), items,
          done = std::move(done)](Result<R> result) {
    CallLedger::Outcome outcome = outcome_of(result);
    if (result) outcome.items = items;
    entry.end(std::move(outcome));
    done(std::move(result));
  };
}

class ScopedClient : public ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;

  // ---- reads
  Result<GetItemResult> get_item(const GetItemRequest& r) override {
    Impl* const impl = scope();
    const bool whole = r.projection.empty();
    if (impl && whole && Impl::fresh == 0) {
      if (const PackedItem* row = impl->rows.find(r.table, r.key)) {
        ++impl->coalesced;
        if (CallLedger::on()) start_entry("GetItem", r.table, {}, r).end({.repeated = true});
        return GetItemResult{*row, {}};
      }
    }
    auto result = counted(impl, "GetItem", r.table, {}, r, [&] { return inner_.get_item(r); });
    if (!impl || !result || !r.consistent_read) return result;
    if (Impl::fresh > 0) forget(r);  // it is older than what was seen here
    // What is absent is asked for again: a row that is waited for may come.
    if (whole && result->item) impl->rows.keep(r.table, r.key, *result->item);
    return result;
  }
  Result<QueryResult> query(const QueryRequest& r) override {
    return counted(scope(), "Query", r.table, r.index, r, [&] { return inner_.query(r); });
  }
  Result<ScanResult> scan(const ScanRequest& r) override {
    return counted(scope(), "Scan", r.table, r.index, r, [&] { return inner_.scan(r); });
  }
  Result<BatchGetItemResult> batch_get_item(const BatchGetItemRequest& r) override {
    const std::string table = r.tables.empty() ? std::string() : r.tables.begin()->first;
    return counted(scope(), "BatchGetItem", table, {}, r, [&] { return inner_.batch_get_item(r); });
  }
  Result<TransactGetItemsResult> transact_get_items(const TransactGetItemsRequest& r) override {
    return counted(scope(), "TransactGetItems", {}, {}, r,
                   [&] { return inner_.transact_get_items(r); });
  }

  // ---- writes: what they change is read again
  void put_item(PutItemRequest r, Completion<PutItemResult> done) override {
    note("PutItem", r);
    done = entered("PutItem", r.table, r, 1, std::move(done));
    inner_.put_item(std::move(r), std::move(done));
  }
  void update_item(UpdateItemRequest r, Completion<UpdateItemResult> done) override {
    note("UpdateItem", r);
    done = entered("UpdateItem", r.table, r, 1, std::move(done));
    inner_.update_item(std::move(r), std::move(done));
  }
  void delete_item(DeleteItemRequest r, Completion<DeleteItemResult> done) override {
    note("DeleteItem", r);
    done = entered("DeleteItem", r.table, r, 1, std::move(done));
    inner_.delete_item(std::move(r), std::move(done));
  }
  void batch_write_item(BatchWriteItemRequest r, Completion<BatchWriteItemResult> done) override {
    if (Impl* const impl = scope()) {
      for (const auto& [table, writes] : r.tables) {
        impl->count("BatchWriteItem", table, {}, {});
        for (const WriteRequest& write : writes) {
          forget_everywhere([&, &name = table](ScopedRows& rows) {
            if (const auto* put = std::get_if<PutRequest>(&write))
              rows.forget_put(name, put->item);
            else
              rows.forget(name, std::get<DeleteRequest>(write).key);
          });
        }
      }
    }
    std::size_t writes = 0;
    for (const auto& [table, of_table] : r.tables) writes += of_table.size();
    const std::string table = r.tables.empty() ? std::string() : r.tables.begin()->first;
    done = entered("BatchWriteItem", table, r, writes, std::move(done));
    inner_.batch_write_item(std::move(r), std::move(done));
  }
  void transact_write_items(TransactWriteItemsRequest r,
                            Completion<TransactWriteItemsResult> done) override {
    if (Impl* const impl = scope()) {
      impl->count("TransactWriteItems", {}, {}, {});
      for (const TransactWriteAction& action : r.actions)
        std::visit([](const auto& a) { forget(a); }, action);
    }
    done = entered("TransactWriteItems", {}, r, r.actions.size(), std::move(done));
    inner_.transact_write_items(std::move(r), std::move(done));
  }

 private:
  // Scopes nest: what is written in one is another row in those around it, too.
  template <class Forget>
  static void forget_everywhere(Forget&& forget_in) {
    for (RequestScope* s = Impl::current; s; s = s->outer()) forget_in(s->impl().rows);
  }
  template <class R>
  static void forget(const R& r) {
    forget_everywhere([&](ScopedRows& rows) {
      if constexpr (requires { r.item; })
        rows.forget_put(r.table, r.item);
      else
        rows.forget(r.table, r.key);
    });
  }
  template <class R>
  static void note(const char* operation, const R& r) {
    Impl* const impl = scope();
    if (!impl) return;
    impl->count(operation, r.table, {}, {});
    forget(r);
  }
};

}  // namespace

std::unique_ptr<Client> make_scoped_client(Client& inner) {
  return std::make_unique<ScopedClient>(inner);
}

}  // namespace dynamo_backend
