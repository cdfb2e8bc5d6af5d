// Actions on chosen rows in pages: who may, and the jobs that they are.
#include "admin/bulk_job.h"
#include "admin/test_pages.h"
#include "dynamo_backend/exceptions.h"

namespace magazine {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ActionTest : public PagesTest {
 protected:
  web::TestResponse choose(Browser& browser, const std::string& action,
                           const std::vector<Article>& rows) {
    Browser::Fields fields{{"action", action}, {"run", "1"}};
    for (const Article& a : rows) fields.emplace_back("chosen", a.pk.str());
    return browser.post(list, fields);
  }
  static Browser::Fields confirmed(const web::TestResponse& question) {
    Browser::Fields fields = Browser::inputs(question.body);
    Browser::set(fields, "confirm", "1");
    return fields;
  }
  static std::int64_t words(const Article& a) { return Article::objects.get(a.pk).words; }

  const std::string list = "/admin/magazine/article/";
};

TEST_F(ActionTest, FailedJob_IsResumedWhereItWas_AndCountsEachRowOnce) {
  const Article second = article("second", ann);
  bool fails = true;
  admin::site().add<Article>(
      {.actions = {admin::action<Article>("count", "Count", [&](Article& a) {
         if (fails && a.title == "second")
           throw DatabaseError({.code = dynamodb::ErrorCode::access_denied, .message = "not now"},
                               "PutItem");
         ++a.words;
       })}});
  Browser browser = boss();
  const auto started = browser.post(list, confirmed(choose(browser, "count", {post, second})));
  const std::string job = started.header("Location");
  EXPECT_THAT(browser.get(job).body,
              AllOf(HasSubstr("failed"), HasSubstr(">Resume<"), HasSubstr("Undo what")));
  EXPECT_EQ(words(post), 1);
  fails = false;
  EXPECT_EQ(browser.post(job, {{"do", "resume"}}).status, 303);
  EXPECT_THAT(browser.get(job).body,
              AllOf(HasSubstr(">done<"), HasSubstr("2 done, 0 skipped"), Not(HasSubstr("Resume"))));
  EXPECT_EQ(words(post), 1);
  EXPECT_EQ(words(second), 1);
}

TEST_F(ActionTest, ButtonPressedTwice_MakesOneJob) {
  admin::site().add<Article>(
      {.actions = {admin::action<Article>("count", "Count", [](Article& a) { ++a.words; })}});
  Browser browser = boss();
  const auto form = confirmed(choose(browser, "count", {post}));
  const auto first = browser.post(list, form), second = browser.post(list, form);
  EXPECT_EQ(first.status, 303);
  EXPECT_EQ(second.header("Location"), first.header("Location"));
  EXPECT_EQ(words(post), 1);
  EXPECT_EQ(admin::BulkJob::objects.filter(f<&admin::BulkJob::newest> == "all").count(), 1u);
}

TEST_F(ActionTest, Z1_PermissionOfAnAction_IsAskedForEachRow) {
  admin::Action count = admin::action<Article>("count", "Count", [](Article& a) { ++a.words; });
  count.permission = "view";
  const auto not_first = [](const admin::RowQuestion& q) {
    return q.verb != "view" || static_cast<const Article*>(q.row)->title != "first";
  };
  admin::site().add<Article>({.actions = {count}, .row_permission = not_first});
  make_user("viewer", {"magazine.view_article"});
  make_user("adder", {"magazine.add_article"});
  const Article second = article("second", ann);
  Browser viewer = browser_of("viewer"), adder = browser_of("adder");
  const auto question = choose(viewer, "count", {second});
  EXPECT_EQ(question.status, 200);
  EXPECT_EQ(viewer.post(list, confirmed(question)).status, 303);
  EXPECT_EQ(words(second), 1);
  EXPECT_EQ(choose(viewer, "count", {post}).status, 403);
  EXPECT_EQ(choose(adder, "count", {second}).status, 403);
}

// Whatever permission an action asks for: it writes.
TEST_F(ActionTest, ReadOnly_NoActionRuns) {
  admin::Action count = admin::action<Article>("count", "Count", [](Article& a) { ++a.words; });
  count.permission = "view";
  const auto refused = [&](Browser& browser) {
    const Browser::Fields sent{
        {"action", "count"},
        {"confirm", "1"},
        {"selection", sealed(of("magazine/article"), admin::Selection{.keys = {post.pk.str()}})}};
    EXPECT_THAT(browser.get(list).body, Not(HasSubstr("value=\"count\"")));
    EXPECT_EQ(choose(browser, "count", {post}).status, 403);
    EXPECT_EQ(browser.post(list, sent).status, 403);
    EXPECT_EQ(words(post), 0);
  };
  Browser browser = boss();
  admin::site().add<Article>({.actions = {count}, .read_only = true});
  refused(browser);
  admin::site().add<Article>({.actions = {count}});
  const auto job = make_job(of("magazine/article"), "count",
                            admin::Selection{.keys = {post.pk.str()}}, 1, {"boss", "Boss"});
  admin::site().settings.read_only = true;
  refused(browser);
  EXPECT_EQ(browser.post("/admin/jobs/" + job.pk.str() + "/", {{"do", "resume"}}).status, 403);
  admin::site().settings.read_only = false;
}

TEST_F(ActionTest, Check_OfAnActionsPermission) {
  admin::Action count = admin::action<Article>("count", "Count", [](Article&) {});
  count.permission = "publish";
  admin::site().add<Article>({.actions = {count}});
  std::vector<std::string> ids;
  for (const auto& problem : admin::site().check()) ids.push_back(problem.id);
  EXPECT_THAT(ids, testing::Contains("admin.E013"));
}

}  // namespace
}  // namespace magazine
