// Scans in several segments at once: the rows of one scan, and its errors.
#include "dynamo_backend/scan_pages.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"
#include "tests/no_threads.h"

namespace scan_pages_test {
using namespace dynamo_backend;

struct Leaf : DynamoModel<Leaf> {
  std::string title{};
  std::string body{};
  std::int64_t number = 0;
  static constexpr auto schema =
      define<Leaf>({.table_name = "leaves"}, CharField<&Leaf::title>{}, TextField<&Leaf::body>{},
                   IntegerField<&Leaf::number>{});
};

struct FailingScans : test_blog::RecordingClient {
  using RecordingClient::RecordingClient;
  std::atomic<bool> failing{false};
  dynamodb::Result<dynamodb::ScanResult> scan(const dynamodb::ScanRequest& r) override {
    if (failing && r.segment.value_or(0) == 2) return dynamodb::resource_not_found("a test");
    return RecordingClient::scan(r);
  }
};

class ParallelScans : public testing::Test {
 protected:
  static constexpr int kLeaves = 60;
  ParallelScans() {
    ensure_table<Leaf>();
    std::vector<Leaf> leaves;
    for (int i = 0; i < kLeaves; ++i)
      leaves.push_back({.title = std::to_string(i % 7), .body = std::to_string(i), .number = i});
    Leaf::objects.bulk_create(leaves);
    client.calls.reset();
  }
  static std::vector<std::int64_t> numbers(const std::vector<Leaf>& leaves) {
    std::vector<std::int64_t> out;
    for (const Leaf& leaf : leaves) out.push_back(leaf.number);
    return out;
  }

  const std::unique_ptr<dynamodb::Client> engine = dynamodb::local::Engine::open({});
  FailingScans client{*engine};
  const ScopedConnection connection{client, {.scan_policy = ScanPolicy::allow, .scan_segments = 4}};
  const QuerySet<Leaf> twos = Leaf::objects.filter(f<&Leaf::body>.contains("2"));
};

TEST_F(ParallelScans, GiveWhatASequentialOneGives) {
  std::vector<std::int64_t> expected;
  for (int i = 0; i < kLeaves; ++i)
    if (std::to_string(i).find('2') != std::string::npos) expected.push_back(i);
  EXPECT_EQ(twos.count(), expected.size());
  EXPECT_EQ(client.calls.scan, 4);
  EXPECT_EQ(numbers(twos.order_by("number").to_vector()), expected);
  EXPECT_EQ(client.calls.scan, 8);
  EXPECT_THAT(numbers(twos.order_by("number").limit(3).to_vector()),
              testing::ElementsAre(2, 12, 20));
  EXPECT_GT(twos.sum<&Leaf::number>(), 0);
  client.calls.reset();
  EXPECT_EQ(twos.to_vector().size(), expected.size());  // one by one, as it is iterated
  EXPECT_EQ(twos.limit(2).count(), 2u);
  EXPECT_EQ(client.calls.scan, 2);
  EXPECT_EQ(twos.update(f<& Leaf::title> = "x"), expected.size());
  EXPECT_EQ(Leaf::objects.filter(f<&Leaf::title> == "x").count(), expected.size());
  EXPECT_EQ(twos.remove(), expected.size());
  EXPECT_EQ(Leaf::objects.count(), kLeaves - expected.size());
}

TEST_F(ParallelScans, AnErrorOfOneSegmentIsTheAnswer) {
  client.failing = true;
  EXPECT_THROW((void)twos.count(), DatabaseError);
  EXPECT_THROW((void)Leaf::objects.order_by("body").to_vector(), DatabaseError);
}

TEST_F(ParallelScans, WhereNoThreadCanBeStarted_TheErrorSaysSo) {
  const tests::NoThreads no_threads;
  try {
    (void)twos.count();
    FAIL();
  } catch (const DatabaseError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("no thread can be started"));
  }
}

}  // namespace scan_pages_test
