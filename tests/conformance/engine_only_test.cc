// What only the embedded engine lets a test do: reopen it, set its clock, and give it trees that
// cannot be written as text.
#include <atomic>

#include "dynamodb/local/engine.h"
#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class EngineOnlyTest : public testing::Test {
 protected:
  std::unique_ptr<Client> open() {
    return local::Engine::open(
        {.directory = folder_.path(), .now = [this] { return clock_.load(); }});
  }
  void advance(std::chrono::microseconds by) { clock_ = clock_.load() + by; }

  static TransactWriteItemsRequest add_one(std::string token) {
    return {.actions = {UpdateItemRequest{.table = "counters",
                                          .key = {{"pk", "a"}},
                                          .update = update("ADD n :one", {{":one", 1}})}},
            .client_request_token = std::move(token)};
  }
  static AttributeValue count(Client& db) {
    const auto result = db.get_item({.table = "counters", .key = {{"pk", "a"}}}).value();
    return unpack(result.item.value().view()).at("n");
  }

  TemporaryFolder folder_;
  std::atomic<base::Timestamp> clock_{base::parse_iso("2026-03-01T12:00:00Z").value()};
};

TEST_F(EngineOnlyTest, Token_SurvivesReopening) {
  {
    const auto db = open();
    db->create_table({.name = "counters", .key = hash_key()}).value();
    db->transact_write_items(add_one("token-1")).value();
  }
  advance(std::chrono::minutes(9));
  const auto db = open();
  EXPECT_TRUE(succeeds(db->transact_write_items(add_one("token-1"))));
  EXPECT_EQ(count(*db), AttributeValue(1));
  auto other = add_one("token-1");
  other.actions.push_back(PutItemRequest{.table = "counters", .item = {{"pk", "b"}}});
  EXPECT_TRUE(fails(db->transact_write_items(other), ErrorCode::idempotent_parameter_mismatch,
                    "Specified idempotent token was used with different request parameters"));
}

TEST_F(EngineOnlyTest, Token_ExpiresAfterTenMinutes) {
  const auto db = open();
  db->create_table({.name = "counters", .key = hash_key()}).value();
  db->transact_write_items(add_one("token-1")).value();
  advance(std::chrono::minutes(10) - std::chrono::microseconds(1));
  db->transact_write_items(add_one("token-1")).value();
  EXPECT_EQ(count(*db), AttributeValue(1));
  advance(std::chrono::microseconds(1));
  db->transact_write_items(add_one("token-1")).value();
  EXPECT_EQ(count(*db), AttributeValue(2));
  // Ten minutes from then, for another request too.
  auto other = add_one("token-1");
  other.actions.push_back(PutItemRequest{.table = "counters", .item = {{"pk", "b"}}});
  EXPECT_TRUE(fails(db->transact_write_items(other), ErrorCode::idempotent_parameter_mismatch));
  advance(std::chrono::minutes(10));
  EXPECT_TRUE(succeeds(db->transact_write_items(other)));
}

TEST_F(EngineOnlyTest, ExpiredTokens_AreForgottenAtReopening) {
  {
    const auto db = open();
    db->create_table({.name = "counters", .key = hash_key()}).value();
    db->transact_write_items(add_one("token-1")).value();
    advance(std::chrono::minutes(5));
    db->transact_write_items(add_one("token-2")).value();
  }
  advance(std::chrono::minutes(6));
  const auto db = open();
  db->transact_write_items(add_one("token-1")).value();
  db->transact_write_items(add_one("token-2")).value();
  EXPECT_EQ(count(*db), AttributeValue(3));  // the first again, the second not
}

// Trees that no builder makes and no text can say: an error, not a crash.
TEST_F(EngineOnlyTest, Query_KeyConditionWithTooFewOperands_IsRefused) {
  const auto db = open();
  db->create_table({.name = "table", .key = hash_and_range_key()}).value();
  const auto refused = [&](ConditionNode node) {
    return fails(db->query({.table = "table", .key_condition = Condition(std::move(node))}),
                 ErrorCode::validation);
  };
  for (const auto op : {ConditionOp::equal, ConditionOp::less, ConditionOp::between,
                        ConditionOp::begins_with, ConditionOp::in}) {
    for (const char* name : {"pk", "sk"})
      EXPECT_TRUE(refused({.op = op, .operands = {Path(name)}})) << static_cast<int>(op);
  }
  EXPECT_TRUE(refused({.op = ConditionOp::and_}));
}

// Tables, counts, numbers of tables and an index that was added later are what they were.
TEST_F(EngineOnlyTest, Reopening_KeepsTablesRowsIndexesAndCounts) {
  const IndexDefinition by_g{.name = "by-g", .key = {.partition = {"g", Type::S}}};
  std::string id;
  {
    const auto db = open();
    db->create_table({.name = "first", .key = hash_key()}).value();
    db->create_table({.name = "second",
                      .key = hash_and_range_key(Type::B, Type::N),
                      .local_indexes = {{.name = "local",
                                         .key = {.partition = {"pk", Type::B},
                                                 .sort = KeyAttribute{"l", Type::S}}}}})
        .value();
    db->put_item({.table = "first", .item = {{"pk", "a"}, {"g", "x"}}}).value();
    db->update_table({.table = "first", .create_index = by_g}).value();
    wait_until_active(*db, "first");
    db->delete_table("second").value();
    id = db->describe_table("first").value().id;
  }
  const auto db = open();
  const auto description = db->describe_table("first").value();
  EXPECT_EQ(description.id, id);
  EXPECT_EQ(description.created_at, clock_.load());
  EXPECT_EQ(description.item_count, 1u);
  EXPECT_EQ(description.definition.global_indexes, std::vector{by_g});
  EXPECT_EQ(description.global_indexes.at(0).item_count, 1u);
  EXPECT_EQ(db->scan({.table = "first", .index = "by-g"}).value().count, 1u);
  EXPECT_TRUE(fails(db->scan({.table = "second"}), ErrorCode::resource_not_found));
  db->create_table({.name = "third", .key = hash_key()}).value();
  EXPECT_EQ(db->scan({.table = "third"}).value().count, 0u);
}

}  // namespace conformance
