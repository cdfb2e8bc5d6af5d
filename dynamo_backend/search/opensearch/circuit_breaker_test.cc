#include "dynamo_backend/search/opensearch/circuit_breaker.h"

#include <gtest/gtest.h>

namespace dynamo_backend::search::opensearch {
namespace {

using namespace std::chrono_literals;

struct CircuitBreakerTest : testing::Test {
  void fail(int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_FALSE(breaker.refuse());
      breaker.failed();
    }
  }
  CircuitBreaker::Clock::time_point now{};
  CircuitBreaker breaker{{.failures = 3, .first_open = 1s, .longest_open = 3s},
                         [this] { return now; }};
};

TEST_F(CircuitBreakerTest, FailuresInARow_OpenIt) {
  fail(2);
  EXPECT_FALSE(breaker.refuse());
  breaker.answered();
  fail(3);  // the answer began the count anew
  EXPECT_EQ(breaker.refuse(), 1s);
}

TEST_F(CircuitBreakerTest, AfterAWhile_OneTrialIsLetThrough) {
  fail(3);
  now += 999ms;
  EXPECT_EQ(breaker.refuse(), 1ms);
  now += 1ms;
  EXPECT_FALSE(breaker.refuse());
  EXPECT_TRUE(breaker.refuse()) << "a second one beside the trial";
  breaker.answered();
  EXPECT_FALSE(breaker.refuse());
  EXPECT_FALSE(breaker.refuse());
}

TEST_F(CircuitBreakerTest, FailedTrials_OpenItForLonger) {
  fail(3);
  for (const auto open : {1000ms, 2000ms, 3000ms, 3000ms}) {
    EXPECT_EQ(breaker.refuse(), open);
    now += open;
    fail(1);
  }
  now += 3s;
  EXPECT_FALSE(breaker.refuse());
  breaker.answered();
  fail(3);
  EXPECT_EQ(breaker.refuse(), 1s) << "an answer begins anew";
}

TEST_F(CircuitBreakerTest, LateFailuresOfEarlierCalls_DoNotLengthenIt) {
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(breaker.refuse());
  for (int i = 0; i < 5; ++i) breaker.failed();
  EXPECT_EQ(breaker.refuse(), 1s);
}

}  // namespace
}  // namespace dynamo_backend::search::opensearch
