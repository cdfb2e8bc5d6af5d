#include "web/application.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "net/detail/raw_client.h"
#include "web/test_client.h"

namespace web {
namespace {

using net::detail::RawClient;
using net::detail::status_of;
using testing::HasSubstr;
using testing::Not;

struct ModelError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct DoesNotExist : ModelError {
  using ModelError::ModelError;
};

class Web : public testing::Test {
 protected:
  Web() : app({.debug = true}), client(app) {
    base::set_log_level(base::LogLevel::off);
    Router& r = app.router();
    r.post("/json/", [](Request& request) { return Response::json(request.json(), 201); });
    r.get("/query/", [](Request& request) {
      base::Json all = base::Json::array();
      for (const auto& [name, value] : request.query_parameters()) all.push_back({name, value});
      return Response::json(
          base::Json{{"all", all}, {"a", std::string(request.query("a").value_or("none"))}});
    });
    r.get("/page/", [](Request&) { return Response::html("<p>"); });
    r.get("/throw/<str:what>/", [](Request&, const std::string& what) -> Response {
      if (what == "http")
        throw HttpError(409, "conflict", "Changed \"meanwhile\".", {{"version", {"is old"}}});
      if (what == "model") throw ModelError("model");
      if (what == "missing") throw DoesNotExist("missing");
      if (what == "int") throw 42;
      throw std::runtime_error("the password is hunter2");
    });
  }
  ~Web() override { base::set_log_level(base::LogLevel::info); }
  Application app;
  TestClient client;
};

TEST_F(Web, Json_IsReadAndWritten) {
  const TestResponse response = client.post("/json/", base::Json{{"title", "Hello"}, {"n", 1}});
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.header("Content-Type"), "application/json");
  EXPECT_EQ(response.body, R"({"title":"Hello","n":1})");
}

TEST_F(Web, Json_FromBracesTextAndWriter_IsTheSame) {
  base::JsonWriter writer;
  writer.begin_object();
  writer.member("status", "ok");
  writer.end_object();
  EXPECT_EQ(Response::json({{"status", "ok"}}).body, R"({"status":"ok"})");
  EXPECT_EQ(Response::json(std::move(writer)).body, R"({"status":"ok"})");
  EXPECT_EQ(Response::json_text(R"({"status":"ok"})", 201).body, R"({"status":"ok"})");
}

TEST_F(Web, H8_Json_ThatIsCompressed_Is415) {
  for (const char* coding : {"gzip", "identity, br"}) {
    const TestResponse response = client.request("POST", "/json/",
                                                 {.body = "{}",
                                                  .content_type = "application/json",
                                                  .headers = {{"Content-Encoding", coding}}});
    EXPECT_EQ(response.status, 415) << coding;
    EXPECT_EQ(response.header("Accept-Encoding"), "identity");
  }
}

TEST_F(Web, H8_Json_OfAnotherContentType_Is415) {
  for (const char* type :
       {"", "text/plain", "application/jsonp", "application/x-www-form-urlencoded"}) {
    const TestResponse response =
        client.request("POST", "/json/", {.body = "{}", .content_type = type});
    EXPECT_EQ(response.status, 415) << type;
    EXPECT_EQ(response.json()["code"], "unsupported_media_type");
  }
  for (const char* type : {"application/json; charset=utf-8", "Application/JSON"}) {
    EXPECT_EQ(client.request("POST", "/json/", {.body = "{}", .content_type = type}).status, 201)
        << type;
  }
}

TEST_F(Web, H8_Json_ThatIsMalformed_Is400WithTheReason) {
  for (const std::string body : {"", "{", "{\"a\":1,\"a\":2}", "1e999", "\"\xFF\""}) {
    const TestResponse response =
        client.request("POST", "/json/", {.body = body, .content_type = "application/json"});
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(response.json()["code"], "malformed_json");
  }
  const TestResponse twice = client.request(
      "POST", "/json/", {.body = R"({"a":1,"a":2})", .content_type = "application/json"});
  EXPECT_THAT(std::string(twice.json()["error"]), HasSubstr("duplicate key"));
}

TEST_F(Web, Query_IsDecodedInOrder) {
  EXPECT_EQ(client.get("/query/?a=1+2&b=%C3%A4&a=3&c&&d=%3D").body,
            "{\"all\":[[\"a\",\"1 "
            "2\"],[\"b\",\"\xC3\xA4\"],[\"a\",\"3\"],[\"c\",\"\"],[\"d\",\"=\"]],\"a\":\"1 2\"}");
  EXPECT_EQ(client.get("/query/").json()["a"], "none");
}

TEST_F(Web, Query_ThatIsMalformed_Is400) {
  for (const char* query : {"a=%", "a=%zz", "%ff=1", "a=%00"}) {
    EXPECT_EQ(client.get(std::string("/query/?") + query).json()["code"], "malformed_query")
        << query;
  }
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "a&";
  EXPECT_EQ(client.get("/query/?" + many).status, 400);
}

TEST_F(Web, HttpError_IsItsJson) {
  const TestResponse response = client.get("/throw/http/");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(
      response.body,
      R"({"error":"Changed \"meanwhile\".","code":"conflict","fields":{"version":["is old"]}})");
}

TEST_F(Web, G1_UnknownException_Is500WithARequestIdAndNothingElse) {
  for (const char* path : {"/throw/other/", "/throw/int/", "/throw/model/"}) {
    const TestResponse response = client.get(path);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body, R"({"error":"Internal error","code":"internal","request_id":"test"})");
  }
}

TEST_F(Web, OnException_MapsATypeAndItsDerived_LastRegisteredFirst) {
  app.on_exception<ModelError>(
      [](Request&, const ModelError& e) { return Response::text(e.what(), 400); });
  EXPECT_EQ(client.get("/throw/missing/").status, 400);
  app.on_exception<DoesNotExist>(
      [](Request&, const DoesNotExist& e) { return Response::text(e.what(), 404); });
  EXPECT_EQ(client.get("/throw/missing/").status, 404);
  EXPECT_EQ(client.get("/throw/model/").body, "model");
  EXPECT_EQ(client.get("/throw/http/").status, 409);
}

TEST_F(Web, OnException_ThatThrowsItself_Is500) {
  app.on_exception<ModelError>(
      [](Request&, const ModelError&) -> Response { throw std::runtime_error("again"); });
  EXPECT_EQ(client.get("/throw/model/").status, 500);
}

TEST_F(Web, Middleware_RunsInOrder_AndSeesExceptionsAsAnswers) {
  std::string order;
  app.use([&](Request& request, const Next& next) {
    order += "a";
    request.set<int>(7);
    Response response = next(request);
    order += "d" + std::to_string(response.status);
    return std::move(response).header("X-Outer", "1");
  });
  app.use([&](Request& request, const Next& next) {
    order += "b" + std::to_string(*request.get<int>());
    EXPECT_EQ(request.get<double>(), nullptr);
    if (request.query("stop")) throw HttpError(403, "forbidden", "No.");
    Response response = next(request);
    order += "c";
    return response;
  });
  EXPECT_EQ(client.get("/throw/other/").header("X-Outer"), "1");
  EXPECT_EQ(order, "ab7cd500");
  order.clear();
  EXPECT_EQ(client.get("/page/?stop").status, 403);
  EXPECT_EQ(order, "ab7d403");
}

TEST_F(Web, EveryAnswer_HasTheSecurityHeaders) {
  for (const char* path : {"/page/", "/query/", "/none/", "/query", "/throw/other/"}) {
    const TestResponse response = client.get(path);
    EXPECT_EQ(response.header("X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(response.header("X-Frame-Options"), "DENY");
    EXPECT_EQ(response.header("Referrer-Policy"), "strict-origin-when-cross-origin");
    EXPECT_EQ(response.header("Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(response.header("Cross-Origin-Resource-Policy"), "same-origin");
    EXPECT_EQ(response.header("Permissions-Policy"), "geolocation=(), camera=(), microphone=()");
    const std::string policy = response.header("Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
    EXPECT_EQ(policy.find("sandbox") == std::string::npos, std::string(path) == "/page/") << path;
  }
}

TEST_F(Web, SecurityHeaders_OfTheView_AreKept) {
  app.router().get(
      "/own/", [](Request&) { return Response::text("").header("x-frame-options", "SAMEORIGIN"); });
  const TestResponse response = client.get("/own/");
  EXPECT_THAT(response.headers.text(), Not(HasSubstr("DENY")));
  EXPECT_EQ(response.header("X-Content-Type-Options"), "nosniff");
}

TEST_F(Web, H9_Redirect_CannotSplitTheHeader) {
  const Response response = Response::redirect("/a\r\nSet-Cookie: x=1");
  EXPECT_EQ(response.headers.get("Location"), "/a%0D%0ASet-Cookie:%20x=1");
}

TEST(AllowedHosts, H11_MatchExactlyOrBelowADomain) {
  const std::vector<std::string> allowed = {"example.com", ".example.org", "[2001:db8::1]"};
  for (const char* host : {"example.com", "EXAMPLE.com:8000", "example.com.", "example.org",
                           "a.b.example.org", "[2001:db8::1]:80"}) {
    EXPECT_TRUE(host_is_allowed(host, allowed, false)) << host;
  }
  for (const char* host :
       {"", "a.example.com", "evilexample.org", "example.com.evil.net", "localhost", "127.0.0.1",
        "[::1]", "example.com:abc", "evil.com:1.example.org:443", "evil.com/.example.org"}) {
    EXPECT_FALSE(host_is_allowed(host, allowed, false)) << host;
  }
  for (const char* host :
       {"localhost", "localhost:8000", "blog.localhost", "127.0.0.1:1", "[::1]:8000"}) {
    EXPECT_TRUE(host_is_allowed(host, {}, true)) << host;
  }
  for (const char* host : {"127.0.0.1.evil.net", "evillocalhost", "10.0.0.1"}) {
    EXPECT_FALSE(host_is_allowed(host, {}, true)) << host;
  }
}

TEST(AllowedHosts, H11_Mismatch_Is400BeforeRouting) {
  Application app({.allowed_hosts = {"example.com"}});
  app.router().get("/", [](Request&) { return Response::empty(); });
  TestClient client(app);
  EXPECT_EQ(client.get("/").json()["code"], "disallowed_host");
  EXPECT_EQ(client.get("/", {{"Host", "example.com"}}).status, 204);
}

TEST(AccessLog, G2_Line_EscapesControlsAndHidesSecrets) {
  std::string line;
  AccessLog::append_line(line,
                         {.method = "GET",
                          .target = "/a\"\x1b?q=x&access_token=s1&code=s2&flag&Password=s3",
                          .status = 200,
                          .bytes = 12,
                          .duration = std::chrono::microseconds(345),
                          .peer = "::1",
                          .request_id = "id"},
                         "T");
  EXPECT_EQ(
      line,
      R"(T ::1 "GET /a\x22\x1b?q=x&access_token=***&code=***&flag&Password=***" 200 12 345us id)");
}

TEST(AccessLog, G2_JsonLine_EscapesControlsAndHidesSecrets) {
  std::string line;
  AccessLog::append_line(line,
                         {.method = "GET",
                          .target = "/a\"\x1b?q=x&access_token=s1&c%6fde=s2&flag&Password=s3",
                          .status = 200,
                          .bytes = 12,
                          .duration = std::chrono::microseconds(345),
                          .peer = "::1",
                          .request_id = "id"},
                         "T", LogFormat::json);
  EXPECT_EQ(line, R"({"time":"T","level":"info","event":"request","method":"GET",)"
                  R"("target":"/a\"\u001b?q=x&access_token=***&c%6fde=***&flag&Password=***",)"
                  R"("status":200,"bytes":12,"duration_us":345,"client":"::1","request_id":"id"})");
  EXPECT_EQ(base::parse_json(line)["client"], "::1");
}

TEST(AccessLog, Stop_WritesEveryLine) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  AccessLog log(ends[1]);
  for (int i = 0; i < 100; ++i)
    log.add({.method = "GET", .target = "/", .status = 200, .peer = "p", .request_id = "i"});
  log.stop();
  ::close(ends[1]);
  std::string all(64 * 1024, '\0');
  std::size_t size = 0;
  for (ssize_t n; (n = ::read(ends[0], all.data() + size, all.size() - size)) > 0;)
    size += static_cast<std::size_t>(n);
  ::close(ends[0]);
  EXPECT_EQ(std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size), '\n'), 100);
}

TEST(AccessLog, ReaderThatHasGone_DoesNotEndTheProcess) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  AccessLog log(ends[1]);
  log.add({.method = "GET", .target = "/", .status = 200, .peer = "p", .request_id = "i"});
  log.stop();
  ::close(ends[1]);
}

TEST(AccessLog, ReaderThatDoesNotRead_DoesNotHoldUpAStop) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  AccessLog log(ends[1]);
  const std::string target(1000, 'x');
  for (int i = 0; i < 2000; ++i)  // more than a pipe holds
    log.add({.method = "GET", .target = target, .status = 200, .peer = "p", .request_id = "i"});
  log.stop();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(AccessLog, Lines_AreWrittenWithoutAStop) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  AccessLog log(ends[1]);
  log.add({.method = "GET", .target = "/", .status = 200, .peer = "p", .request_id = "i"});
  char first = 0;
  EXPECT_EQ(::read(ends[0], &first, 1), 1);  // blocks until the second is over
  log.stop();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Serving, Application_RunsOnAServer) {
  Application app({.debug = true});
  app.router()
      .post("/upload/",
            [](Request& request) { return Response::text(std::to_string(request.body().size())); })
      .body_limit(3'000'000);
  app.router().post("/small/", [](Request&) { return Response::empty(); });
  net::HttpServer server(app.server_options({.port = 0, .workers = 2}), app.handler());
  server.start();
  RawClient client(server.port());
  const auto post = [](std::string_view path, std::size_t size) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  const std::string response = client.ask(post("/upload/", 2'000'000));
  EXPECT_EQ(net::detail::body_of(response), "2000000");
  EXPECT_THAT(response, HasSubstr("X-Request-Id: "));
  EXPECT_EQ(status_of(client.ask(post("/small/", 10))), 204);
  EXPECT_EQ(status_of(client.ask("GET /none/ HTTP/1.1\r\nHost: localhost\r\n\r\n")), 404);
  const std::string refused = client.ask(post("/small/", 1'050'000));
  EXPECT_EQ(status_of(refused), 413);
  EXPECT_THAT(refused, HasSubstr("X-Content-Type-Options: nosniff"));
  RawClient other(server.port());
  EXPECT_EQ(status_of(other.ask("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")), 400);
  EXPECT_EQ(status_of(other.ask("GET /healthz HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n")), 200);
}

TEST(Serving, H7_TrustedProxies_AreExemptFromTheCapsOfOneClient) {
  Application app({.trusted_proxies = {"10.0.0.0/8"}});
  const net::ServerOptions options = app.server_options();
  EXPECT_TRUE(options.is_exempt("10.0.0.7"));
  EXPECT_TRUE(options.is_exempt("127.0.0.1"));
  EXPECT_FALSE(options.is_exempt("203.0.113.9"));
}

TEST(Listening, HooksAreTold_AndMayRefuse) {
  Application app;
  std::string seen;
  app.on_listening([&](const Listening& address) { seen = address.url(); });
  app.listening({"127.0.0.1", 8000});
  EXPECT_EQ(seen, "http://127.0.0.1:8000");
  app.listening({"::1", 80});
  EXPECT_EQ(seen, "http://[::1]:80");
  app.on_listening([](const Listening&) { throw std::runtime_error("not here"); });
  EXPECT_THROW(app.listening({"localhost", 1}), std::runtime_error);
}

}  // namespace
}  // namespace web
