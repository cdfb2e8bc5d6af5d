// ForwardingClient: a Client that passes every call on to another; what derives from it overrides
// the calls that it is there for.
// Thread safety: as that Client's.
#pragma once
#include "dynamodb/client.h"

namespace dynamodb {

class ForwardingClient : public Client {
 public:
  // REQUIRES: `inner` outlives it.
  explicit ForwardingClient(Client& inner) : inner_(inner) {}
  using Client::batch_write_item;
  using Client::delete_item;
  using Client::put_item;
  using Client::transact_write_items;
  using Client::update_item;

  Result<GetItemResult> get_item(const GetItemRequest& r) override { return inner_.get_item(r); }
  Result<QueryResult> query(const QueryRequest& r) override { return inner_.query(r); }
  Result<ScanResult> scan(const ScanRequest& r) override { return inner_.scan(r); }
  Result<BatchGetItemResult> batch_get_item(const BatchGetItemRequest& r) override {
    return inner_.batch_get_item(r);
  }
  Result<TransactGetItemsResult> transact_get_items(const TransactGetItemsRequest& r) override {
    return inner_.transact_get_items(r);
  }

  void put_item(PutItemRequest r, Completion<PutItemResult> done) override {
    inner_.put_item(std::move(r), std::move(done));
  }
  void update_item(UpdateItemRequest r, Completion<UpdateItemResult> done) override {
    inner_.update_item(std::move(r), std::move(done));
  }
  void delete_item(DeleteItemRequest r, Completion<DeleteItemResult> done) override {
    inner_.delete_item(std::move(r), std::move(done));
  }
  void batch_write_item(BatchWriteItemRequest r, Completion<BatchWriteItemResult> done) override {
    inner_.batch_write_item(std::move(r), std::move(done));
  }
  void transact_write_items(TransactWriteItemsRequest r,
                            Completion<TransactWriteItemsResult> done) override {
    inner_.transact_write_items(std::move(r), std::move(done));
  }

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

 protected:
  Client& inner_;
};

}  // namespace dynamodb
