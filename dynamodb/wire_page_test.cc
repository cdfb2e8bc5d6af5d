// Pages by the fast way and by the strict one: the same answers, and the same refusals.
#include "dynamodb/wire_page.h"

#include <algorithm>
#include <cstring>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dynamodb/limits.h"
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
  if (!page || page->items->size() != 1) return {};
  EXPECT_TRUE(is_packed_item(page->items->packed(0))) << json;
  return unpack((*page->items)[0]);
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
  ASSERT_EQ(page->items->size(), 3u);
  EXPECT_EQ(unpack((*page->items)[1]), (Item{{"a", "1"}, {"b", "4"}, {"m", "2"}, {"z", "3"}}));
  EXPECT_EQ(unpack((*page->items)[2]), Item{});
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

TEST(SplitPage, ManyNames_AreReadToo) {
  std::string items;
  for (int i = 0; i < 200; ++i)
    items += (i > 0 ? "," : "") + ("{\"n" + std::to_string(i) + "\":{\"S\":\"x\"}}");
  items += R"(,{"z":{"N":"1"},"n7":{"S":"y"},"a":{"BOOL":true}})";
  const auto page = split_page(page_of(items));
  ASSERT_TRUE(page && page->items);
  ASSERT_EQ(page->items->size(), 201u);
  EXPECT_EQ(unpack((*page->items)[199]), (Item{{"n199", "x"}}));
  EXPECT_EQ(unpack((*page->items)[200]), (Item{{"a", true}, {"n7", "y"}, {"z", 1}}));
}

// More than a page's names are kept for, and more than one byte can count.
TEST(SplitPage, ItemsOfManyNames_AreReadInAnyOrder) {
  for (const int count : {63, 64, 65, 127, 128, 300}) {
    std::string ascending, descending;
    for (int i = 0; i < count; ++i) {
      const std::string member =
          "\"n" + std::to_string(1000 + i) + "\":{\"N\":\"" + std::to_string(i) + "\"}";
      ascending += (i > 0 ? "," : "") + member;
      descending = member + (i > 0 ? "," : "") + descending;
    }
    const Item item = decode_item("{" + ascending + "}").value();
    EXPECT_EQ(item_of("{" + ascending + "}"), item);
    EXPECT_EQ(item_of("{" + descending + "}"), item);
    for (const std::string& members : {ascending, descending}) {
      for (const char* twice : {"n1000", "n1062", "n1030"})
        EXPECT_FALSE(split_page(page_of("{" + members + ",\"" + twice + "\":{\"S\":\"x\"}}")));
    }
  }
}

TEST(SplitPage, MapsInAnyOrder_AreSorted) {
  const std::string inner =
      R"({"M":{"y":{"S":"1"},"w":{"N":"7"},"x":{"M":{"b":{"S":"2"},"a":{"L":[]}}}}})";
  const std::string json = "{\"z\":" + inner + ",\"a\":{\"L\":[" + inner + "," + inner + "]}}";
  EXPECT_EQ(item_of(json), decode_item(json).value());
  EXPECT_FALSE(split_page(page_of(R"({"a":{"M":{"y":{"S":"1"},"x":{"S":"1"},"y":{"S":"1"}}}})")));
}

TEST(SplitPage, NamesThatBeginAndEndAlike_AreToldApart) {
  const std::string json =
      R"({"abcdefgh-1-ijklmnop":{"S":"1"},"abcdefgh-2-ijklmnop":{"S":"2"},"a":{"S":"3"},"aa":{"S":"4"}})";
  EXPECT_EQ(item_of(json), decode_item(json).value());
  EXPECT_EQ(item_of(json).size(), 4u);
}

TEST(SplitPage, ContainersOfEverySize_AreRead) {
  for (const std::size_t count : {0u, 1u, 40u, 127u, 128u, 5000u}) {
    List list;
    Map map;
    for (std::size_t i = 0; i < count; ++i) {
      list.push_back(static_cast<std::int64_t>(i));
      map.emplace("k" + std::to_string(i), std::string(i, 'x'));
    }
    std::string json;
    const Item item = {{"l", std::move(list)}, {"m", std::move(map)}};
    append_json(json, item);
    EXPECT_EQ(item_of(json), item) << count;
  }
}

// How long a text is changes how many bytes say so.
TEST(SplitPage, TextsOfEverySize_AreRead) {
  for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 62u, 63u, 64u, 65u, 126u, 127u, 128u, 130u,
                                 16'383u, 16'384u, 16'390u}) {
    for (const char* part : {"x", "\n", "é"}) {
      std::string text;
      while (text.size() < size) text += part;
      std::string json;
      const Item item = {{"s", text}, {"t", text + "\\"}};
      append_json(json, item);
      EXPECT_EQ(item_of(json), item) << size;
    }
  }
}

TEST(SplitPage, NumbersThatGrow_HaveRoom) {
  std::string json = R"({"l":{"L":[)";
  for (int i = 0; i < 1000; ++i) json += std::string(i > 0 ? "," : "") + R"({"N":"1E125"})";
  json += "]}}";
  EXPECT_EQ(item_of(json), decode_item(json).value());
}

TEST(SplitPage, Nesting_IsBounded) {
  const auto nested = [](std::size_t levels, const char* open, const char* close) {
    std::string json = "{\"a\":";
    for (std::size_t i = 1; i < levels; ++i) json += open;
    json += R"({"S":"x"})";
    for (std::size_t i = 1; i < levels; ++i) json += close;
    return page_of(json + "}");
  };
  // Behind what the tree takes for no type at all.
  for (const char* before : {R"("X":1)", R"("B":null)"}) {
    std::string json = nested(kMaxNesting + 1, R"({"L":[)", "]}");
    json.replace(json.find(R"({"L")"), 1, "{" + std::string(before) + ",");
    EXPECT_FALSE(split_page(json)) << before;
  }
  for (const auto& [open, close] :
       {std::pair(R"({"L":[)", "]}"), std::pair(R"({"M":{"k":)", "}}")}) {
    EXPECT_TRUE(split_page(nested(kMaxNesting, open, close))) << open;
    EXPECT_FALSE(split_page(nested(kMaxNesting + 1, open, close))) << open;
  }
}

// Bytes behind the text are not there.
TEST(SplitPage, Text_IsNotReadPastItsEnd) {
  const auto page_size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const memory =
      ::mmap(nullptr, 2 * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  char* const end = static_cast<char*>(memory) + page_size;
  ASSERT_EQ(::mprotect(end, page_size, PROT_NONE), 0);
  const std::string json = page_of(R"({"name":{"S":"a\\"}},{"":{"S":"b"}},{"a":{"S":"\n"}})", "");
  for (std::size_t size = json.size(); size > 0; --size) {
    char* const begin = end - size;
    std::memcpy(begin, json.data(), size);
    EXPECT_EQ(split_page({begin, size}).has_value(), size == json.size());
  }
  ::munmap(memory, 2 * page_size);
}

// What a pass over an item had begun when it gave up is not written by the next one.
TEST(SplitPage, ItemThatIsGivenUp_LeavesNothingBehind) {
  const std::string large(100'000, 'x');
  const std::string map = R"({"M":{"a":{"S":")" + large + R"("},"zz":{"N":"bad"}}})";
  EXPECT_FALSE(split_page(page_of("{\"z\":" + map + ",\"\":{\"S\":\"y\"}}")));
  const std::string good = R"({"M":{"a":{"S":")" + large + R"("},"zz":{"N":"1"}}})";
  EXPECT_EQ(item_of("{\"z\":" + good + ",\"b\":" + good + "}").size(), 2u);
}

TEST(SplitPage, TablesOfABatch_AreRead) {
  const std::string json =
      R"({"Responses":{"t":[{"b":{"S":"1"},"a":{"S":"2"}}],"u":[]},"UnprocessedKeys":{"t":{"Keys":[{"a":{"S":"k"}}]}}})";
  const auto split = split_page(json);
  ASSERT_TRUE(split && split->tables);
  EXPECT_EQ(split->tables->size(), 2u);
  const auto batch = decode<BatchGetItemResult>(json);
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_EQ(unpack(batch->items.at("t")[0]), (Item{{"a", "2"}, {"b", "1"}}));
  EXPECT_TRUE(batch->items.at("u").empty());
  EXPECT_EQ(batch->unprocessed.at("t").keys.size(), 1u);
  for (const char* wrong : {R"({"Responses":{"t":[],"t":[]}})", R"({"Responses":[]})",
                            R"({"Responses":{"t":[{"a":{"S":1}}]}})", R"({"Responses":{"t":{}}})"})
    EXPECT_FALSE(decode<BatchGetItemResult>(wrong)) << wrong;
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
      R"({"a":{"N":""}})",
      R"({"a":{"N":"1"x}})",
      R"({"a":{"BOOL":true}x})",
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

// The attributes of random items, some in order and some not; the fast way and the tree agree.
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
      if (shuffle() % 4 == 0) std::shuffle(members.begin(), members.end(), shuffle);
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

// Texts are written in blocks, the last of an item without a look behind it, and long ones in
// pieces: whatever they hold, and wherever.
TEST(DecodePage, Pages_ReadBackAsTheyWereWritten) {
  const auto seed = dynamodb::testing::new_seed();
  SCOPED_TRACE(seed);
  RandomValues random(seed);
  PageResult page{.count = 1, .scanned_count = 1};
  constexpr std::size_t kSizes[] = {0,  1,  7,  8,  15,  16,   17,   31,   32,
                                    33, 63, 64, 65, 500, 2047, 2048, 2049, 9000};
  for (const std::size_t size : kSizes) {
    page.items.add(PackedItem(Item{{"escaped", std::string(size, '\x01')}, {"z", 1}}).bytes());
    for (const std::string_view special :
         {"", "\"", "\\", "\n", "\x01", "\x1F", "\x7F", "é", "日", "😀"}) {
      for (const std::size_t at : {std::size_t{0}, size / 2, size}) {
        const std::string text = std::string(at, 'x') + std::string(special) +
                                 std::string(size - at, 'y') + std::string(special);
        page.items.add(PackedItem(Item{{"a", text}, {"b", List{text, text}}}).bytes());
        page.items.add(PackedItem(Item{{"long " + text, Map{{text + "k", text}}}}).bytes());
      }
    }
  }
  // However deep, and wherever in the room that is made.
  AttributeValue deep = List{};
  for (std::size_t level = 1; level < kMaxNesting; ++level) deep = List{deep};
  for (std::size_t i = 0; i < 3000; ++i)
    page.items.add(PackedItem(Item{{"a", std::string(i % 97, 'x')}, {"deep", deep}}).bytes());
  for (int i = 0; i < 300; ++i) page.items.add(PackedItem(random.item()).bytes());
  const auto again = decode<PageResult>(encode(page));
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_EQ(again->items.size(), page.items.size());
  for (std::size_t i = 0; i < page.items.size(); ++i)
    ASSERT_EQ(again->items.packed(i), page.items.packed(i)) << i;
}

// Bytes changed at random: never taken by the fast way where the strict one refuses.
TEST(DecodePage, Property_DamagedText_IsTakenOnlyWhereTheStrictWayTakesIt) {
  const auto seed = dynamodb::testing::new_seed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const std::string unordered =
      R"({"pk":{"S":"a\nb"},"n":{"N":"12"},"t":{"L":[{"S":"x"},{"BOOL":true}]},"m":{"M":{"k":{"S":"v"}}}})";
  const std::string ordered =
      R"({"a":{"S":"a\nb"},"m":{"M":{"k":{"S":"v"}}},"n":{"N":"12"},"t":{"L":[{"S":"x"},{"BOOL":true}]}})";
  constexpr std::string_view kBytes = "{}[]:,\"\\ \tSNLMtrue01u\x01\xC3";
  for (int i = 0; i < 20'000; ++i) {
    std::string item = i % 2 == 0 ? ordered : unordered;
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
    if (!page || page->items->size() != 1) continue;
    const auto tree = decode_item(item);
    ASSERT_TRUE(tree) << item;
    ASSERT_EQ(unpack((*page->items)[0]), *tree) << item;
  }
}

}  // namespace
}  // namespace dynamodb::wire
