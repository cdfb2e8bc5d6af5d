#include "dynamodb/aws/retry.h"

#include <gtest/gtest.h>

namespace dynamodb::aws {
namespace {

using std::chrono::milliseconds;

TEST(RetryOf, ThrottlingUnderAnyName_IsThrottled) {
  for (const char* type : {"ProvisionedThroughputExceededException", "ThrottlingException",
                           "RequestLimitExceeded", "TransactionInProgressException"})
    EXPECT_EQ(retry_of(type, 400), Retry::throttled) << type;
}

TEST(RetryOf, ServersErrors_AreTransient) {
  EXPECT_EQ(retry_of("InternalServerError", 500), Retry::transient);
  EXPECT_EQ(retry_of("", 502), Retry::transient);
  EXPECT_EQ(retry_of("ServiceUnavailable", 503), Retry::transient);
  EXPECT_EQ(retry_of("ReplicatedWriteConflictException", 400), Retry::transient);
}

TEST(RetryOf, WhatTheCallerMustDecide_IsNeverRetried) {
  for (const char* type :
       {"ConditionalCheckFailedException", "TransactionConflictException",
        "TransactionCanceledException", "ValidationException", "ResourceNotFoundException",
        "AccessDeniedException", "IdempotentParameterMismatchException"})
    EXPECT_EQ(retry_of(type, 400), Retry::never) << type;
}

TEST(RetryOf, ExpiredCredentials_AreFetchedAgain) {
  EXPECT_EQ(retry_of("ExpiredTokenException", 400), Retry::credentials);
  EXPECT_EQ(retry_of("UnrecognizedClientException", 400), Retry::never);
}

TEST(RetryOf, SignaturesThatAreRefused_MayBeTheClocksFault) {
  EXPECT_EQ(retry_of("InvalidSignatureException", 400), Retry::clock);
  EXPECT_EQ(retry_of("RequestTimeTooSkewed", 403), Retry::clock);
  EXPECT_EQ(retry_of("IncompleteSignatureException", 400), Retry::never);
}

TEST(LongestPause, DoublesUpToTheCap) {
  const RetryOptions options;
  EXPECT_EQ(longest_pause(options, 1), milliseconds(50));
  EXPECT_EQ(longest_pause(options, 2), milliseconds(100));
  EXPECT_EQ(longest_pause(options, 9), milliseconds(12'800));
  EXPECT_EQ(longest_pause(options, 10), milliseconds(20'000));
  EXPECT_EQ(longest_pause(options, 1'000'000), milliseconds(20'000));
}

TEST(RetryQuota, RetriesTakeTokensUntilThereAreNone) {
  RetryQuota quota;
  EXPECT_TRUE(quota.take(Retry::timeout));
  EXPECT_EQ(quota.left(), 490);
  int retries = 0;
  while (quota.take(Retry::transient)) ++retries;
  EXPECT_EQ(retries, 98);
  EXPECT_FALSE(quota.take(Retry::transient));
}

TEST(RetryQuota, Success_GivesBackWhatItsRetryTook_AndNoMoreThanThereWas) {
  RetryQuota quota;
  EXPECT_TRUE(quota.take(Retry::timeout));
  EXPECT_TRUE(quota.take(Retry::throttled));
  quota.give_back(RetryQuota::cost(Retry::throttled));
  EXPECT_EQ(quota.left(), 490);
  quota.give_back(0);
  EXPECT_EQ(quota.left(), 491);
  for (int i = 0; i < 20; ++i) quota.give_back(0);
  EXPECT_EQ(quota.left(), RetryQuota::kCapacity);
}

}  // namespace
}  // namespace dynamodb::aws
