// The debug panel, as a browser on the same machine sees it, and as others do not.
#include "debug_toolbar/panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>

#include "debug_toolbar/expect_ddb.h"
#include "debug_toolbar/record.h"
#include "debug_toolbar/test_views.h"
#include "dynamo_backend/request_scope.h"
#include "web/test_client.h"

namespace debug_toolbar {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class PanelTest : public testing::Test {
 protected:
  PanelTest() : application_({.debug = true}) {
    application_.use([](web::Request& request, const web::Next& next) {
      const dynamo_backend::RequestScope scope({.log_warnings = false});
      return next(request);
    });
    install(application_, {.kept = 3});
    test_views::urls(application_.router());
  }
  std::string page(const std::string& path) { return client_.get(path).body; }
  std::string latest() {  // the last request's page
    const std::string list = page("/__debug__/");
    const std::size_t at = list.find("href=\"/__debug__/", list.find("<tbody>")) + 6;
    return page(list.substr(at, list.find('"', at) - at));
  }

  test_views::Database db_;
  web::Application application_;
  web::TestClient client_{application_};
};

TEST_F(PanelTest, Page_HasAToolbarWithItsPrice) {
  const auto answer = client_.get("/things/");
  EXPECT_EQ(answer.header("Server-Timing"), "");
  const std::string& html = answer.body;
  EXPECT_THAT(html, HasSubstr("ddb-toolbar"));
  EXPECT_THAT(html, HasSubstr("1 call (1 Query)"));
  EXPECT_LT(html.find("ddb-toolbar"), html.find("</body>"));
}

TEST_F(PanelTest, ApiAnswer_HasServerTiming) {
  const auto answer = client_.get("/api/things/");
  EXPECT_THAT(answer.header("Server-Timing"),
              AllOf(HasSubstr("total;dur="), HasSubstr("dynamodb;dur="), HasSubstr("1 Query")));
  EXPECT_THAT(answer.body, Not(HasSubstr("ddb-toolbar")));
  EXPECT_THAT(page("/__debug__/"), HasSubstr("GET /api/things/"));
}

TEST_F(PanelTest, Calls_HaveRequestPlaceAndUnits) {
  client_.get("/things/");
  const std::string html = latest();
  EXPECT_THAT(html, HasSubstr("debug_test_thing.kind-index"));
  EXPECT_THAT(html, HasSubstr("KeyConditionExpression"));
  EXPECT_THAT(html, ContainsRegex("test_views.cc:[0-9]+ in debug_test::things"));
  EXPECT_THAT(html, HasSubstr("0.5 RCU"));
}

TEST_F(PanelTest, Secrets_AreMasked) {
  client_.get("/secret/");
  const std::string html = latest();
  EXPECT_THAT(html, HasSubstr("PutItem"));
  EXPECT_THAT(html, HasSubstr("api_token"));
  EXPECT_THAT(html, Not(HasSubstr("hunter2")));
}

TEST_F(PanelTest, G2_SecretsOfTheQuery_AreMasked) {
  client_.get("/things/?token=hunter2&q=x&code=hunter2&state=hunter2");
  for (const std::string& html : {page("/__debug__/"), latest()}) {
    EXPECT_THAT(html, HasSubstr("/things/?token=***&amp;q=x&amp;code=***&amp;state=***"));
    EXPECT_THAT(html, Not(HasSubstr("hunter2")));
  }
}

TEST_F(PanelTest, Warnings_NameScansRepeatedGetsAndFiltersThatReadMuch) {
  client_.get("/scan/");
  EXPECT_THAT(latest(), HasSubstr("scan: "));
  client_.get("/filter/");
  EXPECT_THAT(latest(), HasSubstr("read 60 rows and returned 1"));
  client_.get("/again/");
  EXPECT_THAT(latest(), HasSubstr("is read again"));
  client_.get("/rows/");
  EXPECT_THAT(latest(), HasSubstr("in_bulk"));
}

TEST_F(PanelTest, StreamedAnswers_AreToldOfToTheirEnd) {
  EXPECT_THAT(client_.get("/stream/").header("Server-Timing"), HasSubstr("0 calls"));
  EXPECT_THAT(latest(), AllOf(HasSubstr("3 calls (3 Scan)"), HasSubstr("scan: ")));
}

TEST_F(PanelTest, Errors_AreShown) {
  client_.get("/error/");
  EXPECT_THAT(latest(), HasSubstr("ConditionalCheckFailedException"));
}

TEST_F(PanelTest, OnlyTheLastAreKept) {
  for (int i = 0; i < 5; ++i) client_.get("/api/things/");
  EXPECT_EQ(client_.get("/__debug__/1/").status, 404);
  EXPECT_EQ(client_.get("/__debug__/5/").status, 200);
}

TEST_F(PanelTest, G3_OthersSeeNothing) {
  client_.get("/things/");
  for (const bool forwarded : {false, true}) {
    web::TestClient other(application_);
    if (forwarded)
      other.default_headers = {{"X-Forwarded-For", "127.0.0.1"}};
    else
      other.peer = "203.0.113.9";
    EXPECT_EQ(other.get("/__debug__/").status, 404);
    EXPECT_EQ(other.get("/__debug__/1/").status, 404);
    const auto answer = other.get("/things/");
    EXPECT_EQ(answer.header("Server-Timing"), "");
    EXPECT_THAT(answer.body, Not(HasSubstr("ddb-toolbar")));
  }
}

TEST(PanelOffTest, G3_WithoutDebugThereIsNoPanel) {
  test_views::Database db;
  web::Application application({.debug = false, .allowed_hosts = {"localhost"}});
  install(application);
  test_views::urls(application.router());
  web::TestClient client(application);
  EXPECT_EQ(client.get("/__debug__/").status, 404);
  EXPECT_EQ(client.get("/things/").header("Server-Timing"), "");
}

TEST_F(PanelTest, ExpectDdb_HoldsAndFails) {
  {
    EXPECT_DDB(calls <= 1, queries == 1, scans == 0, rcu <= 1);
    client_.get("/things/");
  }
  EXPECT_NONFATAL_FAILURE(
      {
        EXPECT_DDB(scans == 0, rcu <= 0.1);
        client_.get("/scan/");
      },
      "EXPECT_DDB(scans == 0, rcu <= 0.1), but 1 call (1 Scan)");
}

}  // namespace
}  // namespace debug_toolbar
