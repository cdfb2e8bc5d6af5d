// The HTTP client: what is sent and received, kept connections, deadlines, limits, failures, stop.
#include "net/http_client.h"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/detail/raw_server.h"
#include "net/detail/test_served.h"
#include "net/gzip.h"
#include "net/http_server.h"
#include "net/text.h"
#include "tests/temporary_folder.h"

namespace net {
namespace {

using detail::Gate;
using detail::RawServer;
using detail::Served;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

auto in(milliseconds time) { return HttpClient::Clock::now() + time; }

std::string headers_of(const HttpRequest& request) {
  std::string out;
  for (const HeaderField& header : request.headers)
    out.append(header.name).append(": ").append(header.value).append("\n");
  return out;
}

TEST(HttpClient, Send_EverythingArrivesAsGiven) {
  Served server([](const HttpRequest& request) {
    HttpResponse response{.status = 201, .body = std::string(request.method) + ' '};
    response.body.append(request.target).append("\n").append(headers_of(request));
    response.body.append("\n").append(request.body);
    response.headers.add("X-Answer", " 4 2 ");
    return response;
  });
  HttpClient client;
  const std::string binary("\0\r\n\xff", 4);
  const auto outcome = client.send({.method = "PUT",
                                    .url = server.url("/a/../b%20c/?x=1&y=%2F"),
                                    .headers = {{"X-Amz-Target", "DynamoDB_20120810.GetItem"},
                                                {"X-Empty", ""},
                                                {"Content-Type", "application/x-amz-json-1.0"}},
                                    .body = binary});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->status, 201);
  EXPECT_EQ(outcome->header("x-answer"), "4 2");
  EXPECT_EQ(outcome->header("content-length"), std::to_string(outcome->body.size()));
  EXPECT_EQ(outcome->header("absent"), std::nullopt);
  EXPECT_THAT(outcome->body, testing::StartsWith("PUT /a/../b%20c/?x=1&y=%2F\n"));
  EXPECT_THAT(outcome->body, HasSubstr("X-Amz-Target: DynamoDB_20120810.GetItem\n"));
  EXPECT_THAT(outcome->body, HasSubstr("X-Empty: \n"));
  EXPECT_THAT(outcome->body, HasSubstr("Content-Type: application/x-amz-json-1.0\n"));
  EXPECT_THAT(outcome->body, Not(HasSubstr("Accept")));
  EXPECT_THAT(outcome->body, Not(HasSubstr("Expect")));
  EXPECT_TRUE(outcome->body.ends_with("\n\n" + binary));
}

TEST(HttpClient, Send_EachMethod_IsThatMethod) {
  Served server([](const HttpRequest& request) {
    HttpResponse response{.body = std::string(request.body)};
    response.headers.add("X-Method", request.method);
    return response;
  });
  HttpClient client;
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
    const auto outcome = client.send({.method = method, .url = server.url()});
    ASSERT_TRUE(outcome) << method << outcome.error().message;
    EXPECT_EQ(outcome->header("X-Method"), method);
    EXPECT_EQ(outcome->body, "");
  }
  // A handle that was used for HEAD is one for any method again.
  EXPECT_EQ(client.send({.url = server.url(), .body = "abc"})->body, "abc");
}

TEST(HttpClient, Send_LargeBody_IsSentWholeWithoutExpect) {
  Served server([](const HttpRequest& request) {
    return HttpResponse{.body = std::to_string(request.body.size()) + headers_of(request)};
  });
  HttpClient client;
  const auto outcome = client.send({.url = server.url(), .body = std::string(1024 * 1024, 'x')});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_THAT(outcome->body, testing::StartsWith("1048576"));
  EXPECT_THAT(outcome->body, Not(HasSubstr("Expect")));
}

TEST(HttpClient, Send_OneAfterTheOther_UseOneConnection) {
  Served server([](const HttpRequest&) { return HttpResponse{.body = "ok"}; });
  HttpClient client;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(client.send({.url = server.url()}));
  EXPECT_EQ(server.stats().connections, 1U);
  EXPECT_EQ(server.stats().requests, 20U);
}

TEST(HttpClient, Send_FromManyThreads_EachGetsItsAnswer) {
  Served server(
      [](const HttpRequest& request) { return HttpResponse{.body = std::string(request.body)}; });
  HttpClient client({.connections_per_host = 4});
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string body = std::to_string(t * 1000 + i);
        const auto outcome = client.send({.url = server.url(), .body = body});
        right += outcome && outcome->body == body;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 400);
  EXPECT_LE(server.stats().connections, 4U);
}

TEST(HttpClient, Send_FromACompletion_Works) {
  Served server(
      [](const HttpRequest& request) { return HttpResponse{.body = std::string(request.target)}; });
  HttpClient client;
  std::promise<std::string> second;
  client.send({.url = server.url("/1")}, [&](ClientOutcome) {
    client.send({.url = server.url("/2")},
                [&](ClientOutcome outcome) { second.set_value(outcome->body); });
  });
  EXPECT_EQ(second.get_future().get(), "/2");
}

TEST(HttpClient, R4_Redirect_IsNotFollowed) {
  Served server([](const HttpRequest&) {
    HttpResponse response{.status = 302};
    response.headers.add("Location", "/elsewhere");
    return response;
  });
  HttpClient client;
  EXPECT_EQ(client.send({.method = "GET", .url = server.url()})->status, 302);
  EXPECT_EQ(server.stats().requests, 1U);
}

TEST(HttpClient, Proxy_OfTheEnvironment_IsIgnored) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  Served server([](const HttpRequest&) { return HttpResponse{.body = "ok"}; });
  HttpClient client;
  EXPECT_TRUE(client.send({.url = server.url()}));
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
}

TEST(HttpClient, Proxy_OfTheOptions_IsUsedButForThisMachine) {
  RawServer proxy([](RawServer::Peer& peer) {
    const std::string request = peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + request.substr(0, 3));
    peer.wait_for_close();
  });
  Served server([](const HttpRequest&) { return HttpResponse{.body = "direct"}; });
  HttpClient client({.proxy = proxy.url("")});
  EXPECT_EQ(client.send({.method = "PUT", .url = "http://example.invalid/"})->body, "PUT");
  EXPECT_EQ(client.send({.method = "PUT", .url = server.url()})->body, "direct");
}

TEST(HttpClient, GzipBody_ComesAsItWasSent) {
  const std::string gzip = compress("the text");
  Served server([&](const HttpRequest&) {
    HttpResponse response{.body = gzip};
    response.headers.add("Content-Encoding", "gzip");
    return response;
  });
  HttpClient client;
  const auto outcome = client.send({.url = server.url(), .headers = {{"Accept-Encoding", "gzip"}}});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->header("content-encoding"), "gzip");
  EXPECT_EQ(outcome->body, gzip);
  EXPECT_EQ(decompress(outcome->body, 100), "the text");
}

TEST(HttpClient, UnixSocket_IsConnectedTo) {
  const tests::TemporaryFolder folder;
  const std::string path = folder.path() + "/server.sock";
  RawServer server(path, [](RawServer::Peer& peer) {
    const std::string request = peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(request.size()) + "\r\n\r\n" +
              request);
    peer.wait_for_close();
  });
  HttpClient client;
  const auto outcome =
      client.send({.method = "GET", .url = "http://localhost/x", .unix_socket = path});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->body, "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

TEST(HttpClient, Answer_ChunkedAfter100Continue_IsRead) {
  RawServer server([](RawServer::Peer& peer) {
    peer.read_request();
    peer.send(
        "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-A:  v \r\n"
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    peer.wait_for_close();
  });
  HttpClient client;
  const auto outcome = client.send({.url = server.url()});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->body, "abcde");
  EXPECT_EQ(outcome->header("x-a"), "v");
  EXPECT_EQ(outcome->header("x-early"), std::nullopt);
}

TEST(HttpClient, Connect_NobodyListens_WasNotSent) {
  std::uint16_t port;
  {
    RawServer gone([](RawServer::Peer&) {});
    port = gone.port();
  }
  HttpClient client;
  const auto outcome =
      client.send({.url = "http://127.0.0.1:" + std::to_string(port) + "/?secret"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::connect);
  EXPECT_FALSE(outcome.error().may_have_been_sent);
  EXPECT_THAT(outcome.error().message, HasSubstr("127.0.0.1"));
  EXPECT_THAT(outcome.error().message, Not(HasSubstr("secret")));
}

TEST(HttpClient, Connect_UnknownHost_WasNotSent) {
  HttpClient client;
  const auto outcome =
      client.send({.url = "http://no-such-host.invalid/", .deadline = in(seconds(20))});
  ASSERT_FALSE(outcome);
  EXPECT_FALSE(outcome.error().may_have_been_sent);
}

TEST(HttpClient, R4_Deadline_SilentServer_IsATimeout) {
  RawServer server([](RawServer::Peer& peer) { peer.wait_for_close(); });
  HttpClient client;
  const auto outcome = client.send({.url = server.url(), .deadline = in(milliseconds(100))});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::timeout);
  EXPECT_TRUE(outcome.error().may_have_been_sent);
}

TEST(HttpClient, R4_Deadline_CoversABodyThatTrickles) {
  std::atomic<bool> over = false;
  RawServer server([&](RawServer::Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (!over) {
      peer.send("x");
      std::this_thread::yield();
    }
  });
  HttpClient client;
  const auto outcome = client.send({.url = server.url(), .deadline = in(milliseconds(100))});
  over = true;
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::timeout);
}

TEST(HttpClient, Deadline_CoversTheWaitForAConnection) {
  Gate gate;
  Served server([&](const HttpRequest&) {
    gate.wait();
    return HttpResponse{};
  });
  HttpClient client({.connections_per_host = 1});
  std::promise<ClientOutcome> first;
  client.send({.url = server.url()}, [&](ClientOutcome outcome) { first.set_value(outcome); });
  const auto second = client.send({.url = server.url(), .deadline = in(milliseconds(100))});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ClientErrorKind::timeout);
  EXPECT_FALSE(second.error().may_have_been_sent);
  gate.open();
  EXPECT_TRUE(first.get_future().get());
}

TEST(HttpClient, Deadline_InThePast_SendsNothing) {
  Served server([](const HttpRequest&) { return HttpResponse{}; });
  HttpClient client;
  const auto outcome = client.send({.url = server.url(), .deadline = HttpClient::Clock::now()});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::timeout);
  EXPECT_FALSE(outcome.error().may_have_been_sent);
  EXPECT_EQ(server.stats().requests, 0U);
}

TEST(HttpClient, R4_MaxResponseBytes_OneMore_IsTooLarge) {
  Served server([](const HttpRequest&) { return HttpResponse{.body = std::string(1000, 'x')}; });
  HttpClient client;
  EXPECT_TRUE(client.send({.url = server.url(), .max_response_bytes = 1000}));
  const auto outcome = client.send({.url = server.url(), .max_response_bytes = 999});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::too_large);
}

TEST(HttpClient, R4_MaxResponseBytes_HoldsWithoutAContentLength) {
  RawServer server([](RawServer::Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x'));
  });
  HttpClient client;
  const auto outcome = client.send({.url = server.url(), .max_response_bytes = 1000});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::too_large);
}

TEST(HttpClient, Headers_WithoutEnd_AreTooLarge) {
  RawServer server([](RawServer::Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100; ++i) peer.send("X-A: " + std::string(1000, 'x') + "\r\n");
    peer.wait_for_close();
  });
  HttpClient client;
  const auto outcome = client.send({.url = server.url()});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::too_large);
}

TEST(HttpClient, Connection_ClosedInsteadOfAnAnswer_IsBroken) {
  RawServer server([](RawServer::Peer& peer) { peer.read_request(); });
  HttpClient client;
  const auto outcome = client.send({.url = server.url()});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::broken);
  EXPECT_TRUE(outcome.error().may_have_been_sent);
}

TEST(HttpClient, Connection_ClosedInTheMiddleOfAnAnswer_IsBroken) {
  RawServer server([](RawServer::Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  });
  HttpClient client;
  const auto outcome = client.send({.url = server.url()});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::broken);
}

// libcurl alone would repeat the request on a connection of its own, and an update would be made
// twice.
TEST(HttpClient, KeptConnection_ClosedAfterARequest_IsNotSentTwice) {
  std::atomic<int> requests = 0;
  RawServer server([&](RawServer::Peer& peer) {
    if (peer.read_request().empty()) return;
    ++requests;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if (!peer.read_request().empty()) ++requests;
  });
  HttpClient client;
  ASSERT_TRUE(client.send({.url = server.url(), .body = "1"}));
  const auto outcome = client.send({.url = server.url(), .body = "2"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::broken);
  EXPECT_TRUE(outcome.error().may_have_been_sent);
  EXPECT_EQ(requests, 2);
}

TEST(HttpClient, KeptConnection_ClosedWhileIdle_IsReplaced) {
  std::promise<void> closed;
  std::atomic<int> connections = 0;
  RawServer server([&](RawServer::Peer& peer) {
    // The first connection's end is known to have come once the second is being served.
    if (++connections == 2) closed.set_value();
    if (peer.read_request().empty()) return;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  HttpClient client;
  HttpClient other;
  ASSERT_TRUE(client.send({.url = server.url()}));
  ASSERT_TRUE(other.send({.url = server.url()}));
  closed.get_future().get();
  EXPECT_TRUE(client.send({.url = server.url()}));
}

TEST(HttpClient, Answer_ThatIsNotHttp_IsBroken) {
  RawServer server([](RawServer::Peer& peer) {
    peer.read_request();
    peer.send("hello\r\n\r\n");
  });
  HttpClient client;
  const auto outcome = client.send({.url = server.url()});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::broken);
}

TEST(HttpClient, MalformedRequest_IsRefused) {
  HttpClient client;
  const auto kind_of = [&](ClientRequest request) {
    const auto outcome = client.send(std::move(request));
    return outcome ? std::nullopt : std::optional(outcome.error().kind);
  };
  const std::string url = "http://127.0.0.1:1/";
  EXPECT_EQ(kind_of({.url = url, .headers = {{"A", "b\r\nX: y"}}}),
            ClientErrorKind::invalid_request);
  EXPECT_EQ(kind_of({.url = url, .headers = {{"A B", "c"}}}), ClientErrorKind::invalid_request);
  EXPECT_EQ(kind_of({.method = "GE T", .url = url}), ClientErrorKind::invalid_request);
  EXPECT_EQ(kind_of({.url = url + "\r\n"}), ClientErrorKind::invalid_request);
  EXPECT_EQ(kind_of({.url = "file:///etc/passwd"}), ClientErrorKind::invalid_request);
  EXPECT_EQ(kind_of({.url = "http://"}), ClientErrorKind::invalid_request);
}

TEST(HttpClient, Destruction_CompletesWhatIsInFlight) {
  RawServer server([](RawServer::Peer& peer) { peer.wait_for_close(); });
  std::vector<ClientErrorKind> kinds;  // written by the client's thread, which is joined
  {
    HttpClient client({.connections_per_host = 1});
    for (int i = 0; i < 3; ++i) {
      client.send({.url = server.url()}, [&](ClientOutcome outcome) {
        kinds.push_back(outcome.error().kind);
        client.send({.url = server.url()},
                    [&](ClientOutcome again) { kinds.push_back(again.error().kind); });
      });
    }
  }
  EXPECT_THAT(kinds, testing::SizeIs(6));
  EXPECT_THAT(kinds, testing::Each(ClientErrorKind::stopped));
}

TEST(HttpClient, StaticClient_IsUsableAndDestroyedAtExit) {
  static HttpClient client;
  Served server([](const HttpRequest&) { return HttpResponse{.body = "ok"}; });
  EXPECT_TRUE(client.send({.url = server.url()}));
}

}  // namespace
}  // namespace net
