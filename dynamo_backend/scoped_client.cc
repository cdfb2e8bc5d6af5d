#include "dynamo_backend/scoped_client.h"

#include "dynamo_backend/request_scope_impl.h"

namespace dynamo_backend {
namespace {

using namespace dynamodb;
using Impl = RequestScope::Impl;

Impl* scope() {
  RequestScope* const current = Impl::current;
  return current ? &current->impl() : nullptr;
}

// Runs a read and counts it.
template <class Read>
auto counted(Impl* impl, const char* operation, const std::string& table, const std::string& index,
             Read&& read) {
  if (!impl) return read();
  const auto started = std::chrono::steady_clock::now();
  auto result = read();
  impl->count(operation, table, index, std::chrono::steady_clock::now() - started);
  return result;
}

class ScopedClient : public Client {
 public:
  explicit ScopedClient(Client& inner) : inner_(inner) {}

  // ---- reads
  Result<GetItemResult> get_item(const GetItemRequest& r) override {
    Impl* const impl = scope();
    const bool whole = r.projection.empty();
    if (impl && whole && Impl::fresh == 0) {
      if (const PackedItem* row = impl->rows.find(r.table, r.key)) {
        ++impl->coalesced;
        return GetItemResult{*row, {}};
      }
    }
    auto result = counted(impl, "GetItem", r.table, {}, [&] { return inner_.get_item(r); });
    if (!impl || !result || !r.consistent_read) return result;
    if (Impl::fresh > 0) impl->rows.forget(r.table, r.key);  // it is older than what was seen here
    // What is absent is asked for again: a row that is waited for may come.
    if (whole && result->item) impl->rows.keep(r.table, r.key, *result->item);
    return result;
  }
  Result<QueryResult> query(const QueryRequest& r) override {
    return counted(scope(), "Query", r.table, r.index, [&] { return inner_.query(r); });
  }
  Result<ScanResult> scan(const ScanRequest& r) override {
    return counted(scope(), "Scan", r.table, r.index, [&] { return inner_.scan(r); });
  }
  Result<BatchGetItemResult> batch_get_item(const BatchGetItemRequest& r) override {
    const std::string table = r.tables.empty() ? std::string() : r.tables.begin()->first;
    return counted(scope(), "BatchGetItem", table, {}, [&] { return inner_.batch_get_item(r); });
  }
  Result<TransactGetItemsResult> transact_get_items(const TransactGetItemsRequest& r) override {
    return counted(scope(), "TransactGetItems", {}, {},
                   [&] { return inner_.transact_get_items(r); });
  }

  // ---- writes: what they change is read again
  void put_item(PutItemRequest r, Completion<PutItemResult> done) override {
    note("PutItem", r);
    inner_.put_item(std::move(r), std::move(done));
  }
  void update_item(UpdateItemRequest r, Completion<UpdateItemResult> done) override {
    note("UpdateItem", r);
    inner_.update_item(std::move(r), std::move(done));
  }
  void delete_item(DeleteItemRequest r, Completion<DeleteItemResult> done) override {
    note("DeleteItem", r);
    inner_.delete_item(std::move(r), std::move(done));
  }
  void batch_write_item(BatchWriteItemRequest r, Completion<BatchWriteItemResult> done) override {
    if (Impl* const impl = scope()) {
      for (const auto& [table, writes] : r.tables) {
        impl->count("BatchWriteItem", table, {}, {});
        for (const WriteRequest& write : writes) {
          if (const auto* put = std::get_if<PutRequest>(&write))
            impl->rows.forget_put(table, put->item);
          else
            impl->rows.forget(table, std::get<DeleteRequest>(write).key);
        }
      }
    }
    inner_.batch_write_item(std::move(r), std::move(done));
  }
  void transact_write_items(TransactWriteItemsRequest r,
                            Completion<TransactWriteItemsResult> done) override {
    if (Impl* const impl = scope()) {
      impl->count("TransactWriteItems", {}, {}, {});
      for (const TransactWriteAction& action : r.actions)
        std::visit([&](const auto& a) { forget(*impl, a); }, action);
    }
    inner_.transact_write_items(std::move(r), std::move(done));
  }

  // ---- passed on
  Result<TableDescription> create_table(const TableDefinition& d) override {
    return inner_.create_table(d);
  }
  Result<TableDescription> update_table(const UpdateTableRequest& r) override {
    return inner_.update_table(r);
  }
  Result<TableDescription> delete_table(const std::string& t) override {
    return inner_.delete_table(t);
  }
  Result<TableDescription> describe_table(const std::string& t) override {
    return inner_.describe_table(t);
  }
  Result<ListTablesResult> list_tables(const ListTablesRequest& r) override {
    return inner_.list_tables(r);
  }
  Result<ListStreamsResult> list_streams(const ListStreamsRequest& r) override {
    return inner_.list_streams(r);
  }
  Result<StreamDescription> describe_stream(const DescribeStreamRequest& r) override {
    return inner_.describe_stream(r);
  }
  Result<GetShardIteratorResult> get_shard_iterator(const GetShardIteratorRequest& r) override {
    return inner_.get_shard_iterator(r);
  }
  Result<GetRecordsResult> get_records(const GetRecordsRequest& r) override {
    return inner_.get_records(r);
  }
  Result<UpdateTimeToLiveResult> update_time_to_live(const UpdateTimeToLiveRequest& r) override {
    return inner_.update_time_to_live(r);
  }
  Result<TimeToLiveDescription> describe_time_to_live(const std::string& t) override {
    return inner_.describe_time_to_live(t);
  }
  Result<EmptyResult> tag_resource(const TagResourceRequest& r) override {
    return inner_.tag_resource(r);
  }
  Result<EmptyResult> untag_resource(const UntagResourceRequest& r) override {
    return inner_.untag_resource(r);
  }
  Result<ListTagsOfResourceResult> list_tags_of_resource(
      const ListTagsOfResourceRequest& r) override {
    return inner_.list_tags_of_resource(r);
  }
  Result<ContinuousBackups> describe_continuous_backups(const std::string& t) override {
    return inner_.describe_continuous_backups(t);
  }
  Result<ContinuousBackups> update_continuous_backups(
      const UpdateContinuousBackupsRequest& r) override {
    return inner_.update_continuous_backups(r);
  }

 private:
  template <class R>
  static void forget(Impl& impl, const R& r) {
    if constexpr (requires { r.item; })
      impl.rows.forget_put(r.table, r.item);
    else
      impl.rows.forget(r.table, r.key);
  }
  template <class R>
  static void note(const char* operation, const R& r) {
    Impl* const impl = scope();
    if (!impl) return;
    impl->count(operation, r.table, {}, {});
    forget(*impl, r);
  }

  Client& inner_;
};

}  // namespace

std::unique_ptr<Client> make_scoped_client(Client& inner) {
  return std::make_unique<ScopedClient>(inner);
}

}  // namespace dynamo_backend
