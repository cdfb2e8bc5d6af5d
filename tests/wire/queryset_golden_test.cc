// What querysets and rows send, as exact DynamoDB JSON: a change of a plan or of an expression
// shows here.
#include <gtest/gtest.h>

#include "demo_app/models.h"
#include "dynamo_backend/tables.h"
#include "dynamodb/local/engine.h"
#include "dynamodb/wire.h"

namespace demo_app {
namespace {

using namespace dynamodb;
using dynamo_backend::f;

// Passes everything on to an engine and keeps the operations with their requests.
class RecordingClient : public Client {
 public:
  using Client::batch_write_item, Client::delete_item, Client::put_item,
      Client::transact_write_items, Client::update_item;
  explicit RecordingClient(Client& client) : client_(client) {}

  std::vector<std::string> take() { return std::exchange(calls_, {}); }

  Result<GetItemResult> get_item(const GetItemRequest& r) override {
    return keep("GetItem", r), client_.get_item(r);
  }
  Result<QueryResult> query(const QueryRequest& r) override {
    return keep("Query", r), client_.query(r);
  }
  Result<ScanResult> scan(const ScanRequest& r) override {
    return keep("Scan", r), client_.scan(r);
  }
  Result<BatchGetItemResult> batch_get_item(const BatchGetItemRequest& r) override {
    return keep("BatchGetItem", r), client_.batch_get_item(r);
  }
  Result<TransactGetItemsResult> transact_get_items(const TransactGetItemsRequest& r) override {
    return keep("TransactGetItems", r), client_.transact_get_items(r);
  }
  void put_item(PutItemRequest r, Completion<PutItemResult> done) override {
    keep("PutItem", r), client_.put_item(std::move(r), std::move(done));
  }
  void update_item(UpdateItemRequest r, Completion<UpdateItemResult> done) override {
    keep("UpdateItem", r), client_.update_item(std::move(r), std::move(done));
  }
  void delete_item(DeleteItemRequest r, Completion<DeleteItemResult> done) override {
    keep("DeleteItem", r), client_.delete_item(std::move(r), std::move(done));
  }
  void batch_write_item(BatchWriteItemRequest r, Completion<BatchWriteItemResult> done) override {
    keep("BatchWriteItem", r), client_.batch_write_item(std::move(r), std::move(done));
  }
  void transact_write_items(TransactWriteItemsRequest r,
                            Completion<TransactWriteItemsResult> done) override {
    keep("TransactWriteItems", r), client_.transact_write_items(std::move(r), std::move(done));
  }
  Result<TableDescription> create_table(const TableDefinition& r) override {
    return client_.create_table(r);
  }
  Result<TableDescription> update_table(const UpdateTableRequest& r) override {
    return client_.update_table(r);
  }
  Result<TableDescription> delete_table(const std::string& r) override {
    return client_.delete_table(r);
  }
  Result<TableDescription> describe_table(const std::string& r) override {
    return client_.describe_table(r);
  }
  Result<ListTablesResult> list_tables(const ListTablesRequest& r) override {
    return client_.list_tables(r);
  }

 private:
  template <class Request>
  void keep(std::string_view operation, const Request& request) {
    calls_.push_back(std::string(operation) + " " + wire::encode(request));
  }
  Client& client_;
  std::vector<std::string> calls_;
};

class QuerySetGolden : public testing::Test {
 protected:
  QuerySetGolden() {
    models(dynamo_backend::Registry::instance());
    dynamo_backend::ensure_tables();
    client_.take();
  }
  // The only call that was made since the last look.
  // The token that makes a transaction's repetition harmless is a new one each time.
  static std::string with_any_token(std::string call) {
    static const std::string name = R"("ClientRequestToken":")";
    constexpr std::size_t kUuid = 36;
    const std::size_t at = call.find(name);
    return at == std::string::npos ? call : call.replace(at + name.size(), kUuid, "…");
  }
  std::string sent() {
    const auto calls = client_.take();
    EXPECT_EQ(calls.size(), 1u);
    return calls.empty() ? "" : with_any_token(calls.front());
  }

  const Uuid key_ = Uuid::from_bits(1, 2);
  std::unique_ptr<local::Engine> engine_ = local::Engine::open({});
  RecordingClient client_{*engine_};
  dynamo_backend::ScopedConnection connection_{
      client_, {.table_prefix = "p_", .scan_policy = base::ScanPolicy::allow, .now = [] {
                  return *base::parse_iso("2026-11-26T12:00:00Z");
                }}};
};

TEST_F(QuerySetGolden, Pk_IsGetItem) {
  Post::objects.try_get(key_);
  EXPECT_EQ(sent(),
            R"j(GetItem {"TableName":"p_demo_app_post",)j"
            R"j("Key":{"pk":{"S":"00000000-0000-4001-8000-000000000002"}},"ConsistentRead":true,)j"
            R"j("ReturnConsumedCapacity":"INDEXES"})j");
}

TEST_F(QuerySetGolden, PkWithOtherConditions_IsStillGetItem) {
  Post::objects.filter(f<&Post::pk> == key_ && f<&Post::published> == true).first();
  EXPECT_EQ(sent(),
            R"j(GetItem {"TableName":"p_demo_app_post",)j"
            R"j("Key":{"pk":{"S":"00000000-0000-4001-8000-000000000002"}},"ConsistentRead":true,)j"
            R"j("ReturnConsumedCapacity":"INDEXES"})j");
}

TEST_F(QuerySetGolden, PkIn_IsBatchGetItemWithoutRepeats) {
  Post::objects.filter(f<&Post::pk>.in({key_, Uuid::from_bits(3, 4), key_})).to_vector();
  EXPECT_EQ(
      sent(),
      R"j(BatchGetItem {"RequestItems":{"p_demo_app_post":{"Keys":[{"pk":{"S":"00000000-0000-4001-8000-000000000002"}},{"pk":{"S":"00000000-0000-4003-8000-000000000004"}}],)j"
      R"j("ConsistentRead":true}},"ReturnConsumedCapacity":"INDEXES"})j");
}

TEST_F(QuerySetGolden, ForeignKeyByDate_IsQueryOnItsIndexBackwards) {
  Post::objects.filter(f<&Post::author_pk> == Ref<Author>(key_))
      .order_by("-created_at")
      .limit(3)
      .to_vector();
  EXPECT_EQ(
      sent(),
      R"j(Query {"TableName":"p_demo_app_post","IndexName":"author-recent",)j"
      R"j("KeyConditionExpression":"#n0 = :v0","ExpressionAttributeNames":{"#n0":"author_pk"},)j"
      R"j("ExpressionAttributeValues":{":v0":{"S":"00000000-0000-4001-8000-000000000002"}},"Limit":3,)j"
      R"j("ScanIndexForward":false,"ReturnConsumedCapacity":"INDEXES"})j");
}

TEST_F(QuerySetGolden, Feed_IsQueryWithAFilter) {
  Post::objects.filter(f<&Post::feed> == "all" && f<&Post::view_count> >= 100)
      .order_by("-created_at")
      .to_vector();
  EXPECT_EQ(sent(), R"j(Query {"TableName":"p_demo_app_post","IndexName":"feed",)j"
                    R"j("KeyConditionExpression":"#n0 = :v0","FilterExpression":"#n1 >= :v1",)j"
                    R"j("ExpressionAttributeNames":{"#n0":"feed","#n1":"view_count"},)j"
                    R"j("ExpressionAttributeValues":{":v0":{"S":"all"},":v1":{"N":"100"}},)j"
                    R"j("ScanIndexForward":false,"ReturnConsumedCapacity":"INDEXES"})j");
}

TEST_F(QuerySetGolden, Z7_NoIndex_IsScanWithEscapedNames) {
  Post::objects.filter(f<&Post::is_public> == false || f<&Post::title>.startswith("A")).to_vector();
  EXPECT_EQ(
      sent(),
      R"j(Scan {"TableName":"p_demo_app_post","FilterExpression":"#n0 = :v0 OR begins_with(#n1, :v1)",)j"
      R"j("ExpressionAttributeNames":{"#n0":"public","#n1":"title"},)j"
      R"j("ExpressionAttributeValues":{":v0":{"BOOL":false},":v1":{"S":"A"}},)j"
      R"j("ReturnConsumedCapacity":"INDEXES"})j");
}

// Whatever a user sends is a value: expressions are made of placeholders alone.
TEST_F(QuerySetGolden, Z7_HostileTexts_AreValues) {
  const std::string hostile = "x' OR #n1 = :v1 OR attribute_exists(pk) --";
  Post::objects.filter({{"title", hostile}, {"slug__startswith", hostile}}).to_vector();
  const std::string query = sent();
  Post::objects.filter(f<&Post::pk> == key_).update(f<& Post::title> = hostile);
  const std::string update = sent();
  for (const std::string& call : {query, update}) {
    for (const char* name :
         {"\"KeyConditionExpression\":\"", "\"FilterExpression\":\"", "\"UpdateExpression\":\"",
          "\"ConditionExpression\":\"", "\"ExpressionAttributeNames\":{"}) {
      const std::size_t at = call.find(name);
      if (at == std::string::npos) continue;
      const std::size_t begin = at + std::string_view(name).size();
      const char end = name[std::string_view(name).size() - 1] == '{' ? '}' : '"';
      EXPECT_EQ(call.substr(begin, call.find(end, begin) - begin).find("x'"), std::string::npos)
          << call;
    }
    EXPECT_NE(call.find("{\"S\":\"" + hostile + "\"}"), std::string::npos) << call;
  }
}

TEST_F(QuerySetGolden, ViewCount_IsOneUpdateItem) {
  Post post{.title = "T", .slug = "t"};
  post.pk = key_;
  post.save();
  client_.take();
  Post::objects.filter(f<&Post::pk> == key_)
      .update_returning(f<& Post::view_count> = f<&Post::view_count> + 1);
  EXPECT_EQ(
      sent(),
      R"j(UpdateItem {"TableName":"p_demo_app_post","Key":{"pk":{"S":"00000000-0000-4001-8000-000000000002"}},)j"
      R"j("UpdateExpression":"SET #n0 = if_not_exists(#n0, :v0) + :v1, #n1 = if_not_exists(#n1, :v2) + :v3",)j"
      R"j("ConditionExpression":"attribute_exists(#n2) AND #n2 = :v4 AND (#n0 BETWEEN :v5 AND :v6 OR attribute_not_exists(#n0))",)j"
      R"j("ExpressionAttributeNames":{"#n0":"view_count","#n1":"search_version","#n2":"pk"},)j"
      R"j("ExpressionAttributeValues":{":v0":{"N":"0"},":v1":{"N":"1"},":v2":{"N":"1795694400000000"},":v3":{"N":"1"},)j"
      R"j(":v4":{"S":"00000000-0000-4001-8000-000000000002"},)j"
      R"j(":v5":{"N":"-9223372036854775809"},":v6":{"N":"9223372036854775806"}},)j"
      R"j("ReturnValues":"ALL_NEW","ReturnValuesOnConditionCheckFailure":"ALL_OLD",)j"
      R"j("ReturnConsumedCapacity":"INDEXES"})j");
}

TEST_F(QuerySetGolden, Z6_UniqueField_IsTransactionWithItsClaim) {
  Author author{.username = "alice"};
  author.pk = key_;
  author.save();
  EXPECT_EQ(
      sent(),
      R"j(TransactWriteItems {"TransactItems":[{"Put":{"TableName":"p_demo_app_author",)j"
      R"j("Item":{"bio":{"S":""},"created_at":{"S":"2026-11-26T12:00:00.000000+00:00"},)j"
      R"j("email":{"S":""},"pk":{"S":"00000000-0000-4001-8000-000000000002"},)j"
      R"j("username":{"S":"alice"}},"ConditionExpression":"attribute_not_exists(#n0)",)j"
      R"j("ExpressionAttributeNames":{"#n0":"pk"}}},{"Put":{"TableName":"p_dynamo_backend_unique",)j"
      R"j("Item":{"owner":{"S":"00000000-0000-4001-8000-000000000002"},)j"
      R"j("pk":{"S":"demo_app_author#username#alice"}},)j"
      R"j("ConditionExpression":"attribute_not_exists(#n0) OR #n1 = :v0",)j"
      R"j("ExpressionAttributeNames":{"#n0":"pk","#n1":"owner"},)j"
      R"j("ExpressionAttributeValues":{":v0":{"S":"00000000-0000-4001-8000-000000000002"}}}}],)j"
      R"j("ClientRequestToken":"…","ReturnConsumedCapacity":"INDEXES"})j");
}

TEST_F(QuerySetGolden, Save_WritesWhatChangedOnConditionThatTheRowIsThere) {
  Comment comment{.post_pk = Ref<Post>(key_), .author_name = "Ann", .body = "Hi"};
  comment.pk = key_;
  comment.save();
  EXPECT_EQ(
      sent(),
      R"j(PutItem {"TableName":"p_demo_app_comment","Item":{"approved":{"BOOL":true},)j"
      R"j("author_name":{"S":"Ann"},"body":{"S":"Hi"},)j"
      R"j("created_at":{"S":"2026-11-26T12:00:00.000000+00:00"},)j"
      R"j("pk":{"S":"00000000-0000-4001-8000-000000000002"},)j"
      R"j("post_pk":{"S":"00000000-0000-4001-8000-000000000002"}},)j"
      R"j("ConditionExpression":"attribute_not_exists(#n0)","ExpressionAttributeNames":{"#n0":"pk"},)j"
      R"j("ReturnConsumedCapacity":"INDEXES"})j");
  comment.body = "Hello";
  comment.save();
  EXPECT_EQ(
      sent(),
      R"j(UpdateItem {"TableName":"p_demo_app_comment",)j"
      R"j("Key":{"pk":{"S":"00000000-0000-4001-8000-000000000002"}},)j"
      R"j("UpdateExpression":"SET #n0 = :v0","ConditionExpression":"attribute_exists(#n1)",)j"
      R"j("ExpressionAttributeNames":{"#n0":"body","#n1":"pk"},)j"
      R"j("ExpressionAttributeValues":{":v0":{"S":"Hello"}},"ReturnValues":"ALL_NEW",)j"
      R"j("ReturnValuesOnConditionCheckFailure":"ALL_OLD","ReturnConsumedCapacity":"INDEXES"})j");
}

}  // namespace
}  // namespace demo_app
