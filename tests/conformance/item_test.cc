// Single items: what is stored comes back; keys and sizes are checked.
#include "dynamodb/limits.h"
#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class ItemTest : public ConformanceTest {};
RUN_ON_EVERY_BACKEND(ItemTest);

namespace {

AttributeValue nested(std::size_t levels) {
  AttributeValue value = "leaf";
  for (std::size_t i = 1; i < levels; ++i)
    value = i % 2 == 0 ? AttributeValue(List{value}) : AttributeValue(Map{{"m", value}});
  return value;
}

}  // namespace

TEST_P(ItemTest, Get_AfterPut_GivesEveryTypeBack) {
  const auto table = make_table(hash_key());
  const Item item{
      {"pk", "k"},
      {"s", "é😀"},
      {"n", number("-12.5")},
      {"b", Binary{std::string("\0\xFF", 2)}},
      {"yes", true},
      {"no", false},
      {"null", Null{}},
      {"m", Map{{"inner", Map{{"list", List{1, "two", Null{}}}}}}},
      {"l", List{List{}, Map{}, ""}},
      {"ss", StringSet::make({"b", "a"})},
      {"ns", NumberSet::make({10, -2, number("0.5")})},
      {"bs", BinarySet::make({"y", std::string(1, '\0')})},
      {"empty string", ""},
      {"empty binary", Binary{}},
      {"empty list", List{}},
      {"empty map", Map{}},
  };
  put(table, item);
  EXPECT_EQ(get(table, {{"pk", "k"}}), item);
}

TEST_P(ItemTest, Get_MissingItem_HasNoItem) {
  const auto table = make_table(hash_and_range_key());
  put(table, {{"pk", "a"}, {"sk", "1"}});
  EXPECT_EQ(get(table, {{"pk", "a"}, {"sk", "2"}}), std::nullopt);
  EXPECT_EQ(get(table, {{"pk", "b"}, {"sk", "1"}}), std::nullopt);
}

TEST_P(ItemTest, Put_ExistingItem_IsReplacedWhole) {
  const auto table = make_table(hash_key());
  put(table, {{"pk", "a"}, {"old", 1}});
  put(table, {{"pk", "a"}, {"new", 2}});
  EXPECT_EQ(get(table, {{"pk", "a"}}), (Item{{"pk", "a"}, {"new", 2}}));
}

TEST_P(ItemTest, Numbers_ComeBackInExpandedForm) {
  const auto table = make_table(hash_key());
  const std::vector<std::pair<std::string, std::string>> kCases = {
      {"0042.1200", "42.12"},
      {"-0", "0"},
      {"1e3", "1000"},
      {"0.1e-2", "0.001"},
      {"1E125", "1" + std::string(125, '0')},
      {"1E-130", "0." + std::string(129, '0') + "1"},
      {"12345678901234567890123456789012345678", "12345678901234567890123456789012345678"}};
  for (const auto& [sent, stored] : kCases) {
    put(table, {{"pk", "n"}, {"n", number(sent)}});
    EXPECT_EQ(get(table, {{"pk", "n"}})->at("n").as<Number>().text(), stored) << sent;
  }
}

TEST_P(ItemTest, NumberKey_IsComparedByValue) {
  const auto table = make_table(hash_key(Type::N));
  put(table, {{"pk", number("1.0")}, {"v", "first"}});
  put(table, {{"pk", number("10e-1")}, {"v", "second"}});
  EXPECT_EQ(get(table, {{"pk", 1}}), (Item{{"pk", 1}, {"v", "second"}}));
  EXPECT_EQ(scan_all({.table = table}).size(), 1u);
}

TEST_P(ItemTest, Projection_KeepsPathsAndClosesLists) {
  const auto table = make_table(hash_key());
  put(table, {{"pk", "a"},
              {"x", 1},
              {"m", Map{{"p", 1}, {"q", 2}}},
              {"l", List{"0", "1", "2", Map{{"z", 3}}}}});
  const auto projected = [&](std::string_view text, Names names = {}) {
    const auto result = db().get_item({.table = table,
                                       .key = {{"pk", "a"}},
                                       .projection = projection(text, std::move(names))})
                            .value();
    return unpack(result.item.value().view());
  };
  EXPECT_EQ(projected("x"), (Item{{"x", 1}}));
  EXPECT_EQ(projected("m.q, pk"), (Item{{"pk", "a"}, {"m", Map{{"q", 2}}}}));
  EXPECT_EQ(projected("l[2], l[0]"), (Item{{"l", List{"0", "2"}}}));
  EXPECT_EQ(projected("l[3].z, l[9]"), (Item{{"l", List{Map{{"z", 3}}}}}));
  // DynamoDB: an item of which nothing is asked for is there, and empty.
  EXPECT_EQ(projected("#no, m.absent", {{"#no", "no"}}), Item());
}

TEST_P(ItemTest, Projection_OverlappingPaths_IsRefused) {
  const auto table = make_table(hash_key());
  const auto get_paths = [&](Projection paths) {
    return db().get_item({.table = table, .key = {{"pk", "a"}}, .projection = std::move(paths)});
  };
  EXPECT_TRUE(
      fails(get_paths({Path("m"), Path("m").child("q")}), ErrorCode::validation, "overlap"));
  EXPECT_TRUE(
      fails(get_paths({Path("m").at(0), Path("m").child("q")}), ErrorCode::validation, "conflict"));
}

TEST_P(ItemTest, PutAndDelete_AllOld_GiveTheOldItem) {
  const auto table = make_table(hash_key());
  const auto replace = [&](int v) {
    return db()
        .put_item({.table = table,
                   .item = {{"pk", "a"}, {"v", v}},
                   .return_values = ReturnValues::all_old})
        .value();
  };
  const auto erase = [&] {
    return db()
        .delete_item({.table = table, .key = {{"pk", "a"}}, .return_values = ReturnValues::all_old})
        .value();
  };
  EXPECT_EQ(replace(1).attributes, std::nullopt);
  EXPECT_EQ(replace(2).attributes, PackedItem(Item{{"pk", "a"}, {"v", 1}}));
  EXPECT_EQ(erase().attributes, PackedItem(Item{{"pk", "a"}, {"v", 2}}));
  EXPECT_EQ(erase().attributes, std::nullopt);
  EXPECT_EQ(put(table, {{"pk", "a"}}).attributes, std::nullopt);
}

TEST_P(ItemTest, PutAndDelete_ReturnValuesOfUpdates_AreRefused) {
  const auto table = make_table(hash_key());
  for (const auto values :
       {ReturnValues::all_new, ReturnValues::updated_old, ReturnValues::updated_new}) {
    EXPECT_TRUE(
        fails(db().put_item({.table = table, .item = {{"pk", "a"}}, .return_values = values}),
              ErrorCode::validation));
    EXPECT_TRUE(
        fails(db().delete_item({.table = table, .key = {{"pk", "a"}}, .return_values = values}),
              ErrorCode::validation));
  }
}

TEST_P(ItemTest, Put_KeyOfAnotherShape_IsRefused) {
  const auto table = make_table(hash_and_range_key(Type::S, Type::N));
  const auto refused = [&](Item item, std::string_view part) {
    return fails(db().put_item({.table = table, .item = std::move(item)}), ErrorCode::validation,
                 part);
  };
  EXPECT_TRUE(refused({{"sk", 1}}, "Missing the key pk"));
  EXPECT_TRUE(refused({{"pk", "a"}}, "Missing the key sk"));
  EXPECT_TRUE(refused({{"pk", 1}, {"sk", 1}}, "Type mismatch for key pk"));
  EXPECT_TRUE(refused({{"pk", "a"}, {"sk", "1"}}, "Type mismatch for key sk"));
  EXPECT_TRUE(refused({{"pk", StringSet::make({"a"})}, {"sk", 1}}, "Type mismatch for key pk"));
}

TEST_P(ItemTest, KeyOfAnotherShape_IsRefusedEverywhere) {
  const auto table = make_table(hash_and_range_key(Type::S, Type::N));
  const std::string_view mismatch = "The provided key element does not match the schema";
  for (const Item& key :
       {Item{}, Item{{"pk", "a"}}, Item{{"pk", "a"}, {"sk", "1"}}, Item{{"pk", 1}, {"sk", 1}},
        Item{{"pk", "a"}, {"sk", 1}, {"x", 1}}, Item{{"pk", "a"}, {"other", 1}}}) {
    EXPECT_TRUE(fails(db().get_item({.table = table, .key = key}), ErrorCode::validation, mismatch))
        << text_of(key);
    EXPECT_TRUE(fails(
        db().update_item({.table = table, .key = key, .update = update("SET v = :v", {{":v", 1}})}),
        ErrorCode::validation, mismatch));
    EXPECT_TRUE(
        fails(db().delete_item({.table = table, .key = key}), ErrorCode::validation, mismatch))
        << text_of(key);
  }
}

TEST_P(ItemTest, EmptyKeyValues_AreRefused) {
  const auto strings = make_table(hash_and_range_key());
  const auto binaries = make_table(hash_and_range_key(Type::B, Type::B));
  const std::string_view part = "empty";
  EXPECT_TRUE(fails(db().put_item({.table = strings, .item = {{"pk", ""}, {"sk", "a"}}}),
                    ErrorCode::validation, part));
  EXPECT_TRUE(fails(db().put_item({.table = strings, .item = {{"pk", "a"}, {"sk", ""}}}),
                    ErrorCode::validation, part));
  EXPECT_TRUE(fails(db().get_item({.table = strings, .key = {{"pk", "a"}, {"sk", ""}}}),
                    ErrorCode::validation, part));
  EXPECT_TRUE(fails(db().delete_item({.table = strings, .key = {{"pk", ""}, {"sk", "a"}}}),
                    ErrorCode::validation, part));
  EXPECT_TRUE(
      fails(db().put_item({.table = binaries, .item = {{"pk", Binary{}}, {"sk", Binary{"a"}}}}),
            ErrorCode::validation, part));
  EXPECT_TRUE(
      fails(db().put_item({.table = binaries, .item = {{"pk", Binary{"a"}}, {"sk", Binary{}}}}),
            ErrorCode::validation, part));
}

TEST_P(ItemTest, KeyValues_HaveLimits) {
  const auto strings = make_table(hash_and_range_key());
  const auto binaries = make_table(hash_and_range_key(Type::B, Type::B));
  const std::string partition(kMaxPartitionKeySize, 'p'), sort(kMaxSortKeySize, 's');
  put(strings, {{"pk", partition}, {"sk", sort}});
  EXPECT_NE(get(strings, {{"pk", partition}, {"sk", sort}}), std::nullopt);
  EXPECT_TRUE(
      fails(db().put_item({.table = strings, .item = {{"pk", partition + "p"}, {"sk", sort}}}),
            ErrorCode::validation, "2048 bytes"));
  EXPECT_TRUE(
      fails(db().put_item({.table = strings, .item = {{"pk", partition}, {"sk", sort + "s"}}}),
            ErrorCode::validation, "1024 bytes"));
  EXPECT_TRUE(
      fails(db().get_item({.table = strings, .key = {{"pk", partition + "p"}, {"sk", sort}}}),
            ErrorCode::validation, "2048 bytes"));
  put(binaries, {{"pk", Binary{partition}}, {"sk", Binary{sort}}});
  EXPECT_TRUE(fails(
      db().put_item({.table = binaries, .item = {{"pk", Binary{"p"}}, {"sk", Binary{sort + "s"}}}}),
      ErrorCode::validation, "1024 bytes"));
}

TEST_P(ItemTest, ItemSize_LimitIsExact) {
  const auto table = make_table(hash_key());
  const Item key{{"pk", "a"}};
  Item item = key;
  item["v"] = padding_for(key, kMaxItemSize);
  put(table, item);
  EXPECT_EQ(get(table, key), item);
  item["v"] = padding_for(key, kMaxItemSize) + "x";
  EXPECT_TRUE(fails(db().put_item({.table = table, .item = item}), ErrorCode::validation,
                    "Item size has exceeded the maximum allowed size"));
  // The update itself is small: the item that it would make is too large.
  EXPECT_TRUE(fails(
      db().update_item({.table = table, .key = key, .update = update("SET w = :w", {{":w", 1}})}),
      ErrorCode::validation, "Item size to update has exceeded the maximum allowed size"));
  EXPECT_EQ(get(table, key)->size(), 2u);
}

TEST_P(ItemTest, Nesting_Level32IsStoredAndLevel33Refused) {
  const auto table = make_table(hash_key());
  const Item item{{"pk", "a"}, {"deep", nested(32)}};
  put(table, item);
  EXPECT_EQ(get(table, {{"pk", "a"}}), item);
  EXPECT_TRUE(fails(db().put_item({.table = table, .item = {{"pk", "a"}, {"deep", nested(33)}}}),
                    ErrorCode::validation, "Nesting Levels"));
}

TEST_P(ItemTest, Put_EmptySetsOrNames_AreRefused) {
  const auto table = make_table(hash_key());
  for (const AttributeValue& value :
       {AttributeValue(StringSet{}), AttributeValue(NumberSet{}), AttributeValue(BinarySet{}),
        AttributeValue(List{StringSet{}}), AttributeValue(Map{{"m", NumberSet{}}})}) {
    EXPECT_TRUE(fails(db().put_item({.table = table, .item = {{"pk", "a"}, {"v", value}}}),
                      ErrorCode::validation, "empty"))
        << text_of(value);
  }
  EXPECT_TRUE(fails(db().put_item({.table = table, .item = {{"pk", "a"}, {"", 1}}}),
                    ErrorCode::validation, "Empty attribute name"));
  EXPECT_EQ(get(table, {{"pk", "a"}}), std::nullopt);
}

TEST_P(ItemTest, MissingTable_IsResourceNotFound) {
  const auto table = random_name("missing");
  const std::string_view part = "Requested resource not found";
  const Item key{{"pk", "a"}};
  const auto code = ErrorCode::resource_not_found;
  EXPECT_TRUE(fails(db().get_item({.table = table, .key = key}), code, part));
  EXPECT_TRUE(fails(db().put_item({.table = table, .item = key}), code, part));
  EXPECT_TRUE(fails(db().update_item({.table = table, .key = key, .update = update("REMOVE v")}),
                    code, part));
  EXPECT_TRUE(fails(db().delete_item({.table = table, .key = key}), code, part));
  EXPECT_TRUE(
      fails(db().query({.table = table, .key_condition = key_condition("pk = :p", {{":p", "a"}})}),
            code, part));
  EXPECT_TRUE(fails(db().scan({.table = table}), code, part));
  EXPECT_TRUE(fails(db().batch_get_item({.tables = {{table, {.keys = {key}}}}}), code, part));
  EXPECT_TRUE(
      fails(db().batch_write_item({.tables = {{table, {DeleteRequest{key}}}}}), code, part));
  EXPECT_TRUE(fails(db().transact_get_items({.gets = {{.table = table, .key = key}}}), code, part));
  EXPECT_TRUE(
      fails(db().transact_write_items({.actions = {PutItemRequest{.table = table, .item = key}}}),
            code, part));
}

// L! section 9: what needs no table is reported before the missing table.
TEST_P(ItemTest, MissingTable_IsReportedAfterErrorsOfTheRequest) {
  const auto table = random_name("missing");
  const Condition wrong = begins_with(Path("a"), AttributeValue(1));
  EXPECT_TRUE(
      fails(db().put_item({.table = table, .item = {{"pk", StringSet{}}}}), ErrorCode::validation));
  EXPECT_TRUE(fails(db().put_item({.table = table, .item = {{"pk", "a"}}, .condition = wrong}),
                    ErrorCode::validation));
  EXPECT_TRUE(fails(db().delete_item({.table = table, .key = {{"pk", "a"}}, .condition = wrong}),
                    ErrorCode::validation));
  EXPECT_TRUE(fails(
      db().get_item({.table = table, .key = {{"pk", "a"}}, .projection = {Path("m"), Path("m")}}),
      ErrorCode::validation));
  EXPECT_TRUE(fails(db().query({.table = table,
                                .key_condition = key_condition("pk = :p", {{":p", "a"}}),
                                .filter = wrong}),
                    ErrorCode::validation));
}

}  // namespace conformance
