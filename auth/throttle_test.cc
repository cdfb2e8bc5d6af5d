#include "auth/throttle.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "auth/counter_store.h"
#include "auth/counters.h"
#include "auth/test_auth.h"
#include "web/test_client.h"

namespace auth {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kHome = "192.0.2.1";

struct Throttle : testing::Test, AuthDatabase {
  // The seconds to wait, 0: it is allowed.
  std::int64_t attempt(const std::string& account, const std::string& address) const {
    try {
      throttle.begin(account, address);
      return 0;
    } catch (const Throttled& refused) {
      return refused.retry_after.count();
    }
  }
  // An address that has not been used.
  std::string address() { return "198.51.100." + std::to_string(++addresses); }
  std::int64_t fail_until_locked(const std::string& account) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(attempt(account, address()), 0) << i;
    return attempt(account, address());
  }

  const LoginThrottle throttle{"secret"};
  int addresses = 0;
};

TEST_F(Throttle, N1_FiveFailuresOfAnAccount_InFiveMinutes_WhereverTheyComeFrom) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(attempt("alice", address()), 0);
  now += minutes(1);
  EXPECT_EQ(attempt("ALICE", address()), 240) << "in any case";
  EXPECT_EQ(attempt("bob", address()), 0);
  now += minutes(4);
  EXPECT_EQ(attempt("alice", address()), 0);
}

TEST_F(Throttle, N1_EachLockIsTwiceAsLong_AndNoneForGood) {
  EXPECT_EQ(fail_until_locked("alice"), 300);
  std::int64_t expected = 300;
  for (int round = 1; round < 8; ++round) {
    now += seconds(expected);
    expected = std::min<std::int64_t>(expected * 2, 3600);
    EXPECT_EQ(fail_until_locked("alice"), expected) << round;
    EXPECT_EQ(attempt("alice", address()), expected) << "trying on does not prolong it";
  }
}

TEST_F(Throttle, N1_Success_EndsTheCount) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(attempt("alice", address()), 0);
  EXPECT_EQ(attempt("alice", kHome), 0);
  throttle.succeeded("alice", kHome);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(attempt("alice", address()), 0);
}

TEST_F(Throttle, N3_ABusyMoment_IsNoFailedAttempt) {
  const std::string slow =
      PasswordHasher({.parameters = {.passes = 30, .memory = 32u << 20}}).hash("slow");
  HasherOptions options = quick_hashes();
  options.concurrency = 1;
  options.waiting = 0;
  PasswordHasher one(options);
  const ScopedPasswordHasher scoped(one);
  create_user({.username = "alice"}, kPassword);
  const auto is_busy = [&one](const std::string& hash) {
    try {
      one.verify(hash, "x");
      return false;
    } catch (const PasswordsBusy&) {
      return true;
    }
  };
  std::thread holder([&] {
    while (is_busy(slow)) continue;
  });
  while (!is_busy("")) continue;
  for (int i = 0; i < 6; ++i)
    EXPECT_THROW(throttle.authenticate("alice", kPassword, kHome), PasswordsBusy) << i;
  holder.join();
  EXPECT_TRUE(throttle.authenticate("alice", kPassword, kHome));
}

TEST_F(Throttle, N1_Others_CannotLockOutWhoHasSignedInFromThere) {
  EXPECT_EQ(attempt("alice", kHome), 0);
  throttle.succeeded("alice", kHome);
  EXPECT_EQ(fail_until_locked("alice"), 300);
  EXPECT_EQ(attempt("alice", kHome), 0) << "the owner's address";
  for (int i = 0; i < 4; ++i) EXPECT_EQ(attempt("alice", kHome), 0);
  EXPECT_GT(attempt("alice", kHome), 0) << "which has its own count";
}

TEST_F(Throttle, N1_TenFailuresOfAnAddress_InAMinute) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(attempt("user" + std::to_string(i), kHome), 0);
  EXPECT_EQ(attempt("another", kHome), 60);
  EXPECT_EQ(attempt("another", address()), 0);
  now += minutes(1);
  EXPECT_EQ(attempt("another", kHome), 0);
}

TEST_F(Throttle, N1_ThirtyAttemptsOfAnAddress_SuccessfulOnesToo) {
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(attempt("alice", kHome), 0) << i;
    throttle.succeeded("alice", kHome);
  }
  EXPECT_EQ(attempt("alice", kHome), 60);
}

TEST_F(Throttle, N1_OwnAccount_DoesNotBuyGuessesAtOthers) {
  int guesses = 0;
  for (int i = 0; i < 40; ++i) {
    const bool own = i % 2 == 0;
    if (attempt(own ? "mallory" : "victim" + std::to_string(i), kHome) != 0) continue;
    if (own)
      throttle.succeeded("mallory", kHome);
    else
      ++guesses;
  }
  EXPECT_LE(guesses, 10);
}

TEST_F(Throttle, N1_AnIPv6Network_IsOneAddress) {
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(attempt("user" + std::to_string(i), "2001:db8:1:2::" + std::to_string(i)), 0);
  EXPECT_GT(attempt("another", "2001:db8:1:2:ffff::1"), 0);
  EXPECT_EQ(attempt("another", "2001:db8:1:3::1"), 0);
}

TEST_F(Throttle, N1_ManyAtOnce_GainNothing) {
  std::atomic<int> allowed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 3; ++k)
        if (attempt("alice", "203.0.113." + std::to_string(3 * i + k)) == 0) ++allowed;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(allowed, 5);
}

TEST_F(Throttle, CounterKeys_TellNoNames) {
  attempt("alice", kHome);
  for (const CounterRow& row : CounterRow::objects.all().allow_scan("a test")) {
    EXPECT_EQ(row.key.find("alice"), std::string::npos);
    EXPECT_EQ(row.key.find(kHome), std::string::npos);
  }
  EXPECT_NE(counter_key("secret", "p", "alice"), counter_key("other", "p", "alice"));
}

TEST_F(Throttle, N1_LimitsThatAreNone_AreRefused) {
  using Change = void (*)(LoginLimits&);
  for (const Change change : std::initializer_list<Change>{
           [](LoginLimits& l) { l.attempts_per_address = 0; },
           [](LoginLimits& l) { l.failures_per_address = 1'000'000; },
           [](LoginLimits& l) { l.failures_per_account = -1; },
           [](LoginLimits& l) { l.account_window = std::chrono::seconds(0); },
           [](LoginLimits& l) { l.longest_window = std::chrono::seconds(1); }}) {
    LoginLimits limits;
    change(limits);
    EXPECT_THROW(LoginThrottle("secret", limits), std::invalid_argument);
  }
}

TEST_F(Throttle, N1_Doors_CountApart) {
  for (int i = 0; i < 20; ++i) EXPECT_NO_THROW(throttle_address("s", "signup", kHome, 20));
  EXPECT_THROW(throttle_address("s", "signup", kHome, 20), Throttled);
  EXPECT_NO_THROW(throttle_address("s", "reset", kHome, 20));
}

// Two processes of one site share its secret and its database.
TEST_F(Throttle, N1_RateLimits_AreOfAllProcessesTogether) {
  const auto make = [this] {
    auto app = std::make_unique<web::Application>(web::ApplicationOptions{
        .allowed_hosts = {"localhost"}, .secret_keys = {.current = "secret"}});
    app->use(web::rate_limits(counter_store(), [this] { return now; }));
    app->router()
        .get("/", [](web::Request&) { return web::Response::text("ok"); })
        .rate_limit({.name = "home", .allowed = 3});
    return app;
  };
  const auto first = make(), second = make();
  web::TestClient one(*first), two(*second);
  one.peer = two.peer = kHome;
  EXPECT_EQ(one.get("/").status, 200);
  EXPECT_EQ(two.get("/").status, 200);
  EXPECT_EQ(one.get("/").status, 200);
  now += seconds(20);
  const web::TestResponse refused = two.get("/");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("Retry-After"), "40");
  now += seconds(40);
  EXPECT_EQ(one.get("/").status, 200);
}

}  // namespace
}  // namespace auth
