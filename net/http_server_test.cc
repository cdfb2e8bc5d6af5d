// The server's life: connections and their caps, health, overload, late answers, exceptions, stop.
// Rules H7, H9, H12, G1.
#include "net/http_server.h"

#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/log.h"
#include "net/detail/raw_client.h"

namespace net {
namespace {

using detail::body_of;
using detail::RawClient;
using detail::status_of;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kHealth = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kReady = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n";

HttpResponse constant(const HttpRequest&) { return {.body = "ok"}; }

// A door that handlers wait at.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait_for_waiting(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

TEST(HttpServer, Port_InUse_IsAClearError) {
  HttpServer first({.port = 0}, constant);
  const std::string address = "127.0.0.1:" + std::to_string(first.port());
  try {
    HttpServer second({.port = first.port()}, constant);
    FAIL();
  } catch (const ServerError& error) {
    EXPECT_THAT(error.what(), HasSubstr(address + " is in use: "));
  }
}

TEST(HttpServer, BadAddress_IsAClearError) {
  EXPECT_THROW(HttpServer({.host = "no.such.host", .port = 0}, constant), ServerError);
  EXPECT_THROW(HttpServer({.host = "192.0.2.1", .port = 0}, constant), ServerError);
}

TEST(HttpServer, G1_HandlerThatThrows_Is500_AndTheServerGoesOn) {
  base::set_log_level(base::LogLevel::off);
  HttpServer server({.port = 0, .workers = 1}, [](const HttpRequest& request) -> HttpResponse {
    if (request.target == "/int") throw 42;
    if (request.target == "/header") {
      HttpResponse response;
      response.headers.add("X-Bad", "a\r\nSet-Cookie: evil");
      return response;
    }
    throw std::runtime_error("the password is hunter2");
  });
  server.start();
  RawClient client(server.port());
  for (const std::string target : {"/", "/int", "/header"}) {
    const std::string response = client.ask("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(response), 500);
    EXPECT_THAT(body_of(response),
                HasSubstr(R"({"error":"Internal error","code":"internal","request_id":")"));
    EXPECT_THAT(response, Not(HasSubstr("hunter2")));
    EXPECT_THAT(response, Not(HasSubstr("evil")));
  }
  base::set_log_level(base::LogLevel::info);
}

TEST(HttpServer, Responder_MayAnswerLaterFromAnotherThread) {
  std::vector<std::thread> threads;
  HttpServer server(
      {.port = 0, .workers = 1}, [&](const HttpRequest& request, Responder responder) {
        threads.emplace_back(
            [target = std::string(request.target), responder = std::move(responder)]() mutable {
              responder.send({.body = "late " + target});
            });
      });
  server.start();
  RawClient client(server.port());
  std::string all;
  for (int i = 0; i < 50; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(all);
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(body_of(client.read_response()), "late /" + std::to_string(i));
  EXPECT_TRUE(server.stop());  // the worker has left `threads` alone
  for (std::thread& thread : threads) thread.join();
}

TEST(HttpServer, Responder_DroppedWithoutAnAnswer_Is500) {
  HttpServer server({.port = 0, .workers = 1}, [](const HttpRequest&, Responder) {});
  server.start();
  RawClient client(server.port());
  EXPECT_EQ(status_of(client.ask(kGet)), 500);
  EXPECT_EQ(status_of(client.ask(kGet)), 500);
}

TEST(HttpServer, HandlersThatBlock_DoNotHoldUpTheOthers) {
  Gate gate;
  HttpServer server({.port = 0, .workers = 1}, [&](const HttpRequest& request) {
    if (request.target == "/slow") gate.wait();
    return HttpResponse{.body = "ok"};
  });
  server.start();
  RawClient first(server.port()), second(server.port()), quick(server.port());
  EXPECT_EQ(status_of(quick.ask(kGet)), 200);  // kept alive: not the I/O thread's
  first.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  second.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  gate.wait_for_waiting(2);
  EXPECT_EQ(status_of(quick.ask(kGet)), 200);
  gate.open();
  EXPECT_EQ(status_of(first.read_response()), 200);
  EXPECT_EQ(status_of(second.read_response()), 200);
}

TEST(HttpServer, HealthEndpoints_AnswerWhileEveryWorkerIsBusy) {
  Gate gate;
  HttpServer server({.port = 0, .workers = 2}, [&](const HttpRequest&) {
    gate.wait();
    return HttpResponse{};
  });
  server.start();
  RawClient early(server.port());
  std::vector<RawClient> busy;
  for (int i = 0; i < 2; ++i) busy.emplace_back(server.port()).send(kGet);
  gate.wait_for_waiting(2);
  RawClient fresh(server.port());
  for (RawClient* client : {&early, &fresh}) {
    EXPECT_EQ(status_of(client->ask(kHealth)), 200);
    EXPECT_EQ(status_of(client->ask(kReady)), 200);  // on the same connection
  }
  server.set_ready(false);
  fresh.send("HEAD /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(fresh.read_response(true)), 503);
  gate.open();
  for (RawClient& client : busy) EXPECT_EQ(status_of(client.read_response()), 200);
}

TEST(HttpServer, HealthConnection_MayTurnToOtherRequests) {
  HttpServer server({.port = 0, .workers = 1}, constant);
  server.start();
  RawClient client(server.port());
  client.send(kHealth + kGet + kHealth);
  EXPECT_EQ(body_of(client.read_response()), "ok\n");
  EXPECT_EQ(body_of(client.read_response()), "ok");
  EXPECT_EQ(body_of(client.read_response()), "ok\n");
}

TEST(HttpServer, WorkersQueueThatStandsStill_ShedsNewConnections) {
  Gate gate;
  HttpServer server({.port = 0, .workers = 1, .deadlines = {.shed_after = milliseconds(40)}},
                    [&](const HttpRequest&) {
                      gate.wait();
                      return HttpResponse{.body = "done"};
                    });
  server.start();
  RawClient busy(server.port());
  busy.send(kGet);
  gate.wait_for_waiting(1);
  std::vector<RawClient> waiting;  // accepted before the overload is noticed
  std::string response;
  while (server.stats().shed == 0) {
    waiting.emplace_back(server.port()).send(kGet);
    usleep(5000);
  }
  EXPECT_EQ(status_of(waiting.back().read_response()), 503);
  RawClient health(server.port());
  EXPECT_EQ(status_of(health.ask(kHealth)), 200);
  gate.open();
  EXPECT_EQ(body_of(busy.read_response()), "done");
  EXPECT_EQ(body_of(waiting.front().read_response()), "done");
  int last = 503;  // until the next tick
  while (last == 503) {
    RawClient after(server.port());
    last = status_of(after.ask(kGet));
  }
  EXPECT_EQ(last, 200);
}

TEST(HttpServer, H7_Connections_OverTheTotal_Get503) {
  HttpServer server({.port = 0, .workers = 1, .limits = {.connections = 2}}, constant);
  server.start();
  RawClient first(server.port());
  EXPECT_EQ(status_of(first.ask(kGet)), 200);
  {
    RawClient second(server.port());
    EXPECT_EQ(status_of(second.ask(kGet)), 200);
    RawClient third(server.port());
    const std::string refusal = third.read_all();
    EXPECT_EQ(status_of(refusal), 503);
    EXPECT_THAT(refusal, HasSubstr("Retry-After: 1"));
  }
  while (server.stats().connections > 1) usleep(1000);
  RawClient fourth(server.port());
  EXPECT_EQ(status_of(fourth.ask(kGet)), 200);
}

TEST(HttpServer, H7_Connections_OfOneAddress_AreCapped_LoopbackIsExemptByDefault) {
  ServerOptions options{.port = 0, .workers = 1, .limits = {.connections_per_ip = 1}};
  HttpServer lenient(options, constant);
  lenient.start();
  RawClient a(lenient.port());
  RawClient b(lenient.port());
  EXPECT_EQ(status_of(a.ask(kGet)), 200);
  EXPECT_EQ(status_of(b.ask(kGet)), 200);

  options.is_exempt = nullptr;
  HttpServer strict(options, constant);
  strict.start();
  RawClient c(strict.port());
  EXPECT_EQ(status_of(c.ask(kGet)), 200);
  RawClient d(strict.port());
  EXPECT_EQ(status_of(d.read_all()), 503);
  EXPECT_EQ(strict.stats().shed, 1U);
}

TEST(HttpServer, H7_WhoIsExempt_HasNoCapOfOneAddressOrConnection) {
  std::string asked;
  HttpServer server({.port = 0,
                     .workers = 1,
                     .limits = {.connections_per_ip = 1, .requests_per_connection = 1},
                     .is_exempt =
                         [&](std::string_view address) {
                           asked = address;
                           return true;
                         }},
                    constant);
  server.start();
  RawClient a(server.port());
  RawClient b(server.port());
  for (RawClient* client : {&a, &b, &a, &b}) EXPECT_EQ(status_of(client->ask(kGet)), 200);
  EXPECT_EQ(server.stats().shed, 0U);
  EXPECT_EQ(asked, "127.0.0.1");
}

TEST(HttpServer, H6_Requests_OfOneConnection_AreCapped) {
  HttpServer server(
      {.port = 0, .workers = 1, .limits = {.requests_per_connection = 3}, .is_exempt = nullptr},
      constant);
  server.start();
  RawClient client(server.port());
  EXPECT_THAT(client.ask(kGet), Not(HasSubstr("Connection: close")));
  EXPECT_THAT(client.ask(kGet), Not(HasSubstr("Connection: close")));
  EXPECT_THAT(client.ask(kGet), HasSubstr("Connection: close"));
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpServer, H7_Accept_WithoutFileDescriptors_RestsAndRecovers) {
  base::set_log_level(base::LogLevel::off);
  HttpServer server({.port = 0, .workers = 1}, constant);
  server.start();
  RawClient client(server.port());
  ASSERT_EQ(status_of(client.ask(kGet)), 200);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  // Sockets made first: connecting needs no further descriptor, accepting does.
  const int waiting = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const rlimit none{.rlim_cur = 3, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  ASSERT_EQ(::connect(waiting, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  while (server.stats().accept_pauses < 3) usleep(1000);
  EXPECT_LT(server.stats().accept_pauses, 10U);
  EXPECT_EQ(status_of(client.ask(kGet)), 200);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_EQ(::send(waiting, kGet.data(), kGet.size(), 0), static_cast<ssize_t>(kGet.size()));
  char answer[12];
  EXPECT_EQ(::recv(waiting, answer, sizeof answer, MSG_WAITALL), 12);
  ::close(waiting);
  base::set_log_level(base::LogLevel::info);
}

TEST(HttpServer, AccessLog_HasEveryAnswer) {
  std::mutex mutex;
  std::vector<std::string> lines;
  HttpServer server({.port = 0,
                     .workers = 1,
                     .access_log =
                         [&](const AccessRecord& r) {
                           const std::lock_guard lock(mutex);
                           lines.push_back(std::string(r.method) + " " + std::string(r.target) +
                                           " " + std::to_string(r.status) + " " +
                                           std::to_string(r.bytes) + " " + std::string(r.peer));
                         }},
                    constant);
  server.start();
  RawClient client(server.port());
  client.ask("GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n");
  client.ask("BREW /tea HTTP/1.1\r\nHost: a\r\n\r\n");
  RawClient bad(server.port());
  bad.ask("nonsense\r\n\r\n");
  server.stop();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "GET /a?b=c 200 2 127.0.0.1");
  EXPECT_THAT(lines[1], testing::StartsWith("BREW /tea 501 "));
  EXPECT_THAT(lines[2], testing::StartsWith("  400 "));
}

TEST(HttpServer, H12_Stop_FinishesWhatIsInFlight_AndClosesTheRest) {
  Gate gate;
  HttpServer server({.port = 0, .workers = 2}, [&](const HttpRequest&) {
    gate.wait();
    return HttpResponse{.body = "done"};
  });
  server.start();
  RawClient probe(server.port());
  EXPECT_EQ(status_of(probe.ask(kReady)), 200);
  RawClient idle(server.port());
  RawClient busy(server.port());
  busy.send(kGet);
  gate.wait_for_waiting(1);
  bool finished = false;
  std::thread stopper([&] { finished = server.stop(std::chrono::seconds(20)); });
  EXPECT_TRUE(idle.is_closed());
  EXPECT_THROW(
      while (true) {
        RawClient refused(server.port());
        usleep(1000);
      },
      std::runtime_error);
  gate.open();
  const std::string last = busy.read_all();
  EXPECT_EQ(body_of(last), "done");
  EXPECT_THAT(last, HasSubstr("Connection: close"));
  stopper.join();
  EXPECT_TRUE(finished);
}

TEST(HttpServer, H12_Stop_AtItsDeadline_DoesNotWaitForAHandler) {
  Gate gate;
  HttpServer server({.port = 0, .workers = 1}, [&](const HttpRequest&) {
    gate.wait();
    return HttpResponse{};
  });
  server.start();
  RawClient busy(server.port());
  busy.send(kGet);
  gate.wait_for_waiting(1);
  EXPECT_FALSE(server.stop(milliseconds(20)));
  EXPECT_TRUE(busy.is_closed());
  gate.open();
}

TEST(HttpServer, H12_RunUntilSignal_EndsAtSigterm) {
  HttpServer server({.port = 0, .workers = 1}, constant);
  bool finished = false;
  // Blocked here so that it is the waiting thread's.
  std::thread runner([&] { finished = server.run_until_signal(); });
  RawClient client(server.port());
  EXPECT_EQ(status_of(client.ask(kGet)), 200);
  while (true) {  // until the signal is caught by the set rather than by this process's default
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line) && line.rfind("SigCgt:", 0) != 0) {
    }
    const unsigned long long caught = std::stoull(line.substr(7), nullptr, 16);
    if ((caught >> (SIGTERM - 1)) & 1U) break;
  }
  ::kill(::getpid(), SIGTERM);
  runner.join();
  EXPECT_TRUE(finished);
  EXPECT_TRUE(client.is_closed());
}

HttpResponse counting(int pieces) {
  HttpResponse response{.body = "0,"};
  response.more = [pieces, at = 0](std::string& piece) mutable {
    piece = std::to_string(++at) + ",";
    return at < pieces;
  };
  return response;
}

TEST(HttpServer, StreamedAnswer_IsSentInChunks_AndTheConnectionGoesOn) {
  HttpServer server({.port = 0, .workers = 1}, [](const HttpRequest&) { return counting(3); });
  server.start();
  RawClient client(server.port());
  client.send(
      "GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_all();
  const std::string body = "\r\n\r\n2\r\n0,\r\n2\r\n1,\r\n2\r\n2,\r\n2\r\n3,\r\n0\r\n\r\n";
  EXPECT_THAT(answer, testing::HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(answer, testing::Not(testing::HasSubstr("Content-Length")));
  const std::size_t first = answer.find(body);
  ASSERT_NE(first, std::string::npos);
  EXPECT_NE(answer.find(body, first + 1), std::string::npos);
}

TEST(HttpServer, H10_StreamedAnswer_WithoutABody_HasNoFraming) {
  for (const int code : {204, 304}) {
    HttpServer server({.port = 0, .workers = 1}, [code](const HttpRequest&) {
      HttpResponse response = counting(3);
      response.status = code;
      return response;
    });
    server.start();
    RawClient client(server.port());
    client.send(kGet + kGet);
    for (int i = 0; i < 2; ++i) {
      const std::string answer = client.read_response();
      EXPECT_EQ(status_of(answer), code);
      EXPECT_THAT(answer, Not(HasSubstr("Transfer-Encoding")));
    }
  }
}

TEST(HttpServer, StreamedAnswer_ToHttp10_EndsWithTheConnection) {
  HttpServer server({.port = 0, .workers = 1}, [](const HttpRequest&) { return counting(2); });
  server.start();
  RawClient client(server.port());
  client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read_all(), testing::EndsWith("\r\n\r\n0,1,2,"));
}

TEST(HttpServer, StreamedAnswer_ThatBreaksOff_HasNoEnd) {
  HttpServer server({.port = 0, .workers = 1}, [](const HttpRequest&) {
    HttpResponse response;
    response.more = [](std::string&) -> bool { throw std::runtime_error("the table is gone"); };
    return response;
  });
  server.start();
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(body_of(answer), "");  // not the last chunk either: the end of a whole answer
}

TEST(HttpServer, StreamedAnswer_OfManyPieces_ArrivesWholeAtASlowReader) {
  constexpr int kPieces = 20'000;
  HttpServer server({.port = 0, .workers = 2},
                    [](const HttpRequest&) { return counting(kPieces); });
  server.start();
  RawClient client(server.port(), /*receive_buffer=*/4096);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_THAT(answer, testing::EndsWith("20000,\r\n0\r\n\r\n"));
}

TEST(HttpServer, ManyClients_OnManyThreads_GetTheirOwnAnswers) {
  HttpServer server({.port = 0, .workers = 4}, [](const HttpRequest& request) {
    return HttpResponse{.body = std::string(request.target) + std::string(request.body)};
  });
  server.start();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int c = 0; c < 5; ++c) {
        RawClient client(server.port());
        for (int i = 0; i < 40; ++i) {
          const std::string target = "/" + std::to_string(t * 1000 + i);
          const std::string answer = client.ask(
              "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
          wrong += body_of(answer) != target + "body";
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace net
