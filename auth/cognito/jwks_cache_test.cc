// Rule J10: how often keys are fetched, and what holds while they cannot be.
#include "auth/cognito/jwks_cache.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "auth/cognito/test_tokens.h"
#include "net/http_server.h"

namespace auth::cognito {
namespace {

using std::chrono::seconds;

class Jwks : public testing::Test {
 protected:
  Jwks()
      : server({.host = "127.0.0.1", .port = 0, .workers = 2},
               net::HttpServer::SyncHandler([this](const net::HttpRequest&) {
                 ++fetches;
                 std::unique_lock lock(mutex);
                 changed.wait(lock, [&] { return !held; });
                 return fetches <= failures ? net::HttpResponse{.status = 503} : answer;
               })) {
    server.start();
    serve({test_key().jwk()});
  }
  ~Jwks() override { release(); }

  void serve(std::initializer_list<base::Json> keys) {
    const std::lock_guard lock(mutex);
    answer = net::HttpResponse{.body = key_set_text(keys)};
  }
  void serve(net::HttpResponse response) {
    const std::lock_guard lock(mutex);
    answer = std::move(response);
  }
  void hold() {
    const std::lock_guard lock(mutex);
    held = true;
  }
  void release() {
    {
      const std::lock_guard lock(mutex);
      held = false;
    }
    changed.notify_all();
  }
  void wait_for_fetches(int count) {
    while (fetches < count) std::this_thread::yield();
  }
  JwksOptions options() {
    return {.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/.well-known/jwks.json",
            .clock = [this] { return JwksOptions::Clock::time_point(clock.load()); }};
  }
  std::optional<TokenFault> fault_of(std::string_view key_id) {
    const auto key = cache->find(key_id);
    return key ? std::nullopt : std::optional(key.error().fault);
  }
  void advance(seconds by) { clock = clock.load() + by; }

  std::mutex mutex;
  std::condition_variable changed;
  net::HttpResponse answer;
  bool held = false;
  std::atomic<int> failures = 0;  // of the first fetches
  std::atomic<int> fetches = 0;
  std::atomic<JwksOptions::Clock::duration> clock{seconds(1000)};
  net::HttpServer server;
  net::HttpClient http;
  std::unique_ptr<JwksCache> cache = std::make_unique<JwksCache>(http, options());
};

TEST_F(Jwks, J10_KnownKey_IsFetchedOnce) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(fault_of(test_key().id()), std::nullopt);
  EXPECT_EQ(fetches, 1);
}

TEST_F(Jwks, J10_FloodOfUnknownKeys_FetchesOnceInTenSeconds) {
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(fault_of("random" + std::to_string(i)), TokenFault::unknown_key);
  EXPECT_EQ(fetches, 1);
  advance(seconds(9));
  EXPECT_EQ(fault_of("random"), TokenFault::unknown_key);
  EXPECT_EQ(fetches, 1);
  advance(seconds(1));
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(fault_of("more" + std::to_string(i)), TokenFault::unknown_key);
  EXPECT_EQ(fetches, 2);
  EXPECT_EQ(fault_of(test_key().id()), std::nullopt);
}

TEST_F(Jwks, J10_ManyAtOnce_WaitForOneFetch) {
  hold();
  std::atomic<int> found = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { found += fault_of(test_key().id()) == std::nullopt; });
  }
  wait_for_fetches(1);
  release();
  threads.clear();
  EXPECT_EQ(found, 8);
  EXPECT_EQ(fetches, 1);
}

TEST_F(Jwks, J10_Rotation_IsSeenAtTheFirstTokenOfTheNewKey) {
  EXPECT_EQ(fault_of(test_key().id()), std::nullopt);
  serve({test_key(0).jwk(), test_key(1).jwk()});
  advance(seconds(10));
  EXPECT_EQ(fault_of(test_key(1).id()), std::nullopt);
  EXPECT_EQ(fault_of(test_key(0).id()), std::nullopt);
  EXPECT_EQ(fetches, 2);
}

TEST_F(Jwks, J10_FailedFetch_KeepsTheLastGoodSet) {
  EXPECT_EQ(fault_of(test_key().id()), std::nullopt);
  int expected = 1;
  for (auto& bad : {net::HttpResponse{.status = 500},
                    net::HttpResponse{.status = 404, .body = key_set_text({test_key(1).jwk()})},
                    net::HttpResponse{.body = "<html>"}, net::HttpResponse{.body = "{}"},
                    net::HttpResponse{.body = "{\"keys\":[]}"},
                    net::HttpResponse{.body = "{\"keys\":[1]}"}, net::HttpResponse{.status = 302},
                    net::HttpResponse{.body = key_set_text({test_key(1).jwk(), test_key(1).jwk()})},
                    net::HttpResponse{.body = key_set_text({test_key(1).jwk()}) +
                                              std::string(kMostKeySetBytes, ' ')}}) {
    serve(bad);
    advance(seconds(10));
    EXPECT_EQ(fault_of(test_key(1).id()), TokenFault::unknown_key);
    EXPECT_EQ(fault_of(test_key(0).id()), std::nullopt);
    EXPECT_EQ(fetches, ++expected);
  }
}

TEST_F(Jwks, J10_Over32Keys_IsNoKeySet) {
  base::Json keys = base::Json::array();
  for (int i = 0; i < 33; ++i) {
    keys.push_back(test_key().jwk());
    keys.back()["kid"] = std::to_string(i);
  }
  serve(net::HttpResponse{.body = base::Json{{"keys", keys}}.dump()});
  EXPECT_EQ(fault_of("0"), TokenFault::keys_unavailable);
  keys.erase(0);
  serve(net::HttpResponse{.body = base::Json{{"keys", keys}}.dump()});
  advance(seconds(10));
  EXPECT_EQ(fault_of("1"), std::nullopt);
}

TEST_F(Jwks, J10_Redirect_IsNotFollowed) {
  net::HttpResponse redirect{.status = 302};
  redirect.headers.set("Location", options().url);
  serve(redirect);
  EXPECT_EQ(fault_of(test_key().id()), TokenFault::keys_unavailable);
  EXPECT_EQ(fetches, 1);
}

TEST_F(Jwks, J10_EndpointDown_IsSaidAndAskedAgainAfterTenSeconds) {
  auto nowhere = options();
  nowhere.url = "http://127.0.0.1:1/";
  cache = std::make_unique<JwksCache>(http, nowhere);
  EXPECT_EQ(fault_of(test_key().id()), TokenFault::keys_unavailable);
  EXPECT_EQ(fault_of(test_key().id()), TokenFault::keys_unavailable);
}

TEST_F(Jwks, J10_SlowEndpoint_IsGivenUpAtTheDeadline) {
  EXPECT_EQ(options().deadline, std::chrono::seconds(3));
  auto impatient = options();
  impatient.deadline = std::chrono::milliseconds(50);
  cache = std::make_unique<JwksCache>(http, impatient);
  hold();
  EXPECT_EQ(fault_of(test_key().id()), TokenFault::keys_unavailable);
  release();
  EXPECT_EQ(fault_of(test_key().id()), TokenFault::keys_unavailable);  // not asked again so soon
  advance(seconds(10));
  EXPECT_EQ(fault_of(test_key().id()), std::nullopt);
}

TEST_F(Jwks, J10_Prefetch_SparesTheFirstTokenTheWait) {
  cache->prefetch();
  wait_for_fetches(1);
  EXPECT_EQ(fault_of(test_key().id()), std::nullopt);
  EXPECT_EQ(fetches, 1);
}

TEST_F(Jwks, J10_FailedPrefetch_LeavesTheFirstTokenItsFetch) {
  failures = 1;
  cache->prefetch();
  EXPECT_EQ(fault_of(test_key().id()), std::nullopt);
  EXPECT_EQ(fetches, 2);
}

TEST_F(Jwks, J10_OldKeys_AreFetchedAnewBesideTheRequests) {
  EXPECT_EQ(fault_of(test_key(0).id()), std::nullopt);
  serve({test_key(1).jwk()});  // the pool has withdrawn key 0
  hold();
  advance(seconds(3600));
  EXPECT_EQ(fault_of(test_key(0).id()), std::nullopt);  // does not wait
  wait_for_fetches(2);
  release();
  EXPECT_EQ(fault_of(test_key(1).id()), std::nullopt);
  EXPECT_EQ(fault_of(test_key(0).id()), TokenFault::unknown_key);
  EXPECT_EQ(fetches, 2);
}

TEST_F(Jwks, DestroyedWithAFetchInFlight_LeavesNothingBehind) {
  hold();
  cache->prefetch();
  wait_for_fetches(1);
  cache.reset();
}

}  // namespace
}  // namespace auth::cognito
