#include "dynamodb/aws/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/gzip.h"

namespace dynamodb::aws {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kMax = 1'000'000;

net::ClientResponse answer(int status, std::string body, const std::string& headers = {}) {
  const std::uint32_t crc32 = net::crc32(body);
  return {.status = status, .header_lines = headers, .body = std::move(body), .body_crc32 = crc32};
}

Failure failure_of(net::ClientOutcome outcome) {
  Attempt attempt = read_outcome(std::move(outcome), kMax);
  EXPECT_TRUE(attempt.failure.has_value()) << attempt.json;
  return attempt.failure.value_or(Failure{});
}

std::string error_json(const std::string& type, const std::string& message = "why") {
  return R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + type + R"(","message":")" + message +
         R"("})";
}

std::string crc_line(const std::string& body) {
  return "x-amz-crc32: " + std::to_string(net::crc32(body)) + "\n";
}

TEST(ReadOutcome, Success_IsItsBody) {
  EXPECT_EQ(read_outcome(answer(200, "{}"), kMax).json, "{}");
  EXPECT_EQ(read_outcome(answer(200, "{}", crc_line("{}")), kMax).json, "{}");
}

TEST(ReadOutcome, WrongChecksum_IsTransient) {
  EXPECT_EQ(failure_of(answer(200, "{}", "x-amz-crc32: 1\n")).retry, Retry::transient);
  EXPECT_EQ(failure_of(answer(200, "{}", "x-amz-crc32: none\n")).retry, Retry::transient);
}

TEST(ReadOutcome, Gzip_IsUnpacked_WithTheChecksumOfWhatWasSent) {
  const std::string packed = net::compress("{\"a\":1}");
  const auto attempt =
      read_outcome(answer(200, packed, "Content-Encoding: gzip\n" + crc_line(packed)), kMax);
  EXPECT_FALSE(attempt.failure);
  EXPECT_EQ(attempt.json, "{\"a\":1}");
}

TEST(ReadOutcome, GzipThatIsCutOrTooLong_IsRefused) {
  const std::string packed = net::compress(std::string(2'000'000, ' '));
  EXPECT_EQ(failure_of(answer(200, packed, "Content-Encoding: gzip\n")).retry, Retry::transient);
  EXPECT_EQ(failure_of(answer(200, packed.substr(0, 20), "Content-Encoding: gzip\n")).retry,
            Retry::transient);
}

TEST(ReadOutcome, ErrorsOfDynamoDb_HaveTheirCodes) {
  const auto code = [](const char* type) {
    return failure_of(answer(400, error_json(type))).error.code;
  };
  EXPECT_EQ(code("ConditionalCheckFailedException"), ErrorCode::conditional_check_failed);
  EXPECT_EQ(code("ValidationException"), ErrorCode::validation);
  EXPECT_EQ(code("TransactionConflictException"), ErrorCode::transaction_conflict);
  EXPECT_EQ(code("ReplicatedWriteConflictException"), ErrorCode::transaction_conflict);
  EXPECT_EQ(code("ProvisionedThroughputExceededException"),
            ErrorCode::provisioned_throughput_exceeded);
  EXPECT_EQ(code("RequestLimitExceeded"), ErrorCode::provisioned_throughput_exceeded);
  EXPECT_EQ(code("TooManyRequestsException"), ErrorCode::provisioned_throughput_exceeded);
  EXPECT_EQ(code("ResourceNotFoundException"), ErrorCode::resource_not_found);
}

TEST(ReadOutcome, ErrorsAboutAccess_AreAccessDeniedAndNamed) {
  for (const char* type : {"UnrecognizedClientException", "InvalidSignatureException",
                           "MissingAuthenticationTokenException", "ExpiredTokenException"}) {
    const Failure failure = failure_of(answer(400, error_json(type, "the token is bad")));
    EXPECT_EQ(failure.error.code, ErrorCode::access_denied) << type;
    EXPECT_THAT(failure.error.message, HasSubstr(type));
    EXPECT_THAT(failure.error.message, HasSubstr("the token is bad"));
  }
}

TEST(ReadOutcome, AnswerOfSomethingElse_IsQuoted) {
  const Failure gateway = failure_of(answer(502, "<html>Bad Gateway</html>"));
  EXPECT_EQ(gateway.retry, Retry::transient);
  EXPECT_THAT(gateway.error.message, HasSubstr("HTTP 502: <html>Bad"));
  EXPECT_EQ(failure_of(answer(404, "nothing here")).retry, Retry::never);
}

TEST(ReadOutcome, ConnectionErrors_SayWhetherAnythingMayHaveHappened) {
  const auto failure = [](net::ClientErrorKind kind, bool sent) {
    return failure_of(net::ClientError{kind, sent, "text"});
  };
  EXPECT_EQ(failure(net::ClientErrorKind::connect, false).error.code, ErrorCode::unavailable);
  EXPECT_EQ(failure(net::ClientErrorKind::connect, false).retry, Retry::transient);
  EXPECT_EQ(failure(net::ClientErrorKind::broken, true).error.code,
            ErrorCode::internal_server_error);
  EXPECT_EQ(failure(net::ClientErrorKind::broken, true).retry, Retry::transient);
  EXPECT_EQ(failure(net::ClientErrorKind::timeout, true).retry, Retry::timeout);
  EXPECT_EQ(failure(net::ClientErrorKind::untrusted, false).retry, Retry::never);
}

}  // namespace
}  // namespace dynamodb::aws
