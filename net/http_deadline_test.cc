// Deadlines over a socket: a slow client ends, whatever it sends slowly. Rule H6.
#include <atomic>
#include <condition_variable>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/detail/raw_client.h"
#include "net/http_server.h"

namespace net {
namespace {

using detail::body_of;
using detail::RawClient;
using detail::status_of;
using std::chrono::milliseconds;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kSlowPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";

ServerOptions options(ServerDeadlines deadlines) {
  return {.port = 0, .workers = 1, .deadlines = deadlines};
}

HttpResponse constant(const HttpRequest&) { return {.body = "ok"}; }

// Sends `text` in single bytes until the server closes; how many it took.
std::size_t drip(RawClient& client, std::string_view text) {
  for (std::size_t sent = 0; sent < text.size(); ++sent) {
    if (!client.send(text.substr(sent, 1))) return sent;
    usleep(2000);  // the slowness that is tested
  }
  return text.size();
}

TEST(HttpDeadline, H6_HeaderThatDoesNotEnd_Is408) {
  std::atomic<int> logged = 0;
  ServerOptions short_header = options({.header = milliseconds(50)});
  short_header.access_log = [&](const AccessRecord& record) { logged = record.status; };
  HttpServer server(short_header, constant);
  server.start();
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost");
  const std::string response = client.read_all();
  EXPECT_EQ(status_of(response), 408);
  EXPECT_EQ(server.stats().refused, 1U);
  server.stop();
  EXPECT_EQ(logged, 408);
}

// What the access log is told, kept beyond the call.
struct Logged {
  int status = 0;
  std::string method{}, peer{}, request_id{};
  std::chrono::microseconds duration{};
};

// A server that logs, until its stop().
class LoggedServer {
 public:
  LoggedServer(ServerDeadlines deadlines, const HttpServer::SyncHandler& handler)
      : server_(logging(deadlines), handler) {
    server_.start();
  }
  std::uint16_t port() const { return server_.port(); }
  Logged last() {
    server_.stop();
    return logged_;
  }

 private:
  ServerOptions logging(ServerDeadlines deadlines) {
    ServerOptions made = options(deadlines);
    made.access_log = [this](const AccessRecord& record) {
      logged_ = {.status = record.status,
                 .method = std::string(record.method),
                 .peer = std::string(record.peer),
                 .request_id = std::string(record.request_id),
                 .duration = record.duration};
    };
    return made;
  }
  Logged logged_{};
  HttpServer server_;
};

std::string id_of(const std::string& response) {
  const std::size_t at = response.find("X-Request-Id: ");
  return at == std::string::npos ? "none" : response.substr(at + 14, 16);
}

TEST(HttpDeadline, H6_RequestThatDoesNotEnd_IsLoggedWithTheIdOfItsAnswer_AndItsOwnTime) {
  for (const std::string& request : {std::string("GET / HTTP/1.1\r\nHost"), kSlowPost}) {
    const auto begin = std::chrono::steady_clock::now();
    LoggedServer server({.header = milliseconds(50), .rate_grace = milliseconds(50)}, constant);
    RawClient client(server.port());
    client.send(request);
    const std::string response = client.read_all();
    EXPECT_THAT(response, testing::HasSubstr(R"("request_id":")" + id_of(response)));
    const Logged logged = server.last();
    EXPECT_EQ(logged.status, 408);
    EXPECT_EQ(logged.request_id, id_of(response));
    EXPECT_LE(logged.duration, std::chrono::steady_clock::now() - begin);  // not since the boot
  }
}

TEST(HttpDeadline, G2_RequestThatDoesNotEnd_IsNotLoggedAsTheClientOfTheOneBefore) {
  LoggedServer server({.header = milliseconds(50)}, [](const HttpRequest&) {
    return HttpResponse{.body = "ok", .client = "203.0.113.7"};
  });
  RawClient client(server.port());
  client.ask(kGet);
  const auto begin = std::chrono::steady_clock::now();
  client.send("GET / HTTP/1.1\r\nHost");
  EXPECT_EQ(status_of(client.read_all()), 408);
  const Logged logged = server.last();
  EXPECT_EQ(logged.status, 408);
  EXPECT_EQ(logged.peer, "127.0.0.1");
  EXPECT_LE(logged.duration, std::chrono::steady_clock::now() - begin);
}

TEST(HttpDeadline, H6_HeaderThatDrips_GainsNoTimeByItsBytes) {
  HttpServer server(options({.header = milliseconds(50)}), constant);
  server.start();
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  EXPECT_LT(drip(client, std::string(5000, 'x')), 5000U);
  EXPECT_EQ(server.stats().requests, 0U);
}

TEST(HttpDeadline, H6_ConnectionThatSendsNothing_IsClosed) {
  HttpServer server(options({.header = milliseconds(50)}), constant);
  server.start();
  RawClient client(server.port());
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpDeadline, H6_BodyThatStalls_Is408) {
  HttpServer server(options({.rate_grace = milliseconds(50)}), constant);
  server.start();
  RawClient client(server.port());
  client.send(kSlowPost + "abc");
  EXPECT_EQ(status_of(client.read_all()), 408);
}

TEST(HttpDeadline, H6_BodyAboveTheRate_StillEndsAtTheWholeDeadline) {
  HttpServer server(options({.body = milliseconds(60), .rate_grace = milliseconds(60'000)}),
                    constant);
  server.start();
  RawClient client(server.port());
  client.send(kSlowPost);
  EXPECT_LT(drip(client, std::string(999, 'x')), 999U);
  EXPECT_EQ(server.stats().requests, 0U);
  EXPECT_EQ(server.stats().refused, 1U);
}

TEST(HttpDeadline, H6_IdleConnection_IsClosed) {
  HttpServer server(options({.idle = milliseconds(50)}), constant);
  server.start();
  RawClient client(server.port());
  EXPECT_EQ(body_of(client.ask(kGet)), "ok");
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpDeadline, H6_ClientThatDoesNotRead_IsClosed) {
  ServerOptions slow_reader =
      options({.rate_grace = milliseconds(50), .bytes_per_second = 1'000'000'000});
  HttpServer server(slow_reader, [](const HttpRequest&) {
    return HttpResponse{.body = std::string(50'000'000, 'x')};
  });
  server.start();
  RawClient client(server.port(), 4096);
  client.send(kGet);
  while (server.stats().refused == 0) usleep(1000);
  EXPECT_LT(client.read_all().size(), 50'000'000U);
}

TEST(HttpDeadline, LargeAnswer_ArrivesWhole) {
  HttpServer server(options({}), [](const HttpRequest&) {
    return HttpResponse{.body = std::string(20'000'000, 'x')};
  });
  server.start();
  RawClient client(server.port(), 4096);
  EXPECT_EQ(body_of(client.ask(kGet)).size(), 20'000'000U);
  EXPECT_EQ(body_of(client.ask(kGet)).size(), 20'000'000U);
}

TEST(HttpDeadline, H6_M4_HandlerThatDoesNotReturn_Is503_WhileEveryWorkerIsBusy) {
  std::mutex mutex;
  std::condition_variable released;
  bool release = false;
  HttpServer server(options({.handler = milliseconds(50)}), [&](const HttpRequest&) {
    std::unique_lock lock(mutex);
    released.wait(lock, [&] { return release; });
    return HttpResponse{.body = "too late"};
  });
  server.start();
  RawClient client(server.port());
  client.send(kGet);
  const std::string all = client.read_all();
  EXPECT_EQ(status_of(all), 503);
  EXPECT_THAT(all, testing::HasSubstr("Retry-After"));
  EXPECT_THAT(all, testing::Not(testing::HasSubstr("too late")));
  const std::lock_guard lock(mutex);
  release = true;
  released.notify_all();
}

TEST(HttpDeadline, H6_H10_HandlerThatDoesNotReturn_IsAnsweredWithItsRequestsId_AndHeadWithoutBody) {
  for (const std::string method : {"GET", "HEAD"}) {
    std::mutex mutex;
    std::condition_variable released;
    bool release = false;
    std::string handled;
    LoggedServer server({.handler = milliseconds(50)}, [&](const HttpRequest& request) {
      std::unique_lock lock(mutex);
      handled = request.request_id;
      released.wait(lock, [&] { return release; });
      return HttpResponse{.body = "too late"};
    });
    RawClient client(server.port());
    client.send(method + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string response = client.read_all();
    EXPECT_EQ(status_of(response), 503);
    EXPECT_EQ(body_of(response).empty(), method == "HEAD");
    {
      const std::lock_guard lock(mutex);
      EXPECT_EQ(id_of(response), handled);
      release = true;
      released.notify_all();
    }
    EXPECT_EQ(server.last().request_id, handled);
  }
}

TEST(HttpDeadline, H6_SlowClients_DoNotHinderOthers) {
  HttpServer server(options({.header = milliseconds(600'000)}), constant);
  server.start();
  std::vector<RawClient> slow;
  for (int i = 0; i < 300; ++i) slow.emplace_back(server.port()).send("GET / HTTP/1.1\r\nHo");
  RawClient client(server.port());
  EXPECT_EQ(body_of(client.ask(kGet)), "ok");
  EXPECT_EQ(server.stats().refused, 0U);  // all of them still wait
}

}  // namespace
}  // namespace net
