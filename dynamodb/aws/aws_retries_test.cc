// Which answers AwsClient asks for again, how often, and until when.
#include <future>

#include <gmock/gmock.h>

#include "dynamodb/aws/test_service.h"

namespace dynamodb::aws {
namespace {

using namespace std::chrono_literals;

TEST_F(AwsClients, ThrottledTwice_ThenAnswers) {
  script({refusal("ProvisionedThroughputExceededException"), refusal("ThrottlingException"),
          item_answer()});
  AwsClient client(options());
  EXPECT_TRUE(client.get_item(get()));
  ASSERT_EQ(seen().size(), 3u);
  EXPECT_EQ(seen()[2].attempt, "attempt=3; max=3");
  EXPECT_EQ(seen()[0].invocation, seen()[2].invocation);
  EXPECT_EQ(client.retry_tokens(), 495);
}

TEST_F(AwsClients, ThrottledForEver_IsThrottlingAfterThreeAttempts) {
  script({refusal("ProvisionedThroughputExceededException")});
  AwsClient client(options());
  const auto result = client.get_item(get());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::provisioned_throughput_exceeded);
  EXPECT_EQ(seen().size(), 3u);
  EXPECT_EQ(client.retry_tokens(), 490);
}

TEST_F(AwsClients, ServersError_IsRetried) {
  script({refusal("InternalServerError", 500), item_answer()});
  AwsClient client(options());
  EXPECT_TRUE(client.get_item(get()));
}

TEST_F(AwsClients, FailedCondition_IsAnsweredAtOnce) {
  script({refusal("ConditionalCheckFailedException")});
  AwsClient client(options());
  const auto result = client.put_item({.table = "posts", .item = {{"pk", "a"}}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::conditional_check_failed);
  EXPECT_EQ(seen().size(), 1u);
  EXPECT_EQ(client.retry_tokens(), 500);
}

// The first attempt may be what the second finds.
TEST_F(AwsClients, FailedCondition_AfterALostAnswer_SaysSo) {
  const auto put = [&](std::vector<net::HttpResponse> answers) {
    script(std::move(answers));
    AwsClient client(options());
    return client.put_item({.table = "posts", .item = {{"pk", "a"}}}).error();
  };
  const auto refused = refusal("ConditionalCheckFailedException");
  EXPECT_TRUE(put({refusal("InternalServerError", 500), refused}).after_lost_answer);
  EXPECT_FALSE(put({refusal("ThrottlingException"), refused}).after_lost_answer);
  EXPECT_FALSE(put({refused}).after_lost_answer);
}

// The errors that say that nothing was done say so of the last attempt alone.
TEST_F(AwsClients, AttemptThatDidNothing_AfterALostAnswer_IsNotKnown) {
  for (const auto& nothing_done :
       {refusal("ThrottlingException"), refusal("ServiceUnavailable", 503),
        refusal("AccessDeniedException"), refusal("ExpiredTokenException")}) {
    script({refusal("InternalServerError", 500), nothing_done});
    AwsClient client(options());
    const auto result = client.put_item({.table = "posts", .item = {{"pk", "a"}}});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::internal_server_error) << result.error().message;
    EXPECT_TRUE(result.error().after_lost_answer) << result.error().message;
    EXPECT_THAT(result.error().message, ::testing::HasSubstr("is not known"));
  }
  script({refusal("InternalServerError", 500), refusal("ThrottlingException")});
  AwsClient client(options());
  const auto read = client.get_item({.table = "posts", .key = {{"pk", "a"}}});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::provisioned_throughput_exceeded) << "a read does nothing";
}

TEST_F(AwsClients, WrongChecksum_IsRetried) {
  auto damaged = item_answer();
  damaged.headers.set("x-amz-crc32", "12345");
  script({damaged, item_answer()});
  AwsClient client(options());
  EXPECT_TRUE(client.get_item(get()));
  EXPECT_EQ(seen().size(), 2u);
}

TEST_F(AwsClients, StalledAttempt_IsMadeAgainWithinTheCall) {
  std::promise<void> end;
  const auto ended = end.get_future().share();
  std::atomic<int> calls{0};
  respond([&calls, ended](const net::HttpRequest&) {
    if (calls++ == 0) ended.wait();
    return item_answer();
  });
  auto impatient = options();
  impatient.attempt_timeout = 100ms;
  AwsClient client(impatient);
  const auto result = client.get_item(get());
  end.set_value();
  EXPECT_TRUE(result);
  EXPECT_GE(calls, 2);
}

TEST_F(AwsClients, PauseThatPassesTheDeadline_IsNotBegun) {
  script({refusal("ThrottlingException")});
  auto patient = options();
  patient.retries.first_pause = 60s;
  patient.retries.longest_pause = 60s;
  patient.jitter = [] { return 1.0; };
  AwsClient client(patient);
  const auto result = client.get_item(get());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::provisioned_throughput_exceeded);
  EXPECT_EQ(seen().size(), 1u);
}

TEST_F(AwsClients, EmptyQuota_EndsRetrying) {
  script({refusal("InternalServerError", 500)});
  auto eager = options();
  eager.retries.max_attempts = 1'000;
  AwsClient client(eager);
  EXPECT_FALSE(client.get_item(get()));
  EXPECT_EQ(seen().size(), 101u);  // 500 tokens, 5 a retry
  EXPECT_FALSE(client.get_item(get()));
  EXPECT_EQ(seen().size(), 102u);
}

}  // namespace
}  // namespace dynamodb::aws
