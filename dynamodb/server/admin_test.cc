// The endpoints for whoever runs the server.
#include "dynamodb/server/admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/server/duration.h"
#include "dynamodb/server/test_server.h"

namespace dynamodb::server {
namespace {

using net::detail::body_of;
using net::detail::status_of;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

std::string admin(std::string_view path, std::string_view body,
                  std::string_view content_type = "application/json",
                  std::string_view host = "localhost:8000") {
  std::string text = "POST /_ddb/";
  text.append(path).append(" HTTP/1.1\r\nHost: ").append(host);
  text.append("\r\nContent-Type: ").append(content_type);
  text.append("\r\nContent-Length: ").append(std::to_string(body.size()));
  return text.append("\r\n\r\n").append(body);
}

TEST(Duration, UnitsAreRead) {
  EXPECT_EQ(parse_duration("20ms"), milliseconds(20));
  EXPECT_EQ(parse_duration("20"), milliseconds(20));
  EXPECT_EQ(parse_duration("1.5s"), milliseconds(1500));
  EXPECT_EQ(parse_duration("2m"), milliseconds(120'000));
  EXPECT_EQ(parse_duration("1h"), milliseconds(3'600'000));
  EXPECT_EQ(parse_duration("30d"), milliseconds(2'592'000'000));
  for (const char* const bad : {"", "s", "-1s", "1y", "nan", "1e300d", "1 s"})
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
}

TEST(Admin, Clock_IsAdvanced) {
  milliseconds advanced{0};
  Served served({.admin = {.advance_clock = [&](milliseconds by) -> Result<std::uint64_t> {
                   advanced += by;
                   return 3U;
                 }}});
  const std::string response = served.ask(admin("clock", R"({"advance":"3600s"})"));
  EXPECT_EQ(status_of(response), 200);
  EXPECT_EQ(body_of(response), R"({"expired":3})");
  EXPECT_EQ(advanced, std::chrono::hours(1));
  EXPECT_EQ(status_of(served.ask(admin("clock", R"({"advance":"soon"})"))), 400);
  EXPECT_EQ(status_of(served.ask(admin("clock", R"({"advance":5})"))), 400);
  EXPECT_EQ(status_of(served.ask(admin("clock", "{"))), 400);
  EXPECT_EQ(advanced, std::chrono::hours(1));
}

TEST(Admin, Directory_MustBeAbsolute) {
  std::string seen;
  Served served({.admin = {.snapshot = [&](const std::string& directory) -> Result<EmptyResult> {
                   seen = directory;
                   return EmptyResult{};
                 }}});
  EXPECT_EQ(status_of(served.ask(admin("snapshot", R"({"directory":"backup"})"))), 400);
  EXPECT_EQ(seen, "");
  EXPECT_EQ(status_of(served.ask(admin("snapshot", R"({"directory":"/backup"})"))), 200);
  EXPECT_EQ(seen, "/backup");
}

TEST(Admin, Failures_AreTold) {
  Served served({.admin = {.restore = [](const std::string&) -> Result<EmptyResult> {
                   return validation_error("not a snapshot");
                 }}});
  const std::string response = served.ask(admin("restore", R"({"directory":"/x"})"));
  EXPECT_EQ(status_of(response), 400);
  EXPECT_EQ(body_of(response), R"({"error":"not a snapshot"})");
  EXPECT_EQ(status_of(served.ask(admin("snapshot", "{}"))), 404);  // no such hook
}

TEST(Admin, Pages_CannotCall) {
  bool called = false;
  Served served({.admin = {.snapshot = [&](const std::string&) -> Result<EmptyResult> {
                   called = true;
                   return EmptyResult{};
                 }}});
  const std::string body = R"({"directory":"/x"})";
  // What a page may send without asking first, and what one sends whose name resolves to here.
  EXPECT_EQ(status_of(served.ask(admin("snapshot", body, "text/plain"))), 400);
  EXPECT_EQ(status_of(served.ask(admin("snapshot", body, "application/json", "evil.test"))), 403);
  EXPECT_THAT(served.ask("OPTIONS /_ddb/snapshot HTTP/1.1\r\nHost: a\r\nOrigin: http://b.c\r\n"
                         "Access-Control-Request-Method: POST\r\n\r\n"),
              Not(HasSubstr("Access-Control")));
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace dynamodb::server
