#include "web/rate_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "web/session.h"
#include "web/session_store.h"
#include "web/test_client.h"

using namespace web;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

namespace {

class DeadStore : public CounterStore {
  Count count_up(const std::string&, std::chrono::seconds) override {
    throw std::runtime_error("no answer");
  }
};

class KeepingStore : public MemoryCounterStore {
 public:
  using MemoryCounterStore::MemoryCounterStore;
  Count count_up(const std::string& key, std::chrono::seconds life) override {
    last_key = key;
    return MemoryCounterStore::count_up(key, life);
  }
  std::string last_key{};
};

struct RateLimits : testing::Test {
  explicit RateLimits(bool debug = false) : app({.debug = debug, .allowed_hosts = {"localhost"}}) {
    base::set_log_level(base::LogLevel::off);
    app.use(sessions(std::make_shared<MemorySessionStore>()));
    app.use(rate_limits(store, [this] { return now; }));
    auto& r = app.router();
    const auto view = [](Request&) { return Response::text("ok"); };
    r.get("/search/", view).rate_limit({.name = "search", .allowed = 3});
    r.get("/also/", view).rate_limit({.name = "search", .allowed = 3});
    r.get("/write/", view).rate_limit({.name = "write", .allowed = 2, .per = RateLimit::Per::user});
    r.get("/free/", view);
    r.get("/list/", view).rate_limit({.name = "search", .allowed = 3, .parameter = "q"});
    r.get("/login/<str:user>/", [](Request& request, std::string user) {
      session(request).set_user_key(user);
      return Response::text("in");
    });
    client.peer = "203.0.113.9";
  }
  ~RateLimits() override { base::set_log_level(base::LogLevel::info); }
  int get(const std::string& path) { return client.get(path).status; }

  base::Timestamp now{1'700'000'000s};
  std::shared_ptr<KeepingStore> store = std::make_shared<KeepingStore>([this] { return now; });
  Application app;
  TestClient client{app};
};

struct RateLimitsInDebug : RateLimits {
  RateLimitsInDebug() : RateLimits(true) {}
};

}  // namespace

TEST_F(RateLimits, N1_OverTheLimit_Is429_WithRetryAfter) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get("/search/"), 200);
  now += 20500ms;
  const TestResponse refused = client.get("/search/");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("Retry-After"), "40");
  EXPECT_THAT(refused.body, HasSubstr("too_many_requests"));
  EXPECT_EQ(get("/free/"), 200);
  now += 39500ms;
  EXPECT_EQ(get("/search/"), 200);
}

TEST_F(RateLimits, N1_AskingOn_DoesNotProlongTheWait) {
  for (int i = 0; i < 50; ++i) {
    get("/search/");
    now += 1s;
  }
  now += 10s;
  EXPECT_EQ(get("/search/"), 200);
}

TEST_F(RateLimits, N1_RoutesOfOneName_ShareALimit_AddressesDoNot) {
  get("/search/");
  get("/also/");
  get("/also/");
  EXPECT_EQ(get("/search/"), 429);
  client.peer = "203.0.113.10";
  EXPECT_EQ(get("/search/"), 200);
}

TEST_F(RateLimits, N1_OfAParameter_CountsWhereItIsGiven) {
  for (int i = 0; i < 5; ++i)
    for (const char* free : {"/list/", "/list/?q=", "/list/?page=2"}) EXPECT_EQ(get(free), 200);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get("/list/?q=word"), 200);
  EXPECT_EQ(get("/list/?page=2&q=word"), 429);
  EXPECT_EQ(get("/search/"), 429);
  EXPECT_EQ(get("/list/"), 200);
}

TEST_F(RateLimits, N1_Ipv6_IsCountedByNetwork) {
  for (const char* peer : {"2001:db8:1:2::1", "2001:db8:1:2:ffff::1", "2001:db8:1:2:3:4:5:6"}) {
    client.peer = peer;
    EXPECT_EQ(get("/search/"), 200);
  }
  client.peer = "2001:db8:1:2::9";
  EXPECT_EQ(get("/search/"), 429);
  client.peer = "2001:db8:1:3::1";
  EXPECT_EQ(get("/search/"), 200);
  EXPECT_EQ(network_of("::ffff:203.0.113.9"), "203.0.113.9");
  EXPECT_EQ(network_of("2001:db8::1"), "2001:db8:0:0");
}

TEST_F(RateLimits, N1_OfAUser_CountsTheUser_WhereverItIs) {
  get("/login/alice/");
  EXPECT_EQ(get("/write/"), 200);
  client.peer = "203.0.113.10";
  EXPECT_EQ(get("/write/"), 200);
  EXPECT_EQ(get("/write/"), 429);
  get("/login/bob/");
  EXPECT_EQ(get("/write/"), 200);
  client.cookies.clear();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(get("/write/"), 200);
  EXPECT_EQ(get("/write/"), 429);
}

TEST_F(RateLimits, N1_Counters_TellNoAddresses) {
  get("/search/");
  EXPECT_THAT(store->last_key, testing::StartsWith("search:"));
  EXPECT_THAT(store->last_key, Not(HasSubstr("203.0.113")));
  Application other({.allowed_hosts = {"localhost"}});
  other.use(rate_limits(store));
  other.router()
      .get("/", [](Request&) { return Response::text(""); })
      .rate_limit({.name = "search"});
  TestClient same(other);
  same.peer = client.peer;
  const std::string key = store->last_key;
  same.get("/");
  EXPECT_NE(store->last_key, key);  // another site's secret
}

TEST_F(RateLimits, OutsideDebug_LoopbackIsLimited) {
  client.peer = "127.0.0.1";
  for (int i = 0; i < 3; ++i) get("/search/");
  EXPECT_EQ(get("/search/"), 429);
}

TEST_F(RateLimitsInDebug, Loopback_IsNotLimited) {
  client.peer = "127.0.0.1";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(get("/search/"), 200);
  client.peer = "203.0.113.9";
  for (int i = 0; i < 3; ++i) get("/search/");
  EXPECT_EQ(get("/search/"), 429);
}

TEST_F(RateLimits, CountersThatDoNotAnswer_LetRequestsThrough) {
  Application open({.allowed_hosts = {"localhost"}});
  open.use(rate_limits(std::make_shared<DeadStore>()));
  open.router()
      .get("/", [](Request&) { return Response::text("ok"); })
      .rate_limit({.name = "x", .allowed = 0});
  TestClient visitor(open);
  visitor.peer = "203.0.113.9";
  EXPECT_EQ(visitor.get("/").status, 200);
}

TEST(MemoryCounterStore, CountersThatHaveEnded_AreDropped) {
  base::Timestamp now{1'700'000'000s};
  MemoryCounterStore store([&] { return now; });
  for (int i = 0; i < 5000; ++i) {
    now += 1s;
    store.count_up(std::to_string(i), 60s);
  }
  EXPECT_LE(store.size(), 1200u);
}
