// The operations that the server answers.
#include <unordered_map>

#include "base/json_writer.h"
#include "dynamodb/partiql/wire.h"
#include "dynamodb/server/operation.h"

namespace dynamodb::server {
namespace {

constexpr char kTable[] = "Table";
constexpr char kTableDescription[] = "TableDescription";

// DynamoDB: the account's quotas, which nothing here counts against.
void describe_limits(Call call) {
  call.reply.ok(R"({"AccountMaxReadCapacityUnits":80000,"AccountMaxWriteCapacityUnits":80000,)"
                R"("TableMaxReadCapacityUnits":40000,"TableMaxWriteCapacityUnits":40000})");
}

// Clients that discover endpoints are to come back to this server.
void describe_endpoints(Call call) {
  constexpr int kMinutes = 1440;
  base::JsonWriter json;
  json.begin_object();
  json.key("Endpoints");
  json.begin_array();
  json.begin_object();
  json.member("Address", call.host);
  json.member("CachePeriodInMinutes", kMinutes);
  json.end_object();
  json.end_array();
  json.end_object();
  call.reply.ok(std::move(json).text());
}

// PartiQL's operations wait for their writes on the caller's thread.
template <Result<std::string> (*Run)(Client&, std::string_view)>
void statements(Call call) {
  if (const auto fault = call.faults.strike_statements()) return call.reply.error(*fault);
  auto answer = Run(call.client, call.body);
  if (answer.has_error()) return call.reply.error(answer.error());
  call.reply.ok(std::move(*answer));
}

constexpr Operation kOperations[] = {
    {"DynamoDB_20120810.GetItem", read<GetItemRequest, GetItemResult, &Client::get_item>},
    {"DynamoDB_20120810.Query", read<QueryRequest, QueryResult, &Client::query>},
    {"DynamoDB_20120810.Scan", read<ScanRequest, ScanResult, &Client::scan>},
    {"DynamoDB_20120810.BatchGetItem",
     read<BatchGetItemRequest, BatchGetItemResult, &Client::batch_get_item>},
    {"DynamoDB_20120810.TransactGetItems",
     read<TransactGetItemsRequest, TransactGetItemsResult, &Client::transact_get_items>},
    {"DynamoDB_20120810.PutItem", write<PutItemRequest, PutItemResult, &Client::put_item>},
    {"DynamoDB_20120810.UpdateItem",
     write<UpdateItemRequest, UpdateItemResult, &Client::update_item>},
    {"DynamoDB_20120810.DeleteItem",
     write<DeleteItemRequest, DeleteItemResult, &Client::delete_item>},
    {"DynamoDB_20120810.BatchWriteItem",
     write<BatchWriteItemRequest, BatchWriteItemResult, &Client::batch_write_item>},
    {"DynamoDB_20120810.TransactWriteItems",
     write<TransactWriteItemsRequest, TransactWriteItemsResult, &Client::transact_write_items>},
    {"DynamoDB_20120810.CreateTable",
     read<TableDefinition, TableDescription, &Client::create_table>},
    {"DynamoDB_20120810.UpdateTable",
     read<UpdateTableRequest, TableDescription, &Client::update_table>},
    {"DynamoDB_20120810.ListTables",
     read<ListTablesRequest, ListTablesResult, &Client::list_tables>},
    {"DynamoDB_20120810.DeleteTable", table<&Client::delete_table, kTableDescription>},
    {"DynamoDB_20120810.DescribeTable", table<&Client::describe_table, kTable>},
    {"DynamoDB_20120810.UpdateTimeToLive",
     read<UpdateTimeToLiveRequest, UpdateTimeToLiveResult, &Client::update_time_to_live>},
    {"DynamoDB_20120810.DescribeTimeToLive",
     of_table<TimeToLiveDescription, &Client::describe_time_to_live>},
    {"DynamoDB_20120810.TagResource", read<TagResourceRequest, EmptyResult, &Client::tag_resource>},
    {"DynamoDB_20120810.UntagResource",
     read<UntagResourceRequest, EmptyResult, &Client::untag_resource>},
    {"DynamoDB_20120810.ListTagsOfResource",
     read<ListTagsOfResourceRequest, ListTagsOfResourceResult, &Client::list_tags_of_resource>},
    {"DynamoDB_20120810.UpdateContinuousBackups",
     read<UpdateContinuousBackupsRequest, ContinuousBackups, &Client::update_continuous_backups>},
    {"DynamoDB_20120810.DescribeContinuousBackups",
     of_table<ContinuousBackups, &Client::describe_continuous_backups>},
    {"DynamoDBStreams_20120810.ListStreams",
     read<ListStreamsRequest, ListStreamsResult, &Client::list_streams>},
    {"DynamoDBStreams_20120810.DescribeStream",
     read<DescribeStreamRequest, StreamDescription, &Client::describe_stream>},
    {"DynamoDBStreams_20120810.GetShardIterator",
     read<GetShardIteratorRequest, GetShardIteratorResult, &Client::get_shard_iterator>},
    {"DynamoDBStreams_20120810.GetRecords",
     read<GetRecordsRequest, GetRecordsResult, &Client::get_records>},
    {"DynamoDB_20120810.ExecuteStatement", statements<partiql::execute_statement>},
    {"DynamoDB_20120810.BatchExecuteStatement", statements<partiql::batch_execute_statement>},
    {"DynamoDB_20120810.ExecuteTransaction", statements<partiql::execute_transaction>},
    {"DynamoDB_20120810.DescribeLimits", describe_limits},
    {"DynamoDB_20120810.DescribeEndpoints", describe_endpoints},
};

}  // namespace

const Operation* find_operation(std::string_view target) {
  static const auto by_target = [] {
    std::unordered_map<std::string_view, const Operation*> map;
    for (const Operation& operation : kOperations) map.emplace(operation.target, &operation);
    return map;
  }();
  const auto found = by_target.find(target);
  return found == by_target.end() ? nullptr : found->second;
}

Result<wire::CapacityDetail> capacity_detail(std::string_view body) {
  // A member's name may be spelled with escapes.
  const bool mentioned = body.find("ReturnConsumedCapacity") != std::string_view::npos ||
                         body.find("\\u") != std::string_view::npos;
  if (!mentioned) return wire::CapacityDetail::none;
  return wire::decode_capacity_detail(body);
}

}  // namespace dynamodb::server
