#include "web/live_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "web/cookies.h"
#include "web/csrf.h"
#include "web/form_data.h"
#include "web/rate_limit.h"
#include "web/session.h"
#include "web/session_store.h"

namespace web {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

Response login_page(Request& request) {
  std::string page = "<form method=\"post\"><input name=\"csrfmiddlewaretoken\" value=\"";
  append_escaped_html(page, csrf_token(request));
  return Response::html(page + "\"></form>");
}

// A site that keeps every rule, to which each test adds one fault.
struct Site {
  Site() : app(options()) {
    app.use(sessions(std::make_shared<MemorySessionStore>()));
    app.use(csrf());
    app.use(rate_limits(std::make_shared<MemoryCounterStore>()));
    Router& r = app.router();
    r.get("/", [](Request& request) {
      const bool is_staff = session(request).user_key() == "staff";
      return Response::html(std::string("<a href=\"/more/?a=1&amp;b=2\">more</a>") +
                            (is_staff ? "A secret draft" : ""));
    });
    r.get("/more/", [this](Request& request) {
      more += std::string(request.query_string()) + ";";
      return Response::html("<script type=\"application/json\">{}</script>");
    });
    r.get("/accounts/login/", login_page);
    const auto login = [](Request& request) {
      const FormData& fields = form(request);
      if (fields.get("password").value_or("") != "right") throw HttpError(400, "no", "No.");
      session(request).set_user_key(std::string(fields.get("username").value_or("")));
      return Response::redirect("/", 303);
    };
    r.post("/accounts/login/", login).rate_limit({.name = "login", .allowed = 30});
    r.post("/careless/login/", login);
    r.get("/careless/login/", login_page);
    r.post("/api/posts/", [](Request& request) { return Response::json(request.json(), 201); });
    live = {.host = "blog.example",
            .visitors =
                {{.name = "user", .username = "user", .password = "right"},
                 {.name = "staff", .username = "staff", .password = "right", .sees_hidden = true}},
            .hidden = {"secret draft"}};
  }
  static ApplicationOptions options() {
    ApplicationOptions options;
    options.allowed_hosts = {"blog.example"};
    options.trusted_proxies = {"127.0.0.1"};
    options.secure_ssl = true;
    return options;
  }
  std::vector<std::string> problems() { return live_check(app, live).problems; }

  std::string more;
  Application app;
  LiveCheckOptions live;
};

class LiveChecks : public testing::Test {
 protected:
  void SetUp() override { base::set_log_level(base::LogLevel::off); }
  void TearDown() override { base::set_log_level(base::LogLevel::info); }
  Site site;
};

TEST_F(LiveChecks, ASiteThatKeepsTheRules_HasNoProblems_AndLinksAreFollowed) {
  EXPECT_THAT(site.problems(), IsEmpty());
  EXPECT_THAT(site.more, HasSubstr("a=1&b=2;"));
}

TEST_F(LiveChecks, ServerErrors_AreFound) {
  site.app.router().get("/x/<uuid:pk>/",
                        [](Request&, base::Uuid) -> Response { throw std::runtime_error("x"); });
  EXPECT_THAT(site.problems(), Contains(AllOf(HasSubstr("/x/"), HasSubstr("as nobody"),
                                              HasSubstr("server error, 500"))));
}

TEST_F(LiveChecks, WhatIsHidden_IsFound) {
  site.app.router().get("/api/leak/", [](Request&) { return Response::text("a secret draft"); });
  const auto found = site.problems();
  EXPECT_EQ(found.size(), 2u);  // nobody and the user, not staff
  EXPECT_THAT(found, Contains("GET /api/leak/ as nobody: \"secret draft\" is hidden, and shown"));
}

TEST_F(LiveChecks, CodeAndStylesOfThePage_AreFound) {
  site.live.visitors.clear();
  site.app.router().get("/x/", [](Request&) {
    return Response::html(
        "<script>f()</script><style>p{}</style><p onclick=\"f()\"><p style='x'>"
        "<script src=\"https://cdn.example/x.js\"></script>");
  });
  EXPECT_EQ(site.problems().size(), 5u);
}

TEST_F(LiveChecks, WeakPoliciesAndMissingHeaders_AreFound) {
  site.live.visitors.clear();
  site.app.router().get("/x/", [](Request&) {
    return Response::html("x").header("Content-Security-Policy",
                                      "default-src 'none'; frame-ancestors 'none'; script-src "
                                      "'unsafe-inline'");
  });
  EXPECT_THAT(site.problems(),
              Contains("GET /x/ as nobody: the page policy allows 'unsafe-inline'"));
}

TEST_F(LiveChecks, CookiesWithoutTheirAttributes_AreFound) {
  site.live.visitors.clear();
  site.app.router().get("/x/", [](Request&) {
    return Response::text("x").add_cookie({.name = "theme", .value = "dark", .http_only = false});
  });
  EXPECT_THAT(site.problems(),
              testing::ElementsAre("GET /x/ as nobody: the cookie theme lacks HttpOnly",
                                   "GET /x/ as nobody: the cookie theme lacks Secure"));
}

TEST_F(LiveChecks, RoutesThatOtherSitesMayUse_AreFound) {
  site.live.visitors.pop_back();
  site.app.router().post("/hook/", [](Request&) { return Response::text("done"); }).csrf_exempt();
  EXPECT_THAT(site.problems(), IsEmpty());  // it says so
  Application open(Site::options());
  open.router().get("/", [](Request&) { return Response::html("x"); });
  open.router().post("/change/", [](Request&) { return Response::redirect("/", 303); });
  EXPECT_THAT(live_check(open, {.host = "blog.example"}).problems,
              testing::ElementsAre("POST /change/ as nobody, sent by another site's page, is "
                                   "answered 303 and not refused"));
}

TEST_F(LiveChecks, PagesThatACacheMayKeep_AreFound) {
  site.live.visitors.pop_back();
  site.app.router().get("/x/", [](Request& request) {
    return Response::html(session(request).user_key()).header("Cache-Control", "public");
  });
  EXPECT_THAT(
      site.problems(),
      testing::ElementsAre("GET /x/ as user: is a signed-in user's, and a cache may keep it"));
}

TEST_F(LiveChecks, N1_PasswordsThatMayBeGuessedWithoutEnd_AreFound) {
  EXPECT_EQ(login_throttle_problem(site.app, site.live), "");
  site.live.login_path = "/careless/login/";
  EXPECT_THAT(login_throttle_problem(site.app, site.live),
              HasSubstr("POST /careless/login/: 40 wrong passwords"));
  EXPECT_THAT(site.problems(), testing::ElementsAre(HasSubstr("40 wrong passwords")));
  site.live.login_path = "/none/";
  EXPECT_EQ(login_throttle_problem(site.app, site.live), "");
}

TEST_F(LiveChecks, SigningInThatFails_IsFound) {
  site.live.visitors = {{.name = "user", .username = "user", .password = "wrong"}};
  EXPECT_THAT(site.problems(),
              testing::ElementsAre("signing in as user at /accounts/login/ fails"));
}

}  // namespace
}  // namespace web
