// Transport against a stand-in server that answers as each test says.
#include "dynamo_backend/search/opensearch/transport.h"

#include <deque>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "dynamo_backend/search/errors.h"
#include "net/aws/sigv4.h"
#include "net/http_server.h"

namespace dynamo_backend::search::opensearch {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const char* const kBusy =
    R"({"error":{"type":"rejected_execution_exception","reason":"queue is full"},"status":429})";

class Transports : public testing::Test {
 protected:
  Transports()
      : server_({.port = 0, .workers = 2},
                [this](const net::HttpRequest& r) { return handle(r); }) {
    server_.start();
  }

  // Answers in order, the last one for ever.
  void script(std::vector<net::HttpResponse> answers) {
    const std::lock_guard lock(mutex_);
    answers_.assign(answers.begin(), answers.end());
  }
  OpenSearchOptions options() {
    return {.url = "http://127.0.0.1:" + std::to_string(server_.port()),
            .first_pause = 1ms,
            .breaker = {.failures = 100}};
  }
  int requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::string header(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return headers_[name];
  }

  net::HttpResponse handle(const net::HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    ++requests_;
    headers_.clear();
    for (const auto& field : request.headers)
      headers_[std::string(field.name)] = std::string(field.value);
    if (verifier_) {
      const auto wrong = verifier_->check({.method = request.method,
                                           .path = request.path(),
                                           .query = request.query(),
                                           .headers = request.headers,
                                           .body = request.body},
                                          base::now());
      if (wrong) return {.status = 403, .body = R"({"message":")" + wrong->message + "\"}"};
    }
    net::HttpResponse next = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    return next;
  }

  std::mutex mutex_;
  std::deque<net::HttpResponse> answers_{{.status = 200, .body = "{}"}};
  std::map<std::string, std::string> headers_;
  int requests_ = 0;
  std::optional<net::aws::Verifier> verifier_;
  net::HttpServer server_;
};

std::string refusal(Transport& transport, const Call& call) {
  try {
    transport.send(call);
  } catch (const BackendRefused& error) {
    return error.what();
  }
  return "not refused";
}
std::string unavailable(Transport& transport, const Call& call) {
  try {
    transport.send(call);
  } catch (const Unavailable& error) {
    return error.what();
  }
  return "not unavailable";
}

TEST_F(Transports, Answers_OfTheCallersConcern_AreHandedOn) {
  Transport transport(options());
  for (const int status : {200, 201, 400, 404, 409}) {
    script({{.status = status, .body = R"({"error":{"type":"t","reason":"r"}})"}});
    const Answer answer = transport.send({.path = "/x", .body = "{}"});
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.error_type(), "t");
    EXPECT_EQ(answer.error_reason(), "r");
  }
  EXPECT_EQ(header("Content-Type"), "application/json");
}

TEST_F(Transports, BusyServer_IsAskedAgain) {
  Transport transport(options());
  for (const int status : {429, 500, 502, 503, 504}) {
    script({{.status = status, .body = kBusy}, {.status = status, .body = kBusy}, {.status = 200}});
    const int before = requests();
    EXPECT_TRUE(transport.send({.path = "/x"}).ok());
    EXPECT_EQ(requests() - before, 3) << status;
  }
}

TEST_F(Transports, BusyServer_IsGivenUpAfterTheThirdTime) {
  Transport transport(options());
  script({{.status = 429, .body = kBusy}});
  EXPECT_THAT(unavailable(transport, {.path = "/x"}), HasSubstr("queue is full"));
  EXPECT_EQ(requests(), 3);
}

TEST_F(Transports, RetryAfter_BeyondTheDeadline_IsNotWaitedFor) {
  Transport transport(options());
  net::HttpResponse busy{.status = 503, .body = kBusy};
  busy.headers.add("Retry-After", "17");
  script({busy});
  try {
    transport.send({.path = "/x", .timeout = 5s});
    FAIL();
  } catch (const Unavailable& error) {
    EXPECT_EQ(error.retry_after(), 17s);
  }
  EXPECT_EQ(requests(), 1);
}

TEST_F(Transports, CallThatIsNotRepeatable_IsRepeatedOnlyWhereItWasSurelyNotDone) {
  Transport transport(options());
  const Call call{.method = "PUT", .path = "/x", .repeatable = false};
  script({{.status = 500, .body = kBusy}, {.status = 200}});
  unavailable(transport, call);
  EXPECT_EQ(requests(), 1);
  script({{.status = 429, .body = kBusy}, {.status = 200}});
  EXPECT_TRUE(transport.send(call).ok());
  EXPECT_EQ(requests(), 3);
}

TEST_F(Transports, OtherStatuses_AreRefusals) {
  Transport transport(options());
  script({{.status = 403, .body = R"({"error":{"type":"security_exception","reason":"no"}})"}});
  EXPECT_THAT(
      refusal(transport, {.path = "/x"}),
      testing::AllOf(HasSubstr("security_exception: no"), HasSubstr("opensearch.username")));
  script({{.status = 413, .body = "<html>"}});
  EXPECT_THAT(refusal(transport, {.path = "/x"}), HasSubstr("413"));
  EXPECT_EQ(requests(), 2);
}

TEST_F(Transports, BasicAuth_IsInTheHeaderAndInNoMessage) {
  auto with = options();
  with.signing = Signing::basic;
  with.username = "admin";
  with.password = "s3cret:x";
  Transport transport(with);
  script({{.status = 401, .body = "Unauthorized"}});
  EXPECT_THAT(refusal(transport, {.path = "/x"}), Not(HasSubstr("s3cret")));
  EXPECT_EQ(header("Authorization"), "Basic YWRtaW46czNjcmV0Ong=");
}

TEST_F(Transports, AwsSignature_IsOneThatAServerAccepts) {
  for (const Signing signing : {Signing::service, Signing::serverless}) {
    const std::string service = signing == Signing::service ? "es" : "aoss";
    verifier_.emplace("eu-west-1", service, [](std::string_view id) {
      return id == "AKID" ? std::optional(net::aws::KnownKey{"secret"}) : std::nullopt;
    });
    auto with = options();
    with.signing = signing;
    with.region = "eu-west-1";
    with.credentials.explicit_credentials = net::aws::Credentials{"AKID", "secret"};
    Transport transport(with);
    script({{.status = 200, .body = "{}"}});
    EXPECT_TRUE(
        transport.send({.path = "/posts_v*/_search?filter_path=hits.hits", .body = "{}"}).ok());
    EXPECT_EQ(header("X-Amz-Content-Sha256").empty(), signing == Signing::service);

    with.credentials.explicit_credentials = net::aws::Credentials{"AKID", "another"};
    Transport wrong(with);
    EXPECT_THAT(refusal(wrong, {.path = "/posts/_search", .body = "{}"}), HasSubstr("403"));
  }
}

TEST_F(Transports, ExpiredCredentials_AreFetchedAnewOnce) {
  auto with = options();
  with.signing = Signing::service;
  with.region = "eu-west-1";
  with.credentials.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "AWS_ACCESS_KEY_ID") return "AKID";
    if (name == "AWS_SECRET_ACCESS_KEY") return "secret";
    return std::nullopt;
  };
  Transport transport(with);
  const net::HttpResponse expired{
      .status = 403,
      .body = R"({"message":"The security token included in the request is expired"})"};
  script({expired, {.status = 200, .body = "{}"}});
  EXPECT_TRUE(transport.send({.path = "/x"}).ok());
  EXPECT_EQ(requests(), 2);
  script({expired});
  EXPECT_THAT(refusal(transport, {.path = "/x"}),
              HasSubstr("token included in the request is expired"));
  EXPECT_EQ(requests(), 4);
}

TEST_F(Transports, ServerThatIsDown_IsLeftAloneAfterSomeFailures) {
  auto with = options();
  server_.stop();
  with.breaker = {.failures = 3, .first_open = 60s};
  Transport transport(with);
  EXPECT_THAT(unavailable(transport, {.path = "/x"}), HasSubstr("127.0.0.1"));
  try {
    transport.send({.path = "/x"});
    FAIL();
  } catch (const Unavailable& error) {
    EXPECT_THAT(error.what(), HasSubstr("has not answered several times"));
    EXPECT_GT(error.retry_after(), 50s);
  }
}

TEST_F(Transports, ErrorsOfOpenSearchItself_DoNotOpenTheBreaker) {
  auto with = options();
  with.breaker = {.failures = 1, .first_open = 60s};
  Transport transport(with);
  script({{.status = 503, .body = kBusy}});
  unavailable(transport, {.path = "/x"});
  script({{.status = 200, .body = "{}"}});
  EXPECT_TRUE(transport.send({.path = "/x"}).ok());

  script({{.status = 503, .body = "<html>a proxy's</html>"}});
  unavailable(transport, {.path = "/x"});
  script({{.status = 200, .body = "{}"}});
  EXPECT_THAT(unavailable(transport, {.path = "/x"}), HasSubstr("several times"));
}

TEST_F(Transports, AnswerThatIsNotJson_IsUnavailable) {
  Transport transport(options());
  script({{.status = 200, .body = "<html>"}});
  EXPECT_THROW(transport.send({.path = "/x"}).json(), Unavailable);
}

}  // namespace
}  // namespace dynamo_backend::search::opensearch
