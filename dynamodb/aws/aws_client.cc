#include "dynamodb/aws/aws_client.h"

#include "base/uuid.h"
#include "dynamodb/aws/transport.h"
#include "dynamodb/capacity_scope.h"
#include "dynamodb/wire.h"

namespace dynamodb::aws {
namespace {

using net::aws::Service;

// What was answered with 200 and makes no sense is not the request's fault.
template <class R>
Result<R> read(std::string_view operation, const Result<std::string>& json) {
  if (!json) return json.error();
  auto result = wire::decode<R>(*json);
  if (result) return result;
  return internal_error("The answer to " + std::string(operation) +
                        " cannot be read: " + result.error().message);
}

template <class R>
constexpr bool has_capacity_v = requires(const R& result) {
  result.consumed;
};

}  // namespace

AwsClient::AwsClient(AwsOptions options)
    : transport_(std::make_unique<Transport>(std::move(options))) {}
AwsClient::~AwsClient() = default;

int AwsClient::retry_tokens() const { return transport_->quota().left(); }

template <class R>
Result<R> AwsClient::call(std::string_view operation, std::string body) {
  return call<R>(Service::dynamodb, operation, std::move(body));
}
template <class R>
Result<R> AwsClient::call(Service service, std::string_view operation, std::string body) {
  auto result = read<R>(operation, transport_->call(service, operation, std::move(body)));
  if constexpr (has_capacity_v<R>)
    return metered(std::move(result));
  else
    return result;
}

template <class R>
void AwsClient::start(std::string_view operation, std::string body, Completion<R> done) {
  transport_->call(Service::dynamodb, operation, std::move(body),
                   [operation, done = metered(std::move(done))](const Result<std::string>& json) {
                     done(read<R>(operation, json));
                   });
}

// ---- reads

Result<GetItemResult> AwsClient::get_item(const GetItemRequest& request) {
  return call<GetItemResult>("GetItem", wire::encode(request));
}
Result<QueryResult> AwsClient::query(const QueryRequest& request) {
  return call<QueryResult>("Query", wire::encode(request));
}
Result<ScanResult> AwsClient::scan(const ScanRequest& request) {
  return call<ScanResult>("Scan", wire::encode(request));
}
Result<BatchGetItemResult> AwsClient::batch_get_item(const BatchGetItemRequest& request) {
  return call<BatchGetItemResult>("BatchGetItem", wire::encode(request));
}
Result<TransactGetItemsResult> AwsClient::transact_get_items(
    const TransactGetItemsRequest& request) {
  return call<TransactGetItemsResult>("TransactGetItems", wire::encode(request));
}

// ---- writes

void AwsClient::put_item(PutItemRequest request, Completion<PutItemResult> done) {
  start("PutItem", wire::encode(request), std::move(done));
}
void AwsClient::update_item(UpdateItemRequest request, Completion<UpdateItemResult> done) {
  start("UpdateItem", wire::encode(request), std::move(done));
}
void AwsClient::delete_item(DeleteItemRequest request, Completion<DeleteItemResult> done) {
  start("DeleteItem", wire::encode(request), std::move(done));
}
void AwsClient::batch_write_item(BatchWriteItemRequest request,
                                 Completion<BatchWriteItemResult> done) {
  start("BatchWriteItem", wire::encode(request), std::move(done));
}
void AwsClient::transact_write_items(TransactWriteItemsRequest request,
                                     Completion<TransactWriteItemsResult> done) {
  // The token makes attempts after the first harmless.
  if (request.client_request_token.empty())
    request.client_request_token = base::Uuid::random().str();
  start("TransactWriteItems", wire::encode(request), std::move(done));
}

// ---- tables

Result<TableDescription> AwsClient::create_table(const TableDefinition& definition) {
  return call<TableDescription>("CreateTable", wire::encode(definition));
}
Result<TableDescription> AwsClient::update_table(const UpdateTableRequest& request) {
  return call<TableDescription>("UpdateTable", wire::encode(request));
}
Result<TableDescription> AwsClient::delete_table(const std::string& table) {
  return call<TableDescription>("DeleteTable", wire::encode_table_name(table));
}
Result<TableDescription> AwsClient::describe_table(const std::string& table) {
  return call<TableDescription>("DescribeTable", wire::encode_table_name(table));
}
Result<ListTablesResult> AwsClient::list_tables(const ListTablesRequest& request) {
  return call<ListTablesResult>("ListTables", wire::encode(request));
}

// ---- streams and time to live

Result<ListStreamsResult> AwsClient::list_streams(const ListStreamsRequest& request) {
  return call<ListStreamsResult>(Service::dynamodb_streams, "ListStreams", wire::encode(request));
}
Result<StreamDescription> AwsClient::describe_stream(const DescribeStreamRequest& request) {
  return call<StreamDescription>(Service::dynamodb_streams, "DescribeStream",
                                 wire::encode(request));
}
Result<GetShardIteratorResult> AwsClient::get_shard_iterator(
    const GetShardIteratorRequest& request) {
  return call<GetShardIteratorResult>(Service::dynamodb_streams, "GetShardIterator",
                                      wire::encode(request));
}
Result<GetRecordsResult> AwsClient::get_records(const GetRecordsRequest& request) {
  return call<GetRecordsResult>(Service::dynamodb_streams, "GetRecords", wire::encode(request));
}
Result<UpdateTimeToLiveResult> AwsClient::update_time_to_live(
    const UpdateTimeToLiveRequest& request) {
  return call<UpdateTimeToLiveResult>("UpdateTimeToLive", wire::encode(request));
}
Result<TimeToLiveDescription> AwsClient::describe_time_to_live(const std::string& table) {
  return call<TimeToLiveDescription>("DescribeTimeToLive", wire::encode_table_name(table));
}

// ---- tags and backups

Result<EmptyResult> AwsClient::tag_resource(const TagResourceRequest& request) {
  return call<EmptyResult>("TagResource", wire::encode(request));
}
Result<EmptyResult> AwsClient::untag_resource(const UntagResourceRequest& request) {
  return call<EmptyResult>("UntagResource", wire::encode(request));
}
Result<ListTagsOfResourceResult> AwsClient::list_tags_of_resource(
    const ListTagsOfResourceRequest& request) {
  return call<ListTagsOfResourceResult>("ListTagsOfResource", wire::encode(request));
}
Result<ContinuousBackups> AwsClient::describe_continuous_backups(const std::string& table) {
  return call<ContinuousBackups>("DescribeContinuousBackups", wire::encode_table_name(table));
}
Result<ContinuousBackups> AwsClient::update_continuous_backups(
    const UpdateContinuousBackupsRequest& request) {
  return call<ContinuousBackups>("UpdateContinuousBackups", wire::encode(request));
}

}  // namespace dynamodb::aws
