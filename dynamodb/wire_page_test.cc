// Pages by the fast way and by the strict one: the same answers, and the same refusals.
#include "dynamodb/wire_page.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/test_random_values.h"
#include "dynamodb/wire.h"

namespace dynamodb::wire {
namespace {

using dynamodb::testing::RandomValues;
using ::testing::HasSubstr;

std::string page_of(std::string_view items,
                    std::string_view rest = R"("Count":1,"ScannedCount":1)") {
  return "{\"Items\":[" + std::string(items) + "]" + (rest.empty() ? "" : ",") + std::string(rest) +
         "}";
}

// One item, read by the fast way.
Item item_of(const std::string& json) {
  const auto page = split_page(page_of(json));
  EXPECT_TRUE(page) << json;
  if (!page || page->items.size() != 1) return {};
  EXPECT_TRUE(is_packed_item(page->items.packed(0))) << json;
  return unpack(page->items[0]);
}

TEST(SplitPage, EveryType_IsRead) {
  const std::string json =
      R"({"z":{"NULL":true},"s":{"S":"é"},"n":{"N":"-15"},"d":{"N":"1.50"},"f":{"BOOL":false},"t":{"BOOL":true},)"
      R"("b":{"B":"Yf8="},"ss":{"SS":["b","a"]},"l":{"L":[{"S":"x"},{"N":"2"},{"L":[]},{"M":{"k":{"S":"v"}}}]},)"
      R"("m":{"M":{"y":{"S":"1"},"x":{"L":[{"BOOL":true}]}}},"e":{"S":""}})";
  EXPECT_EQ(item_of(json), decode_item(json).value());
}

TEST(SplitPage, Escapes_AreResolved) {
  EXPECT_EQ(item_of(R"({"s":{"S":"\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00 end"}})"),
            (Item{{"s", "\"\\/\b\f\n\r\té€\U0001F600 end"}}));
}

TEST(SplitPage, Spaces_AreAllowedEverywhere) {
  EXPECT_EQ(item_of(" { \"a\" : { \"S\" : \"x \" } ,\n\t\"b\" : {\"N\":\"1\" } } "),
            (Item{{"a", "x "}, {"b", 1}}));
}

TEST(SplitPage, NewNamesInLaterItems_KeepTheirOrder) {
  const auto page = split_page(
      page_of(R"({"m":{"S":"1"}},{"z":{"S":"3"},"a":{"S":"1"},"m":{"S":"2"},"b":{"S":"4"}},{})"));
  ASSERT_TRUE(page);
  ASSERT_EQ(page->items.size(), 3u);
  EXPECT_EQ(unpack(page->items[1]), (Item{{"a", "1"}, {"b", "4"}, {"m", "2"}, {"z", "3"}}));
  EXPECT_EQ(unpack(page->items[2]), Item{});
}

TEST(SplitPage, TheRest_IsHandedOn) {
  const auto page = decode<PageResult>(page_of(
      R"({"a":{"S":"x"}})", R"("Count":1,"ScannedCount":7,"LastEvaluatedKey":{"a":{"S":"k"}},)"
                            R"("ConsumedCapacity":{"TableName":"t","CapacityUnits":2.5})"));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->scanned_count, 7u);
  EXPECT_EQ(page->last_evaluated_key, (Item{{"a", "k"}}));
  EXPECT_EQ(page->consumed.table_units, 2.5);
}

TEST(SplitPage, ManyNames_AreReadTheOtherWay) {
  std::string items;
  for (int i = 0; i < 200; ++i)
    items += (i > 0 ? "," : "") + ("{\"n" + std::to_string(i) + "\":{\"S\":\"x\"}}");
  EXPECT_FALSE(split_page(page_of(items)));
  EXPECT_EQ(decode<PageResult>(page_of(items)).value().items.size(), 200u);
}

TEST(DecodePage, WhatIsWrong_IsRefused) {
  const char* const kItems[] = {
      R"({"a":{"S":"1"},"a":{"S":"2"}})",  // a name twice
      R"({"a":{"S":"1","N":"2"}})",        // two types
      R"({"a":{"S":"1","S":"1"}})",        // a type twice
      R"({"a":{}})",                       // none
      R"({"a":{"X":"1"}})",                // an unknown one
      R"({"a":{"S":1}})",                  // a value of another type
      R"({"a":{"S":"1":"2"}})",            // no JSON
      R"({"a":{"S":"1" "2"}})",
      R"({"a":{"S":"1"} "b":{"S":"1"}})",
      R"({"a":{"S":"1"},})",
      R"({"a":{"S":"\q"}})",
      R"({"a":{"S":"\ud800"}})",
      R"({"a":{"S":"\udc00\ud800"}})",
      R"({"a":{"S":"\u12"}})",
      "{\"a\":{\"S\":\"\x01\"}}",
      "{\"a\":{\"S\":\"\xff\"}}",
      R"({"a":{"N":"1x"}})",
      R"({"a":{"N":"999999999999999999999999999999999999999"}})",
      R"({"a":{"BOOL":"maybe"}})",
      R"({"a":{"BOOL":truex}})",
      R"({"a":{"NULL":false}})",
      R"({"a":{"L":{"S":"1"}}})",
      R"({"a":{"L":["1"]}})",
      R"({"a":{"L":[{"S":"1"} {"S":"2"}]}})",
      R"({"a":{"M":{"k":{"S":"1"},"k":{"S":"2"}}}})",
      R"({"a":{"SS":["x","x"]}})",
      R"({"a":{"B":"%"}})",
      R"({"a":"1"})",
      R"("a")",
      R"([])",
  };
  for (const char* item : kItems) {
    EXPECT_FALSE(split_page(page_of(item))) << item;
    EXPECT_FALSE(decode<PageResult>(page_of(item))) << item;
  }
  const std::string good = page_of(R"({"a":{"S":"1"}})");
  ASSERT_TRUE(decode<PageResult>(good));
  for (const std::string& json :
       {good + "x", good + "{}", good.substr(0, good.size() - 1), std::string(), std::string("[]"),
        std::string(R"({"Items":[],"Items":[]})"),
        std::string(R"({"Items":[],"Count":1,"Count":1})"),
        std::string(R"({"Items":[],"Count":"1"})"), std::string(R"({"Items":[],"Count":1:2})"),
        std::string(R"({"Items":{}})"), std::string(R"({"Items":[],"Count":-1})"),
        std::string(R"({"Items":[{}]"Count":1})")}) {
    EXPECT_FALSE(decode<PageResult>(json)) << json;
  }
}

// The attributes of random items in any order; the fast way and the tree agree.
TEST(DecodePage, Property_RandomItems_AreReadAsByTheTree) {
  const auto seed = dynamodb::testing::new_seed();
  SCOPED_TRACE(seed);
  RandomValues random(seed);
  std::mt19937_64 shuffle(seed);
  for (int i = 0; i < 300; ++i) {
    std::vector<Item> items;
    std::string json;
    for (std::size_t n = shuffle() % 5; n > 0; --n) {
      const Item& item = items.emplace_back(random.item());
      std::vector<std::string> members;
      for (const auto& [name, value] : item) {
        std::string& member = members.emplace_back();
        append_json(member, Item{{name, value}});
        member = member.substr(1, member.size() - 2);
      }
      std::shuffle(members.begin(), members.end(), shuffle);
      json += json.empty() ? "{" : ",{";
      for (std::size_t k = 0; k < members.size(); ++k) json += (k > 0 ? "," : "") + members[k];
      json += '}';
    }
    const auto page = decode<PageResult>(page_of(json));
    ASSERT_TRUE(page) << page.error().message << json;
    ASSERT_EQ(page->items.size(), items.size());
    for (std::size_t k = 0; k < items.size(); ++k)
      ASSERT_EQ(page->items.packed(k), PackedItem(items[k]).bytes()) << json;
  }
}

// Bytes changed at random: never taken by the fast way where the strict one refuses.
TEST(DecodePage, Property_DamagedText_IsTakenOnlyWhereTheStrictWayTakesIt) {
  const auto seed = dynamodb::testing::new_seed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const std::string good =
      R"({"pk":{"S":"a\nb"},"n":{"N":"12"},"t":{"L":[{"S":"x"},{"BOOL":true}]},"m":{"M":{"k":{"S":"v"}}}})";
  constexpr std::string_view kBytes = "{}[]:,\"\\ \tSNLMtrue01u\x01\xC3";
  for (int i = 0; i < 20'000; ++i) {
    std::string item = good;
    for (std::uint64_t n = 1 + random() % 3; n > 0; --n) {
      const std::size_t at = random() % item.size();
      switch (random() % 3) {
        case 0:
          item[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          item.erase(at, 1);
          break;
        default:
          item.insert(at, 1, kBytes[random() % kBytes.size()]);
      }
    }
    const auto page = split_page(page_of(item));
    if (!page || page->items.size() != 1) continue;
    const auto tree = decode_item(item);
    ASSERT_TRUE(tree) << item;
    ASSERT_EQ(unpack(page->items[0]), *tree) << item;
  }
}

}  // namespace
}  // namespace dynamodb::wire
