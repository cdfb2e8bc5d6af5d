#include "web/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "web/test_client.h"

namespace web {
namespace {

using testing::HasSubstr;
using testing::Not;

class MetricsPage : public testing::Test {
 protected:
  MetricsPage()
      : app({.allowed_hosts = {"localhost"}, .trusted_proxies = {"10.0.0.1"}}), client(app) {
    app.add_metrics("0123456789abcdef");
    app.router().get("/posts/<int:n>/", [](Request&, int n) {
      if (n == 0) throw HttpError(404, "not_found", "No.");
      return Response::text("x");
    });
  }
  Application app;
  TestClient client;
};

TEST_F(MetricsPage, Requests_AreCountedByRouteMethodAndStatus) {
  client.get("/posts/1/");
  client.get("/posts/2/");
  client.head("/posts/2/");
  client.get("/posts/0/");
  client.get("/nowhere/1/");
  client.get("/nowhere/2/");
  const std::string text = client.get("/metrics").body;
  const std::string route = "{route=\"/posts/<int:n>/\",method=\"GET\"";
  EXPECT_THAT(text, HasSubstr("ddbdjango_http_requests_total" + route + ",status=\"200\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("ddbdjango_http_requests_total" + route + ",status=\"404\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{route=\"/posts/<int:n>/\",method=\"HEAD\",status=\"200\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{route=\"\",method=\"GET\",status=\"404\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("nowhere")));
  EXPECT_THAT(text, HasSubstr("_duration_seconds_bucket" + route + ",le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("_duration_seconds_count" + route + "} 3\n"));
  EXPECT_THAT(text, HasSubstr("ddbdjango_http_requests_in_flight 1\n"));
}

TEST(Metrics, Histogram_IsCumulative) {
  Metrics metrics;
  using std::chrono::microseconds;
  for (const auto duration : {microseconds(1000), microseconds(1001), microseconds(20'000'000)})
    metrics.observe(nullptr, "GET", 200, duration);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("le=\"0.0025\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("le=\"10\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("_sum{route=\"\",method=\"GET\"} 20.002001\n"));
}

TEST_F(MetricsPage, Collectors_AddWhatTheyKnow_AndMayFail) {
  app.metrics().add_collector([](std::string&) { throw std::runtime_error("no"); });
  app.metrics().add_collector(
      [](std::string& out) { append_metric(out, "open_doors", "gauge", "Doors.", 3); });
  EXPECT_THAT(client.get("/metrics").body,
              HasSubstr("# HELP open_doors Doors.\n# TYPE open_doors gauge\nopen_doors 3\n"));
}

TEST_F(MetricsPage, G3_AreForThisMachine_OrForTheToken) {
  EXPECT_EQ(client.get("/metrics").status, 200);
  EXPECT_EQ(client.get("/metrics", {{"X-Forwarded-For", "127.0.0.1"}}).status, 404);
  EXPECT_EQ(client.get("/metrics", {{"Via", "1.1 proxy"}}).status, 404);
  client.peer = "192.0.2.1";
  EXPECT_EQ(client.get("/metrics").status, 404);
  EXPECT_EQ(client.get("/metrics", {{"Authorization", "Bearer 0123456789abcdeX"}}).status, 404);
  EXPECT_EQ(client.get("/metrics", {{"Authorization", "Bearer 0123456789abcdef"}}).status, 200);
  Application without({.allowed_hosts = {"localhost"}});
  without.add_metrics();
  TestClient stranger(without);
  stranger.peer = "192.0.2.1";
  EXPECT_EQ(stranger.get("/metrics", {{"Authorization", "Bearer "}}).status, 404);
}

}  // namespace
}  // namespace web
