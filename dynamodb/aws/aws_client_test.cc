// AwsClient against a stand-in server that answers as each test says.
#include "dynamodb/aws/aws_client.h"

#include <atomic>
#include <barrier>
#include <fstream>
#include <future>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dynamodb/aws/test_service.h"
#include "dynamodb/batch.h"
#include "dynamodb/capacity_scope.h"
#include "dynamodb/wire.h"
#include "net/gzip.h"

namespace dynamodb::aws {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

TEST_F(AwsClients, Call_IsAsDynamoDbWantsIt) {
  script({item_answer()});
  AwsClient client(options());
  const auto result = client.get_item(get());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(unpack(result->item->view()), (Item{{"pk", "a"}}));
  EXPECT_EQ(result->consumed.table_units, 0.5);
  ASSERT_EQ(seen().size(), 1u);
  EXPECT_EQ(seen()[0].target, "DynamoDB_20120810.GetItem");
  EXPECT_THAT(seen()[0].authorization, StartsWith("AWS4-HMAC-SHA256 Credential=AKID/"));
  EXPECT_THAT(seen()[0].authorization, HasSubstr("/us-east-1/dynamodb/aws4_request"));
  EXPECT_THAT(seen()[0].authorization, HasSubstr("x-amz-target"));
  EXPECT_EQ(seen()[0].attempt, "attempt=1; max=3");
  EXPECT_TRUE(wire::decode<GetItemRequest>(seen()[0].body));
}

TEST_F(AwsClients, StreamsAndTags_HaveTheirOwnTargets) {
  script({answer(200, R"({"Streams":[]})"), answer(200, "")});
  AwsClient client(options());
  EXPECT_TRUE(client.list_streams({}));
  const auto tagged = client.tag_resource({});
  EXPECT_TRUE(tagged) << tagged.error().message;
  ASSERT_EQ(seen().size(), 2u);
  EXPECT_EQ(seen()[0].target, "DynamoDBStreams_20120810.ListStreams");
  EXPECT_EQ(seen()[1].target, "DynamoDB_20120810.TagResource");
}

TEST_F(AwsClients, Gzip_IsNotAskedForInTheClear) {
  script({item_answer()});
  AwsClient client(options());
  EXPECT_TRUE(client.get_item(get()));
  EXPECT_EQ(seen()[0].accepted, "");
}

TEST_F(AwsClients, Gzip_IsAskedForAndUnpacked) {
  auto packed = item_answer();
  packed.body = net::compress(packed.body);
  packed.headers.set("x-amz-crc32", std::to_string(net::crc32(packed.body)));
  packed.headers.add("Content-Encoding", "gzip");
  script({packed});
  AwsOptions asking = options();
  asking.accept_gzip = true;
  AwsClient client(asking);
  EXPECT_TRUE(client.get_item(get()));
  EXPECT_EQ(seen()[0].accepted, "gzip");
}

TEST_F(AwsClients, AnswerOf40Megabytes_IsRead) {
  auto long_answer = item_answer();
  long_answer.body.insert(1, std::string(40'000'000, ' '));
  script({answer(200, long_answer.body)});
  AwsClient client(options());
  const auto result = client.get_item(get());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->item);
}

TEST_F(AwsClients, AnswerThatIsNoJson_IsAServersFault) {
  script({answer(200, "{\"Item\":")});
  AwsClient client(options());
  const auto result = client.get_item(get());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::internal_server_error);
  EXPECT_THAT(result.error().message, HasSubstr("GetItem"));
}

TEST_F(AwsClients, SlowAnswer_EndsAtTheDeadlineOfTheCall) {
  std::promise<void> end;
  const auto ended = end.get_future().share();
  respond([ended](const net::HttpRequest&) {
    ended.wait();
    return item_answer();
  });
  auto with_deadline = options();
  with_deadline.call_timeout = 50ms;
  AwsClient client(with_deadline);
  const auto result = client.get_item(get());
  end.set_value();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::internal_server_error);  // it may have happened
}

// A profile file, whose credentials change while the client works.
TEST_F(AwsClients, ExpiredCredentials_AreFetchedAgainOnce) {
  const std::string path = ::testing::TempDir() + "aws_client_test_" + std::to_string(::getpid());
  const auto write_key = [&path](const std::string& key) {
    std::ofstream(path) << "[default]\naws_access_key_id = " << key
                        << "\naws_secret_access_key = s\naws_session_token = token-of-" << key
                        << "\n";
  };
  write_key("OLD");
  respond([&](const net::HttpRequest& request) {
    if (request.header("X-Amz-Security-Token") == "token-of-NEW") return item_answer();
    write_key("NEW");
    return refusal("ExpiredTokenException");
  });
  auto by_profile = options();
  by_profile.credentials.explicit_credentials.reset();
  by_profile.credentials.environment =
      [&path](const std::string& name) -> std::optional<std::string> {
    if (name == "AWS_SHARED_CREDENTIALS_FILE") return path;
    if (name == "AWS_CONFIG_FILE") return path + ".none";
    return std::nullopt;
  };
  AwsClient client(by_profile);
  const auto result = client.get_item(get());
  EXPECT_TRUE(result) << result.error().message;
  ASSERT_EQ(seen().size(), 2u);
  EXPECT_EQ(seen()[0].token, "token-of-OLD");
  EXPECT_EQ(client.retry_tokens(), 500);
  ::unlink(path.c_str());
}

TEST_F(AwsClients, CredentialsThatStayExpired_AreAccessDenied) {
  script({refusal("ExpiredTokenException")});
  AwsClient client(options());
  const auto result = client.get_item(get());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::access_denied);
  EXPECT_THAT(result.error().message, HasSubstr("ExpiredToken"));
  EXPECT_EQ(seen().size(), 2u);
}

TEST_F(AwsClients, WrongClock_IsCorrectedByTheServices_ForLaterCallsToo) {
  respond([](const net::HttpRequest& request) {
    const auto signed_at = std::string(request.header("X-Amz-Date").value_or(""));
    std::tm parts{};
    ::strptime(signed_at.c_str(), "%Y%m%dT%H%M%SZ", &parts);
    const auto off = std::chrono::seconds(::timegm(&parts) - std::time(nullptr));
    return std::chrono::abs(off) < 15min ? item_answer() : refusal("InvalidSignatureException");
  });
  for (const auto wrong : {std::chrono::hours(-3), std::chrono::hours(48)}) {
    auto by_wrong_clock = options();
    by_wrong_clock.now = [wrong] { return base::now() + wrong; };
    AwsClient client(by_wrong_clock);
    const std::size_t before = seen().size();
    for (int i = 0; i < 3; ++i) {
      const auto result = client.get_item(get());
      EXPECT_TRUE(result) << result.error().message;
    }
    EXPECT_EQ(seen().size(), before + 4);
  }
}

TEST_F(AwsClients, WrongClock_OfCallsInFlightTogether_FailsNone) {
  std::barrier both(2);
  std::atomic<int> calls{0};
  respond([&](const net::HttpRequest&) {
    if (calls++ >= 2) return answer(200, "{}");
    both.arrive_and_wait();
    return refusal("InvalidSignatureException");
  });
  auto by_wrong_clock = options();
  by_wrong_clock.now = [] { return base::now() - 3h; };
  AwsClient client(by_wrong_clock);
  std::vector<std::promise<bool>> done(2);
  for (auto& promise : done) {
    client.put_item(
        {.table = "posts", .item = {{"pk", "a"}}},
        [&promise](const Result<PutItemResult>& r) { promise.set_value(r.has_value()); });
  }
  for (auto& promise : done) EXPECT_TRUE(promise.get_future().get());
}

TEST_F(AwsClients, WrongSignature_ByARightClock_IsRefusedAtOnce) {
  script({refusal("InvalidSignatureException")});
  AwsClient client(options());
  const auto result = client.get_item(get());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::access_denied);
  EXPECT_EQ(seen().size(), 1u);
}

TEST_F(AwsClients, NoCredentials_IsAccessDeniedWithoutACall) {
  auto without = options();
  without.credentials.explicit_credentials.reset();
  without.credentials.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "AWS_EC2_METADATA_DISABLED") return "true";
    if (name == "AWS_SHARED_CREDENTIALS_FILE" || name == "AWS_CONFIG_FILE") return "/nonexistent";
    return std::nullopt;
  };
  AwsClient client(without);
  const auto result = client.get_item(get());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::access_denied);
  EXPECT_TRUE(seen().empty());
}

TEST_F(AwsClients, Transaction_WithoutAToken_GetsOneThatItsRetriesKeep) {
  script({refusal("InternalServerError", 500), answer(200, "{}")});
  AwsClient client(options());
  EXPECT_TRUE(client.transact_write_items(
      {.actions = {PutItemRequest{.table = "posts", .item = {{"pk", "a"}}}}}));
  ASSERT_EQ(seen().size(), 2u);
  const auto first = wire::decode<TransactWriteItemsRequest>(seen()[0].body).value();
  EXPECT_EQ(first.client_request_token.size(), 36u);
  EXPECT_EQ(seen()[0].body, seen()[1].body);
}

TEST_F(AwsClients, Transaction_WithAToken_KeepsIt) {
  script({answer(200, "{}")});
  AwsClient client(options());
  EXPECT_TRUE(client.transact_write_items(
      {.actions = {PutItemRequest{.table = "posts", .item = {{"pk", "a"}}}},
       .client_request_token = "mine"}));
  EXPECT_THAT(seen()[0].body, HasSubstr("\"mine\""));
}

TEST_F(AwsClients, ParallelCalls_AreInFlightAtOnce) {
  std::barrier all(3);
  respond([&all](const net::HttpRequest&) {
    all.arrive_and_wait();  // of three calls none is answered before all are here
    return answer(200, "{}");
  });
  AwsClient client(options());
  std::vector<std::promise<bool>> done(3);
  for (auto& promise : done) {
    client.put_item(
        {.table = "posts", .item = {{"pk", "a"}}},
        [&promise](const Result<PutItemResult>& r) { promise.set_value(r.has_value()); });
  }
  for (auto& promise : done) EXPECT_TRUE(promise.get_future().get());
}

TEST_F(AwsClients, Destruction_AnswersWhatIsInFlightOrPausing) {
  std::promise<void> end;
  const auto ended = end.get_future().share();
  std::promise<void> arrived;
  std::atomic<int> calls{0};
  respond([&, ended](const net::HttpRequest&) {
    const int call = calls++;
    if (call == 0) return refusal("ThrottlingException");
    if (call == 1) return refusal("InternalServerError", 500);
    arrived.set_value();
    ended.wait();
    return answer(200, "{}");
  });
  std::vector<std::promise<ErrorCode>> done(3);
  {
    auto patient = options();
    patient.retries.first_pause = 20s;
    patient.jitter = [] { return 1.0; };
    AwsClient client(patient);
    int sent = 0;
    for (auto& promise : done) {
      client.put_item({.table = "posts", .item = {{"pk", "a"}}},
                      [&promise](const Result<PutItemResult>& r) {
                        promise.set_value(r ? ErrorCode::validation : r.error().code);
                      });
      // The one is refused before the next is sent.
      for (++sent; calls < sent;) std::this_thread::yield();
    }
    arrived.get_future().wait();
  }
  EXPECT_EQ(done[0].get_future().get(), ErrorCode::unavailable);
  EXPECT_EQ(done[1].get_future().get(), ErrorCode::internal_server_error);  // it may have happened
  EXPECT_NE(done[2].get_future().get(), ErrorCode::validation);
  end.set_value();
}

TEST_F(AwsClients, Destruction_WhileCredentialsAreFetched_IsUnavailable) {
  std::promise<void> end;
  const auto ended = end.get_future().share();
  std::promise<void> asked;
  respond([&asked, ended](const net::HttpRequest&) {  // the container's endpoint
    asked.set_value();
    ended.wait();
    return answer(404, "");
  });
  auto of_container = options();
  of_container.credentials.explicit_credentials.reset();
  of_container.credentials.environment =
      [url = of_container.endpoint_url](const std::string& name) -> std::optional<std::string> {
    if (name == "AWS_CONTAINER_CREDENTIALS_FULL_URI") return url + "/creds";
    if (name == "AWS_SHARED_CREDENTIALS_FILE" || name == "AWS_CONFIG_FILE") return "/nonexistent";
    return std::nullopt;
  };
  std::promise<ErrorCode> done;
  {
    AwsClient client(of_container);
    client.put_item({.table = "posts", .item = {{"pk", "a"}}},
                    [&done](const Result<PutItemResult>& r) {
                      done.set_value(r ? ErrorCode::validation : r.error().code);
                    });
    asked.get_future().wait();
  }
  EXPECT_EQ(done.get_future().get(), ErrorCode::unavailable);
  end.set_value();
}

// Accepts one connection after the other and closes each when the request has come; the
// `broken`-th and later ones get an answer.
TEST(AwsClient, BrokenConnection_IsRetried) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 8), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::atomic<int> connections{0};
  std::thread peer([&] {
    for (bool answered = false; !answered;) {
      const int connection = ::accept(listener, nullptr, nullptr);
      if (connection < 0) return;
      char bytes[4096];
      (void)::recv(connection, bytes, sizeof bytes, 0);
      answered = ++connections == 3;
      const std::string reply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
      if (answered) (void)::send(connection, reply.data(), reply.size(), MSG_NOSIGNAL);
      ::shutdown(connection, SHUT_RDWR);
      ::close(connection);
    }
  });
  AwsClient client({.endpoint_url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)),
                    .credentials = {.explicit_credentials = net::aws::Credentials{"AKID", "s"}},
                    .jitter = [] { return 0.0; }});
  const auto result = client.get_item({.table = "posts", .key = {{"pk", "a"}}});
  EXPECT_TRUE(result) << result.error().message;
  EXPECT_EQ(connections, 3);
  ::shutdown(listener, SHUT_RDWR);
  peer.join();
  ::close(listener);
}

TEST_F(AwsClients, Nobody_IsUnavailable) {
  const auto port = server_.port();
  server_.stop();
  auto nowhere = options();
  nowhere.endpoint_url = "http://127.0.0.1:" + std::to_string(port);
  AwsClient client(nowhere);
  const auto result = client.get_item(get());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::unavailable);
}

TEST(AwsClient, EndpointThatIsNone_IsRefused) {
  EXPECT_THROW(AwsClient({.endpoint_url = "ftp://x"}), std::invalid_argument);
  EXPECT_THROW(AwsClient({.region = "no region"}), std::invalid_argument);
}

TEST_F(AwsClients, Capacity_IsCountedInTheScope) {
  script({item_answer()});
  AwsClient client(options());
  CapacityScope scope;
  EXPECT_TRUE(client.get_item(get()));
  EXPECT_TRUE(client.get_item(get()));
  EXPECT_EQ(scope.total(), 1.0);
}

TEST_F(AwsClients, Batch_OfAnySize_LandsThroughSeveralConnections) {
  respond([](const net::HttpRequest& request) {
    EXPECT_TRUE(wire::decode<BatchWriteItemRequest>(request.body));
    return answer(200, R"({"UnprocessedItems":{}})");
  });
  AwsClient client(options());
  std::vector<WriteRequest> writes;
  for (int i = 0; i < 200; ++i) writes.emplace_back(PutRequest{{{"pk", std::to_string(i)}}});
  EXPECT_TRUE(write_all(client, {{"posts", std::move(writes)}}).not_written.empty());
  EXPECT_EQ(seen().size(), 8u);
}

}  // namespace
}  // namespace dynamodb::aws
