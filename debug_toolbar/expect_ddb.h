// EXPECT_DDB: bounds for what the rest of a test's scope asks of the database, in GoogleTest.
//
//   TEST_F(Home, IsOneQuery) {
//     EXPECT_DDB(calls <= 3, scans == 0, rcu <= 4);
//     client.get("/");
//   }                                  // checked here: a failure lists the calls
//
// Each bound is an expression of: calls, gets, queries, scans, batches, writes, transactions
// (counts of calls to DynamoDB), items, examined (rows), repeated (look-ups that needed no call),
// rcu, wcu (capacity units), searches. It counts what its thread starts, and what threads do for it
// that the framework starts.
// Thread safety: as base::CallLedger.
#pragma once
#include <functional>
#include <initializer_list>
#include <string>

#include <gtest/gtest.h>

#include "debug_toolbar/totals.h"

namespace debug_toolbar {

class DdbExpectation {
 public:
  using Holds = std::function<bool(const Totals&)>;
  DdbExpectation(const char* file, int line, const char* bounds, Holds holds)
      : file_(file), line_(line), bounds_(bounds), holds_(std::move(holds)) {}
  ~DdbExpectation() {
    const auto calls = ledger_.calls();
    const Totals totals = total_of(calls);
    if (!holds_(totals))
      ADD_FAILURE_AT(file_, line_)
          << "EXPECT_DDB(" << bounds_ << "), but " << describe(totals) << "\n"
          << list_calls(calls);
  }
  DdbExpectation(const DdbExpectation&) = delete;
  DdbExpectation& operator=(const DdbExpectation&) = delete;

 private:
  const char* file_;
  int line_;
  const char* bounds_;
  Holds holds_;
  base::CallLedger ledger_{};
};

inline bool all_hold(std::initializer_list<bool> bounds) {
  for (const bool holds : bounds) {
    if (!holds) return false;
  }
  return true;
}

}  // namespace debug_toolbar

#define DDB_JOIN2(a, b) a##b
#define DDB_JOIN(a, b) DDB_JOIN2(a, b)
#define EXPECT_DDB(...)                                                                           \
  const ::debug_toolbar::DdbExpectation DDB_JOIN(expect_ddb_, __LINE__)(                          \
      __FILE__, __LINE__, #__VA_ARGS__, [&](const ::debug_toolbar::Totals& totals_) {             \
        [[maybe_unused]] const auto& [calls, gets, queries, scans, batches, writes, transactions, \
                                      items, examined, repeated, rcu, wcu, searches, time] =      \
            totals_;                                                                              \
        return ::debug_toolbar::all_hold({__VA_ARGS__});                                          \
      })
