// Requests and results of the operations of Client, named as in AWS's API reference.
//
// Expressions are trees (expression.h); keys and items to write are trees of values; items read
// come packed (item_view.h). Plain values without invariants: a Client validates.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dynamodb/expression.h"
#include "dynamodb/item_view.h"
#include "dynamodb/table.h"
#include "dynamodb/value.h"

namespace dynamodb {

enum class ReturnValues : std::uint8_t { none, all_old, updated_old, all_new, updated_new };
// What a put or delete says to another one than the first two, in AWS's words.
inline constexpr char kOnlyOldValues[] = "ReturnValues can only be ALL_OLD or NONE";

// Capacity units that a call consumed. Results always carry it.
struct ConsumedCapacity {
  std::string table{};
  double table_units = 0;  // the table's own arm
  std::map<std::string, double, std::less<>> global_indexes{}, local_indexes{};
  double total() const;
};

// ---- items
struct GetItemRequest {
  std::string table{};
  Item key{};
  bool consistent_read = false;
  Projection projection{};
};
struct GetItemResult {
  std::optional<PackedItem> item{};
  ConsumedCapacity consumed{};
};

struct PutItemRequest {
  std::string table{};
  Item item{};
  Condition condition{};
  ReturnValues return_values = ReturnValues::none;  // none or all_old
  bool return_old_on_condition_failure = false;     // puts the stored item into the error
  bool return_collection_metrics = false;           // ReturnItemCollectionMetrics
};
struct UpdateItemRequest {
  std::string table{};
  Item key{};
  UpdateExpression update{};
  Condition condition{};
  ReturnValues return_values = ReturnValues::none;
  bool return_old_on_condition_failure = false;
  bool return_collection_metrics = false;  // ReturnItemCollectionMetrics
};
struct DeleteItemRequest {
  std::string table{};
  Item key{};
  Condition condition{};
  ReturnValues return_values = ReturnValues::none;  // none or all_old
  bool return_old_on_condition_failure = false;
  bool return_collection_metrics = false;  // ReturnItemCollectionMetrics
};
// DynamoDB: of a table with LSIs, all items of one partition key are a collection, at most 10 GB
// large.
struct ItemCollectionMetrics {
  Item key{};                // the partition key
  double low = 0, high = 0;  // the collection is between them large, in GB
};
// Of a put, update or delete.
struct WriteResult {
  std::optional<PackedItem> attributes{};  // what return_values asked for, where there is any
  ConsumedCapacity consumed{};
  std::optional<ItemCollectionMetrics> collection{};  // where it was asked for, and there is one
};
using PutItemResult = WriteResult;
using UpdateItemResult = WriteResult;
using DeleteItemResult = WriteResult;

// ---- pages
enum class Select : std::uint8_t {
  default_,
  all_attributes,
  all_projected_attributes,
  specific_attributes,
  count
};

struct QueryRequest {
  std::string table{};
  std::string index{};  // empty: the table itself
  Condition key_condition{};
  Condition filter{};
  Projection projection{};
  Select select = Select::default_;
  bool consistent_read = false;
  bool forward = true;                   // ScanIndexForward
  std::optional<std::uint32_t> limit{};  // items evaluated, not returned
  Item exclusive_start_key{};            // empty: from the start
};
struct ScanRequest {
  std::string table{};
  std::string index{};
  Condition filter{};
  Projection projection{};
  Select select = Select::default_;
  bool consistent_read = false;
  std::optional<std::uint32_t> limit{};
  Item exclusive_start_key{};
  std::optional<std::uint32_t> segment{}, total_segments{};
};
// Of a query or scan.
struct PageResult {
  ItemList items{};                          // empty with Select::count
  std::uint64_t count = 0;                   // items that passed the filter
  std::uint64_t scanned_count = 0;           // items evaluated
  std::optional<Item> last_evaluated_key{};  // absent: this was the end
  ConsumedCapacity consumed{};
};
using QueryResult = PageResult;
using ScanResult = PageResult;

// Rules between parameters that need no table, in AWS's words; nullopt when they are kept.
// `projection` is the parameter's name in messages, empty where there is none.
std::optional<std::string> check_select(Select select, bool has_index, std::string_view projection);
std::optional<std::string> check_segments(const ScanRequest& request);

// ---- batches
struct KeysAndAttributes {
  std::vector<Item> keys{};
  bool consistent_read = false;
  Projection projection{};
};
struct BatchGetItemRequest {
  std::map<std::string, KeysAndAttributes> tables{};  // at most 100 keys in all
};
struct BatchGetItemResult {
  std::map<std::string, ItemList> items{};                 // found items, in no order
  std::map<std::string, KeysAndAttributes> unprocessed{};  // to be asked for again
  std::vector<ConsumedCapacity> consumed{};                // one per table
};
struct PutRequest {
  Item item{};
};
struct DeleteRequest {
  Item key{};
};
using WriteRequest = std::variant<PutRequest, DeleteRequest>;
struct BatchWriteItemRequest {
  std::map<std::string, std::vector<WriteRequest>> tables{};  // at most 25 writes in all
  bool return_collection_metrics = false;
};
// By table.
using CollectionMetrics = std::map<std::string, std::vector<ItemCollectionMetrics>>;
struct BatchWriteItemResult {
  std::map<std::string, std::vector<WriteRequest>> unprocessed{};  // to be sent again
  std::vector<ConsumedCapacity> consumed{};
  CollectionMetrics collections{};
};

// ---- transactions
struct ConditionCheck {
  std::string table{};
  Item key{};
  Condition condition{};
  bool return_old_on_condition_failure = false;
};
// return_values of the requests must be none here. Updates must not be empty: what is sent needs an
// expression.
using TransactWriteAction =
    std::variant<PutItemRequest, UpdateItemRequest, DeleteItemRequest, ConditionCheck>;
struct TransactWriteItemsRequest {
  std::vector<TransactWriteAction> actions{};  // 1 to 100, each on another item
  std::string client_request_token{};          // empty: none; at most 36 characters
  bool return_collection_metrics = false;
};
struct TransactWriteItemsResult {
  std::vector<ConsumedCapacity> consumed{};  // one per table
  CollectionMetrics collections{};
  bool repeated = false;  // the token had been seen: nothing was written, consumed are reads
};
struct TransactGetItemsRequest {
  std::vector<GetItemRequest> gets{};  // 1 to 100; consistent_read is implied
};
struct TransactGetItemsResult {
  // Aligned with the request; none where there is no item, or nothing in it that is projected.
  std::vector<std::optional<PackedItem>> items{};
  std::vector<ConsumedCapacity> consumed{};
};

// ---- tables
struct UpdateTableRequest {
  std::string table{};
  // One change of an index at a time, as DynamoDB demands.
  std::optional<IndexDefinition> create_index{};
  std::optional<std::string> delete_index{};
  // What the caller takes attributes for, besides those of create_index. DynamoDB: keys of the
  // table and its indexes keep their type; of others it says nothing.
  std::map<std::string, Type> attribute_types{};
  // What is absent stays as it is.
  std::optional<BillingMode> billing_mode{};
  std::optional<Throughput> throughput{};
  std::optional<Throughput> on_demand_limit{};
  // A zero leaves what there is, here and in indexes.
  std::optional<Throughput> warm_throughput{};
  // By GSI.
  std::map<std::string, Throughput> index_throughput{}, index_on_demand_limit{},
      index_warm_throughput{};
  std::optional<TableClass> table_class{};
  std::optional<bool> deletion_protection{};
  std::optional<Encryption> encryption{};
  // The stream's new state: an empty inner value switches it off.
  std::optional<std::optional<StreamViewType>> stream{};
};
struct ListTablesRequest {
  std::string exclusive_start_table_name{};
  std::uint32_t limit = 100;  // 1 to 100
};
struct ListTablesResult {
  std::vector<std::string> table_names{};  // in order of name
  std::optional<std::string> last_evaluated_table_name{};
};

struct EmptyResult {};

// ---- tags, by the ARN that describe_table() tells
struct TagResourceRequest {
  std::string arn{};
  Tags tags{};  // added to those there are, or in their place
};
struct UntagResourceRequest {
  std::string arn{};
  std::vector<std::string> keys{};  // those that are not there are passed over
};
struct ListTagsOfResourceRequest {
  std::string arn{};
  std::string next_token{};
};
struct ListTagsOfResourceResult {
  Tags tags{};
  std::string next_token{};  // empty: these were all
};

// ---- point-in-time recovery
struct UpdateContinuousBackupsRequest {
  std::string table{};
  bool point_in_time_recovery = false;
  std::optional<std::uint32_t> recovery_period_days{};  // 1 to 35
};
struct ContinuousBackups {
  bool point_in_time_recovery = false;
  std::uint32_t recovery_period_days = 35;
  std::optional<base::Timestamp> earliest{}, latest{};  // what can be restored, while it is on
};

}  // namespace dynamodb
