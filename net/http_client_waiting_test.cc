// Who moves the bytes: callers that wait, and what others send meanwhile.
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "net/detail/raw_server.h"
#include "net/detail/test_served.h"
#include "net/http_client.h"

namespace net {
namespace {

using detail::Gate;
using detail::RawServer;
using detail::Served;
using std::chrono::milliseconds;

// A caller that waits moves the bytes of all: what others sent meanwhile must not depend on it.
class HttpClientWithAWaitingCaller : public testing::Test {
 protected:
  HttpClientWithAWaitingCaller() {
    caller_ =
        std::thread([this] { outcome_.set_value(client_.send({.url = server_.url("/held")})); });
    held_.get_future().get();
  }
  ~HttpClientWithAWaitingCaller() override {
    gate_.open();
    caller_.join();
  }

  std::promise<void> held_;
  Gate gate_;
  Served server_{[this](const HttpRequest& request) {
    if (request.target == "/held") {
      held_.set_value();
      gate_.wait();
    }
    return HttpResponse{.body = std::string(request.target)};
  }};
  HttpClient client_;
  std::promise<ClientOutcome> outcome_;
  std::thread caller_;
};

TEST_F(HttpClientWithAWaitingCaller, Completions_RunOnTheClientsThread) {
  std::promise<std::thread::id> first, second;
  client_.send({.url = server_.url("/a")}, [&](ClientOutcome outcome) {
    EXPECT_EQ(outcome->body, "/a");
    first.set_value(std::this_thread::get_id());
    client_.send({.url = server_.url("/b")}, [&](ClientOutcome again) {
      EXPECT_EQ(again->body, "/b");
      second.set_value(std::this_thread::get_id());
    });
  });
  const auto thread = first.get_future().get();
  EXPECT_NE(thread, caller_.get_id());
  EXPECT_EQ(second.get_future().get(), thread);
  gate_.open();
  EXPECT_EQ(outcome_.get_future().get()->body, "/held");
}

TEST_F(HttpClientWithAWaitingCaller, OtherCallers_NeedNotWaitForIt) {
  EXPECT_EQ(client_.send({.url = server_.url("/a")})->body, "/a");
  const auto late = client_.send({.method = "GET",
                                  .url = server_.url(),
                                  .deadline = HttpClient::Clock::now() - milliseconds(1)});
  EXPECT_EQ(late.error().kind, ClientErrorKind::timeout);
  gate_.open();
}

TEST_F(HttpClientWithAWaitingCaller, WhatIsInFlightWhenItLeaves_IsFinished) {
  RawServer slow([&](RawServer::Peer& peer) {
    peer.read_request();
    outcome_.get_future().wait();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
  });
  std::promise<std::string> body;
  client_.send({.url = slow.url()}, [&](ClientOutcome outcome) { body.set_value(outcome->body); });
  gate_.open();
  EXPECT_EQ(body.get_future().get(), "slow");
}

TEST_F(HttpClientWithAWaitingCaller, Stop_IsWhatItGets_AndAllElse) {
  std::promise<ClientErrorKind> sent;
  RawServer silent([](RawServer::Peer& peer) { peer.wait_for_close(); });
  client_.send({.url = silent.url()},
               [&](ClientOutcome outcome) { sent.set_value(outcome.error().kind); });
  client_.stop();
  EXPECT_EQ(outcome_.get_future().get().error().kind, ClientErrorKind::stopped);
  EXPECT_EQ(sent.get_future().get(), ClientErrorKind::stopped);
  EXPECT_EQ(client_.send({.url = server_.url()}).error().kind, ClientErrorKind::stopped);
  gate_.open();
}

}  // namespace
}  // namespace net
