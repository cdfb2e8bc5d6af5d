#include "dynamodb/item_view.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "dynamodb/limits.h"
#include "dynamodb/test_random_values.h"

namespace dynamodb {
namespace {

Item sample() {
  return {{"b", true},
          {"n", *Number::parse("-1.5")},
          {"l", List{1, "x", Null{}}},
          {"m", Map{{"k", Binary{std::string("\0\xFF", 2)}}}},
          {"s", std::string(200, 's')},
          {"ns", NumberSet::make({10, 9})}};
}

TEST(PackedItem, Default_HasNoAttributes) {
  const PackedItem item;
  EXPECT_TRUE(item.view().empty());
  EXPECT_EQ(item.view().find("a"), std::nullopt);
  EXPECT_EQ(item.view().begin(), item.view().end());
}

TEST(PackedItem, Bytes_AreTheOnDiskFormat) {
  EXPECT_EQ(PackedItem(Item{}).bytes(), std::string("\x01\x00", 2));
  EXPECT_EQ(
      PackedItem(Item{{"b", "x"}, {"a", 42}, {"t", true}, {"f", false}, {"z", Null{}}}).bytes(),
      std::string("\x01\x05"
                  "\x01"
                  "a\x02\x02"
                  "42"
                  "\x01"
                  "b\x01\x01"
                  "x"
                  "\x01"
                  "f\x04"
                  "\x01"
                  "t\x0B"
                  "\x01"
                  "z\x05"));
  EXPECT_EQ(pack_value(List{"x", true}), std::string("\x07\x05\x02\x01\x01x\x0B", 7));
  EXPECT_EQ(pack_value(Map{{"k", 1}}), std::string("\x06\x06\x01\x01k\x02\x01\x31", 8));
  EXPECT_EQ(pack_value(NumberSet::make({10, 9})),
            std::string("\x09\x06\x02\x01\x39\x02\x31\x30", 8));
}

TEST(PackedItem, Find_EveryAttribute_AndNoOther) {
  const PackedItem item(sample());
  for (const auto& [name, value] : sample()) {
    const auto found = item.view().find(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(unpack(*found), value);
    EXPECT_EQ(found->type(), value.type());
  }
  EXPECT_FALSE(item.view().find("nope"));
  EXPECT_FALSE(item.view().find(""));
}

TEST(PackedItem, Iteration_IsInOrderOfName) {
  const PackedItem item(sample());
  std::vector<std::string> names;
  for (const auto& [name, value] : item.view()) names.emplace_back(name);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(names.size(), sample().size());
}

TEST(ValueView, Containers_ReadInPlace) {
  const PackedItem item(sample());
  const ListView list = item.view().find("l")->list();
  EXPECT_EQ(list.size(), 3U);
  EXPECT_EQ(list.at(1)->text(), "x");
  EXPECT_EQ(list.at(2)->type(), Type::NUL);
  EXPECT_EQ(list.at(3), std::nullopt);
  EXPECT_EQ(item.view().find("m")->map().find("k")->text(), std::string_view("\0\xFF", 2));
  EXPECT_TRUE(item.view().find("ns")->set().contains("10"));
  EXPECT_FALSE(item.view().find("ns")->set().contains("1"));
  EXPECT_TRUE(item.view().find("b")->boolean());
}

TEST(ItemPacker, NamesInAnyOrder_GiveTheSameBytes) {
  ItemPacker packer;
  packer.add_string("s", std::string(200, 's'));
  packer.add("ns", AttributeValue(NumberSet::make({9, 10})));
  packer.add_number("n", "-1.5");
  const PackedItem whole(sample());
  packer.add("m", *whole.view().find("m"));
  packer.add_bool("b", true);
  packer.add("l", AttributeValue(List{1, "x", Null{}}));
  EXPECT_EQ(std::move(packer).finish(), whole);
}

TEST(ItemPacker, EveryAdd_IsWhatTheTreeWouldBe) {
  ItemPacker packer;
  packer.add_binary("a", std::string_view("\0x", 2));
  packer.add_bool("b", false);
  packer.add_null("c");
  packer.add_number("d", "7");
  packer.add_string("e", "");
  const PackedItem item = std::move(packer).finish();
  EXPECT_EQ(
      unpack(item.view()),
      (Item{
          {"a", Binary{std::string("\0x", 2)}}, {"b", false}, {"c", Null{}}, {"d", 7}, {"e", ""}}));
  EXPECT_TRUE(is_packed_item(item.bytes()));
  EXPECT_EQ(ItemPacker().finish(), PackedItem(Item{}));
}

TEST(ItemList, KeepsItemsInOrder) {
  ItemList list;
  EXPECT_TRUE(list.empty());
  for (int i = 0; i < 3; ++i) list.add(PackedItem(Item{{"i", i}}).bytes());
  ASSERT_EQ(list.size(), 3U);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(list[static_cast<std::size_t>(i)].find("i")->text(), std::to_string(i));
}

TEST(ItemSize, IsDynamoDbs) {
  const auto size = [](const Item& item) {
    const PackedItem packed(item);
    return item_size(packed.view());
  };
  EXPECT_EQ(size({}), 0U);
  EXPECT_EQ(size({{"pk", "abc"}}), 5U);
  EXPECT_EQ(size({{"é", "é"}}), 4U);
  EXPECT_EQ(size({{"n", *Number::parse("3.14159")}}), 6U);
  EXPECT_EQ(size({{"n", 0}, {"t", true}, {"z", Null{}}}), 6U);
  EXPECT_EQ(size({{"l", List{}}}), 4U);
  EXPECT_EQ(size({{"l", List{"ab", Null{}}}}), 1U + 3 + (1 + 2) + (1 + 1));
  EXPECT_EQ(size({{"m", Map{{"k", "ab"}}}}), 1U + 3 + (1 + 1 + 2));
  EXPECT_EQ(size({{"s", StringSet::make({"a", "bc"})}}), 4U);
  EXPECT_EQ(size({{"s", NumberSet::make({1, -100})}}), 1U + 2 + 3);
  EXPECT_EQ(size({{"b", Binary{"12345"}}}), 6U);
}

TEST(ItemView, Property_PackedTrees_ReadBack_AndAreValid) {
  const auto seed = testing::new_seed();
  SCOPED_TRACE(seed);
  testing::RandomValues random(seed);
  for (int i = 0; i < 3'000; ++i) {
    const Item tree = random.item(), other = random.item(1);
    const PackedItem packed(tree);
    ASSERT_EQ(unpack(packed.view()), tree);
    ASSERT_TRUE(is_packed_item(packed.bytes()));
    ASSERT_EQ(PackedItem(other) == packed, other == tree);
    ItemPacker packer;
    for (auto entry = tree.rbegin(); entry != tree.rend(); ++entry)
      packer.add(entry->first, entry->second);
    ASSERT_EQ(std::move(packer).finish(), packed);
  }
}

TEST(IsPackedItem, EveryCutOff_IsRefused) {
  const std::string bytes = PackedItem(sample()).bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(is_packed_item(bytes.substr(0, size))) << size;
  EXPECT_FALSE(is_packed_item(bytes + '\0'));
}

TEST(IsPackedItem, WhatIsNotCanonical_IsRefused) {
  const auto refused = [](std::string_view bytes) { return !is_packed_item(bytes); };
  EXPECT_TRUE(refused(std::string_view("\x02\x00", 2)));          // version
  EXPECT_TRUE(refused(std::string_view("\x01\x80\x00", 3)));      // padded varint
  EXPECT_TRUE(refused(std::string_view("\x01\x01\x00\x05", 4)));  // empty name
  EXPECT_TRUE(
      refused(std::string_view("\x01\x02\x01\x62\x05\x01\x61\x05", 8)));  // names out of order
  EXPECT_TRUE(refused(std::string_view("\x01\x02\x01\x61\x05\x01\x61\x05", 8)));  // a name twice
  EXPECT_TRUE(refused(std::string_view("\x01\x01\x01\x61\x00", 5)));              // no such tag
  EXPECT_TRUE(
      refused(std::string_view("\x01\x01\x01\x61\x02\x02\x30\x31", 8)));  // "01" is not canonical
  EXPECT_TRUE(refused(std::string_view("\x01\x01\x01\x61\x01\x01\xFF", 7)));  // not UTF-8
  EXPECT_TRUE(refused(std::string_view("\x01\x01\x01\x61\x08\x01\x00", 7)));  // empty set
  EXPECT_TRUE(
      refused(std::string_view("\x01\x01\x01\x61\x08\x05\x02\x01z\x01y", 11)));  // set out of order
  EXPECT_TRUE(refused(
      std::string_view("\x01\x01\x01\x61\x07\x02\x00\x05", 8)));  // list longer than its elements
  EXPECT_TRUE(refused(std::string_view("\x01\xFF\xFF\xFF\xFF\xFF\xFF", 7)));  // endless varint
  EXPECT_TRUE(refused(std::string_view("\x01\xFF\xFF\xFF\x7F", 5)));  // count without entries
}

TEST(IsPackedItem, NestingPastTheLimit_IsRefused) {
  AttributeValue value = Null{};
  for (std::size_t i = 1; i < kMaxNesting; ++i) value = List{value};
  EXPECT_TRUE(is_packed_item(PackedItem(Item{{"a", value}}).bytes()));
  EXPECT_FALSE(is_packed_item(PackedItem(Item{{"a", List{value}}}).bytes()));
}

// Whatever passes the check can be read, and is the one packed form of what it says.
TEST(IsPackedItem, Property_DamagedBytes_AreRefusedOrCanonical) {
  const auto seed = testing::new_seed();
  SCOPED_TRACE(seed);
  testing::RandomValues random(seed);
  int accepted = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string bytes = PackedItem(random.item(2)).bytes();
    for (std::size_t n = 1 + random.below(3); n > 0; --n)
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    if (!is_packed_item(bytes)) continue;
    ++accepted;
    ASSERT_EQ(PackedItem(unpack(ItemView(bytes))).bytes(), bytes);
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace dynamodb
