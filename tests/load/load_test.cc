// Slow clients by the thousand, idle connections, and a mixed load under which memory stays flat.
// The server is a process of its own: its memory and its file descriptors are its own, too.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/detail/raw_client.h"
#include "web/application.h"
#include "web/csrf.h"
#include "web/session.h"
#include "web/session_store.h"

namespace {

using net::detail::body_of;
using net::detail::RawClient;
using net::detail::status_of;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

#ifdef DDB_SANITIZED
constexpr int kShort = 10;  // seconds of load: what it measures is not asked for there
constexpr milliseconds kServed{2000};
#else
constexpr int kShort = 60;
constexpr milliseconds kServed{200};
#endif

bool nightly() { return std::getenv("DDB_NIGHTLY") != nullptr; }

void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void add_routes(web::Application& app) {
  app.templates().add({.files = {{"list.html", "<ul>{{#rows}}<li>{{text}}</li>{{/rows}}</ul>"}}});
  app.router().get("/", [](web::Request& request) {
    web::Context context;
    for (int i = 0; i < 50; ++i) context.add("rows").set("text", "row <" + std::to_string(i) + ">");
    return web::render(request, "list.html", context);
  });
  app.router().post("/api/echo/",
                    [](web::Request& request) { return web::Response::json(request.json()); });
  app.router().get("/visits/", [](web::Request& request) {
    web::Session& session = web::session(request);
    const base::Json* const visits = session.find("visits");
    session.set("visits", visits ? visits->get<int>() + 1 : 1);
    return web::Response::text("x");
  });
  app.router().get("/large/",
                   [](web::Request&) { return web::Response::text(std::string(256'000, 'x')); });
  app.router().get("/broken/", [](web::Request&) -> web::Response {
    throw std::runtime_error("broken on purpose");
  });
}

// A server in a child process, until the object's end.
class Server {
 public:
  Server() {
    raise_descriptor_limit();
    int to_parent[2], to_child[2];
    if (::pipe(to_parent) != 0 || ::pipe(to_child) != 0) throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(to_child[1]);
      serve(to_parent[1], to_child[0]);
    }
    ::close(to_parent[1]);
    ::close(to_child[0]);
    stop_ = to_child[1];
    if (::read(to_parent[0], &port_, sizeof port_) != sizeof port_)
      throw std::runtime_error("the server did not start");
    ::close(to_parent[0]);
  }
  ~Server() {
    ::close(stop_);
    int status = 0;
    ::waitpid(child_, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return port_; }

  // In kilobytes.
  long resident_memory() const {
    std::ifstream file("/proc/" + std::to_string(child_) + "/statm");
    long pages = 0, resident = 0;
    file >> pages >> resident;
    return resident * (::sysconf(_SC_PAGESIZE) / 1024);
  }

 private:
  [[noreturn]] static void serve(int to_parent, int stop) {
    base::use_jemalloc();
    base::set_log_level(base::LogLevel::off);
    web::Application app({.allowed_hosts = {"a"}});
    // Sessions in memory grow with their number: the clients keep their cookies.
    app.use(web::sessions(std::make_shared<web::MemorySessionStore>()));
    app.use(web::csrf());
    add_routes(app);
    net::HttpServer server(app.server_options({.port = 0, .workers = 2}), app.handler());
    server.start();
    const std::uint16_t port = server.port();
    if (::write(to_parent, &port, sizeof port) != sizeof port) std::_Exit(1);
    char end = 0;
    while (::read(stop, &end, 1) < 0) {
    }
    std::_Exit(server.stop() ? 0 : 1);
  }

  pid_t child_ = -1;
  int stop_ = -1;
  std::uint16_t port_ = 0;
};

std::string get(std::string_view path, std::string_view headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n";
}

// What a new client's request takes; the median of many, since other programs run beside.
milliseconds median_time(const Server& server) {
  std::vector<milliseconds> times;
  for (int i = 0; i < 41; ++i) {
    const auto began = Clock::now();
    RawClient client(server.port());
    EXPECT_EQ(status_of(client.ask(get("/"))), 200);
    times.push_back(std::chrono::duration_cast<milliseconds>(Clock::now() - began));
  }
  std::nth_element(times.begin(), times.begin() + 20, times.end());
  return times[20];
}

TEST(Load, H6_TwoThousandSlowClients_LeaveANormalOneAlone) {
  const Server server;
  std::vector<RawClient> slow;
  for (int i = 0; i < 700; ++i) slow.emplace_back(server.port()).send("GET / HTTP/1.1\r\nHo");
  for (int i = 0; i < 700; ++i)
    slow.emplace_back(server.port())
        .send(
            "POST /api/echo/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            "Content-Length: 100000\r\n\r\n{");
  constexpr int kTiny = 2048;  // bytes that a client takes that does not read
  for (int i = 0; i < 600; ++i) slow.emplace_back(server.port(), kTiny).send(get("/large/"));
  EXPECT_LT(median_time(server), kServed);
  for (RawClient& client : slow) client.send("x");  // they are still there, and still slow
  EXPECT_LT(median_time(server), kServed);
}

TEST(Load, H7_IdleConnections_CostOthersNothing) {
  const Server server;
  const std::size_t count = nightly() ? 9'990 : 2'000;  // of the 10,000 that are taken
  std::vector<RawClient> idle;
  for (std::size_t i = 0; i < count; ++i) idle.emplace_back(server.port());
  EXPECT_LT(median_time(server), kServed);
  EXPECT_EQ(status_of(idle.front().ask(get("/"))), 200);
  EXPECT_EQ(status_of(idle.back().ask(get("/"))), 200);
}

// One client's share of the mixed load. Counts answers that are not what they should be.
void one_round(std::uint16_t port, int turn, std::string& cookie, std::atomic<int>& wrong) {
  RawClient client(port);
  const auto expect = [&](int status, const std::string& request) {
    if (status_of(client.ask(request)) != status) ++wrong;
  };
  expect(200, get("/", "Accept-Encoding: gzip\r\n"));
  expect(404, get("/none/" + std::to_string(turn)));
  expect(500, get("/broken/"));
  const std::string body =
      "{\"a\":\"" + std::string(static_cast<std::size_t>(turn % 5000), 'x') + "\"}";
  expect(200,
         "POST /api/echo/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
         "Content-Length: " +
             std::to_string(body.size()) + "\r\n\r\n" + body);
  const std::string visit =
      client.ask(get("/visits/", cookie.empty() ? "" : "Cookie: " + cookie + "\r\n"));
  if (const std::size_t at = visit.find("Set-Cookie: "); at != std::string::npos)
    cookie = visit.substr(at + 12, visit.find(';', at) - at - 12);
  if (status_of(visit) != 200) ++wrong;
  switch (turn % 4) {
    case 0:
      expect(400, "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n");
      break;
    case 1:
      client.send("POST /api/echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{");
      break;  // and is gone
    case 2:
      client.send(get("/large/"));
      break;  // and does not read
    default:
      expect(200, get("/large/"));
  }
}

TEST(Load, M4_Mixed_ResidentMemoryStaysFlat) {
  const Server server;
  const auto whole = std::chrono::seconds(nightly() ? 600 : kShort);
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0, rounds = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i)
    clients.emplace_back([&, i] {
      std::string cookie;
      for (int turn = i; !done; ++turn, ++rounds) one_round(server.port(), turn, cookie, wrong);
    });
  // A third of the time to fill caches and pools; then what the most was must stay the most.
  const auto most_until = [&](Clock::time_point end) {
    long most = 0;
    while (Clock::now() < end) {
      std::this_thread::sleep_for(milliseconds(100));  // between samples
      most = std::max(most, server.resident_memory());
    }
    return most;
  };
  const auto began = Clock::now();
  const long warm = most_until(began + whole / 3);
  const long later = most_until(began + whole);
  done = true;
  for (std::thread& client : clients) client.join();
  std::printf("%d rounds, %ld KB after a third, %ld KB at most later\n", rounds.load(), warm,
              later);
  EXPECT_EQ(wrong, 0);
#ifndef DDB_SANITIZED
  // Each of the eight threads' heaps may grow once to the large answers that it meets at a time: in
  // a minute not all have.
  const long most_growth = nightly() ? 2048 : 8192;  // KB: 25 bytes of a request would be more
  EXPECT_LT(later - warm, most_growth);
#endif
}

}  // namespace
