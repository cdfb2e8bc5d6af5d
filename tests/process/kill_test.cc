// kill -9 while clients write: what was answered 201 is there after the restart, in its table and
// in its lists.
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "tests/process/manage_process.h"

namespace process_tests {
namespace {

using net::detail::body_of;
using net::detail::RawClient;
using net::detail::status_of;

int rounds() { return std::getenv("DDB_NIGHTLY") != nullptr ? 50 : 5; }

std::set<std::string> keys_of_all_posts(RawClient& client) {
  std::set<std::string> keys;
  std::string query = "limit=500";
  for (;;) {
    const std::string page = body_of(client.ask(get_request("/api/posts/?" + query)));
    for (auto at = page.find("{\"pk\":\""); at != std::string::npos;
         at = page.find("{\"pk\":\"", at + 1))
      keys.insert(page.substr(at + 7, 36));
    const std::string cursor = member(page, "next_cursor");
    if (cursor.empty()) return keys;
    query = "limit=500&cursor=" + cursor;
  }
}

TEST(Kill, DuringPosts_EveryAnsweredRowIsThereAfterTheRestart) {
  const Site site;
  std::mutex mutex;
  std::vector<std::string> authors, posts, usernames;
  for (int round = 0; round < rounds(); ++round) {
    Manage server(site, {"runserver", "0"});
    const auto port = server.port();
    ASSERT_NE(port, 0) << server.err();
    std::atomic<int> answered = 0;
    const int last = 50 + 70 * round % 400;
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&, i] {
        RawClient client(port);
        for (int n = 0;; ++n) {
          const std::string username =
              "u" + std::to_string(round) + "-" + std::to_string(i) + "-" + std::to_string(n);
          const std::string author =
              client.ask(post_request("/api/authors/", R"({"username":")" + username + R"("})"));
          if (status_of(author) != 201) return;
          const std::string pk = member(body_of(author), "pk");
          const std::string post = client.ask(post_request(
              "/api/posts/",
              R"({"title":"T","slug":"s","published":true,"author_id":")" + pk + R"("})"));
          const std::lock_guard lock(mutex);
          authors.push_back(pk);
          usernames.push_back(username);
          if (status_of(post) != 201) return;
          posts.push_back(member(body_of(post), "pk"));
          if (++answered == last) server.signal(SIGKILL);
        }
      });
    }
    for (auto& client : clients) client.join();
    EXPECT_EQ(server.wait(), -SIGKILL);
    ASSERT_GE(answered, last);

    Manage again(site, {"runserver", "0"});
    ASSERT_NE(again.port(), 0) << again.err();
    RawClient client(again.port());
    for (const auto& pk : authors)
      ASSERT_EQ(status_of(client.ask(get_request("/api/authors/" + pk + "/"))), 200)
          << "round " << round << ", author " << pk;
    for (const auto& username : usernames) {
      ASSERT_EQ(status_of(client.ask(
                    post_request("/api/authors/", R"({"username":")" + username + R"("})"))),
                409)
          << "round " << round << ", " << username;
    }
    const auto listed = keys_of_all_posts(client);
    for (const auto& pk : posts)
      ASSERT_EQ(listed.count(pk), 1u) << "round " << round << ", post " << pk;
    for (const auto& pk : listed)
      ASSERT_EQ(status_of(client.ask(get_request("/api/posts/" + pk + "/"))), 200)
          << "round " << round << ", listed " << pk;
    again.signal(SIGTERM);
    EXPECT_EQ(again.wait(), 0);
  }
}

}  // namespace
}  // namespace process_tests
