// The blog under a minute of mixed load, ten with DDB_NIGHTLY: its memory is what it was.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/process/manage_process.h"

namespace process_tests {
namespace {

using net::detail::body_of;
using net::detail::RawClient;
using net::detail::status_of;
using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

std::string put_request(const std::string& path, const std::string& json) {
  return "PUT " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
         "Content-Length: " + std::to_string(json.size()) + "\r\n\r\n" + json;
}
std::string delete_request(const std::string& path) {
  return "DELETE " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

// The keys of a list's rows.
std::vector<std::string> keys_in(const std::string& json) {
  const std::string name = "\"pk\":\"";
  std::vector<std::string> keys;
  for (std::size_t at = json.find(name); at != std::string::npos; at = json.find(name, at + 1))
    keys.push_back(json.substr(at + name.size(), 36));
  return keys;
}

class Reader {
 public:
  Reader(std::uint16_t port, std::atomic<int>& wrong) : client_(port), wrong_(wrong) {}

  std::string ask(const std::string& request, int status = 200) {
    const std::string response = client_.ask(request);
    if (status_of(response) != status) ++wrong_;
    return body_of(response);
  }
  // Mostly reading; each tenth turn writes as much as it takes away.
  void turn(const std::string& key, int number) {
    const std::string post = "/api/posts/" + key + "/";
    ask(get_request("/"));
    ask(get_request("/posts/" + key + "/"));
    ask(get_request("/?q=guide"));
    ask(get_request("/api/posts/?limit=200"));
    ask(get_request(post));
    ask(get_request("/none/" + std::to_string(number)), 404);
    if (number % 10 != 0) return;
    ask(put_request(
        post,
        R"({"body":")" + std::string(static_cast<std::size_t>(500 + number % 1000), 'x') + "\"}"));
    const std::string made =
        ask(post_request(post + "comments/", R"({"author_name":"a","body":"b"})"), 201);
    ask(delete_request("/api/comments/" + member(made, "pk") + "/"), 204);
  }

 private:
  RawClient client_;
  std::atomic<int>& wrong_;
};

// What is bounded is filled before it is measured, or it would fill meanwhile.

// The database's cache of 32 MiB, by reading a table that is larger.
void fill_cache(std::uint16_t port, std::atomic<int>& wrong) {
  Reader reader(port, wrong);
  std::string cursor;
  do {
    cursor =
        member(reader.ask(get_request("/api/posts/?limit=200&cursor=" + cursor)), "next_cursor");
  } while (!cursor.empty());
}

// The write buffers, until files of several have been written and merged. Each of the rows is
// written with its old and its new form, and in its indexes.
void fill_buffers(std::uint16_t port, const std::string& key, std::atomic<int>& wrong) {
  for (int connection = 0; connection < 4; ++connection) {
    Reader writer(port, wrong);
    for (int i = 0; i < 400; ++i)
      writer.ask(put_request(
          "/api/posts/" + key + "/",
          R"({"body":")" + std::string(static_cast<std::size_t>(40'000 + i), 'x') + "\"}"));
  }
}

TEST(Memory, M4_MixedLoad_OnTheBlog_StaysFlat) {
  const bool nightly = std::getenv("DDB_NIGHTLY") != nullptr;
  const seconds whole(nightly ? 600 : 60);
  const Site site;
  ASSERT_EQ(run(site, {"seed_posts", "--posts", "40000"}).code, 0);
  ASSERT_EQ(run(site, {"opensearch_reindex"}).code, 0);  // or the server would, meanwhile
  Manage server(site, {"runserver", "0"});
  const auto port = server.port();
  const auto keys = keys_in(ask(port, get_request("/api/posts/?limit=100")).body);
  ASSERT_EQ(keys.size(), 100u);
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0, turns = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i)
    clients.emplace_back([&, i] {
      for (int turn = i; !done;) {
        Reader reader(port, wrong);  // a connection takes a thousand requests
        for (int n = 0; n < 100 && !done; ++n, ++turn, ++turns)
          reader.turn(keys[static_cast<std::size_t>(turn) % 50], turn);
      }
    });
  fill_cache(port, wrong);
  fill_buffers(port, keys.back(), wrong);
  // A third of the time to settle; then it stays what it mostly was. (The write buffers' filling
  // and flushing is a tenth of it, several times a minute: the most is a matter of luck.)
  const auto began = Clock::now();
  const auto median_until = [&](Clock::time_point end) {
    std::vector<long> samples;
    while (Clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));  // between samples
      samples.push_back(server.resident_memory());
    }
    const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
    std::nth_element(samples.begin(), middle, samples.end());
    return *middle;
  };
  const long warm = median_until(began + whole / 3);
  const long later = median_until(began + whole);
  done = true;
  for (std::thread& client : clients) client.join();
  std::printf("%d turns, %ld KB in the first third, %ld KB later\n", turns.load(), warm, later);
  EXPECT_EQ(wrong, 0);
  EXPECT_LT(later - warm, warm / 50);
}

}  // namespace
}  // namespace process_tests
