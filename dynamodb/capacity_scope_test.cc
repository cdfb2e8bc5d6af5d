#include "dynamodb/capacity_scope.h"

#include <thread>

#include <gtest/gtest.h>

namespace dynamodb {
namespace {

Result<GetItemResult> read(double units, const std::string& table = "t") {
  return metered(
      Result<GetItemResult>(GetItemResult{.consumed = {.table = table, .table_units = units}}));
}

TEST(CapacityScope, CallsInside_AreSummedByTableAndIndex) {
  CapacityScope scope;
  read(1);
  read(0.5);
  read(2, "other");
  metered(Result<WriteResult>(
      WriteResult{.consumed = {.table = "t", .table_units = 1, .global_indexes = {{"g", 3}}}}));
  ASSERT_EQ(scope.consumed().size(), 2u);
  EXPECT_EQ(scope.consumed()[0].table, "other");
  EXPECT_EQ(scope.consumed()[1].table_units, 2.5);
  EXPECT_EQ(scope.consumed()[1].global_indexes.at("g"), 3);
  EXPECT_EQ(scope.total(), 7.5);
}

TEST(CapacityScope, CallsOutside_AreNotCounted) {
  read(1);
  CapacityScope scope;
  {
    std::thread([] { read(1); }).join();
  }
  metered(Result<GetItemResult>(internal_error("failed")));
  EXPECT_EQ(scope.total(), 0);
}

TEST(CapacityScope, Inner_CountsForTheOuterToo) {
  CapacityScope outer;
  read(1);
  {
    CapacityScope inner;
    read(2);
    EXPECT_EQ(inner.total(), 2);
  }
  read(4);
  EXPECT_EQ(outer.total(), 7);
}

TEST(CapacityScope, CompletionOnAnotherThread_CountsForItsStarter) {
  CapacityScope scope;
  auto done = metered<WriteResult>([](const Result<WriteResult>&) {});
  std::thread([&] { done(WriteResult{.consumed = {.table = "t", .table_units = 3}}); }).join();
  EXPECT_EQ(scope.total(), 3);
}

TEST(CapacityScope, CompletionAfterItsScope_IsHarmless) {
  Completion<WriteResult> done;
  {
    CapacityScope scope;
    done = metered<WriteResult>([](const Result<WriteResult>&) {});
  }
  done(WriteResult{.consumed = {.table = "t", .table_units = 3}});
  EXPECT_EQ(CapacityScope::current(), nullptr);
}

}  // namespace
}  // namespace dynamodb
