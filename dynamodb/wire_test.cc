// Results and errors as JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/test_wire.h"

namespace dynamodb::wire {
namespace {

using ::testing::HasSubstr;

// ---- results

const Item kRow = {{"pk", "a"}, {"n", 1}};
const ConsumedCapacity kConsumed = {
    .table = "t", .table_units = 0.5, .global_indexes = {{"g", 2}}, .local_indexes = {{"l", 1.5}}};

void expect_equal(const ConsumedCapacity& a, const ConsumedCapacity& b) {
  EXPECT_EQ(a.table, b.table);
  EXPECT_EQ(a.table_units, b.table_units);
  EXPECT_EQ(a.global_indexes, b.global_indexes);
  EXPECT_EQ(a.local_indexes, b.local_indexes);
}

TEST(WireResults, GetItem) {
  EXPECT_EQ(
      encode(GetItemResult{PackedItem(kRow), kConsumed}),
      R"({"Item":{"n":{"N":"1"},"pk":{"S":"a"}},"ConsumedCapacity":{"TableName":"t","CapacityUnits":4.0,)"
      R"("Table":{"CapacityUnits":0.5},"GlobalSecondaryIndexes":{"g":{"CapacityUnits":2.0}},)"
      R"("LocalSecondaryIndexes":{"l":{"CapacityUnits":1.5}}}})");
  const auto result = round_trip(GetItemResult{PackedItem(kRow), kConsumed});
  EXPECT_EQ(*result.item, PackedItem(kRow));
  expect_equal(result.consumed, kConsumed);
  EXPECT_EQ(round_trip(GetItemResult{}).item, std::nullopt);
  EXPECT_EQ(*round_trip(GetItemResult{PackedItem(Item{}), {}}).item,
            PackedItem(Item{}));  // present, and empty
}

TEST(WireResults, CapacityDetail) {
  const GetItemResult result{std::nullopt, kConsumed};
  EXPECT_EQ(encode(result, CapacityDetail::none), "{}");
  EXPECT_EQ(encode(result, CapacityDetail::total),
            R"({"ConsumedCapacity":{"TableName":"t","CapacityUnits":4.0}})");
  EXPECT_EQ(decode<GetItemResult>(encode(result, CapacityDetail::total))->consumed.total(), 4);
  EXPECT_EQ(*decode_capacity_detail(R"({"ReturnConsumedCapacity":"TOTAL"})"),
            CapacityDetail::total);
  EXPECT_EQ(*decode_capacity_detail("{}"), CapacityDetail::none);
  EXPECT_THAT(decode_capacity_detail(R"({"ReturnConsumedCapacity":"ALL"})").error().message,
              HasSubstr("[INDEXES, TOTAL, NONE]"));
}

TEST(WireResults, Write) {
  const auto result = round_trip(WriteResult{PackedItem(kRow), kConsumed});
  EXPECT_EQ(*result.attributes, PackedItem(kRow));
  expect_equal(result.consumed, kConsumed);
  EXPECT_EQ(round_trip(WriteResult{}).attributes, std::nullopt);
}

TEST(WireResults, Page) {
  PageResult page;
  for (int i = 0; i < 5; ++i) page.items.add(PackedItem(Item{{"pk", i}}).bytes());
  page.count = 5;
  page.scanned_count = 9;
  page.last_evaluated_key = Item{{"pk", 4}};
  page.consumed = kConsumed;
  const auto read = round_trip(page);
  ASSERT_EQ(read.items.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(read.items.packed(i), page.items.packed(i));
  EXPECT_EQ(read.count, 5U);
  EXPECT_EQ(read.scanned_count, 9U);
  EXPECT_EQ(read.last_evaluated_key, page.last_evaluated_key);
  expect_equal(read.consumed, kConsumed);
  EXPECT_EQ(round_trip(PageResult{}).last_evaluated_key, std::nullopt);
  EXPECT_THAT(encode(PageResult{}), HasSubstr(R"("Items":[])"));
  EXPECT_EQ(encode(PageResult{.count = 3, .scanned_count = 4}, CapacityDetail::none, false),
            R"({"Count":3,"ScannedCount":4})");
}

TEST(WireResults, Batches) {
  BatchGetItemResult get;
  get.items["t"].add(PackedItem(kRow).bytes());
  get.unprocessed["u"] = {
      .keys = {Item{{"pk", 1}}}, .consistent_read = true, .projection = {"a", Path("b").at(1)}};
  get.consumed = {kConsumed};
  const auto read = round_trip(get);
  EXPECT_EQ(read.items.at("t").packed(0), PackedItem(kRow).bytes());
  EXPECT_EQ(read.unprocessed.at("u").keys, get.unprocessed["u"].keys);
  EXPECT_TRUE(read.unprocessed.at("u").consistent_read);
  EXPECT_EQ(read.unprocessed.at("u").projection, get.unprocessed["u"].projection);
  expect_equal(read.consumed.at(0), kConsumed);

  BatchWriteItemResult write;
  write.unprocessed["t"] = {PutRequest{kRow}, DeleteRequest{{{"pk", 1}}}};
  const auto written = round_trip(write);
  EXPECT_EQ(std::get<PutRequest>(written.unprocessed.at("t").at(0)).item, kRow);
  EXPECT_EQ(std::get<DeleteRequest>(written.unprocessed.at("t").at(1)).key, (Item{{"pk", 1}}));
  EXPECT_THAT(encode(BatchWriteItemResult{}), HasSubstr(R"("UnprocessedItems":{})"));
}

TEST(WireResults, Transactions) {
  const auto read =
      round_trip(TransactGetItemsResult{{PackedItem(kRow), std::nullopt}, {kConsumed}});
  ASSERT_EQ(read.items.size(), 2U);
  EXPECT_EQ(*read.items[0], PackedItem(kRow));
  EXPECT_EQ(read.items[1], std::nullopt);
  EXPECT_EQ(round_trip(TransactWriteItemsResult{{kConsumed, kConsumed}}).consumed.size(), 2U);
}

// ---- errors

TEST(WireErrors, EveryCode_RoundTrips) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::unavailable); ++code) {
    const Error error{static_cast<ErrorCode>(code), "what \"happened\""};
    const Error read = decode_error(encode(error));
    EXPECT_EQ(read.code, error.code) << encode(error);
    EXPECT_EQ(read.message, error.message);
  }
}

TEST(WireErrors, AreDynamoDbs) {
  EXPECT_EQ(encode(validation_error("m")),
            R"({"__type":"com.amazon.coral.validate#ValidationException","message":"m"})");
  EXPECT_EQ(encode(conditional_check_failed(PackedItem(Item{{"a", 1}}))),
            R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",)"
            R"("message":"The conditional request failed","Item":{"a":{"N":"1"}}})");
  EXPECT_EQ(*decode_error(encode(conditional_check_failed(PackedItem(kRow)))).item,
            PackedItem(kRow));
}

TEST(WireErrors, CancellationReasons) {
  const Error error = transaction_canceled(
      {{}, {"ConditionalCheckFailed", "The conditional request failed", PackedItem(kRow)}});
  const Error read = decode_error(encode(error));
  EXPECT_EQ(read.message, error.message);
  ASSERT_EQ(read.reasons.size(), 2U);
  EXPECT_EQ(read.reasons[0].code, "None");
  EXPECT_EQ(read.reasons[0].message, "");
  EXPECT_EQ(read.reasons[1].code, "ConditionalCheckFailed");
  EXPECT_EQ(*read.reasons[1].item, PackedItem(kRow));
}

TEST(WireErrors, Others_AreInternal) {
  EXPECT_EQ(decode_error("<html>").code, ErrorCode::internal_server_error);
  EXPECT_THAT(decode_error("<html>").message, HasSubstr("<html>"));
  EXPECT_THAT(decode_error(R"({"__type":"x#NewException","message":"m"})").message,
              HasSubstr("x#NewException: m"));
  EXPECT_EQ(decode_error(R"({"__type":"com.amazon.coral.availability#ThrottlingException"})").code,
            ErrorCode::provisioned_throughput_exceeded);
}

}  // namespace
}  // namespace dynamodb::wire
