// Unique values of rows that are there: claimed, moved along and given up as the migrations say,
// whatever the compiled models say by now.
#include "dynamo_backend/migrations/unique_claims.h"

#include "dynamo_backend/migrations/test_runner.h"

namespace shop {

// As after the last migration: two unique fields.
struct Pair : DynamoModel<Pair> {
  std::string left{};
  std::string right{};
  static constexpr auto schema =
      define<Pair>({.table_name = "shop_pair"}, CharField<&Pair::left>{.unique = true},
                   CharField<&Pair::right>{.unique = true});
};

struct Token : DynamoModel<Token> {
  std::string code{};
  std::optional<Timestamp> until{};
  static constexpr auto schema =
      define<Token>({.table_name = "shop_token"}, CharField<&Token::code>{.unique = true},
                    TTLField<&Token::until>{});
};
// The same table, whose rows do not expire.
struct Lasting : DynamoModel<Lasting> {
  std::string code{};
  std::optional<std::int64_t> until{};
  static constexpr auto schema =
      define<Lasting>({.table_name = "shop_token"}, CharField<&Lasting::code>{.unique = true},
                      IntegerField<&Lasting::until>{});
};

// Unique without regard to case, which it was not at first.
struct Handle : DynamoModel<Handle> {
  std::string name{};
  static constexpr auto schema = define<Handle>(
      {.table_name = "shop_handle"}, CharField<&Handle::name>{.unique = true, .fold_case = true});
};

struct Couple : DynamoModel<Couple> {
  std::string left{};
  std::string right{};
  static constexpr auto schema =
      define<Couple>({.table_name = "shop_couple"}, CharField<&Couple::left>{},
                     CharField<&Couple::right>{}, Unique<&Couple::left, &Couple::right>{});
};

struct Blob : DynamoTable<Blob> {
  Binary id{};
  std::string name{};
  static constexpr auto schema =
      define<Blob>({.table_name = "shop_blob"}, PartitionKey<&Blob::id>{},
                   CharField<&Blob::name>{.unique = true});
};

// Two sets whose names are too long for the keys of their claims.
#define LONG_NAME(letter)                                                                      \
  letter                                                                                       \
      "_123456789_123456789_123456789_123456789_123456789_123456789_123456789_123456789_12345" \
      "6789_123456789_123456789_123456789_123456789_123456789_123456789_123456789_123456789_1" \
      "23456789_123456789_123456789_123456789_123456789_123456789_123456789_123456789_12345678"
struct Long : DynamoModel<Long> {
  std::string a{}, b{}, c{};
  static constexpr auto schema =
      define<Long>({.table_name = "shop_long"}, CharField<&Long::a>{.attribute = LONG_NAME("a")},
                   CharField<&Long::b>{.attribute = LONG_NAME("b")},
                   CharField<&Long::c>{.attribute = LONG_NAME("c")}, Unique<&Long::a, &Long::b>{},
                   Unique<&Long::b, &Long::c>{});
};
// The same table without the second of them.
struct Longer : DynamoModel<Longer> {
  std::string a{}, b{}, c{};
  static constexpr auto schema = define<Longer>(
      {.table_name = "shop_long"}, CharField<&Longer::a>{.attribute = LONG_NAME("a")},
      CharField<&Longer::b>{.attribute = LONG_NAME("b")},
      CharField<&Longer::c>{.attribute = LONG_NAME("c")}, Unique<&Longer::a, &Longer::b>{});
};
#undef LONG_NAME

}  // namespace shop

namespace dynamo_backend::migrations {
namespace {

using shop::Blob;
using shop::Long;
using shop::Pair;
using testing::ElementsAre;
using testing::IsEmpty;

class UniqueClaimsTest : public ExecutorTest {
 protected:
  // Every claim: "<key> -> <owner>".
  std::vector<std::string> claims() {
    std::vector<std::string> lines;
    const auto page = engine_->scan({.table = "t_dynamo_backend_unique"});
    for (std::size_t i = 0; page && i < page->items.size(); ++i) {
      const dynamodb::Item claim = dynamodb::unpack(page->items[i]);
      lines.push_back(claim.at("pk").as<std::string>() + " -> " +
                      (claim.count("owner") ? claim.at("owner").as<std::string>() : "nobody"));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  template <class T>
  static ModelState without_unique() {
    ModelState state = model_state(model_info<T>());
    state.app = "shop";
    state.unique.clear();
    return state;
  }
};

TEST_F(UniqueClaimsTest, RowsThatAreRewritten_ClaimWhatTheMigrationsSayByThen) {
  registry_.add<Pair>();
  ModelState pair = without_unique<Pair>();
  pair.unique = {{.fields = {"left"}}};
  functions().add_row("shop.push", [](MigrationRow& row) {
    row.set("left", "new " + row.text("pk"));
    row.set("right", "same");
  });
  graph_ = graph_of({{CreateTable{pair}},
                     {RunFunction{.function = "shop.push", .model = "Pair"}},
                     {AddUnique{"Pair", {.fields = {"right"}}}}});
  go("0001");
  for (const char* pk : {"1", "2"}) {
    put("shop_pair", {{"pk", pk}, {"left", std::string("old ") + pk}, {"right", pk}});
    put("dynamo_backend_unique", {{"pk", std::string("shop_pair#left#old ") + pk}, {"owner", pk}});
  }
  EXPECT_EQ(refusal("0002", options()), "none");
  EXPECT_THAT(claims(), ElementsAre("shop_pair#left#new 1 -> 1", "shop_pair#left#new 2 -> 2"));
  EXPECT_THAT(refusal("0003", options()), HasSubstr("1 row shares a value"));
}

TEST_F(UniqueClaimsTest, ARowThatIsRefused_IsNotTakenForARepeatedValue) {
  registry_.add<Pair>();
  ModelState pair = without_unique<Pair>();
  pair.unique = {{.fields = {"left"}}};
  functions().add_row("shop.push", [](MigrationRow& row) { row.set("left", "new"); });
  graph_ = graph_of({{CreateTable{pair}}, {RunFunction{.function = "shop.push", .model = "Pair"}}});
  go("0001");
  put("shop_pair", {{"pk", "1"}, {"left", "old"}});
  client_.before_transaction =
      [](const dynamodb::TransactWriteItemsRequest& r) -> std::optional<dynamodb::Error> {
    if (!std::holds_alternative<dynamodb::UpdateItemRequest>(r.actions[0])) return std::nullopt;
    return dynamodb::transaction_canceled({{"ValidationError", "too large"}, {}, {}});
  };
  try {
    go();
    FAIL();
  } catch (const DatabaseError& error) {
    EXPECT_THAT(error.what(), HasSubstr("ValidationError"));
  }
  client_.before_transaction = {};
  put("dynamo_backend_unique", {{"pk", "shop_pair#left#new"}, {"owner", "another"}});
  EXPECT_THAT(refusal("", options()), HasSubstr("another row has the unique value"));
}

TEST_F(UniqueClaimsTest, AnExpiredRow_StandsInNobodysWay) {
  functions().add_row("shop.prefix_code", [](MigrationRow& row) {
    if (row.text("code").size() == 1) row.set("code", "c" + row.text("code"));
  });
  graph_ = graph_of({{CreateTable{without_unique<shop::Token>()}},
                     {AddUnique{"Token", {.fields = {"code"}}}},
                     {RunFunction{.function = "shop.prefix_code", .model = "Token"}}});
  registry_.add<shop::Token>();
  go("0001");
  for (const std::string n : {"1", "2", "3", "4", "5", "6"}) {
    put("shop_token", {{"pk", "gone" + n}, {"code", n}, {"until", 1}});
    put("shop_token", {{"pk", "here" + n}, {"code", n}});
  }
  const auto expect_claims = [&](const std::string& of) {
    for (const std::string n : {"1", "2", "3", "4", "5", "6"})
      EXPECT_EQ(item("dynamo_backend_unique", "shop_token#code#" + of + n).at("owner"),
                Value("here" + n));
  };
  EXPECT_EQ(refusal("0002", options()), "none");
  expect_claims("");
  EXPECT_EQ(refusal("", options()), "none");
  expect_claims("c");
}

TEST_F(UniqueClaimsTest, ClaimsOfRowsThatExpire_ExpireWithThem_AndNoLongerOnceTheyDoNot) {
  ModelState token = without_unique<shop::Token>();
  token.ttl.clear();
  token.unique = {{.fields = {"code"}}};
  graph_ = graph_of({{CreateTable{token}}, {SetTtl{"Token", "until"}}, {SetTtl{"Token", ""}}});
  go("0001");
  put("shop_token", {{"pk", "1"}, {"code", "x"}, {"until", 4'000'000'000}});
  put("shop_token", {{"pk", "2"}, {"code", "y"}});
  put("dynamo_backend_unique", {{"pk", "shop_token#code#x"}, {"owner", "1"}});
  put("dynamo_backend_unique", {{"pk", "shop_token#code#y"}, {"owner", "2"}});
  registry_.add<shop::Token>();
  go("0002");
  EXPECT_EQ(item("dynamo_backend_unique", "shop_token#code#x").at("expires"), Value(4'000'000'000));
  EXPECT_EQ(item("dynamo_backend_unique", "shop_token#code#y").count("expires"), 0u);
  EXPECT_EQ(engine_->describe_time_to_live("t_dynamo_backend_unique")->attribute, "expires");
  Registry lasting;
  lasting.add<shop::Lasting>();
  migrate(*connection_, graph_, {}, options(), lasting);
  EXPECT_EQ(item("dynamo_backend_unique", "shop_token#code#x"),
            (dynamodb::Item{{"pk", "shop_token#code#x"}, {"owner", "1"}}));
  // Whatever the program's model says of it.
  migrate(*connection_, graph_, {.app = "shop", .target = "0002"}, options(), lasting);
  EXPECT_EQ(item("dynamo_backend_unique", "shop_token#code#x").at("expires"), Value(4'000'000'000));
  go();
  EXPECT_EQ(item("dynamo_backend_unique", "shop_token#code#x").count("expires"), 0u);
}

TEST_F(UniqueClaimsTest, TheProgramFoldsOtherwise_IsRefused) {
  registry_.add<shop::Handle>();
  ModelState handle = without_unique<shop::Handle>();
  handle.unique = {{.fields = {"name"}}};
  graph_ = graph_of(
      {{CreateTable{handle}},
       {RemoveUnique{"Handle", {"name"}}, AddUnique{"Handle", {{"name"}, /*fold_case=*/true}}}});
  go("0001");
  put("shop_handle", {{"pk", "1"}, {"name", "Bob"}});
  put("dynamo_backend_unique", {{"pk", "shop_handle#name#Bob"}, {"owner", "1"}});
  go();
  EXPECT_THAT(claims(), ElementsAre("shop_handle#name#bob -> 1"));
  EXPECT_THAT(refusal("0001", options()),
              HasSubstr("shop.Handle does not have the unique set of name without fold_case"));
  EXPECT_THAT(claims(), ElementsAre("shop_handle#name#bob -> 1"));
}

// The migration changes one of the set's fields while the program changes the other.
TEST_F(UniqueClaimsTest, ClaimsAreOfTheRowAsItIsWritten) {
  registry_.add<shop::Couple>();
  ModelState couple = without_unique<shop::Couple>();
  const FieldState left = *couple.find_field("left");
  couple.find_field("left")->nullable = true;
  couple.unique = {{.fields = {"left", "right"}}};
  graph_ = graph_of({{CreateTable{couple}},
                     {AlterField{.model = "Couple", .field = left, .backfill = {.value = "l"}}}});
  go("0001");
  put("shop_couple", {{"pk", "1"}, {"right", "r"}});
  client_.before_transaction =
      [&](const dynamodb::TransactWriteItemsRequest& r) -> std::optional<dynamodb::Error> {
    if (std::holds_alternative<dynamodb::UpdateItemRequest>(r.actions[0]))
      put("shop_couple", {{"pk", "1"}, {"right", "r2"}});
    return std::nullopt;
  };
  go();
  EXPECT_THAT(claims(), ElementsAre("shop_couple#%set2#left#right#1:l2:r2 -> 1"));
}

TEST_F(UniqueClaimsTest, ARowWhoseEndIsPutOff_KeepsItsClaim) {
  functions().add_row("shop.prolong", [](MigrationRow& row) { row.set("until", 4'000'000'000); });
  ModelState token = without_unique<shop::Token>();
  token.unique = {{.fields = {"code"}}};
  graph_ =
      graph_of({{CreateTable{token}}, {RunFunction{.function = "shop.prolong", .model = "Token"}}});
  registry_.add<shop::Token>();
  go("0001");
  put("shop_token", {{"pk", "1"}, {"code", "x"}, {"until", 3'000'000'000}});
  put("shop_token", {{"pk", "2"}, {"code", "y"}, {"until", 1}});  // its claim has gone
  put("dynamo_backend_unique",
      {{"pk", "shop_token#code#x"}, {"owner", "1"}, {"expires", 3'000'000'000}});
  EXPECT_EQ(refusal("", options()), "none");
  for (const char* code : {"x", "y"})
    EXPECT_EQ(item("dynamo_backend_unique", std::string("shop_token#code#") + code).at("expires"),
              Value(4'000'000'000));
}

TEST_F(UniqueClaimsTest, StaleClaims_OfBinaryKeys_AndOfNobody_AreNotInTheWay) {
  registry_.add<Blob>();
  const ModelState blob = without_unique<Blob>();
  graph_ = graph_of({{CreateTable{blob}}, {AddUnique{"Blob", {.fields = {"name"}}}}});
  go("0001");
  ensure_claims_table(*connection_);
  const auto id = [](char c) { return Value(Binary{std::string{'\xff', c}}); };
  put("shop_blob", {{"id", id('1')}, {"name", "now"}});
  put("shop_blob", {{"id", id('2')}, {"name", "mine"}});
  put("shop_blob", {{"id", id('3')}, {"name", "free"}});
  put("dynamo_backend_unique", {{"pk", "shop_blob#name#mine"}, {"owner", "/zE="}});  // id 1
  put("dynamo_backend_unique", {{"pk", "shop_blob#name#was"}, {"owner", "/zE="}});
  put("dynamo_backend_unique", {{"pk", "shop_blob#name#free"}});
  EXPECT_EQ(refusal("", options()), "none");
  EXPECT_THAT(claims(), ElementsAre("shop_blob#name#free -> /zM=", "shop_blob#name#mine -> /zI=",
                                    "shop_blob#name#now -> /zE="));
}

TEST_F(UniqueClaimsTest, SetsOfLongNames_AreSweptAndRemoved_EachForItself) {
  registry_.add<Long>();
  ModelState long_state = without_unique<Long>();
  const ModelInfo& info = model_info<Long>();
  const auto fields = [&](int set) {
    return attribute_names(info.unique.at(static_cast<std::size_t>(set)));
  };
  const auto claim = [&](int set, const dynamodb::Item& row) {
    const dynamodb::PackedItem packed(row);
    return *claim_key(info, info.unique.at(static_cast<std::size_t>(set)), packed.view());
  };
  const auto row = [&](const char* pk, const char* a, const char* b, const char* c) {
    return dynamodb::Item{
        {"pk", pk}, {fields(0).at(0), a}, {fields(0).at(1), b}, {fields(1).at(1), c}};
  };
  graph_ = graph_of({{CreateTable{long_state}},
                     {AddUnique{"Long", {.fields = fields(0)}}},
                     {AddUnique{"Long", {.fields = fields(1)}}},
                     {RemoveUnique{"Long", fields(1)}}});
  go("0001");
  put("shop_long", row("1", "a", "b", "c"));
  go("0002");
  ASSERT_THAT(claims(), ElementsAre(claim(0, row("1", "a", "b", "c")) + " -> 1"));
  const std::string stale = claim(1, row("1", "a", "was", "c"));
  ASSERT_THAT(stale, testing::StartsWith("shop_long#%hash#"));
  put("dynamo_backend_unique", {{"pk", stale}, {"owner", "1"}});
  go("0003");
  EXPECT_THAT(claims(), testing::UnorderedElementsAre(claim(0, row("1", "a", "b", "c")) + " -> 1",
                                                      claim(1, row("1", "a", "b", "c")) + " -> 1"));
  Registry without;
  without.add<shop::Longer>();
  migrate(*connection_, graph_, {}, options(), without);
  EXPECT_THAT(claims(), ElementsAre(claim(0, row("1", "a", "b", "c")) + " -> 1"));
}

}  // namespace
}  // namespace dynamo_backend::migrations
