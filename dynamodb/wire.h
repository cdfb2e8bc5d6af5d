// DynamoDB's JSON: values, requests, results and errors of Client as text, both ways, for the
// protocols that carry them: a socket between two processes, the HTTP server and the AWS client.
//
// encode() of a request -> decode<Request>() -> Client -> encode() of the result ->
// decode<Result>() gives what a direct call of the Client would. Names of members are those of
// AWS's API reference; expressions travel as text with placeholders. Decoding is strict: wrong
// types and duplicate keys are SerializationException, values that DynamoDB refuses
// ValidationException. Members that no operation knows are ignored; the legacy parameters that
// expressions replace are refused. Thread safety: functions without state.
#pragma once
#include <string>
#include <string_view>

#include "dynamodb/error.h"
#include "dynamodb/requests.h"
#include "dynamodb/streams.h"

namespace dynamodb::wire {

// ---- values: {"S":"…"}; items: {"pk":{"S":"…"},…}
void append_json(std::string& out, ValueView value);
void append_json(std::string& out, ItemView item);
// An array of items, faster. REQUIRES: their texts are UTF-8, as those of a database's rows are.
void append_checked_json(std::string& out, const ItemList& items);
void append_json(std::string& out, const AttributeValue& value);
void append_json(std::string& out, const Item& item);
Result<AttributeValue> decode_value(std::string_view json);
Result<Item> decode_item(std::string_view json);
Result<PackedItem> decode_packed_item(std::string_view json);

// ---- requests. They ask for consumed capacity with its indexes, which results always carry.
std::string encode(const GetItemRequest& request);
std::string encode(const PutItemRequest& request);
std::string encode(const UpdateItemRequest& request);
std::string encode(const DeleteItemRequest& request);
std::string encode(const QueryRequest& request);
std::string encode(const ScanRequest& request);
std::string encode(const BatchGetItemRequest& request);
std::string encode(const BatchWriteItemRequest& request);
std::string encode(const TransactGetItemsRequest& request);
std::string encode(const TransactWriteItemsRequest& request);
std::string encode(const TableDefinition& definition);  // CreateTable
std::string encode(const UpdateTableRequest& request);
std::string encode(const ListTablesRequest& request);
std::string encode(const TagResourceRequest& request);
std::string encode(const UntagResourceRequest& request);
std::string encode(const ListTagsOfResourceRequest& request);
std::string encode(const UpdateContinuousBackupsRequest& request);
// DescribeTable, DeleteTable, DescribeContinuousBackups. Wherever a table is named, its ARN may
// stand for its name.
std::string encode_table_name(std::string_view table);
Result<std::string> decode_table_name(std::string_view json);

// ---- results
enum class CapacityDetail : std::uint8_t { none, total, indexes };
// What a request's ReturnConsumedCapacity asks for, for servers that answer strangers.
Result<CapacityDetail> decode_capacity_detail(std::string_view request_json);

std::string encode(const GetItemResult& result, CapacityDetail capacity = CapacityDetail::indexes);
std::string encode(const WriteResult& result, CapacityDetail capacity = CapacityDetail::indexes);
// `with_items` false leaves the member Items out, as DynamoDB does for Select COUNT.
std::string encode(const PageResult& result, CapacityDetail capacity = CapacityDetail::indexes,
                   bool with_items = true);
std::string encode(const BatchGetItemResult& result,
                   CapacityDetail capacity = CapacityDetail::indexes);
std::string encode(const BatchWriteItemResult& result,
                   CapacityDetail capacity = CapacityDetail::indexes);
std::string encode(const TransactGetItemsResult& result,
                   CapacityDetail capacity = CapacityDetail::indexes);
std::string encode(const TransactWriteItemsResult& result,
                   CapacityDetail capacity = CapacityDetail::indexes);
std::string encode(const ListTablesResult& result);
// `member` is "Table" in DescribeTable's answer. Decoding takes either.
std::string encode(const TableDescription& description,
                   std::string_view member = "TableDescription");
std::string encode(const EmptyResult& result);  // no text at all, as AWS answers
std::string encode(const ListTagsOfResourceResult& result);
std::string encode(const ContinuousBackups& backups);

// ---- streams and time to live
std::string encode(const ListStreamsRequest& request);
std::string encode(const DescribeStreamRequest& request);
std::string encode(const GetShardIteratorRequest& request);
std::string encode(const GetRecordsRequest& request);
std::string encode(const UpdateTimeToLiveRequest& request);  // DescribeTimeToLive: a table's name
std::string encode(const ListStreamsResult& result);
std::string encode(const StreamDescription& stream);  // DescribeStream
std::string encode(const GetShardIteratorResult& result);
std::string encode(const GetRecordsResult& result);
std::string encode(const TimeToLiveSpecification& specification);  // UpdateTimeToLive's result
std::string encode(const TimeToLiveDescription& description);      // DescribeTimeToLive's

// Reads any of the types above that encode() takes.
template <class T>
Result<T> decode(std::string_view json);

// ---- errors
std::string encode(const Error& error);
// Never fails: what is not an error's JSON becomes an internal_server_error that quotes its
// beginning.
Error decode_error(std::string_view json);
// The type alone, without its prefix: "ThrottlingException". Empty: not an error's JSON.
std::string decode_error_type(std::string_view json);

template <>
Result<GetItemRequest> decode(std::string_view json);
template <>
Result<PutItemRequest> decode(std::string_view json);
template <>
Result<UpdateItemRequest> decode(std::string_view json);
template <>
Result<DeleteItemRequest> decode(std::string_view json);
template <>
Result<QueryRequest> decode(std::string_view json);
template <>
Result<ScanRequest> decode(std::string_view json);
template <>
Result<BatchGetItemRequest> decode(std::string_view json);
template <>
Result<BatchWriteItemRequest> decode(std::string_view json);
template <>
Result<TransactGetItemsRequest> decode(std::string_view json);
template <>
Result<TransactWriteItemsRequest> decode(std::string_view json);
template <>
Result<TableDefinition> decode(std::string_view json);
template <>
Result<UpdateTableRequest> decode(std::string_view json);
template <>
Result<ListTablesRequest> decode(std::string_view json);
template <>
Result<GetItemResult> decode(std::string_view json);
template <>
Result<WriteResult> decode(std::string_view json);
template <>
Result<PageResult> decode(std::string_view json);
template <>
Result<BatchGetItemResult> decode(std::string_view json);
template <>
Result<BatchWriteItemResult> decode(std::string_view json);
template <>
Result<TransactGetItemsResult> decode(std::string_view json);
template <>
Result<TransactWriteItemsResult> decode(std::string_view json);
template <>
Result<ListTablesResult> decode(std::string_view json);
template <>
Result<TableDescription> decode(std::string_view json);
template <>
Result<ListStreamsRequest> decode(std::string_view json);
template <>
Result<DescribeStreamRequest> decode(std::string_view json);
template <>
Result<GetShardIteratorRequest> decode(std::string_view json);
template <>
Result<GetRecordsRequest> decode(std::string_view json);
template <>
Result<UpdateTimeToLiveRequest> decode(std::string_view json);
template <>
Result<ListStreamsResult> decode(std::string_view json);
template <>
Result<StreamDescription> decode(std::string_view json);
template <>
Result<GetShardIteratorResult> decode(std::string_view json);
template <>
Result<GetRecordsResult> decode(std::string_view json);
template <>
Result<TimeToLiveSpecification> decode(std::string_view json);
template <>
Result<TimeToLiveDescription> decode(std::string_view json);
template <>
Result<TagResourceRequest> decode(std::string_view json);
template <>
Result<UntagResourceRequest> decode(std::string_view json);
template <>
Result<ListTagsOfResourceRequest> decode(std::string_view json);
template <>
Result<ListTagsOfResourceResult> decode(std::string_view json);
template <>
Result<EmptyResult> decode(std::string_view json);
template <>
Result<UpdateContinuousBackupsRequest> decode(std::string_view json);
template <>
Result<ContinuousBackups> decode(std::string_view json);

}  // namespace dynamodb::wire
