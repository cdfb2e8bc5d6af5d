// Requests on items as JSON, both ways.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/expression_printer.h"
#include "dynamodb/test_random_values.h"
#include "dynamodb/test_wire.h"

namespace dynamodb::wire {
namespace {

using ::testing::HasSubstr;
using V = AttributeValue;

// Trees have no equality: they are the same when they print the same.
template <class Expression>
void expect_same(const Expression& a, const Expression& b) {
  ExpressionPrinter printer_a, printer_b;
  EXPECT_EQ(printer_a.print(a), printer_b.print(b));
  EXPECT_EQ(printer_a.names(), printer_b.names());
  EXPECT_EQ(printer_a.values(), printer_b.values());
}

const Item kKey = {{"pk", "k"}, {"sk", 7}};
const Condition kCondition =
    (equal(Path("a b"), V("x")) || attribute_not_exists(Path("l").at(2))) && !contains("s", V(1));

UpdateExpression some_update() {
  UpdateExpression update;
  update.set = {{"n", plus(if_not_exists("n", {V(0)}), {V(1)})},
                {Path("m").child("x.y"), {Path("z")}}};
  update.remove = {Path("l").at(1)};
  update.add = {{"count", V(1)}};
  update.del = {{"tags", V(StringSet::make({"a"}))}};
  return update;
}

TEST(WireRequests, GetItem) {
  const GetItemRequest request{.table = "tbl",
                               .key = kKey,
                               .consistent_read = true,
                               .projection = {"a", Path("b").child("c").at(0)}};
  EXPECT_EQ(
      encode(request),
      R"({"TableName":"tbl","Key":{"pk":{"S":"k"},"sk":{"N":"7"}},"ProjectionExpression":"#n0, #n1.#n2[0]",)"
      R"("ExpressionAttributeNames":{"#n0":"a","#n1":"b","#n2":"c"},"ConsistentRead":true,"ReturnConsumedCapacity":"INDEXES"})");
  const auto read = round_trip(request);
  EXPECT_EQ(read.table, "tbl");
  EXPECT_EQ(read.key, kKey);
  EXPECT_TRUE(read.consistent_read);
  EXPECT_EQ(read.projection, request.projection);
  EXPECT_FALSE(round_trip(GetItemRequest{.table = "tbl", .key = kKey}).consistent_read);
}

TEST(WireRequests, PutItem) {
  const auto read = round_trip(PutItemRequest{.table = "tbl",
                                              .item = {{"pk", "k"}, {"l", List{1}}},
                                              .condition = kCondition,
                                              .return_values = ReturnValues::all_old,
                                              .return_old_on_condition_failure = true});
  EXPECT_EQ(read.item, (Item{{"pk", "k"}, {"l", List{1}}}));
  expect_same(read.condition, kCondition);
  EXPECT_EQ(read.return_values, ReturnValues::all_old);
  EXPECT_TRUE(read.return_old_on_condition_failure);
  const auto plain = round_trip(PutItemRequest{.table = "tbl", .item = kKey});
  EXPECT_TRUE(plain.condition.empty());
  EXPECT_EQ(plain.return_values, ReturnValues::none);
  EXPECT_FALSE(plain.return_old_on_condition_failure);
}

TEST(WireRequests, UpdateItem) {
  for (const auto values : {ReturnValues::none, ReturnValues::all_old, ReturnValues::updated_old,
                            ReturnValues::all_new, ReturnValues::updated_new}) {
    const auto read = round_trip(UpdateItemRequest{.table = "tbl",
                                                   .key = kKey,
                                                   .update = some_update(),
                                                   .condition = kCondition,
                                                   .return_values = values});
    EXPECT_EQ(read.key, kKey);
    expect_same(read.update, some_update());
    expect_same(read.condition, kCondition);
    EXPECT_EQ(read.return_values, values);
  }
  EXPECT_TRUE(round_trip(UpdateItemRequest{.table = "tbl", .key = kKey}).update.empty());
}

TEST(WireRequests, DeleteItem) {
  const auto read =
      round_trip(DeleteItemRequest{.table = "tbl", .key = kKey, .condition = kCondition});
  EXPECT_EQ(read.key, kKey);
  expect_same(read.condition, kCondition);
}

TEST(WireRequests, Query) {
  const QueryRequest request{
      .table = "tbl",
      .index = "idx",
      .key_condition = equal(Path("pk"), V("k")) && between(Path("sk"), V(1), V(2)),
      .filter = kCondition,
      .projection = {"a"},
      .select = Select::specific_attributes,
      .consistent_read = true,
      .forward = false,
      .limit = 10,
      .exclusive_start_key = kKey};
  const auto read = round_trip(request);
  EXPECT_EQ(read.index, "idx");
  expect_same(read.key_condition, request.key_condition);
  expect_same(read.filter, kCondition);
  EXPECT_EQ(read.projection, request.projection);
  EXPECT_EQ(read.select, Select::specific_attributes);
  EXPECT_TRUE(read.consistent_read);
  EXPECT_FALSE(read.forward);
  EXPECT_EQ(read.limit, 10U);
  EXPECT_EQ(read.exclusive_start_key, kKey);
  const auto plain =
      round_trip(QueryRequest{.table = "tbl", .key_condition = equal(Path("pk"), V("k"))});
  EXPECT_TRUE(plain.forward);
  EXPECT_EQ(plain.limit, std::nullopt);
  EXPECT_TRUE(plain.exclusive_start_key.empty());
  EXPECT_EQ(plain.select, Select::default_);
  for (const auto select :
       {Select::all_attributes, Select::all_projected_attributes, Select::count}) {
    const auto query = round_trip(QueryRequest{.table = "tbl",
                                               .index = "idx",
                                               .key_condition = equal(Path("pk"), V("k")),
                                               .select = select});
    EXPECT_EQ(query.select, select);
  }
}

TEST(WireRequests, Scan) {
  const auto read = round_trip(ScanRequest{
      .table = "tbl", .filter = kCondition, .limit = 1, .segment = 0, .total_segments = 4});
  expect_same(read.filter, kCondition);
  EXPECT_EQ(read.segment, 0U);
  EXPECT_EQ(read.total_segments, 4U);
}

TEST(WireRequests, Batches) {
  BatchGetItemRequest get;
  get.tables["tbl"] = {
      .keys = {kKey, {{"pk", "other"}}}, .consistent_read = true, .projection = {"a"}};
  const auto read = round_trip(get);
  EXPECT_EQ(read.tables.at("tbl").keys, get.tables["tbl"].keys);
  EXPECT_EQ(read.tables.at("tbl").projection, Projection{"a"});
  BatchWriteItemRequest write;
  write.tables["tbl"] = {PutRequest{kKey}, DeleteRequest{kKey}};
  const auto written = round_trip(write);
  EXPECT_EQ(std::get<PutRequest>(written.tables.at("tbl").at(0)).item, kKey);
  EXPECT_EQ(std::get<DeleteRequest>(written.tables.at("tbl").at(1)).key, kKey);
  EXPECT_NE(error<BatchWriteItemRequest>(R"({"RequestItems":{"tbl":[{}]}})"), "");
  EXPECT_NE(
      error<BatchWriteItemRequest>(
          R"({"RequestItems":{"tbl":[{"PutRequest":{"Item":{}},"DeleteRequest":{"Key":{}}}]}})"),
      "");
}

TEST(WireRequests, Batches_NameATableOnce) {
  const std::string arn = "arn:aws:dynamodb:us-east-1:123456789012:table/tbl";
  const auto get = [](const std::string& a, const std::string& b) {
    const std::string keys = R"(":{"Keys":[{"pk":{"S":"x"}}]})";
    return error<BatchGetItemRequest>(R"({"RequestItems":{")" + a + keys + R"(,")" + b + keys +
                                      "}}");
  };
  const auto write = [](const std::string& a, const std::string& b) {
    const std::string writes = R"(":[{"PutRequest":{"Item":{"pk":{"S":"x"}}}}])";
    return error<BatchWriteItemRequest>(R"({"RequestItems":{")" + a + writes + R"(,")" + b +
                                        writes + "}}");
  };
  EXPECT_EQ(get(arn, "other"), "");
  EXPECT_EQ(write(arn, "other"), "");
  EXPECT_THAT(get("tbl", arn), HasSubstr("named more than once"));
  EXPECT_THAT(write(arn, "tbl"), HasSubstr("named more than once"));
}

TEST(WireRequests, Transactions) {
  TransactWriteItemsRequest request;
  request.actions = {PutItemRequest{.table = "put", .item = kKey, .condition = kCondition},
                     UpdateItemRequest{.table = "upd", .key = kKey, .update = some_update()},
                     DeleteItemRequest{.table = "del", .key = kKey},
                     ConditionCheck{.table = "chk",
                                    .key = kKey,
                                    .condition = kCondition,
                                    .return_old_on_condition_failure = true}};
  request.client_request_token = "token";
  const auto read = round_trip(request);
  ASSERT_EQ(read.actions.size(), 4U);
  EXPECT_EQ(std::get<PutItemRequest>(read.actions[0]).item, kKey);
  expect_same(std::get<UpdateItemRequest>(read.actions[1]).update, some_update());
  EXPECT_EQ(std::get<DeleteItemRequest>(read.actions[2]).table, "del");
  const auto& check = std::get<ConditionCheck>(read.actions[3]);
  EXPECT_TRUE(check.return_old_on_condition_failure);
  expect_same(check.condition, kCondition);
  EXPECT_EQ(read.client_request_token, "token");

  const auto gets = round_trip(TransactGetItemsRequest{
      {{.table = "tbl", .key = kKey, .projection = {"a"}}, {.table = "other", .key = kKey}}});
  ASSERT_EQ(gets.gets.size(), 2U);
  EXPECT_EQ(gets.gets[0].projection, Projection{"a"});
  EXPECT_EQ(gets.gets[1].table, "other");
  EXPECT_NE(error<TransactWriteItemsRequest>(R"({"TransactItems":[{}]})"), "");
}

TEST(WireRequests, UnknownMembers_AreIgnored) {
  EXPECT_EQ(
      error<GetItemRequest>(R"({"TableName":"tbl","Key":{},"Whatever":{"a":[1,2,{"b":null}]}})"),
      "");
  // An action of a transaction knows no legacy parameters.
  EXPECT_EQ(error<TransactWriteItemsRequest>(
                R"({"TransactItems":[{"Put":{"TableName":"tbl","Item":{},"Expected":{"a":{}}}}]})"),
            "");
}

TEST(WireRequests, TableArn_StandsForTheName) {
  const auto get = decode<GetItemRequest>(
      R"({"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/tbl","Key":{}})");
  ASSERT_TRUE(get) << get.error().message;
  EXPECT_EQ(get->table, "tbl");
}

TEST(WireRequests, ExpressionAttributeValues_OfAReadByKey_AreIgnored) {
  const auto request = decode<GetItemRequest>(
      R"({"TableName":"tbl","Key":{"pk":{"S":"a"}},"ProjectionExpression":"b",)"
      R"("ExpressionAttributeValues":{":unused":{"S":"x"}}})");
  EXPECT_EQ(request.value().projection.size(), 1u);
}

TEST(WireRequests, Query_EmptyStartKey_IsNotNone) {
  const auto query = decode<QueryRequest>(
      R"({"TableName":"tbl","KeyConditionExpression":"a = :a","ExpressionAttributeValues":{":a":{"S":"x"}},"ExclusiveStartKey":{}})");
  ASSERT_TRUE(query) << query.error().message;
  EXPECT_FALSE(query->exclusive_start_key.empty());
}

TEST(WireRequests, ItemCollectionMetrics_AreAskedForAndTold) {
  const auto put =
      round_trip(PutItemRequest{.table = "tbl", .item = kKey, .return_collection_metrics = true});
  EXPECT_TRUE(put.return_collection_metrics);
  WriteResult result;
  result.collection = ItemCollectionMetrics{.key = {{"pk", "k"}}, .low = 0, .high = 1};
  const std::string json = encode(result, CapacityDetail::none);
  EXPECT_EQ(
      json,
      R"({"ItemCollectionMetrics":{"ItemCollectionKey":{"pk":{"S":"k"}},"SizeEstimateRangeGB":[0.0,1.0]}})");
  EXPECT_EQ(decode<WriteResult>(json)->collection->high, 1);
}

TEST(WireRequests, Transactions_SayOfWhatKindUnitsAre) {
  TransactGetItemsResult gets;
  gets.consumed = {{.table = "tbl", .table_units = 2}};
  EXPECT_THAT(
      encode(gets, CapacityDetail::indexes),
      HasSubstr(
          R"("ReadCapacityUnits":2.0,"Table":{"CapacityUnits":2.0,"ReadCapacityUnits":2.0})"));
  TransactWriteItemsResult writes;
  writes.consumed = {{.table = "tbl", .table_units = 2}};
  EXPECT_THAT(encode(writes, CapacityDetail::total), HasSubstr(R"("WriteCapacityUnits":2.0)"));
  writes.repeated = true;
  EXPECT_THAT(encode(writes, CapacityDetail::total), HasSubstr(R"("ReadCapacityUnits":2.0)"));
  EXPECT_TRUE(decode<TransactWriteItemsResult>(encode(writes))->repeated);
}

TEST(WireRequests, Placeholders_AreAllUsedAndDefined) {
  const auto put = [](const std::string& rest) {
    return error<PutItemRequest>(R"({"TableName":"tbl","Item":{},)" + rest + "}");
  };
  EXPECT_EQ(
      put(R"("ConditionExpression":"#a = :a","ExpressionAttributeNames":{"#a":"a"},"ExpressionAttributeValues":{":a":{"N":"1"}})"),
      "");
  EXPECT_THAT(put(R"("ConditionExpression":"a = :a")"), HasSubstr("attribute value: :a"));
  EXPECT_THAT(
      put(R"j("ConditionExpression":"attribute_exists(a)","ExpressionAttributeNames":{"#a":"a"})j"),
      HasSubstr("unused in expressions: keys: {#a}"));
  EXPECT_THAT(put(R"("ConditionExpression":"","ExpressionAttributeNames":{"#a":"a"})"),
              HasSubstr("The expression can not be empty"));
  EXPECT_THAT(put(R"("ExpressionAttributeNames":{"#a":"a"})"),
              HasSubstr("ExpressionAttributeNames can only be specified when using expressions"));
  EXPECT_THAT(
      put(R"j("ConditionExpression":"attribute_exists(a)","ExpressionAttributeValues":{})j"),
      HasSubstr("ExpressionAttributeValues must not be empty"));
}

// Damaged text is refused or read, whatever it is read as; what is read can be written again.
TEST(WireRequests, Property_DamagedText_IsReadOrRefused) {
  const auto seed = dynamodb::testing::new_seed();
  SCOPED_TRACE(seed);
  dynamodb::testing::RandomValues random(seed);
  const std::string texts[] = {
      encode(UpdateItemRequest{
          .table = "tbl", .key = kKey, .update = some_update(), .condition = kCondition}),
      encode(QueryRequest{.table = "tbl",
                          .key_condition = equal(Path("pk"), V("k")),
                          .filter = kCondition,
                          .exclusive_start_key = kKey}),
      encode(GetItemResult{PackedItem(Item{{"b", Binary{"xyz"}}, {"m", Map{{"l", List{1}}}}}), {}}),
      encode(transaction_canceled({{}, {"ConditionalCheckFailed", "m", PackedItem(kKey)}})),
  };
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = texts[random.below(std::size(texts))];
    for (std::size_t n = random.below(3); n > 0; --n) {
      text[random.below(text.size())] = "\"{}[]:,0aSNM"[random.below(12)];
    }
    if (const auto update = decode<UpdateItemRequest>(text)) {
      ++read;
      ASSERT_TRUE(decode<UpdateItemRequest>(encode(*update))) << text;
    }
    if (const auto query = decode<QueryRequest>(text)) encode(*query);
    if (const auto result = decode<GetItemResult>(text); result && result->item) {
      ASSERT_TRUE(is_packed_item(result->item->bytes())) << text;
    }
    decode_error(text);
  }
  EXPECT_GT(read, 1000);
}

}  // namespace
}  // namespace dynamodb::wire
