#include "dynamodb/local/engine.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <iterator>
#include <set>

#include <sodium.h>

#include "dynamodb/capacity_scope.h"
#include "dynamodb/limits.h"
#include "dynamodb/local/backfiller.h"
#include "dynamodb/local/catalog.h"
#include "dynamodb/local/connect.h"
#include "dynamodb/local/housekeeper.h"
#include "dynamodb/local/pipeline.h"
#include "dynamodb/local/reader.h"
#include "dynamodb/local/schema_writes.h"
#include "dynamodb/local/snapshot.h"
#include "dynamodb/local/storage.h"
#include "dynamodb/local/stream_reader.h"
#include "dynamodb/local/table_extras.h"
#include "dynamodb/local/table_update.h"
#include "dynamodb/local/time_to_live.h"
#include "dynamodb/local/transient_statuses.h"
#include "dynamodb/local/validation.h"
#include "dynamodb/local/writes.h"
#include "dynamodb/wire.h"

namespace dynamodb::local {
namespace {

// Tells whether a transaction is the one that its token came with before.
std::string fingerprint(const TransactWriteItemsRequest& request) {
  const std::string text = wire::encode(request);
  std::string hash(crypto_generichash_BYTES, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return hash;
}

// Adds an action, refusing a second one on the same row.
Result<void> add_action(Result<WriteAction> action, std::string_view duplicate,
                        std::set<std::string>& keys, std::vector<WriteAction>& actions) {
  if (action.has_error()) return action.error();
  if (!keys.insert(action->row_key).second) return validation_error(std::string(duplicate));
  actions.push_back(std::move(*action));
  return {};
}

// DynamoDB: a batch has one error for all that an item's key can have wrong.
Result<WriteAction> bind_of_batch(const Catalog& catalog,
                                  std::variant<PutItemRequest, DeleteItemRequest> part) {
  if (auto* put = std::get_if<PutItemRequest>(&part)) {
    const TablePtr table = catalog.find(put->table);
    if (table != nullptr && !has_key(*table, put->item)) return key_mismatch();
    return bind(catalog, std::move(*put));
  }
  return bind(catalog, std::move(std::get<DeleteItemRequest>(part)));
}

Result<std::vector<WriteAction>> prepare_batch(const Catalog& catalog,
                                               BatchWriteItemRequest request) {
  std::size_t count = 0;
  bool has_empty = request.tables.empty();
  for (const auto& [table, writes] : request.tables) {
    count += writes.size();
    has_empty = has_empty || writes.empty();
  }
  if (has_empty || count > kMaxBatchWrites) {
    return validation_error(
        has_empty ? "1 validation error detected: Value at 'requestItems' failed to satisfy "
                    "constraint: Member must have length greater than or equal to 1"
                  : "Too many items requested for the BatchWriteItem call");
  }
  // DynamoDB: all that needs no table comes before the first table.
  std::vector<std::variant<PutItemRequest, DeleteItemRequest>> parts;
  const bool metrics = request.return_collection_metrics;
  for (auto& [table, writes] : request.tables) {
    for (auto& write : writes) {
      if (auto* put = std::get_if<PutRequest>(&write)) {
        parts.emplace_back(PutItemRequest{
            .table = table, .item = std::move(put->item), .return_collection_metrics = metrics});
      } else {
        parts.emplace_back(DeleteItemRequest{.table = table,
                                             .key = std::move(std::get<DeleteRequest>(write).key),
                                             .return_collection_metrics = metrics});
      }
      if (auto error = std::visit([](const auto& each) { return check(each); }, parts.back()))
        return std::move(*error);
    }
  }
  std::vector<WriteAction> actions;
  std::set<std::string> keys;
  for (auto& part : parts) {
    auto action = bind_of_batch(catalog, std::move(part));
    if (auto done = add_action(std::move(action), "Provided list of item keys contains duplicates",
                               keys, actions);
        done.has_error()) {
      return done.error();
    }
  }
  return actions;
}

void ask_for_metrics(TransactWriteAction& action, bool wanted) {
  std::visit(
      [wanted](auto& each) {
        if constexpr (requires { each.return_collection_metrics; })
          each.return_collection_metrics = wanted;
      },
      action);
}

Result<std::vector<WriteAction>> prepare_transaction(const Catalog& catalog,
                                                     TransactWriteItemsRequest request) {
  if (request.actions.empty() || request.actions.size() > kMaxTransactionActions) {
    return validation_error(
        "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "
        "Member must have length between 1 and 100");
  }
  if (request.client_request_token.size() > kMaxTokenSize) {
    return validation_error(
        "1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: "
        "Member must have length less than or equal to 36");
  }
  std::vector<WriteAction> actions;
  std::vector<CancellationReason> reasons;
  std::set<std::string> keys;
  std::size_t bytes = 0;
  bool canceled = false;
  for (const auto& part : request.actions) {
    if (auto error = std::visit([](const auto& each) { return check(each); }, part))
      return std::move(*error);
  }
  for (auto& part : request.actions) {
    ask_for_metrics(part, request.return_collection_metrics);
    auto action =
        std::visit([&catalog](auto& each) { return bind(catalog, std::move(each)); }, part);
    reasons.emplace_back();
    if (action.has_error()) {
      const Error error = action.error();
      if (error.code != ErrorCode::validation || is_impossible_key(error)) return error;
      // DynamoDB: a key that does not fit the table cancels the transaction, it does not fail the
      // call.
      reasons.back() = {"ValidationError", error.message, {}};
      canceled = true;
      continue;
    }
    if (action->return_values != ReturnValues::none)
      return validation_error("ReturnValues is not supported in a transaction");
    bytes += payload_size(*action);
    if (auto done = add_action(std::move(action),
                               "Transaction request cannot include multiple operations on one item",
                               keys, actions);
        done.has_error()) {
      return done.error();
    }
  }
  if (bytes > kMaxTransactionSize) {
    return validation_error(
        "Collection size of items in the transaction exceeds the limit of 4 MB");
  }
  if (canceled) return transaction_canceled(std::move(reasons));
  return actions;
}

}  // namespace

struct Engine::Impl {
  explicit Impl(EngineOptions given)
      : options(std::move(given)), storage(options), catalog(storage) {
    forget_old_tokens(options.now());
  }

  // SDKs send a token with every transaction: they must not pile up while the process runs.
  void forget_old_tokens(base::Timestamp now) {
    constexpr std::chrono::minutes kInterval{1};
    base::Timestamp due = next_cleanup;
    if (now < due || !next_cleanup.compare_exchange_strong(due, now + kInterval)) return;
    pipeline.submit(make_token_cleanup(storage, pipeline, now));
  }

  template <class Request>
  void write_one(Request request, Completion<WriteResult> done) {
    auto action = prepare(catalog, std::move(request));
    if (action.has_error()) return done(action.error());
    pipeline.submit(make_single_write(std::move(*action), std::move(done)));
  }

  // Reads that overlap a restore are done again: they may have seen its tables without its data.
  template <class Read>
  auto read(const Read& read_once) const {
    for (;;) {
      const auto generation = catalog.generation();
      auto result = read_once();
      if (catalog.generation() == generation) return result;
    }
  }

  // Runs a change of the catalog and waits for it.
  template <class T = TableDescription, class Make>
  Result<T> change_schema(const Make& make) {
    std::promise<Result<T>> promise;
    auto future = promise.get_future();
    pipeline.submit(make([&promise](Result<T> outcome) { promise.set_value(std::move(outcome)); }));
    return future.get();
  }

  template <class Change>
  Result<EmptyResult> change_tags(const std::string& table, const std::string& arn,
                                  const Change& change) {
    const Error not_found = tagged_table_not_found(arn);
    if (!is_local_arn(arn)) return not_found;
    const auto changed = change_schema([&](auto done) {
      return make_table_change(
          table, not_found,
          [&change](TableState next) -> Result<TableState> {
            change(next.tags);
            if (auto problem = check_tag_count(next.tags.size())) return validation_error(*problem);
            return next;
          },
          std::move(done));
    });
    if (changed.has_error()) return changed.error();
    return EmptyResult{};
  }

  // In this order: what is below uses what is above.
  EngineOptions options;
  Storage storage;
  Catalog catalog;
  Pipeline pipeline{storage, catalog, options.now};
  Backfiller backfiller{storage, catalog, pipeline};
  Housekeeper housekeeper{storage, catalog, pipeline, options.now, options.housekeeping_interval};
  Reader reader{storage, catalog};
  StreamReader stream_reader{storage, catalog, options.now};
  TransientStatuses statuses{options.delay_transient_statuses, options.now};
  std::optional<SocketServer> server{};
  std::atomic<base::Timestamp> next_cleanup{base::Timestamp()};
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() { impl_->server.reset(); }  // its calls come in through this engine

std::unique_ptr<Engine> Engine::open(EngineOptions options) {
  std::unique_ptr<Engine> engine(new Engine(std::make_unique<Impl>(std::move(options))));
  const auto& opened = engine->impl_->options;
  if (opened.serve_other_processes) engine->impl_->server.emplace(*engine, opened.directory);
  return engine;
}

Result<GetItemResult> Engine::get_item(const GetItemRequest& request) {
  return metered(impl_->read([&] { return impl_->reader.get_item(request); }));
}
Result<QueryResult> Engine::query(const QueryRequest& request) {
  return metered(impl_->read([&] { return impl_->reader.query(request); }));
}
Result<ScanResult> Engine::scan(const ScanRequest& request) {
  return metered(impl_->read([&] { return impl_->reader.scan(request); }));
}
Result<BatchGetItemResult> Engine::batch_get_item(const BatchGetItemRequest& request) {
  return metered(impl_->read([&] { return impl_->reader.batch_get_item(request); }));
}
Result<TransactGetItemsResult> Engine::transact_get_items(const TransactGetItemsRequest& request) {
  return metered(impl_->read([&] { return impl_->reader.transact_get_items(request); }));
}

void Engine::put_item(PutItemRequest request, Completion<PutItemResult> done) {
  impl_->write_one(std::move(request), metered(std::move(done)));
}
void Engine::update_item(UpdateItemRequest request, Completion<UpdateItemResult> done) {
  impl_->write_one(std::move(request), metered(std::move(done)));
}
void Engine::delete_item(DeleteItemRequest request, Completion<DeleteItemResult> done) {
  impl_->write_one(std::move(request), metered(std::move(done)));
}

void Engine::batch_write_item(BatchWriteItemRequest request,
                              Completion<BatchWriteItemResult> done) {
  auto actions = prepare_batch(impl_->catalog, std::move(request));
  if (actions.has_error()) return done(actions.error());
  impl_->pipeline.submit(make_batch_write(std::move(*actions), metered(std::move(done))));
}

void Engine::transact_write_items(TransactWriteItemsRequest request,
                                  Completion<TransactWriteItemsResult> done) {
  TransactionToken token{.token = request.client_request_token, .now = impl_->options.now()};
  if (!token.token.empty()) {
    token.fingerprint = fingerprint(request);
    impl_->forget_old_tokens(token.now);
  }
  auto actions = prepare_transaction(impl_->catalog, std::move(request));
  if (actions.has_error()) return done(actions.error());
  impl_->pipeline.submit(
      make_transaction(std::move(*actions), std::move(token), metered(std::move(done))));
}

Result<TableDescription> Engine::create_table(const TableDefinition& definition) {
  if (auto problem = check_table_definition(definition)) return validation_error(*problem);
  if (impl_->statuses.deleted(definition.name))
    return resource_in_use("Table already exists: " + definition.name);
  auto created = impl_->change_schema([&](auto done) {
    return make_create_table(definition, impl_->options.now(), std::move(done));
  });
  if (created.has_value()) impl_->statuses.begin(*created, TableStatus::creating);
  return created;
}

namespace {
// DynamoDB: the answer that an index is being deleted still shows it.
void add_deleting(const TableDescription& before, const std::string& index,
                  TableDescription& after) {
  for (const auto& old : before.global_indexes) {
    if (old.definition.name != index) continue;
    after.definition.global_indexes.push_back(old.definition);
    after.global_indexes.push_back(old);
    after.global_indexes.back().status = IndexStatus::deleting;
  }
}
}  // namespace

Result<TableDescription> Engine::update_table(const UpdateTableRequest& request) {
  if (auto error = check_update(request)) return std::move(*error);
  if (auto error = impl_->statuses.check_idle(request.table)) return std::move(*error);
  const TablePtr before = impl_->catalog.find(request.table);
  auto description = impl_->change_schema(
      [&](auto done) { return make_update_table(request, impl_->options.now(), std::move(done)); });
  if (description.has_value() && request.create_index)
    impl_->backfiller.add(request.table, request.create_index->name);
  if (description.has_value() && request.delete_index && before != nullptr)
    add_deleting(impl_->catalog.describe(*before), *request.delete_index, *description);
  // DynamoDB: deletion protection changes at once.
  if (description.has_value() && !request.deletion_protection)
    impl_->statuses.begin(*description, TableStatus::updating);
  return description;
}

Result<TableDescription> Engine::delete_table(const std::string& table) {
  if (auto problem = check_table_name(table)) return validation_error(*problem);
  if (auto error = impl_->statuses.check_idle(table)) return std::move(*error);
  const TablePtr state = impl_->catalog.find(table);
  const TableDescription before =
      state == nullptr ? TableDescription{} : impl_->catalog.describe(*state);
  auto deleted =
      impl_->change_schema([&](auto done) { return make_delete_table(table, std::move(done)); });
  if (deleted.has_value()) impl_->statuses.begin_deletion(before);
  return deleted;
}

Result<TableDescription> Engine::describe_table(const std::string& name) {
  if (auto problem = check_table_name(name)) return validation_error(*problem);
  if (auto deleted = impl_->statuses.deleted(name)) return std::move(*deleted);
  const TablePtr table = impl_->catalog.find(name);
  if (table == nullptr) return table_not_found(name);
  auto description = impl_->catalog.describe(*table);
  description.status = impl_->statuses.status(name).value_or(description.status);
  return description;
}

Result<ListTablesResult> Engine::list_tables(const ListTablesRequest& request) {
  if (request.limit < 1 || request.limit > 100) {
    return validation_error(
        "1 validation error detected: Value '" + std::to_string(request.limit) +
        "' at 'limit' failed to satisfy constraint: Member must have value between 1 and 100");
  }
  const std::string& start = request.exclusive_start_table_name;
  const auto stored = impl_->catalog.names_after(start, request.limit + 1);
  const auto deleted = impl_->statuses.deleted_after(start);
  ListTablesResult result;
  auto& names = result.table_names;
  std::set_union(stored.begin(), stored.end(), deleted.begin(), deleted.end(),
                 std::back_inserter(names));
  if (names.size() > request.limit) {
    names.resize(request.limit);
    result.last_evaluated_table_name = names.back();
  }
  return result;
}

Result<ListStreamsResult> Engine::list_streams(const ListStreamsRequest& request) {
  return impl_->read([&] { return impl_->stream_reader.list_streams(request); });
}
Result<StreamDescription> Engine::describe_stream(const DescribeStreamRequest& request) {
  return impl_->read([&] { return impl_->stream_reader.describe_stream(request); });
}
Result<GetShardIteratorResult> Engine::get_shard_iterator(const GetShardIteratorRequest& request) {
  return impl_->read([&] { return impl_->stream_reader.get_shard_iterator(request); });
}
Result<GetRecordsResult> Engine::get_records(const GetRecordsRequest& request) {
  return impl_->read([&] { return impl_->stream_reader.get_records(request); });
}

Result<UpdateTimeToLiveResult> Engine::update_time_to_live(const UpdateTimeToLiveRequest& request) {
  auto done = impl_->change_schema<UpdateTimeToLiveResult>(
      [&](auto completion) { return make_update_time_to_live(request, std::move(completion)); });
  if (done.has_value() && done->enabled) impl_->housekeeper.wake();
  return done;
}

Result<TimeToLiveDescription> Engine::describe_time_to_live(const std::string& name) {
  const TablePtr table = impl_->catalog.find(name);
  if (table == nullptr) return table_not_found(name);
  if (table->ttl.attribute.empty()) return TimeToLiveDescription{};
  return TimeToLiveDescription{
      table->ttl.filling ? TimeToLiveStatus::enabling : TimeToLiveStatus::enabled,
      table->ttl.attribute};
}

Result<std::uint64_t> Engine::expire_now() { return impl_->housekeeper.expire(); }
Result<void> Engine::tend_streams_now() { return impl_->housekeeper.tend_streams(); }

Result<EmptyResult> Engine::tag_resource(const TagResourceRequest& request) {
  const auto table = tagged_table(request.arn);
  if (table.has_error()) return table.error();
  if (auto error = check_tag_request(request)) return std::move(*error);
  return impl_->change_tags(*table, request.arn, [&request](Tags& tags) {
    for (const auto& [key, value] : request.tags) tags.insert_or_assign(key, value);
  });
}

Result<EmptyResult> Engine::untag_resource(const UntagResourceRequest& request) {
  const auto table = tagged_table(request.arn);
  if (table.has_error()) return table.error();
  if (auto error = check_untag_request(request)) return std::move(*error);
  return impl_->change_tags(*table, request.arn, [&request](Tags& tags) {
    for (const auto& key : request.keys) tags.erase(key);
  });
}

Result<ListTagsOfResourceResult> Engine::list_tags_of_resource(
    const ListTagsOfResourceRequest& request) {
  const auto name = tagged_table(request.arn);
  if (name.has_error()) return name.error();
  const TablePtr table = impl_->catalog.find(*name);
  if (table == nullptr || !is_local_arn(request.arn)) return no_access_to_tags(request.arn);
  return page_of_tags(table->tags, request.next_token);
}

Result<EmptyResult> Engine::snapshot(const std::string& directory) {
  if (auto saved = save_snapshot(impl_->storage, directory); saved.has_error())
    return saved.error();
  return EmptyResult{};
}

Result<EmptyResult> Engine::restore(const std::string& directory) {
  std::promise<Result<EmptyResult>> promise;
  auto future = promise.get_future();
  impl_->pipeline.submit(make_restore(
      impl_->storage, directory,
      [&promise](Result<EmptyResult> outcome) { promise.set_value(std::move(outcome)); }));
  auto outcome = future.get();
  if (outcome.has_value()) impl_->backfiller.add_all();
  return outcome;
}

Result<ContinuousBackups> Engine::describe_continuous_backups(const std::string& name) {
  if (auto problem = check_table_name(name)) return validation_error(*problem);
  const TablePtr table = impl_->catalog.find(name);
  if (table == nullptr) return backup_table_not_found(name);
  return describe_backups(*table, impl_->options.now());
}

Result<ContinuousBackups> Engine::update_continuous_backups(
    const UpdateContinuousBackupsRequest& request) {
  if (auto error = check_backups_request(request)) return std::move(*error);
  const base::Timestamp now = impl_->options.now();
  const auto changed = impl_->change_schema([&](auto done) {
    return make_table_change(
        request.table, backup_table_not_found(request.table),
        [&request, now](const TableState& table) -> Result<TableState> {
          return with_backups(table, request, now);
        },
        std::move(done));
  });
  if (changed.has_error()) return changed.error();
  return describe_continuous_backups(request.table);
}

}  // namespace dynamodb::local
