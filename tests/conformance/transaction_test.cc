// Transactions: all or nothing, over tables; why one was canceled; and the tokens that make a
// repeat harmless.
#include "dynamodb/limits.h"
#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class TransactionTest : public ConformanceTest {
 protected:
  void SetUp() override { table_ = make_table(hash_key()); }

  Result<TransactWriteItemsResult> write(std::vector<TransactWriteAction> actions,
                                         std::string token = {}) {
    return db().transact_write_items(
        {.actions = std::move(actions), .client_request_token = std::move(token)});
  }
  TransactWriteAction put_of(Item item, Condition c = {}, bool old = false) const {
    return PutItemRequest{.table = table_,
                          .item = std::move(item),
                          .condition = std::move(c),
                          .return_old_on_condition_failure = old};
  }
  TransactWriteAction update_of(const char* pk, UpdateExpression expression,
                                Condition c = {}) const {
    return UpdateItemRequest{.table = table_,
                             .key = {{"pk", pk}},
                             .update = std::move(expression),
                             .condition = std::move(c)};
  }
  TransactWriteAction delete_of(const char* pk, Condition c = {}, bool old = false) const {
    return DeleteItemRequest{.table = table_,
                             .key = {{"pk", pk}},
                             .condition = std::move(c),
                             .return_old_on_condition_failure = old};
  }
  TransactWriteAction check_of(const char* pk, Condition c, bool old = false) const {
    return ConditionCheck{.table = table_,
                          .key = {{"pk", pk}},
                          .condition = std::move(c),
                          .return_old_on_condition_failure = old};
  }
  static std::string random_token() {
    return random_name("").substr(1);
  }  // 36 characters, the most
  static std::vector<std::string> codes(const Error& error) {
    std::vector<std::string> all;
    for (const auto& reason : error.reasons) all.push_back(reason.code);
    return all;
  }
  using Codes = std::vector<std::string>;

  std::string table_;
};
RUN_ON_EVERY_BACKEND(TransactionTest);

TEST_P(TransactionTest, EveryKindOfAction_InSeveralTables) {
  const auto other = make_table(hash_and_range_key());
  put(table_, {{"pk", "u"}, {"n", 1}});
  put(table_, {{"pk", "d"}});
  put(table_, {{"pk", "c"}});
  EXPECT_TRUE(succeeds(
      write({put_of({{"pk", "p"}, {"v", 1}}), update_of("u", update("ADD n :n", {{":n", 4}})),
             delete_of("d"), check_of("c", attribute_exists("pk")),
             PutItemRequest{.table = other, .item = {{"pk", "p"}, {"sk", "s"}}}})));
  EXPECT_EQ(get(table_, {{"pk", "p"}}), (Item{{"pk", "p"}, {"v", 1}}));
  EXPECT_EQ(get(table_, {{"pk", "u"}}), (Item{{"pk", "u"}, {"n", 5}}));
  EXPECT_EQ(get(table_, {{"pk", "d"}}), std::nullopt);
  EXPECT_EQ(get(table_, {{"pk", "c"}}), (Item{{"pk", "c"}}));
  EXPECT_NE(get(other, {{"pk", "p"}, {"sk", "s"}}), std::nullopt);
}

TEST_P(TransactionTest, OneFailedCondition_CancelsAllTables) {
  const auto other = make_table(hash_key());
  put(table_, {{"pk", "u"}, {"n", 1}});
  const auto result =
      write({put_of({{"pk", "p"}}), PutItemRequest{.table = other, .item = {{"pk", "p"}}},
             update_of("u", update("ADD n :n", {{":n", 4}})),
             check_of("missing", attribute_exists("pk"))});
  ASSERT_TRUE(fails(result, ErrorCode::transaction_canceled,
                    "please refer cancellation reasons for specific reasons [None, None, None, "
                    "ConditionalCheckFailed]"));
  EXPECT_EQ(scan_all({.table = table_}), (std::vector{Item{{"pk", "u"}, {"n", 1}}}));
  EXPECT_TRUE(scan_all({.table = other}).empty());
}

TEST_P(TransactionTest, Reasons_AreOnePerActionInOrder) {
  const Item a{{"pk", "a"}, {"v", 1}}, b{{"pk", "b"}, {"v", 2}}, c{{"pk", "c"}, {"v", 3}};
  put_all(table_, {a, b, c});
  const Condition wrong = condition("v = :v", {{":v", 0}});
  const auto result = write({put_of({{"pk", "a"}}, wrong, true), put_of({{"pk", "new"}}),
                             delete_of("b", wrong, true), check_of("c", wrong, true),
                             delete_of("missing", wrong, true),
                             update_of("d", update("SET v = :v", {{":v", 1}}), wrong)});
  ASSERT_TRUE(fails(result, ErrorCode::transaction_canceled));
  const auto error = result.error();
  const std::string failed = "ConditionalCheckFailed";
  ASSERT_EQ(codes(error), (Codes{failed, "None", failed, failed, failed, failed}));
  EXPECT_EQ(error.reasons[0].item, PackedItem(a));
  EXPECT_EQ(error.reasons[1].item, std::nullopt);
  EXPECT_EQ(error.reasons[1].message, "");
  EXPECT_EQ(error.reasons[2].item, PackedItem(b));
  EXPECT_EQ(error.reasons[2].message, "The conditional request failed");
  EXPECT_EQ(error.reasons[3].item, PackedItem(c));
  EXPECT_EQ(error.reasons[4].item, std::nullopt);  // there was none
  EXPECT_EQ(error.reasons[5].item, std::nullopt);  // none was asked for
}

TEST_P(TransactionTest, UpdateThatCannotBeApplied_IsAReason) {
  put(table_, {{"pk", "a"}, {"v", "text"}});
  const auto result =
      write({put_of({{"pk", "p"}}), update_of("a", update("SET v = v + :n", {{":n", 1}}))});
  ASSERT_TRUE(fails(result, ErrorCode::transaction_canceled, "[None, ValidationError]"));
  EXPECT_NE(result.error().reasons[1].message.find("incorrect data type"), std::string::npos);
  EXPECT_EQ(get(table_, {{"pk", "p"}}), std::nullopt);
}

// Section 3: a put that is too large is an error of the request, an update that makes an item too
// large a reason.
TEST_P(TransactionTest, ItemsThatAreTooLarge) {
  const Item key{{"pk", "a"}};
  Item item = key;
  item["v"] = padding_for(key, kMaxItemSize + 1);
  EXPECT_TRUE(fails(write({put_of(item)}), ErrorCode::validation,
                    "Item size has exceeded the maximum allowed size"));
  item["v"] = padding_for(key, kMaxItemSize);
  put(table_, item);
  const auto result = write({update_of("a", update("SET w = :w", {{":w", 1}}))});
  ASSERT_TRUE(fails(result, ErrorCode::transaction_canceled, "[ValidationError]"));
  EXPECT_NE(result.error().reasons[0].message.find("Item size to update has exceeded"),
            std::string::npos);
}

// L! gives a plain validation error.
TEST_P(TransactionTest, KeyOfAnotherShape_IsAReason) {
  const auto result =
      write({put_of({{"pk", "p"}}), DeleteItemRequest{.table = table_, .key = {{"pk", 1}}}});
  ASSERT_TRUE(fails(result, ErrorCode::transaction_canceled, "[None, ValidationError]"));
  EXPECT_NE(result.error().reasons[1].message.find("does not match the schema"), std::string::npos);
}

// L! gives a plain validation error.
TEST_P(TransactionTest, Get_KeyOfAnotherShape_IsAReason) {
  const auto result = db().transact_get_items(
      {.gets = {{.table = table_, .key = {{"pk", "p"}}}, {.table = table_, .key = {}}}});
  ASSERT_TRUE(fails(result, ErrorCode::transaction_canceled, "[None, ValidationError]"));
}

// What no key can be is wrong with the request, not with one of its actions.
TEST_P(TransactionTest, EmptyKey_IsAnErrorOfTheCall) {
  const std::string_view part =
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
      "contain an empty string value. Key: pk";
  EXPECT_TRUE(fails(write({put_of({{"pk", ""}})}), ErrorCode::validation, part));
  EXPECT_TRUE(fails(write({delete_of("")}), ErrorCode::validation, part));
  EXPECT_TRUE(
      fails(write({check_of("", attribute_not_exists("pk"))}), ErrorCode::validation, part));
  EXPECT_TRUE(fails(db().transact_get_items({.gets = {{.table = table_, .key = {{"pk", ""}}}}}),
                    ErrorCode::validation, part));
}

TEST_P(TransactionTest, EmptyIndexKey_IsAnErrorOfTheCall) {
  const auto table = make_table(TableDefinition{
      .key = hash_key(),
      .global_indexes = {{.name = "by-color", .key = {.partition = {"color", Type::S}}}}});
  EXPECT_TRUE(fails(
      write({PutItemRequest{.table = table, .item = {{"pk", "a"}, {"color", ""}}}}),
      ErrorCode::validation,
      "A value specified for a secondary index key is not supported. The AttributeValue for a key "
      "attribute cannot contain an empty string value. IndexName: by-color, IndexKey: color"));
  EXPECT_TRUE(fails(
      write({UpdateItemRequest{
          .table = table, .key = {{"pk", "a"}}, .update = update("SET color = :v", {{":v", ""}})}}),
      ErrorCode::validation,
      "The update expression attempted to update a secondary index key to a value that is not "
      "supported. The AttributeValue for a key attribute cannot contain an empty string value."));
}

TEST_P(TransactionTest, SameItemTwice_IsRefused) {
  const std::string_view part =
      "Transaction request cannot include multiple operations on one item";
  EXPECT_TRUE(fails(write({put_of({{"pk", "a"}}), delete_of("a")}), ErrorCode::validation, part));
  EXPECT_TRUE(fails(write({check_of("a", attribute_not_exists("pk")), put_of({{"pk", "a"}})}),
                    ErrorCode::validation, part));
  const GetItemRequest get_a{.table = table_, .key = {{"pk", "a"}}};
  EXPECT_TRUE(
      fails(db().transact_get_items({.gets = {get_a, get_a}}), ErrorCode::validation, part));
}

TEST_P(TransactionTest, Limits) {
  const auto puts = [&](int count) {
    std::vector<TransactWriteAction> actions;
    for (int i = 0; i < count; ++i) actions.push_back(put_of({{"pk", std::to_string(i)}}));
    return actions;
  };
  EXPECT_TRUE(succeeds(write(puts(100))));
  EXPECT_TRUE(fails(write(puts(101)), ErrorCode::validation));
  EXPECT_TRUE(fails(write({}), ErrorCode::validation));
  EXPECT_TRUE(fails(write(puts(1), std::string(37, 't')), ErrorCode::validation, "36"));
  EXPECT_TRUE(succeeds(write(puts(1), random_token())));
  std::vector<GetItemRequest> gets;
  for (int i = 0; i < 100; ++i)
    gets.push_back({.table = table_, .key = {{"pk", std::to_string(i)}}});
  EXPECT_TRUE(succeeds(db().transact_get_items({.gets = gets})));
  gets.push_back({.table = table_, .key = {{"pk", "100"}}});
  EXPECT_TRUE(fails(db().transact_get_items({.gets = gets}), ErrorCode::validation));
  EXPECT_TRUE(fails(db().transact_get_items({}), ErrorCode::validation));
}

TEST_P(TransactionTest, FourMegabytes_IsTheLimit) {
  std::vector<TransactWriteAction> actions;
  for (int i = 0; i < 11; ++i)
    actions.push_back(put_of({{"pk", std::to_string(i)}, {"v", std::string(400'000, 'x')}}));
  EXPECT_TRUE(fails(write(actions), ErrorCode::validation));
  actions.pop_back();
  EXPECT_TRUE(succeeds(write(actions)));
}

TEST_P(TransactionTest, FourMegabytes_IsTheLimitOfUpdatesToo) {
  std::vector<TransactWriteAction> actions;
  for (int i = 0; i < 12; ++i) {
    actions.push_back(update_of(
        std::to_string(i).c_str(),
        update("SET v = :v ADD s :s", {{":v", List{std::string(380'000, 'x')}},
                                       {":s", StringSet::make({std::string(10'000, 'y')})}})));
  }
  EXPECT_TRUE(fails(write(actions), ErrorCode::validation));
  actions.resize(10);
  EXPECT_TRUE(succeeds(write(actions)));
}

TEST_P(TransactionTest, CheckWithoutCondition_IsRefused) {
  EXPECT_TRUE(fails(write({check_of("a", {})}), ErrorCode::validation));
}

TEST_P(TransactionTest, Expressions_AreCheckedBeforeTables) {
  const auto missing = random_name("missing");
  const Condition wrong = begins_with(Path("a"), AttributeValue(1));
  EXPECT_TRUE(
      fails(write({PutItemRequest{.table = missing, .item = {{"pk", "a"}}}, check_of("a", wrong)}),
            ErrorCode::validation));
  EXPECT_TRUE(
      fails(write({put_of({{"pk", "p"}}), PutItemRequest{.table = missing, .item = {{"pk", "a"}}}}),
            ErrorCode::resource_not_found));
  EXPECT_EQ(get(table_, {{"pk", "p"}}), std::nullopt);
}

TEST_P(TransactionTest, Get_IsAlignedWithTheRequest) {
  const auto other = make_table(hash_key(Type::N));
  put(table_, {{"pk", "a"}, {"v", 1}, {"w", 2}});
  put(other, {{"pk", 7}});
  const auto result =
      db().transact_get_items(
              {.gets = {{.table = table_, .key = {{"pk", "missing"}}},
                        {.table = other, .key = {{"pk", number("7.0")}}},
                        {.table = table_, .key = {{"pk", "a"}}, .projection = projection("w")}}})
          .value();
  ASSERT_EQ(result.items.size(), 3u);
  EXPECT_EQ(result.items[0], std::nullopt);
  EXPECT_EQ(result.items[1], PackedItem(Item{{"pk", 7}}));
  EXPECT_EQ(result.items[2], PackedItem(Item{{"w", 2}}));
  EXPECT_TRUE(fails(
      db().transact_get_items({.gets = {{.table = table_, .key = {{"pk", "a"}}},
                                        {.table = random_name("missing"), .key = {{"pk", "a"}}}}}),
      ErrorCode::resource_not_found));
}

TEST_P(TransactionTest, Get_ProjectionOfNothing_HasNoItem) {
  put(table_, {{"pk", "a"}, {"v", 1}});
  const GetItemRequest get{
      .table = table_, .key = {{"pk", "a"}}, .projection = projection("absent")};
  EXPECT_EQ(db().transact_get_items({.gets = {get}}).value().items,
            (std::vector<std::optional<PackedItem>>{std::nullopt}));
  // Other than GetItem.
  const auto alone = db().get_item(get).value().item;
  EXPECT_TRUE(alone && alone->view().empty());
}

TEST_P(TransactionTest, Token_RepeatSucceedsWithoutEffect) {
  const std::string token = random_token();
  const auto add_one = [&] {
    return write({update_of("a", update("ADD n :n", {{":n", 1}}))}, token);
  };
  EXPECT_TRUE(succeeds(add_one()));
  EXPECT_TRUE(succeeds(add_one()));
  EXPECT_EQ(get(table_, {{"pk", "a"}})->at("n"), AttributeValue(1));
  // Also where it could not be done once more.
  const auto insert = [&](const std::string& once) {
    return write({put_of({{"pk", "b"}}, attribute_not_exists("pk"))}, once);
  };
  const std::string second = random_token();
  EXPECT_TRUE(succeeds(insert(second)));
  EXPECT_TRUE(succeeds(insert(second)));
  EXPECT_TRUE(fails(insert(random_token()), ErrorCode::transaction_canceled));
}

TEST_P(TransactionTest, Token_OfAnotherRequest_IsAMismatch) {
  const std::string token = random_token();
  EXPECT_TRUE(succeeds(write({put_of({{"pk", "a"}, {"v", 1}})}, token)));
  EXPECT_TRUE(fails(write({put_of({{"pk", "a"}, {"v", 2}})}, token),
                    ErrorCode::idempotent_parameter_mismatch));
  EXPECT_TRUE(fails(write({put_of({{"pk", "a"}, {"v", 1}}), delete_of("b")}, token),
                    ErrorCode::idempotent_parameter_mismatch));
  EXPECT_EQ(get(table_, {{"pk", "a"}})->at("v"), AttributeValue(1));
}

// What did nothing may be tried again under its token.
TEST_P(TransactionTest, Token_OfACanceledTransaction_IsFree) {
  const std::string token = random_token();
  const auto attempt = [&] {
    return write({put_of({{"pk", "b"}}), check_of("a", attribute_exists("pk"))}, token);
  };
  EXPECT_TRUE(fails(attempt(), ErrorCode::transaction_canceled));
  put(table_, {{"pk", "a"}});
  EXPECT_TRUE(succeeds(attempt()));
  EXPECT_NE(get(table_, {{"pk", "b"}}), std::nullopt);
}

}  // namespace conformance
