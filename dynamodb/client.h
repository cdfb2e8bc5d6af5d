// Client: the DynamoDB API, implemented by the embedded engine (dynamodb/local) and, over HTTPS, by
// AWS's service.
//
// Every write has two forms: one that blocks, and one that answers through a completion, which a
// server's event loop uses. Thread safety: every method may be called from any thread. A completion
// runs once, on a thread of the client's, and must not block or throw. Errors are values; methods
// do not throw except std::bad_alloc.
#pragma once
#include <functional>
#include <string>

#include "dynamodb/error.h"
#include "dynamodb/requests.h"
#include "dynamodb/streams.h"

namespace dynamodb {

template <class T>
using Completion = std::function<void(Result<T>)>;

class Client {
 public:
  Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  virtual ~Client() = default;

  // ---- reads
  virtual Result<GetItemResult> get_item(const GetItemRequest& request) = 0;
  virtual Result<QueryResult> query(const QueryRequest& request) = 0;
  virtual Result<ScanResult> scan(const ScanRequest& request) = 0;
  virtual Result<BatchGetItemResult> batch_get_item(const BatchGetItemRequest& request) = 0;
  virtual Result<TransactGetItemsResult> transact_get_items(
      const TransactGetItemsRequest& request) = 0;

  // ---- writes: a completion is called when the write is durable, or has failed
  virtual void put_item(PutItemRequest request, Completion<PutItemResult> done) = 0;
  virtual void update_item(UpdateItemRequest request, Completion<UpdateItemResult> done) = 0;
  virtual void delete_item(DeleteItemRequest request, Completion<DeleteItemResult> done) = 0;
  virtual void batch_write_item(BatchWriteItemRequest request,
                                Completion<BatchWriteItemResult> done) = 0;
  virtual void transact_write_items(TransactWriteItemsRequest request,
                                    Completion<TransactWriteItemsResult> done) = 0;

  Result<PutItemResult> put_item(PutItemRequest request);
  Result<UpdateItemResult> update_item(UpdateItemRequest request);
  Result<DeleteItemResult> delete_item(DeleteItemRequest request);
  Result<BatchWriteItemResult> batch_write_item(BatchWriteItemRequest request);
  Result<TransactWriteItemsResult> transact_write_items(TransactWriteItemsRequest request);

  // ---- tables: return as soon as the change is accepted; describe_table() tells the status
  virtual Result<TableDescription> create_table(const TableDefinition& definition) = 0;
  virtual Result<TableDescription> update_table(const UpdateTableRequest& request) = 0;
  virtual Result<TableDescription> delete_table(const std::string& table) = 0;
  virtual Result<TableDescription> describe_table(const std::string& table) = 0;
  virtual Result<ListTablesResult> list_tables(const ListTablesRequest& request) = 0;

  // ---- streams and time to live. A Client that does not override these answers a validation error
  virtual Result<ListStreamsResult> list_streams(const ListStreamsRequest& request);
  virtual Result<StreamDescription> describe_stream(const DescribeStreamRequest& request);
  virtual Result<GetShardIteratorResult> get_shard_iterator(const GetShardIteratorRequest& request);
  virtual Result<GetRecordsResult> get_records(const GetRecordsRequest& request);
  virtual Result<UpdateTimeToLiveResult> update_time_to_live(
      const UpdateTimeToLiveRequest& request);
  virtual Result<TimeToLiveDescription> describe_time_to_live(const std::string& table);

  // ---- tags and backups. Clients of databases without them answer a validation error.
  virtual Result<EmptyResult> tag_resource(const TagResourceRequest& request);
  virtual Result<EmptyResult> untag_resource(const UntagResourceRequest& request);
  virtual Result<ListTagsOfResourceResult> list_tags_of_resource(
      const ListTagsOfResourceRequest& request);
  virtual Result<ContinuousBackups> describe_continuous_backups(const std::string& table);
  virtual Result<ContinuousBackups> update_continuous_backups(
      const UpdateContinuousBackupsRequest& request);
};

}  // namespace dynamodb
