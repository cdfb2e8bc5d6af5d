// Faults that the server plays, by option and by header.
#include "dynamodb/server/faults.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/server/test_server.h"
#include "dynamodb/wire.h"

namespace dynamodb::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kGet = R"({"TableName":"posts","Key":{"pk":{"S":"a"}}})";
const std::string kPut = R"({"TableName":"posts","Item":{"pk":{"S":"a"}}})";

std::string fault(const std::string& list) { return "x-ddb-local-fault: " + list + "\r\n"; }

TEST(Faults, List_IsReadWithUnits) {
  FaultPlan plan;
  EXPECT_EQ(apply_faults("throttle=0.1, unprocessed=1,conflict=0,latency=1.5s", plan),
            std::nullopt);
  EXPECT_EQ(plan.throttle, 0.1);
  EXPECT_EQ(plan.unprocessed, 1);
  EXPECT_EQ(plan.latency, std::chrono::milliseconds(1500));
  EXPECT_EQ(apply_faults("latency=20ms", plan), std::nullopt);
  EXPECT_EQ(plan.latency, std::chrono::milliseconds(20));
  EXPECT_EQ(apply_faults("gsi-lag=500ms", plan), std::nullopt);
  EXPECT_EQ(plan.index_lag, std::chrono::milliseconds(500));
  for (const char* const bad :
       {"throttle", "throttle=2", "throttle=-1", "throttle=x", "thrott=1", "latency=1h",
        "latency=-1s", "latency=100s", "throttle=nan", "gsi-lag=11s"}) {
    EXPECT_NE(apply_faults(bad, plan), std::nullopt) << bad;
  }
}

TEST(Faults, Throttle_ByHeaderIsForOneRequest) {
  Served served;
  served.make_table("posts");
  EXPECT_THAT(served.body("PutItem", kPut, fault("throttle=1")),
              HasSubstr("ProvisionedThroughputExceededException"));
  EXPECT_EQ(served.body("GetItem", kGet), "{}");  // nothing was written, and the fault is over
  EXPECT_EQ(served.body("ListTables", "{}", fault("throttle=1")), R"({"TableNames":["posts"]})");
  const std::string insert = R"({"Statement":"INSERT INTO posts VALUE {'pk': 'a'}"})";
  EXPECT_THAT(served.body("ExecuteStatement", insert, fault("throttle=1")),
              HasSubstr("ProvisionedThroughputExceededException"));
  EXPECT_EQ(served.body("GetItem", kGet), "{}");
}

TEST(Faults, HeaderOverridesTheOption) {
  Served served({.faults = {.throttle = 1}});
  served.make_table("posts");
  EXPECT_THAT(served.body("GetItem", kGet), HasSubstr("ProvisionedThroughputExceeded"));
  EXPECT_EQ(served.body("GetItem", kGet, fault("throttle=0")), "{}");
}

TEST(Faults, BadHeader_IsValidationError) {
  Served served;
  EXPECT_THAT(served.body("ListTables", "{}", fault("throtle=1")),
              AllOf(HasSubstr("ValidationException"), HasSubstr("throtle")));
}

TEST(Faults, Conflict_FailsWritesAndCancelsTransactions) {
  Served served;
  served.make_table("posts");
  EXPECT_THAT(served.body("PutItem", kPut, fault("conflict=1")),
              HasSubstr("#TransactionConflictException"));
  EXPECT_EQ(served.body("GetItem", kGet, fault("conflict=1")), "{}");
  EXPECT_THAT(served.body("TransactWriteItems", R"({"TransactItems":[{"Put":)" + kPut + "}]}",
                          fault("conflict=1")),
              AllOf(HasSubstr("#TransactionCanceledException"), HasSubstr("[TransactionConflict]"),
                    HasSubstr(R"("Code":"TransactionConflict")")));
  EXPECT_EQ(served.body("GetItem", kGet), "{}");
}

TEST(Faults, Unprocessed_EntriesComeBackAndAreNotWritten) {
  Served served;
  served.make_table("posts");
  const std::string batch =
      R"({"RequestItems":{"posts":[{"PutRequest":{"Item":{"pk":{"S":"a"}}}}]}})";
  EXPECT_EQ(served.body("BatchWriteItem", batch, fault("unprocessed=1")),
            R"({"UnprocessedItems":{"posts":[{"PutRequest":{"Item":{"pk":{"S":"a"}}}}]}})");
  EXPECT_EQ(served.body("GetItem", kGet), "{}");
  EXPECT_EQ(served.body("BatchWriteItem", batch), R"({"UnprocessedItems":{}})");
  EXPECT_THAT(served.body("BatchGetItem",
                          R"({"RequestItems":{"posts":{"Keys":[{"pk":{"S":"a"}}],)"
                          R"("ConsistentRead":true}}})",
                          fault("unprocessed=1")),
              AllOf(HasSubstr(R"("Responses":{})"), HasSubstr(R"("Keys":[{"pk":{"S":"a"}}])"),
                    HasSubstr(R"("ConsistentRead":true)")));
}

TEST(Faults, Unprocessed_HalfOfABatchIsWrittenExactly) {
  Served served;
  served.make_table("posts");
  BatchWriteItemRequest request;
  for (int i = 0; i < 25; ++i)
    request.tables["posts"].push_back(PutRequest{{{"pk", std::to_string(i)}}});
  const auto result = wire::decode<BatchWriteItemResult>(
      served.body("BatchWriteItem", wire::encode(request), fault("unprocessed=0.5")));
  const std::size_t left = result.value().unprocessed.at("posts").size();
  EXPECT_GT(left, 0U);
  EXPECT_LT(left, 25U);
  EXPECT_EQ(served.client().scan({.table = "posts"}).value().count, 25 - left);
}

TEST(Faults, Unprocessed_AddsToWhatTheAnswerHasNoRoomFor) {
  Served served;
  served.make_table("posts");
  BatchGetItemRequest request;
  std::multiset<std::string> asked, answered;
  for (int i = 0; i < 50; ++i) {  // 20 MB, of which an answer holds 16
    const std::string pk = std::to_string(i);
    asked.insert(pk);
    request.tables["posts"].keys.push_back({{"pk", pk}});
    served.client()
        .put_item({.table = "posts", .item = {{"pk", pk}, {"t", std::string(400'000, 'x')}}})
        .value();
  }
  const auto result = wire::decode<BatchGetItemResult>(
      served.body("BatchGetItem", wire::encode(request), fault("unprocessed=0.1")));
  const ItemList& items = result.value().items.at("posts");
  for (std::size_t i = 0; i < items.size(); ++i) answered.emplace(items[i].find("pk")->text());
  for (const Item& key : result->unprocessed.at("posts").keys)
    answered.insert(key.at("pk").as<std::string>());
  EXPECT_EQ(answered, asked);
}

// An index by_g of `posts`, and what a query of it finds.
void make_indexed_table(Served& served) {
  served.client()
      .create_table({.name = "posts",
                     .key = {.partition = {.name = "pk"}},
                     .global_indexes = {{.name = "by_g", .key = {.partition = {.name = "g"}}}}})
      .value();
}
std::string put(const std::string& pk, const std::string& text) {
  return R"({"TableName":"posts","Item":{"pk":{"S":")" + pk + R"("},"g":{"S":"g"},"t":{"S":")" +
         text + R"("}}})";
}
std::string found(const Served& served, const std::string& headers = {}) {
  return served.body("Query",
                     R"({"TableName":"posts","IndexName":"by_g",)"
                     R"("KeyConditionExpression":"g = :g","ProjectionExpression":"t",)"
                     R"("ExpressionAttributeValues":{":g":{"S":"g"}}})",
                     headers);
}
const std::string kNothing = R"({"Items":[],"Count":0,"ScannedCount":0})";
std::string one(const std::string& text) {
  return R"({"Items":[{"t":{"S":")" + text + R"("}}],"Count":1,"ScannedCount":1})";
}

TEST(Faults, GsiLag_ShowsAnIndexAsItWas) {
  Served served({.faults = {.index_lag = std::chrono::seconds(5)}});
  make_indexed_table(served);
  served.body("PutItem", put("a", "first"));
  EXPECT_EQ(found(served), kNothing);
  served.advance_clock(std::chrono::seconds(5));
  EXPECT_EQ(found(served), one("first"));
  served.body("PutItem", put("a", "second"));
  EXPECT_EQ(found(served), one("first"));
  served.advance_clock(std::chrono::seconds(3));
  served.body("DeleteItem", kGet);
  EXPECT_EQ(found(served), one("first"));
  served.advance_clock(std::chrono::seconds(2));
  EXPECT_EQ(found(served), one("second"));
  served.advance_clock(std::chrono::seconds(3));
  EXPECT_EQ(found(served), kNothing);
}

TEST(Faults, GsiLag_ByHeaderIsForOneRequest) {
  Served served;
  make_indexed_table(served);
  served.body("PutItem", put("a", "first"));
  EXPECT_EQ(found(served, fault("gsi-lag=10s")), kNothing);
  EXPECT_EQ(found(served), one("first"));
  EXPECT_EQ(
      served.body("Scan", R"({"TableName":"posts","IndexName":"by_g"})", fault("gsi-lag=10s")),
      kNothing);
  EXPECT_EQ(
      served.body("ExecuteStatement", R"({"Statement":"SELECT t FROM posts.by_g WHERE g = 'g'"})",
                  fault("gsi-lag=10s")),
      R"({"Items":[]})");
  served.advance_clock(std::chrono::seconds(10));
  EXPECT_EQ(found(served, fault("gsi-lag=10s")), one("first"));
}

TEST(Faults, GsiLag_LeavesTheTableAlone) {
  Served served({.faults = {.index_lag = std::chrono::seconds(5)}});
  make_indexed_table(served);
  served.body("PutItem", put("a", "first"));
  EXPECT_THAT(served.body("GetItem", kGet), HasSubstr("first"));
  EXPECT_THAT(served.body("Scan", R"({"TableName":"posts"})"), HasSubstr("first"));
}

TEST(Faults, SameSeed_GivesTheSameFaults) {
  const auto outcomes = [](std::uint64_t seed) {
    Served served({.faults = {.throttle = 0.5}, .fault_seed = seed});
    served.make_table("posts");
    std::string all;
    for (int i = 0; i < 20; ++i) all += served.body("GetItem", kGet) == "{}" ? '.' : 'x';
    return all;
  };
  EXPECT_EQ(outcomes(7), outcomes(7));
  EXPECT_NE(outcomes(7), outcomes(8));
}

TEST(Faults, Latency_HoldsAnswersBackAndNotTheServer) {
  Served served({}, {.workers = 1});
  net::detail::RawClient slow(served.port());
  const auto started = std::chrono::steady_clock::now();
  slow.send(call("ListTables", "{}", fault("latency=200ms")));
  EXPECT_EQ(served.body("ListTables", "{}"), R"({"TableNames":[]})");
  EXPECT_EQ(net::detail::status_of(slow.read_response()), 200);
  EXPECT_GE(std::chrono::steady_clock::now() - started, std::chrono::milliseconds(200));
}

}  // namespace
}  // namespace dynamodb::server
