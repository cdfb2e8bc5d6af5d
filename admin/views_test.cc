// The admin in pages: lists, forms, history, actions and files, as people use them.
#include "admin/views.h"

#include "admin/auth_admin.h"
#include "admin/bulk_job.h"
#include "admin/test_pages.h"
#include "base/call_ledger.h"
#include "base/json.h"
#include "dynamo_backend/test_client.h"

namespace magazine {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(PagesTest, Index_ListsModelsAndRecentActions) {
  Browser browser = boss();
  auto form = Browser::inputs(browser.get(post_url + "change/").body);
  Browser::set(form, "title", "Second");
  EXPECT_EQ(browser.post(post_url + "change/", form).status, 303);
  const auto page = browser.get("/admin/");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, AllOf(HasSubstr("articles"), HasSubstr("Recent actions"),
                               HasSubstr("Second"), HasSubstr("This page took ")));
  EXPECT_THAT(page.header("Cache-Control"), "no-store");
}

TEST_F(PagesTest, Price_HasTheLookUpsOfSessionAndUser) {
  Browser browser = boss();
  browser.get("/admin/magazine/article/");  // the table's facts are kept
  const base::CallLedger ledger;
  const auto page = browser.get("/admin/magazine/article/");
  std::size_t reads = 0, of_auth = 0;
  ledger.share().each([&](const base::CallLedger::Call& call) {
    if (call.outcome.repeated || call.outcome.read_units == 0) return;
    ++reads;
    of_auth += call.target.starts_with("auth_") ? 1u : 0u;
  });
  EXPECT_GE(of_auth, 2u);
  EXPECT_THAT(page.body, HasSubstr("This page took " + std::to_string(reads) + " calls"));
}

TEST_F(PagesTest, ChangeList_ShowsRowsFiltersAndPrice) {
  Browser browser = boss();
  const auto page = browser.get("/admin/magazine/article/");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body,
              AllOf(HasSubstr("first"), HasSubstr("Ann"), HasSubstr("?published=true"),
                    HasSubstr("RCU"), HasSubstr("Count exactly"), HasSubstr("aria-sort")));
  EXPECT_THAT(browser.get("/admin/magazine/article/?published=false").body,
              HasSubstr("No articles here"));
  EXPECT_EQ(browser.get("/admin/magazine/article/?published=perhaps").status, 400);
  EXPECT_EQ(browser.get("/admin/magazine/article/?cursor=nonsense").status, 303);
  EXPECT_EQ(browser.get("/admin/magazine/nothing/").status, 404);
}

TEST_F(PagesTest, AddForm_MakesARow_AndSaysWhatIsWrong) {
  Browser browser = boss();
  const auto page = browser.get("/admin/magazine/article/add/");
  EXPECT_THAT(page.body, AllOf(HasSubstr("data-prepopulate"), HasSubstr("data-autocomplete")));
  auto form = Browser::inputs(page.body);
  Browser::set(form, "slug", "no slug");
  const auto refused = browser.post("/admin/magazine/article/add/", form);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, AllOf(HasSubstr("Enter a slug"), HasSubstr("aria-invalid"),
                                  HasSubstr("value=\"no slug\"")));
  Browser::set(form, "title", "Made <here>");
  Browser::set(form, "slug", "made-here");
  Browser::set(form, "writer_pk", ann.pk.str());
  Browser::set(form, "note-0-text", "with a note");
  Browser::set(form, "_addanother", "1");
  const auto saved = browser.post("/admin/magazine/article/add/", form);
  EXPECT_EQ(saved.status, 303);
  EXPECT_EQ(saved.header("Location"), "/admin/magazine/article/add/");
  const Article made = Article::objects.filter(f<&Article::slug> == "made-here").get();
  EXPECT_EQ(made.title, "Made <here>");
  EXPECT_EQ(Note::objects.filter(f<&Note::article_pk> == made).count(), 1u);
  EXPECT_THAT(browser.get("/admin/magazine/article/").body,
              AllOf(HasSubstr("Made &lt;here&gt;"), Not(HasSubstr("Made <here>"))));
}

TEST_F(PagesTest, ChangeForm_SavesAsNew) {
  Browser browser = boss();
  auto form = Browser::inputs(browser.get(post_url + "change/").body);
  Browser::set(form, "title", "Copy");
  Browser::set(form, "_saveasnew", "1");
  EXPECT_EQ(browser.post(post_url + "change/", form).status, 303);
  EXPECT_EQ(Article::objects.get(post.pk).title, "first");
  EXPECT_EQ(Article::objects.filter(f<&Article::timeline> == "all").count(), 2u);
}

TEST_F(PagesTest, Conflict_ShowsBaseTheirsAndYours_AndTheNextSaveDecides) {
  Browser browser = boss();
  auto form = Browser::inputs(browser.get(post_url + "change/").body);
  post.title = "Theirs";
  post.save();
  Browser::set(form, "title", "Mine");
  const auto refused = browser.post(post_url + "change/", form);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, AllOf(HasSubstr("Another has changed this meanwhile"),
                                  HasSubstr("first"), HasSubstr("Theirs"), HasSubstr("Mine")));
  EXPECT_EQ(Article::objects.get(post.pk).title, "Theirs");
  EXPECT_EQ(browser.post(post_url + "change/", Browser::inputs(refused.body)).status, 303);
  EXPECT_EQ(Article::objects.get(post.pk).title, "Mine");
}

TEST_F(PagesTest, RefusedForm_KeepsItsTicksOfDelete) {
  for (const bool stacked : {false, true}) {
    admin::site().add<Article>({.inlines = {admin::inline_of<Note>({.stacked = stacked})}});
    const Note kept = Note::objects.create({.article_pk = post, .text = "kept", .place = 1});
    const Note dropped = Note::objects.create({.article_pk = post, .text = "dropped", .place = 2});
    Browser browser = boss();
    auto form = Browser::inputs(browser.get(post_url + "change/").body);
    Browser::set(form, "note-1-__delete", "on");
    Browser::set(form, "title", "");
    const auto refused = browser.post(post_url + "change/", form);
    EXPECT_EQ(refused.status, 422);
    form = Browser::inputs(refused.body);
    Browser::set(form, "title", "mended");
    EXPECT_EQ(browser.post(post_url + "change/", form).status, 303);
    EXPECT_TRUE(Note::objects.filter(f<&Note::pk> == kept.pk).exists());
    EXPECT_FALSE(Note::objects.filter(f<&Note::pk> == dropped.pk).exists());
    Note::objects.get(kept.pk).remove();
  }
}

TEST_F(PagesTest, RefusedForm_LeavesOutInlineRowsThatOthersDeleted) {
  const Note one = Note::objects.create({.article_pk = post, .text = "one", .place = 1});
  Note two = Note::objects.create({.article_pk = post, .text = "two", .place = 2});
  Browser browser = boss();
  auto form = Browser::inputs(browser.get(post_url + "change/").body);
  two.remove();  // by another
  Browser::set(form, "note-1-text", "two, changed");
  for (int times = 0; times < 2; ++times) {
    Browser::set(form, "title", "");
    const auto refused = browser.post(post_url + "change/", form);
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(refused.body, AllOf(HasSubstr("note-0-text"), Not(HasSubstr("two, changed"))));
    if (times == 0) {
      EXPECT_THAT(refused.body, HasSubstr("1 note is not there any more"));
    }
    form = Browser::inputs(refused.body);
  }
  Browser::set(form, "title", "mended");
  EXPECT_EQ(browser.post(post_url + "change/", form).status, 303);
  EXPECT_EQ(Note::objects.filter(f<&Note::article_pk> == post).get().text, "one");
}

TEST_F(PagesTest, RefusedForm_KeepsInlineRowsThatAreFurtherDownByNow) {
  admin::site().add<Article>({.inlines = {admin::inline_of<Note>({.extra = 0, .max_rows = 1})}});
  const Note note = Note::objects.create({.article_pk = post, .text = "note", .place = 5});
  Browser browser = boss();
  auto form = Browser::inputs(browser.get(post_url + "change/").body);
  Note::objects.create({.article_pk = post, .text = "before it", .place = 1});  // by another
  Browser::set(form, "note-0-text", "changed");
  Browser::set(form, "title", "");
  const auto refused = browser.post(post_url + "change/", form);
  EXPECT_EQ(refused.status, 422);
  form = Browser::inputs(refused.body);
  Browser::set(form, "title", "mended");
  EXPECT_EQ(browser.post(post_url + "change/", form).status, 303);
  EXPECT_EQ(Note::objects.get(note.pk).text, "changed");
  EXPECT_EQ(Note::objects.filter(f<&Note::article_pk> == post).count(), 2u);
}

TEST_F(PagesTest, DeletePage_ListsWhatGoes_AndDeletes) {
  Note::objects.create({.article_pk = post, .text = "a note"});
  Browser browser = boss();
  const auto page = browser.get(post_url + "delete/");
  EXPECT_THAT(page.body, AllOf(HasSubstr("article: first"), HasSubstr("note: a note")));
  EXPECT_EQ(browser.post(post_url + "delete/", {}).status, 303);
  EXPECT_FALSE(Article::objects.filter(f<&Article::pk> == post.pk).exists());
  EXPECT_EQ(browser.get(post_url + "change/").status, 404);
}

TEST_F(PagesTest, Z4_ChosenRows_AreNotDeletedWithWhatThePersonMayNotDelete) {
  const Article bare = article("bare", ann);
  Note::objects.create({.article_pk = post, .text = "a note"});
  make_user("clerk", {"magazine.view_article", "magazine.delete_article"});
  Browser clerk = browser_of("clerk");
  clerk.get("/admin/");
  const std::string list = "/admin/magazine/article/";
  const auto ask = [&](const Browser::Fields& what) {
    Browser::Fields form{{"action", "delete_selected"}, {"run", "1"}};
    form.insert(form.end(), what.begin(), what.end());
    return clerk.post(list, form).status;
  };
  EXPECT_EQ(ask({{"chosen", post.pk.str()}}), 403);
  EXPECT_EQ(ask({{"chosen", bare.pk.str()}, {"chosen", post.pk.str()}}), 403);
  EXPECT_EQ(ask({{"all", "1"}}), 403);
  EXPECT_EQ(ask({{"chosen", bare.pk.str()}}), 200);
  // Sealed for a milder action, or by another person.
  const std::string sealed = admin::sealed(of("magazine/article"), {.keys = {post.pk.str()}});
  EXPECT_EQ(
      clerk.post(list, {{"action", "delete_selected"}, {"confirm", "1"}, {"selection", sealed}})
          .status,
      403);
  EXPECT_TRUE(Article::objects.filter(f<&Article::pk> == post.pk).exists());
}

TEST_F(PagesTest, History_ShowsOldAndNewValues_AndReverts) {
  Browser browser = boss();
  auto form = Browser::inputs(browser.get(post_url + "change/").body);
  Browser::set(form, "title", "Second");
  browser.post(post_url + "change/", form);
  const auto page = browser.get(post_url + "history/");
  EXPECT_THAT(page.body, AllOf(HasSubstr("first"), HasSubstr("Second"), HasSubstr("boss"),
                               HasSubstr("Revert this change")));
  const auto entry =
      admin::history_of(model_info<Article>(), {{"pk", post.pk.str()}}, {}).items.at(0);
  EXPECT_EQ(browser.post(post_url + "history/", {{"entry", entry.id}}).status, 303);
  EXPECT_EQ(Article::objects.get(post.pk).title, "first");
}

TEST_F(PagesTest, Action_IsConfirmed_RunsAsAJob_AndIsUndone) {
  const Article draft = article("draft", ann, false);
  Browser browser = boss();
  const auto confirm =
      browser.post("/admin/magazine/article/",
                   {{"action", "publish"}, {"chosen", draft.pk.str()}, {"run", "1"}});
  EXPECT_EQ(confirm.status, 200);
  EXPECT_THAT(confirm.body, AllOf(HasSubstr("Are you sure?"), HasSubstr("draft")));
  EXPECT_FALSE(Article::objects.get(draft.pk).published);
  auto form = Browser::inputs(confirm.body);
  Browser::set(form, "confirm", "1");
  const auto started = browser.post("/admin/magazine/article/", form);
  EXPECT_EQ(started.status, 303);
  EXPECT_TRUE(Article::objects.get(draft.pk).published);
  EXPECT_THAT(browser.get(started.header("Location")).body,
              AllOf(HasSubstr("done"), HasSubstr("Undo what it has done")));
  EXPECT_EQ(browser.post(started.header("Location"), {{"do", "undo"}}).status, 303);
  EXPECT_FALSE(Article::objects.get(draft.pk).published);
}

TEST_F(PagesTest, AllOfAList_IsASealedFilter) {
  const Article draft = article("draft", ann, false);
  Browser browser = boss();
  const auto confirm = browser.post("/admin/magazine/article/?published=false",
                                    {{"action", "publish"}, {"all", "1"}, {"run", "1"}});
  EXPECT_THAT(confirm.body, AllOf(HasSubstr("all articles with published = false"),
                                  Not(HasSubstr(draft.pk.str()))));
  auto form = Browser::inputs(confirm.body);
  Browser::set(form, "confirm", "1");
  browser.post("/admin/magazine/article/", form);
  EXPECT_TRUE(Article::objects.get(draft.pk).published);
  Browser::set(form, "selection", "forged");
  EXPECT_THAT(browser.post("/admin/magazine/article/", form).status, AnyOf(303, 400));
}

TEST_F(PagesTest, ListEditing_SavesAndSeesConflicts) {
  Browser browser = boss();
  const std::string name = "row-" + post.pk.str() + "-words";
  const auto saved =
      browser.post("/admin/magazine/article/", {{"save", "1"}, {name, "7"}, {"base:" + name, "0"}});
  EXPECT_EQ(saved.status, 303);
  EXPECT_EQ(Article::objects.get(post.pk).words, 7);
  const auto stale =
      browser.post("/admin/magazine/article/", {{"save", "1"}, {name, "9"}, {"base:" + name, "0"}});
  EXPECT_EQ(stale.status, 422);
  EXPECT_THAT(stale.body, HasSubstr("Another set it to &quot;7&quot; meanwhile"));
  const std::string title = "row-" + post.pk.str() + "-title";
  EXPECT_EQ(browser
                .post("/admin/magazine/article/",
                      {{"save", "1"}, {title, "x"}, {"base:" + title, "first"}})
                .status,
            403);
  EXPECT_EQ(Article::objects.get(post.pk).title, "first");
}

TEST_F(PagesTest, Autocomplete_AnswersRowsByTheirText) {
  Browser browser = boss();
  const auto answer = browser.get("/admin/magazine/writer/autocomplete/?q=an").json();
  ASSERT_EQ(answer["results"].size(), 1u);
  EXPECT_EQ(answer["results"][0]["key"], ann.pk.str());
  EXPECT_EQ(answer["results"][0]["text"], "Ann");
}

TEST_F(PagesTest, Popup_HandsTheRowBack) {
  Browser browser = boss();
  EXPECT_THAT(browser.get("/admin/magazine/writer/?_popup=1").body, HasSubstr("class=\"popup\""));
  const auto done = browser.post("/admin/magazine/writer/add/?_popup=1", {{"name", "Zoe"}});
  EXPECT_EQ(done.status, 200);
  EXPECT_THAT(done.body, AllOf(HasSubstr("id=\"popup-done\""), HasSubstr("data-text=\"Zoe\"")));
}

TEST_F(PagesTest, ReadOnlySite_ShowsAndChangesNothing) {
  Browser browser = boss();
  browser.get("/admin/");
  admin::site().settings.read_only = true;
  const auto page = browser.get(post_url + "change/");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, AllOf(HasSubstr("Read-only"), Not(HasSubstr("name=\"_save\""))));
  EXPECT_EQ(browser.post(post_url + "change/", {{"title", "x"}, {"base:title", "first"}}).status,
            403);
  EXPECT_EQ(browser.post(post_url + "delete/", {}).status, 403);
  admin::site().settings.read_only = false;
  EXPECT_EQ(Article::objects.get(post.pk).title, "first");
}

TEST_F(PagesTest, K4_AfterAnIdleHour_TheAdminAsksForThePasswordAgain) {
  Browser browser = boss();
  EXPECT_EQ(browser.get("/admin/").status, 200);
  clock_reads += 59 * 60'000;  // milliseconds
  EXPECT_EQ(browser.get("/admin/").status, 200);
  clock_reads += 66 * 60'000;  // when it was last seen is known within five minutes
  const auto refused = browser.get(post_url + "change/");
  EXPECT_EQ(refused.status, 303);
  EXPECT_THAT(refused.header("Location"), HasSubstr("/accounts/login/?next="));
  EXPECT_EQ(browser.get("/admin/").status, 303) << "asking again does not let in";
}

TEST_F(PagesTest, T2_TheAdminsPages_TellOtherSitesNothing) {
  Browser browser = boss();
  for (const std::string& path : {std::string("/admin/"), post_url + "change/"}) {
    const auto page = browser.get(path);
    EXPECT_EQ(page.header("Referrer-Policy"), "same-origin") << path;
    EXPECT_EQ(page.header("X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(page.header("Cache-Control"), "no-store") << path;
  }
}

TEST_F(PagesTest, T3_Pages_HaveNoInlineCodeOrStyle) {
  Browser browser = boss();
  for (const std::string& path :
       {std::string("/admin/"), std::string("/admin/magazine/article/"), post_url + "change/",
        post_url + "delete/", post_url + "history/", std::string("/admin/magazine/article/add/"),
        std::string("/admin/jobs/")}) {
    const auto page = browser.get(path);
    EXPECT_EQ(page.status, 200) << path;
    EXPECT_THAT(page.body, AllOf(Not(HasSubstr(" style=")), Not(HasSubstr("<style")),
                                 Not(HasSubstr(" onclick")), Not(HasSubstr("<script>"))))
        << path;
    EXPECT_THAT(page.header("Content-Security-Policy"), HasSubstr("script-src 'self'")) << path;
  }
}

// ---- files

TEST_F(PagesTest, O6_CsvExport_IsQuotedAndHasNoFormulas) {
  post.title = "=1+1,\"quoted\"";
  post.words = -5;
  post.save();
  Browser browser = boss();
  const auto csv = browser.get("/admin/magazine/article/export/?format=csv");
  EXPECT_EQ(csv.status, 200);
  EXPECT_THAT(csv.header("Content-Disposition"), HasSubstr("attachment"));
  EXPECT_THAT(csv.body, AllOf(HasSubstr("pk,title,slug"), HasSubstr("\"'=1+1,\"\"quoted\"\"\""),
                              HasSubstr(",-5,")));
  const auto lines = browser.get("/admin/magazine/article/export/?format=jsonl");
  EXPECT_EQ(base::parse_json(lines.body.substr(0, lines.body.find('\n')))["title"]["S"],
            "=1+1,\"quoted\"");
  EXPECT_EQ(browser.get("/admin/magazine/article/export/?format=xml").status, 400);
  EXPECT_THAT(browser.get("/admin/magazine/article/export/?format=csv&published=false").body,
              Not(HasSubstr("quoted")));
}

TEST_F(PagesTest, Import_ShowsFirst_ThenWrites) {
  Browser browser = boss();
  const std::string url = "/admin/magazine/writer/import/";
  browser.get(url);
  const std::string csv =
      "pk,name,bio\r\n" + ann.pk.str() + ",Ann Lee,\"two\r\nlines\"\r\n,Zoe,\r\n,,no name\r\n";
  const auto preview = browser.post(url, {{"format", "csv"}, {"text", csv}});
  EXPECT_EQ(preview.status, 422);
  EXPECT_THAT(preview.body, AllOf(HasSubstr("would add 1, change 1"),
                                  HasSubstr("1 lines are refused"), HasSubstr("cannot be blank")));
  EXPECT_EQ(Writer::objects.get(ann.pk).name, "Ann");
  browser.post(url, {{"format", "csv"}, {"text", csv}, {"apply", "1"}});
  EXPECT_EQ(Writer::objects.get(ann.pk).name, "Ann Lee");
  EXPECT_EQ(Writer::objects.get(ann.pk).bio, "two\nlines");
  EXPECT_TRUE(Writer::objects.filter(f<&Writer::name> == "Zoe").exists());
  EXPECT_EQ(admin::history_of(model_info<Writer>(), {{"pk", ann.pk.str()}}, {}).items.size(), 1u);
  EXPECT_EQ(browser.post(url, {{"format", "csv"}, {"text", "password\r\nx"}}).status, 400);
}

TEST_F(PagesTest, Export_OfWhatIsExported_IsTheSameByImport) {
  Browser browser = boss();
  const auto lines = browser.get("/admin/magazine/writer/export/?format=jsonl").body;
  const auto preview =
      browser.post("/admin/magazine/writer/import/", {{"format", "jsonl"}, {"text", lines}});
  EXPECT_THAT(preview.body, HasSubstr("would add 0, change 0, leave 1"));
}

TEST_F(PagesTest, CsvExport_OfAnyText_IsTheSameByImport) {
  int n = 0;
  for (const std::string text : {"=1+1", "'=1+1", "''@x", "'", "'quoted", "-5", "+", "a;b", "a\tb",
                                 "\tb", "\"a\", b", "two\nlines", "'\n=1", " x ", "7,5"})
    Writer::objects.create({.name = "writer " + std::to_string(++n), .bio = text});
  Browser browser = boss();
  const auto csv = browser.get("/admin/magazine/writer/export/?format=csv").body;
  EXPECT_THAT(csv, AllOf(HasSubstr("\"'=1+1\""), HasSubstr("\"''=1+1\""), HasSubstr("\"a;b\""),
                         HasSubstr("\"a\tb\""), HasSubstr(",'quoted\r\n")));
  EXPECT_THAT(
      browser.post("/admin/magazine/writer/import/", {{"format", "csv"}, {"text", csv}}).body,
      HasSubstr("would add 0, change 0, leave " + std::to_string(n + 1)));
}

TEST_F(PagesTest, JsonImport_ALineWithAKeyOfAnotherType_IsRefusedAlone) {
  Browser browser = boss();
  const std::string url = "/admin/magazine/writer/import/";
  std::string lines = R"({"name":{"S":"Before"}})";
  for (const char* key : {R"({"N":"1"})", R"({"S":""})", R"({"S":"no key"})", R"({"M":{}})"})
    lines += std::string("\n{\"pk\":") + key + R"(,"name":{"S":"Wrong"}})";
  lines +=
      "\n"
      R"({"name":{"S":"After"}})";
  const auto applied = browser.post(url, {{"format", "jsonl"}, {"text", lines}, {"apply", "1"}});
  EXPECT_EQ(applied.status, 422);
  EXPECT_THAT(applied.body, HasSubstr("2 added, 0 changed, 0 the same, 4 refused."));
  EXPECT_TRUE(Writer::objects.filter(f<&Writer::name> == "Before").exists());
  EXPECT_TRUE(Writer::objects.filter(f<&Writer::name> == "After").exists());
}

TEST_F(PagesTest, Import_ThatTheDatabaseEnds_SaysWhatIsWritten) {
  Browser browser = boss();
  const std::string url = "/admin/magazine/writer/import/";
  browser.get(url);
  test_blog::RecordingClient failing(*engine);
  const ScopedConnection through(failing, {.scan_policy = ScanPolicy::forbid,
                                           .now = [this] { return connection->now(); },
                                           .sleep = [](auto) { std::this_thread::yield(); }});
  failing.writes_left = 1;
  const auto answer = browser.post(
      url, {{"format", "csv"}, {"text", "name\r\nZoe\r\nYan\r\nXin\r\n"}, {"apply", "1"}});
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, AllOf(HasSubstr("1 added, 0 changed, 0 the same, 0 refused."),
                                 HasSubstr("The database failed at line 3")));
  EXPECT_TRUE(Writer::objects.filter(f<&Writer::name> == "Zoe").exists());
}

// ---- users

TEST_F(PagesTest, Z3_Users_StaffCannotMakeThemselvesSuperusers) {
  admin::register_auth();
  EXPECT_THAT(admin::site().check(), testing::IsEmpty());
  const auth::User manager = make_user("manager", {"auth.change_user", "auth.view_user"});
  const auth::User other = make_user("other", {}, true, true);
  Browser browser = browser_of("manager");
  const std::string own = "/admin/auth/user/" + manager.pk.str() + "/";
  const auto page = browser.get(own + "change/");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, AllOf(Not(HasSubstr("name=\"is_superuser\"")),
                               Not(HasSubstr("name=\"permissions\"")), Not(HasSubstr("argon2"))));
  auto form = Browser::inputs(page.body);
  Browser::set(form, "first_name", "May");
  Browser::set(form, "is_superuser", "on");
  Browser::set(form, "base:is_superuser", "false");
  Browser::set(form, "permissions", "auth.delete_user");
  Browser::set(form, "base:permissions", "");
  Browser::set(form, "password", "x");
  EXPECT_EQ(browser.post(own + "change/", form).status, 303);
  const auth::User now = auth::User::objects.get(manager.pk);
  EXPECT_EQ(now.first_name, "May");
  EXPECT_FALSE(now.is_superuser);
  EXPECT_EQ(now.permissions, manager.permissions);
  EXPECT_EQ(now.password, manager.password);
  const std::string theirs = "/admin/auth/user/" + other.pk.str() + "/";
  EXPECT_EQ(browser
                .post(theirs + "password/",
                      {{"new", "violet-harbour-43"}, {"again", "violet-harbour-43"}})
                .status,
            403);
  EXPECT_EQ(browser.post(theirs + "change/", {{"first_name", "x"}, {"base:first_name", ""}}).status,
            403);
}

TEST_F(PagesTest, K5_Users_BossSetsAPassword_AndEndsSessions) {
  admin::register_auth();
  const auth::User other = make_user("other", {"magazine.view_article"});
  Browser theirs = browser_of("other");
  EXPECT_EQ(theirs.get("/admin/magazine/article/").status, 200);
  Browser browser = boss();
  const std::string url = "/admin/auth/user/" + other.pk.str() + "/password/";
  EXPECT_EQ(browser.get(url).status, 200);
  EXPECT_EQ(browser.post(url, {{"new", "violet-harbour-43"}, {"again", "other"}}).status, 422);
  EXPECT_EQ(
      browser.post(url, {{"new", "violet-harbour-43"}, {"again", "violet-harbour-43"}}).status,
      303);
  EXPECT_TRUE(auth::authenticate("other", "violet-harbour-43"));
  EXPECT_THAT(theirs.get("/admin/magazine/article/").status, AnyOf(302, 303));
  EXPECT_EQ(browser.get("/admin/auth/sessionrow/").status, 200);
}

}  // namespace
}  // namespace magazine
