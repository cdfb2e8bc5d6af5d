// Scan: every item once, in pages and in parallel segments.
#include <set>

#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class ScanTest : public ConformanceTest {
 protected:
  // 60 items in 20 partitions.
  std::string make_filled() {
    const auto table = make_table(hash_and_range_key(Type::S, Type::N));
    items_.clear();
    for (int p = 0; p < 20; ++p) {
      for (int s = 0; s < 3; ++s)
        items_.push_back({{"pk", "p" + std::to_string(p)}, {"sk", s}, {"v", p * 3 + s}});
    }
    put_all(table, items_);
    return table;
  }
  testing::AssertionResult refused(ScanRequest request, std::string_view part) {
    return fails(db().scan(request), ErrorCode::validation, part);
  }
  std::vector<Item> items_;
};
RUN_ON_EVERY_BACKEND(ScanTest);

TEST_P(ScanTest, EmptyTable_HasNoItemsAndNoNextPage) {
  const auto page = db().scan({.table = make_table(hash_key())}).value();
  EXPECT_EQ(page.count, 0u);
  EXPECT_EQ(page.last_evaluated_key, std::nullopt);
}

TEST_P(ScanTest, Paging_EveryLimit_LosesAndRepeatsNothing) {
  const auto table = make_filled();
  for (const std::uint32_t limit : {1u, 2u, 7u, 59u, 60u, 61u}) {
    EXPECT_EQ(sorted(scan_all({.table = table, .limit = limit})), sorted(items_))
        << "limit " << limit;
  }
  EXPECT_EQ(db().scan({.table = table, .limit = 7}).value().scanned_count, 7u);
}

TEST_P(ScanTest, ItemsOfAPartition_ComeTogetherInSortOrder) {
  const auto table = make_filled();
  const auto items = scan_all({.table = table});
  std::set<std::string> finished;
  for (std::size_t i = 0; i < items.size(); i += 3) {
    const auto& pk = items[i].at("pk");
    EXPECT_TRUE(finished.insert(pk.as<std::string>()).second);
    for (int s = 0; s < 3; ++s) {
      EXPECT_EQ(items[i + static_cast<std::size_t>(s)].at("pk"), pk);
      EXPECT_EQ(items[i + static_cast<std::size_t>(s)].at("sk"), AttributeValue(s));
    }
  }
}

TEST_P(ScanTest, Segments_AreDisjointAndComplete) {
  const auto table = make_filled();
  for (const std::uint32_t total : {1u, 2u, 3u, 7u, 64u}) {
    std::vector<Item> all;
    for (std::uint32_t segment = 0; segment < total; ++segment) {
      const auto part =
          scan_all({.table = table, .limit = 4, .segment = segment, .total_segments = total});
      all.insert(all.end(), part.begin(), part.end());
    }
    EXPECT_EQ(sorted(std::move(all)), sorted(items_)) << "total " << total;
  }
}

TEST_P(ScanTest, Segments_TheHighestTotalIsTaken) {
  const auto table = make_filled();
  EXPECT_TRUE(
      succeeds(db().scan({.table = table, .segment = 999'999, .total_segments = 1'000'000})));
}

TEST_P(ScanTest, Segments_OutOfRange_AreRefused) {
  const auto table = make_filled();
  EXPECT_TRUE(refused({.table = table, .segment = 0}, "TotalSegments"));
  EXPECT_TRUE(refused({.table = table, .total_segments = 2}, "Segment"));
  EXPECT_TRUE(refused({.table = table, .segment = 2, .total_segments = 2},
                      "must be less than parameter TotalSegments"));
  EXPECT_TRUE(refused({.table = table, .segment = 0, .total_segments = 0}, "otalSegments"));
  EXPECT_TRUE(refused({.table = table, .segment = 0, .total_segments = 1'000'001}, "1000000"));
}

TEST_P(ScanTest, LastEvaluatedKey_BelongsToItsSegment) {
  const auto table = make_filled();
  for (std::uint32_t segment = 0; segment < 2; ++segment) {
    const auto page =
        db().scan({.table = table, .limit = 1, .segment = segment, .total_segments = 2}).value();
    ASSERT_TRUE(page.last_evaluated_key.has_value());
    EXPECT_TRUE(refused({.table = table,
                         .exclusive_start_key = *page.last_evaluated_key,
                         .segment = 1 - segment,
                         .total_segments = 2},
                        "Please use ExclusiveStartKey with correct Segment"));
  }
}

TEST_P(ScanTest, ExclusiveStartKey_OfAnotherShape_IsRefused) {
  const auto table = make_filled();
  for (const Item& key : {Item{{"pk", "p1"}}, Item{{"pk", "p1"}, {"sk", "1"}},
                          Item{{"pk", "p1"}, {"sk", 1}, {"v", 1}}}) {
    EXPECT_TRUE(refused({.table = table, .exclusive_start_key = key}, "starting key"))
        << text_of(key);
  }
}

// A page that was read before an item was deleted still leads to the items behind it.
TEST_P(ScanTest, ExclusiveStartKey_OfADeletedItem_LeadsOn) {
  const auto table = make_filled();
  const auto first = db().scan({.table = table, .limit = 20}).value();
  const Item at = first.last_evaluated_key.value();
  remove(table, at);
  EXPECT_EQ(scan_all({.table = table, .exclusive_start_key = at}).size(), 40u);
}

TEST_P(ScanTest, Filter_MayNameKeys) {
  const auto table = make_filled();
  const auto page = db().scan({.table = table,
                               .filter = condition("sk = :s AND v < :v", {{":s", 1}, {":v", 30}})})
                        .value();
  EXPECT_EQ(page.count, 10u);
  EXPECT_EQ(page.scanned_count, 60u);
}

TEST_P(ScanTest, ProjectionAndCount) {
  const auto table = make_filled();
  const auto items = scan_all(
      {.table = table, .filter = condition("v = :v", {{":v", 5}}), .projection = projection("sk")});
  EXPECT_EQ(items, (std::vector{Item{{"sk", 2}}}));
  const auto page = db().scan({.table = table, .select = Select::count}).value();
  EXPECT_EQ(page.count, 60u);
  EXPECT_TRUE(page.items.empty());
  EXPECT_TRUE(
      refused({.table = table, .select = Select::specific_attributes}, "SPECIFIC_ATTRIBUTES"));
  EXPECT_TRUE(refused({.table = table, .limit = 0}, "greater than or equal to 1"));
}

TEST_P(ScanTest, Page_EndsAtOneMegabyte) {
  const auto table = make_table(hash_key(Type::N));
  std::vector<Item> items;
  for (int i = 0; i < 12; ++i) items.push_back({{"pk", i}, {"v", std::string(200'000, 'x')}});
  put_all(table, items);
  const auto first = db().scan({.table = table, .projection = projection("pk")}).value();
  EXPECT_EQ(first.scanned_count, 6u);  // 5 are less than 1 MB
  EXPECT_TRUE(first.last_evaluated_key.has_value());
  EXPECT_EQ(sorted(scan_all({.table = table})), sorted(items));
}

TEST_P(ScanTest, UnknownIndex_IsRefused) {
  EXPECT_TRUE(refused({.table = make_filled(), .index = "no-such-index"},
                      "The table does not have the specified index"));
}

}  // namespace conformance
