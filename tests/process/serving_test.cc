// runserver, and other commands beside it on the same database.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/process/manage_process.h"

namespace process_tests {
namespace {

using net::detail::RawClient;
using testing::HasSubstr;

std::string author(const std::string& username) {
  return post_request("/api/authors/", R"({"username":")" + username + R"("})");
}

std::size_t posts_at(std::uint16_t port) {
  return occurrences(ask(port, get_request("/api/posts/?limit=500")).body, "\"title\":");
}

constexpr const char* kLoggingSettings =
    "[dynamo_backend]\nendpoint_url = \"local:data\"\n[web]\ndebug = true\naccess_log = true\n";

// What a server said on standard error beside that it stops, and what becomes of indexes.
std::string complaints(const Manage& server) {
  std::istringstream lines(server.err());
  std::string all;
  for (std::string line; std::getline(lines, line);) {
    const auto says = [&](const char* what) { return line.find(what) != std::string::npos; };
    if (!says(" info stopping: ") && !says(" info search: ") && !says(" warning search: "))
      all += line + "\n";
  }
  return all;
}

TEST(RunServer, PortZero_PrintsTheAddress_AndAnswers) {
  const Site site;
  Manage server(site, {"runserver", "0"});
  const auto port = server.port();
  ASSERT_NE(port, 0) << server.err();
  const std::string address = "http://127.0.0.1:" + std::to_string(port) + "/";
  EXPECT_EQ(ask(port, get_request("/api/authors/")).body, R"({"authors":[],"next_cursor":null})");
  EXPECT_EQ(ask(port, get_request("/readyz")).status, 200);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_EQ(server.out(), "Serving " + address + " (stop with Ctrl-C)\n  Admin     " + address +
                              "admin/\n  REST API  " + address + "api/\n");
  EXPECT_EQ(complaints(server), "");
}

TEST(RunServer, EveryFormOfAddress_IsListenedOn) {
  for (const char* address : {"127.0.0.1:0", "localhost:0", "0.0.0.0:0"}) {
    const Site site;
    Manage server(site, {"runserver", address});
    EXPECT_EQ(ask(server.port(), get_request("/api/")).status, 200) << address << server.err();
  }
}

TEST(RunServer, Rows_AreThereAfterARestart) {
  const Site site;
  std::string pk;
  for (const int stop : {SIGTERM, SIGINT}) {
    Manage server(site, {"runserver", "0"});
    const auto port = server.port();
    if (pk.empty()) pk = member(ask(port, author("alice")).body, "pk");
    EXPECT_EQ(member(ask(port, get_request("/api/authors/" + pk + "/")).body, "username"), "alice");
    EXPECT_EQ(ask(port, author("alice")).status, 409);
    server.signal(stop);
    EXPECT_EQ(server.wait(), 0);
  }
  EXPECT_TRUE(std::filesystem::exists(site.data() + "/secret_key"));
}

TEST(RunServer, Cursor_IsGoodAfterARestart) {
  const Site site;
  ASSERT_EQ(run(site, {"seed_posts", "--posts", "20"}).code, 0);
  std::string cursor;
  for (int start = 0; start < 2; ++start) {
    Manage server(site, {"runserver", "0"});
    const Answer page =
        ask(server.port(),
            get_request("/api/posts/?limit=5" + (cursor.empty() ? "" : "&cursor=" + cursor)));
    EXPECT_EQ(page.status, 200) << page.body;
    cursor = member(page.body, "next_cursor");
  }
}

TEST(RunServer, DatabaseInMemory_LeavesNoFile) {
  const Site site(":memory:");
  Manage server(site, {"runserver", "0"});
  EXPECT_EQ(ask(server.port(), author("alice")).status, 201);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(site.folder() + "/data"));
  EXPECT_FALSE(std::filesystem::exists(site.folder() + "/:memory:"));
}

TEST(RunServer, DataFolderOfADeepPath_Works_ForASecondProcessToo) {
  std::string deep;
  for (int i = 0; i < 12; ++i) deep += "a-folder-with-a-long-name-" + std::to_string(i) + "/";
  const Site site(deep + "data");
  Manage server(site, {"runserver", "0"});
  ASSERT_NE(server.port(), 0) << server.err();
  const Finished seed = run(site, {"seed_posts", "--posts", "20"});
  EXPECT_EQ(seed.code, 0) << seed.err;
  EXPECT_EQ(posts_at(server.port()), 10u);  // half are drafts
  EXPECT_TRUE(std::filesystem::exists(site.data() + "/secret_key"));
}

// ---- two processes

TEST(Processes, SeedPosts_WhileTheServerRuns_IsSeenByTheServer) {
  const Site site;
  Manage server(site, {"runserver", "0"});
  const auto port = server.port();
  EXPECT_EQ(posts_at(port), 0u);
  const Finished seed = run(site, {"seed_posts", "--posts", "60"});
  EXPECT_EQ(seed.code, 0) << seed.err;
  EXPECT_THAT(seed.out, HasSubstr("Seeded 60 posts"));
  EXPECT_EQ(posts_at(port), 30u);  // half are drafts
  EXPECT_EQ(ask(port, author("bob")).status, 409);

  EXPECT_EQ(run(site, {"seed_posts", "--if-empty", "--posts", "400"}).out, "");
  EXPECT_EQ(posts_at(port), 30u);
  EXPECT_EQ(run(site, {"seed_posts", "--clear", "--posts", "10"}).code, 0);
  EXPECT_EQ(posts_at(port), 5u);
  EXPECT_EQ(run(site, {"check"}).code, 0);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_EQ(complaints(server), "");
}

TEST(Processes, SecondServer_ServesTheSameRows_AndHoldsThemWhenTheHolderEnds) {
  const Site site;
  Manage holder(site, {"runserver", "0"});
  const auto first = holder.port();
  Manage guest(site, {"runserver", "0"});
  const auto second = guest.port();
  ASSERT_NE(second, 0) << guest.err();
  EXPECT_EQ(ask(second, author("alice")).status, 201);
  EXPECT_EQ(ask(first, author("alice")).status, 409);
  EXPECT_EQ(ask(first, get_request("/api/authors/")).body,
            ask(second, get_request("/api/authors/")).body);
  holder.signal(SIGTERM);
  EXPECT_EQ(holder.wait(), 0);
  EXPECT_EQ(ask(second, author("alice")).status, 409);
  EXPECT_EQ(ask(second, author("bob")).status, 201);
  guest.signal(SIGTERM);
  EXPECT_EQ(guest.wait(), 0);
}

TEST(Processes, StartedTogether_OneHoldsTheDatabase_AndAllSeed) {
  const Site site;
  std::vector<std::unique_ptr<Manage>> processes;
  for (int seed = 1; seed <= 4; ++seed) {
    processes.push_back(std::make_unique<Manage>(
        site,
        std::vector<std::string>{"seed_posts", "--posts", "25", "--seed", std::to_string(seed)}));
  }
  // A guest whose holder ends first may fail, with one line; what it wrote stays.
  std::size_t succeeded = 0;
  for (auto& process : processes) {
    const int code = process->wait();
    succeeded += code == 0 ? 1 : 0;
    if (code != 0) {
      EXPECT_EQ(code, 1);
      EXPECT_EQ(occurrences(process->err(), "\n"), 1u) << process->err();
    }
  }
  EXPECT_GE(succeeded, 1u);
  Manage server(site, {"runserver", "0"});
  EXPECT_GE(posts_at(server.port()), 12 * succeeded);  // without the drafts
  EXPECT_EQ(occurrences(ask(server.port(), get_request("/api/authors/")).body, "\"username\":"),
            5u);
}

// As `runserver | head -3`.
TEST(RunServer, LogWhoseReaderHasGone_IsDoneWithout) {
  const Site site;
  site.write("config/settings.toml", kLoggingSettings);
  Manage server(site, {"runserver", "0"});
  const auto port = server.port();
  ASSERT_NE(port, 0) << server.err();
  server.stop_reading();
  EXPECT_EQ(ask(port, get_request("/api/")).status, 200);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);  // it has tried to write the line by then
}

// ---- the end

TEST(Shutdown, H12_RequestOfWhichTheServerHasHalf_IsAnswered) {
  const Site site;
  Manage server(site, {"runserver", "0"});
  const auto port = server.port();
  const std::string request = author("alice"), other = author("bob");
  RawClient half(port), idle(port);
  EXPECT_EQ(net::detail::status_of(half.ask(get_request("/api/authors/"))), 200);
  EXPECT_EQ(net::detail::status_of(idle.ask(get_request("/api/authors/"))), 200);
  ASSERT_TRUE(half.send(request.substr(0, request.size() - 5)));
  // Another connection's answer shows that the server has had its turn with the half.
  EXPECT_EQ(ask(port, other).status, 201);
  server.signal(SIGTERM);
  EXPECT_TRUE(idle.is_closed());  // the server is stopping
  ASSERT_TRUE(half.send(request.substr(request.size() - 5)));
  EXPECT_EQ(net::detail::status_of(half.read_response()), 201);
  EXPECT_EQ(server.wait(), 0);
  Manage again(site, {"runserver", "0"});
  EXPECT_EQ(ask(again.port(), author("alice")).status, 409);
}

// A server that has half of a request, and has been told to stop.
struct Stopping {
  explicit Stopping(const std::string& request) : request_(request) {
    half.send(request.substr(0, request.size() - 2));
    RawClient idle(server.port());
    EXPECT_EQ(net::detail::status_of(idle.ask(get_request("/api/"))), 200);
    server.signal(SIGTERM);
    EXPECT_TRUE(idle.is_closed());
  }
  std::string finish() { return half.ask(request_.substr(request_.size() - 2)); }

  const Site site;
  Manage server{site, {"runserver", "0"}};
  RawClient half{server.port()};

 private:
  const std::string request_;
};

TEST(Shutdown, H12_Readyz_Is503_AndNobodyElseIsLetIn) {
  Stopping stopping(get_request("/readyz"));
  EXPECT_THROW(RawClient another(stopping.server.port()), std::runtime_error);
  EXPECT_EQ(net::detail::status_of(stopping.finish()), 503);
  EXPECT_EQ(stopping.server.wait(), 0);
}

TEST(Shutdown, H12_SecondSignal_EndsAtOnce) {
  for (const int second : {SIGTERM, SIGINT}) {
    Stopping stopping(get_request("/api/"));
    stopping.server.signal(second);
    EXPECT_EQ(stopping.server.wait(), -second);
  }
}

TEST(Shutdown, H12_SecondSignal_LosesNoLineOfTheAccessLog) {
  const Site site;
  site.write("config/settings.toml", kLoggingSettings);
  Manage server(site, {"runserver", "0"});
  RawClient half(server.port()), idle(server.port());
  half.send("GET /half/ HTTP/1.1\r\n");  // what the first signal waits for
  // A connection's second request is read when the first is in the log.
  for (const char* path : {"/api/", "/api/tags/"})
    EXPECT_EQ(net::detail::status_of(idle.ask(get_request(path))), 200);
  server.signal(SIGTERM);
  EXPECT_TRUE(idle.is_closed());
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), -SIGTERM);
  EXPECT_THAT(server.out(), HasSubstr(R"("target":"/api/","status":200)"));
}

TEST(Shutdown, H12_UnderLoad_NoRequestInFlightFails_AndItsRowsStay) {
  const Site site;
  std::vector<std::string> made;
  for (int round = 0; round < 5; ++round) {
    Manage server(site, {"runserver", "0"});
    const auto port = server.port();
    std::mutex mutex;
    std::atomic<bool> stopping = false;
    std::atomic<int> answered = 0, lost = 0, cut = 0, other = 0;
    std::vector<std::thread> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&, i] {
        RawClient client(port);
        for (int n = 0;; ++n) {
          const bool before = !stopping;
          const bool sent = client.send(author("u" + std::to_string(round) + "-" +
                                               std::to_string(i) + "-" + std::to_string(n)));
          // Sent whole before the signal: the server has it, read or not.
          const bool in_flight = before && sent && !stopping;
          const std::string response = client.read_response();
          if (response.empty()) {
            if (in_flight) ++lost;
            if (!client.read_all().empty()) ++cut;
            return;
          }
          if (net::detail::status_of(response) != 201) ++other;
          const std::lock_guard lock(mutex);
          made.push_back(member(net::detail::body_of(response), "pk"));
          if (++answered == 200) {
            stopping = true;
            server.signal(SIGTERM);
          }
        }
      });
    }
    for (auto& client : clients) client.join();
    EXPECT_EQ(server.wait(), 0);
    EXPECT_GE(answered, 200);
    EXPECT_EQ(lost, 0);
    EXPECT_EQ(cut, 0);
    EXPECT_EQ(other, 0);
    EXPECT_EQ(complaints(server), "");
  }
  Manage server(site, {"runserver", "0"});
  RawClient client(server.port());
  for (const auto& pk : made)
    ASSERT_EQ(net::detail::status_of(client.ask(get_request("/api/authors/" + pk + "/"))), 200)
        << pk;
}

}  // namespace
}  // namespace process_tests
