// The admin in pages: flows, permissions on every view, and random forms as each role.
#include "admin/views.h"

#include <cstring>
#include <random>

#include "admin/audit.h"
#include "admin/auth_admin.h"
#include "admin/bulk_job.h"
#include "admin/test_models.h"
#include "auth/auth.h"
#include "auth/passwords.h"
#include "auth/permissions.h"
#include "auth/session_store.h"
#include "auth/test_auth.h"
#include "auth/users.h"
#include "base/json.h"
#include "web/csrf.h"
#include "web/messages.h"
#include "web/session.h"
#include "web/test_client.h"

namespace magazine {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

std::string encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, "%%%02X", static_cast<unsigned char>(c));
    out += buffer;
  }
  return out;
}

// A browser: it keeps cookies, and sends the inputs of the forms that it was shown.
class Browser {
 public:
  explicit Browser(const web::Application& application) : client_(application) {}

  web::TestResponse get(const std::string& path) { return send("GET", path, {}); }
  // With the token of the page before.
  using Fields = std::vector<std::pair<std::string, std::string>>;
  web::TestResponse post(const std::string& path, Fields fields) {
    if (token_.empty()) get("/admin/");
    fields.emplace_back("csrfmiddlewaretoken", token_);
    return send("POST", path, fields);
  }
  web::TestResponse post_without_token(const std::string& path, const Fields& fields) {
    return send("POST", path, fields);
  }
  // The inputs that the page has, with their values.
  static Fields inputs(const std::string& page) {
    Fields fields;
    for (std::size_t at = page.find("<input"); at != std::string::npos;
         at = page.find("<input", at + 1)) {
      const std::string tag = page.substr(at, page.find('>', at) - at);
      const std::string type = attribute(tag, "type"), name = attribute(tag, "name");
      if (name.empty() || name == "csrfmiddlewaretoken") continue;
      if (type == "checkbox") {
        if (tag.find(" checked") != std::string::npos) fields.emplace_back(name, "on");
      } else {
        fields.emplace_back(name, attribute(tag, "value"));
      }
    }
    for (std::size_t at = page.find("<textarea"); at != std::string::npos;
         at = page.find("<textarea", at + 1)) {
      const std::size_t open = page.find('>', at) + 1;
      std::string text = page.substr(open, page.find("</textarea", open) - open);
      if (text.starts_with('\n')) text.erase(0, 1);
      fields.emplace_back(attribute(page.substr(at, open - at), "name"), unescaped(text));
    }
    return fields;
  }
  static void set(Fields& fields, const std::string& name, const std::string& value) {
    for (auto& [n, v] : fields)
      if (n == name) {
        v = value;
        return;
      }
    fields.emplace_back(name, value);
  }

 private:
  static std::string unescaped(std::string text) {
    for (const auto& [from, to] :
         {std::pair("&quot;", "\""), std::pair("&#39;", "'"), std::pair("&lt;", "<"),
          std::pair("&gt;", ">"), std::pair("&amp;", "&")}) {
      for (std::size_t at; (at = text.find(from)) != std::string::npos;)
        text.replace(at, std::strlen(from), to);
    }
    return text;
  }
  static std::string attribute(const std::string& tag, const std::string& name) {
    const std::size_t at = tag.find(" " + name + "=\"");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 3;
    return unescaped(tag.substr(begin, tag.find('"', begin) - begin));
  }
  web::TestResponse send(const std::string& method, const std::string& path, const Fields& fields) {
    web::TestRequest request;
    if (method == "POST") {
      request.content_type = "application/x-www-form-urlencoded";
      for (const auto& [name, value] : fields)
        request.body += (request.body.empty() ? "" : "&") + encoded(name) + "=" + encoded(value);
    }
    auto response = client_.request(method, path, request);
    const std::string mark = "name=\"csrfmiddlewaretoken\" value=\"";
    if (const auto at = response.body.find(mark); at != std::string::npos) {
      const std::size_t begin = at + mark.size();
      token_ = response.body.substr(begin, response.body.find('"', begin) - begin);
    }
    return response;
  }
  web::TestClient client_;
  std::string token_{};
};

class PagesTest : public AdminTest {
 protected:
  PagesTest() {
    tick = std::chrono::milliseconds(1);  // the admin asks for the password after an hour
    auth::models(Registry::instance());
    admin::models(Registry::instance());
    ensure_tables();
    application.use(web::sessions(std::make_shared<auth::DynamoSessionStore>(),
                                  {.now = [this] { return connection->now(); }}));
    application.use(web::csrf());
    application.use(web::messages());
    application.use(auth::authentication());
    admin::configure(application);
    admin::urls(application.router());
    application.router()
        .get("/sign-in/<str:name>/",
             [](web::Request& request, std::string name) {
               auth::login(request, *auth::find_by_username(name));
               return web::Response::text("in");
             })
        .access(web::Access::public_);
  }

  auth::User make_user(const std::string& name, std::set<std::string> permissions,
                       bool staff = true, bool superuser = false) {
    auth::User user{.username = name};
    user.is_staff = staff;
    user.is_superuser = superuser;
    user.permissions = std::move(permissions);
    return auth::create_user(std::move(user), "violet-harbour-42", auth::PasswordCheck::none);
  }
  Browser browser_of(const std::string& name) {
    Browser browser(application);
    EXPECT_EQ(browser.get("/sign-in/" + name + "/").status, 200);
    return browser;
  }
  Browser boss() {
    if (!auth::find_by_username("boss")) make_user("boss", {}, true, true);
    return browser_of("boss");
  }

  auth::PasswordHasher hasher{auth::quick_hashes()};
  auth::ScopedPasswordHasher scoped_hasher{hasher};
  web::Application application{{.debug = true, .secret_keys = {.current = "a secret of tests"}}};
  Writer ann = Writer::objects.create({.name = "Ann"});
  Article post = article("first", ann);
  const std::string post_url = "/admin/magazine/article/" + post.pk.str() + "/";
};

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

TEST_F(PagesTest, DeletePage_ListsWhatGoes_AndDeletes) {
  Note::objects.create({.article_pk = post, .text = "a note"});
  Browser browser = boss();
  const auto page = browser.get(post_url + "delete/");
  EXPECT_THAT(page.body, AllOf(HasSubstr("article: first"), HasSubstr("note: a note")));
  EXPECT_EQ(browser.post(post_url + "delete/", {}).status, 303);
  EXPECT_FALSE(Article::objects.filter(f<&Article::pk> == post.pk).exists());
  EXPECT_EQ(browser.get(post_url + "change/").status, 404);
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
  admin::site().options.read_only = true;
  const auto page = browser.get(post_url + "change/");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, AllOf(HasSubstr("Read-only"), Not(HasSubstr("name=\"_save\""))));
  EXPECT_EQ(browser.post(post_url + "change/", {{"title", "x"}, {"base:title", "first"}}).status,
            403);
  EXPECT_EQ(browser.post(post_url + "delete/", {}).status, 403);
  admin::site().options.read_only = false;
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

// ---- any table

TEST_F(PagesTest, Tables_AreShown_QueriedWithTheirPrice_AndEditedWithoutLoss) {
  engine
      ->create_table({.name = "loose",
                      .key = {.partition = {"id", dynamodb::Type::S},
                              .sort = dynamodb::KeyAttribute{"at", dynamodb::Type::N}}})
      .value();
  const dynamodb::Item item{
      {"id", "a"},
      {"at", dynamodb::Number::parse("12345678901234567890123456789012345678").value()},
      {"set", dynamodb::StringSet::make({"x", "y"})},
      {"bytes", dynamodb::Binary{std::string("\0\1", 2)}}};
  engine->put_item({.table = "loose", .item = item}).value();
  Browser browser = boss();
  EXPECT_THAT(browser.get("/admin/tables/").body, HasSubstr("loose"));
  const auto planned = browser.get("/admin/tables/loose/?partition=a&limit=10&do=plan");
  EXPECT_THAT(planned.body, AllOf(HasSubstr("Query on loose where id = "), HasSubstr("RCU"),
                                  Not(HasSubstr("Open this item"))));
  const auto found = browser.get("/admin/tables/loose/?partition=a&sort_op=%3E&sort=5&do=run");
  EXPECT_THAT(found.body, AllOf(HasSubstr("12345678901234567890123456789012345678"),
                                HasSubstr("Open this item")));
  EXPECT_THAT(browser.get("/admin/tables/loose/?do=plan").body, HasSubstr("Scan of loose"));
  EXPECT_EQ(browser.get("/admin/tables/loose/?partition=a&sort=x&do=plan").status, 400);
  EXPECT_EQ(browser.get("/admin/tables/nothing/").status, 404);

  const std::size_t at = found.body.find("/admin/tables/loose/item/?key=");
  const std::string url = found.body.substr(at, found.body.find('"', at) - at);
  auto form = Browser::inputs(browser.get(url).body);
  std::string text;
  for (const auto& [name, value] : form)
    if (name == "item") text = value;
  Browser::set(form, "item", "{\"more\": {\"N\": \"1\"}," + text.substr(1));
  EXPECT_EQ(browser.post("/admin/tables/loose/item/", form).status, 303);
  auto expected = item;
  expected.emplace("more", 1);
  const dynamodb::Item key{{"id", item.at("id")}, {"at", item.at("at")}};
  const auto stored = [&] {
    return dynamodb::unpack(
        engine->get_item({.table = "loose", .key = key, .consistent_read = true})
            .value()
            .item->view());
  };
  EXPECT_EQ(stored(), expected);
  EXPECT_EQ(browser.post("/admin/tables/loose/item/", form).status, 409);  // the base is stale
  EXPECT_EQ(stored(), expected);
  const auto answer = browser.post("/admin/tables/partiql/",
                                   {{"statement", "SELECT * FROM \"loose\" WHERE id = 'a'"}});
  EXPECT_THAT(answer.body, HasSubstr("1 items"));
}

TEST_F(PagesTest, Z1_Tables_AreForSuperusers) {
  make_user("staff", {"magazine.change_article"});
  Browser staff = browser_of("staff");
  staff.get("/admin/");
  for (const char* path :
       {"/admin/tables/", "/admin/tables/partiql/", "/admin/tables/magazine_article/",
        "/admin/tables/magazine_article/item/"})
    EXPECT_EQ(staff.get(path).status, 403) << path;
  EXPECT_EQ(staff.post("/admin/tables/partiql/", {{"statement", "SELECT * FROM magazine_article"}})
                .status,
            403);
  EXPECT_EQ(staff.post("/admin/tables/magazine_article/item/", {{"item", "{}"}}).status, 403);
}

TEST_F(PagesTest, G6_TheLogsTable_IsNotWrittenPastItsModel) {
  Browser browser = boss();
  browser.get("/admin/");
  EXPECT_EQ(browser.post("/admin/tables/admin_logentry/item/", {{"item", "{}"}}).status, 403);
  EXPECT_EQ(browser
                .post("/admin/tables/partiql/",
                      {{"statement", "DELETE FROM admin_logentry WHERE object='a' AND id='b'"}})
                .status,
            403);
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

// ---- permissions

TEST_F(PagesTest, Z1_WhoIsNotSignedIn_IsSentToTheLogin) {
  Browser browser(application);
  for (const std::string& path :
       {std::string("/admin/"), std::string("/admin/magazine/article/"), post_url + "change/",
        post_url + "delete/", post_url + "history/",
        std::string("/admin/magazine/writer/autocomplete/?q=a"), std::string("/admin/jobs/")}) {
    const auto answer = browser.get(path);
    EXPECT_THAT(answer.status, AnyOf(302, 303)) << path;
    EXPECT_THAT(answer.header("Location"), HasSubstr("/accounts/login/")) << path;
    EXPECT_THAT(answer.body, Not(HasSubstr("first"))) << path;
  }
}

TEST_F(PagesTest, Z1_Readers_AndStrangers_AreRefusedOnEveryView) {
  make_user("reader", {"magazine.view_article"});
  make_user("nobody", {});
  make_user("customer", {"magazine.change_article", "magazine.delete_article"}, /*staff=*/false);
  const std::vector<std::string> reads{"/admin/magazine/article/", post_url + "change/",
                                       post_url + "history/",
                                       "/admin/magazine/article/autocomplete/?q=f"};
  const std::vector<std::string> writes{"/admin/magazine/article/add/", post_url + "delete/"};
  const auto status = [](Browser& browser, const std::string& path) {
    return browser.get(path).status;
  };
  Browser reader = browser_of("reader"), nobody = browser_of("nobody"),
          customer = browser_of("customer");
  for (const auto& path : reads) {
    EXPECT_EQ(status(reader, path), 200) << path;
    EXPECT_EQ(status(nobody, path), 403) << path;
    EXPECT_THAT(status(customer, path), AnyOf(302, 303, 403)) << path;
  }
  for (const auto& path : writes)
    for (Browser* browser : {&reader, &nobody, &customer})
      EXPECT_THAT(status(*browser, path), AnyOf(302, 303, 403)) << path;
  const std::string row = "row-" + post.pk.str() + "-words";
  for (Browser* browser : {&reader, &nobody}) {
    EXPECT_EQ(browser->post(post_url + "change/", {{"title", "x"}, {"base:title", "first"}}).status,
              403);
    EXPECT_EQ(browser->post(post_url + "delete/", {}).status, 403);
    EXPECT_EQ(browser->post("/admin/magazine/article/add/", {{"title", "x"}}).status, 403);
    EXPECT_EQ(browser
                  ->post("/admin/magazine/article/",
                         {{"action", "publish"}, {"chosen", post.pk.str()}, {"run", "1"}})
                  .status,
              403);
    EXPECT_EQ(
        browser->post("/admin/magazine/article/", {{"save", "1"}, {row, "7"}, {"base:" + row, "0"}})
            .status,
        403);
  }
  EXPECT_EQ(Article::objects.get(post.pk).title, "first");
  EXPECT_THAT(nobody.get("/admin/").body, Not(HasSubstr("articles")));
}

TEST_F(PagesTest, Z1_InlinesOfOtherModels_NeedTheirOwnPermission) {
  make_user("editor", {"magazine.change_article"});
  const Note note = Note::objects.create({.article_pk = post, .text = "private note"});
  Browser editor = browser_of("editor");
  EXPECT_THAT(editor.get(post_url + "change/").body, Not(HasSubstr("private note")));
  const auto answer = editor.post(post_url + "change/", {{"note-total", "1"},
                                                         {"note-0-key", note.pk.str()},
                                                         {"note-0-text", "changed"},
                                                         {"base:note-0-text", "private note"},
                                                         {"note-0-delete", "on"}});
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(Note::objects.get(note.pk).text, "private note");
}

TEST_F(PagesTest, X1_PostWithoutToken_Is403) {
  Browser browser = boss();
  EXPECT_EQ(browser.post_without_token(post_url + "delete/", {}).status, 403);
  EXPECT_TRUE(Article::objects.filter(f<&Article::pk> == post.pk).exists());
}

// ---- random forms, as each role

TEST_F(PagesTest, Z3_RandomForms_NeverFail_AndChangeNothingThatIsForbidden) {
  make_user("boss", {}, true, true);
  make_user("reader", {"magazine.view_article", "magazine.view_note"});
  make_user("editor", {"magazine.change_article", "magazine.add_article"});
  Note note = Note::objects.create({.article_pk = post, .text = "note"});
  std::map<std::string, Browser> browsers;
  for (const char* name : {"boss", "reader", "editor"}) {
    browsers.emplace(name, browser_of(name));
    browsers.at(name).get("/admin/");
  }
  browsers.emplace("anonymous", Browser(application));
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto one_of = [&](const std::vector<std::string>& list) {
    return list[random() % list.size()];
  };
  const std::vector<std::string> names{"title",
                                       "slug",
                                       "body",
                                       "writer_pk",
                                       "editor_pk",
                                       "published",
                                       "words",
                                       "tags",
                                       "labels",
                                       "created_at",
                                       "pk",
                                       "version",
                                       "base:title",
                                       "base:labels",
                                       "note-total",
                                       "note-0-key",
                                       "note-0-text",
                                       "note-0-delete",
                                       "note-1-text",
                                       "note-0-article_pk",
                                       "action",
                                       "chosen",
                                       "all",
                                       "run",
                                       "confirm",
                                       "selection",
                                       "save",
                                       "_saveasnew",
                                       "_continue",
                                       "entry",
                                       "do",
                                       "is_superuser",
                                       "row-" + post.pk.str() + "-words",
                                       "base:row-" + post.pk.str() + "-words"};
  const std::vector<std::string> values{"",
                                        "x",
                                        "1",
                                        "-1",
                                        "true",
                                        "99999999999999999999",
                                        "1.5",
                                        "{\"a\":",
                                        "[1,2]",
                                        post.pk.str(),
                                        note.pk.str(),
                                        ann.pk.str(),
                                        "<script>",
                                        "\x01\x02",
                                        "publish",
                                        "delete_selected",
                                        "undo",
                                        "2026-01-01T00:00",
                                        std::string(300, 'a'),
                                        "ünïcode"};
  const std::vector<std::string> paths{"/admin/magazine/article/",
                                       "/admin/magazine/article/add/",
                                       post_url + "change/",
                                       post_url + "history/",
                                       "/admin/magazine/note/" + note.pk.str() + "/change/",
                                       "/admin/magazine/label/add/",
                                       "/admin/jobs/" + post.pk.str() + "/"};
  for (int i = 0; i < 300; ++i) {
    const std::string role = one_of({"boss", "reader", "editor", "anonymous"});
    const std::string path = one_of(paths);
    Browser::Fields fields;
    for (std::size_t n = random() % 8; n > 0; --n)
      fields.emplace_back(one_of(names), one_of(values));
    const auto stored = fetch(model_info<Article>(), {{"pk", post.pk.str()}});
    const auto stored_note = fetch(model_info<Note>(), {{"pk", note.pk.str()}});
    const auto answer = browsers.at(role).post(path, fields);
    ASSERT_LT(answer.status, 500) << role << " " << path << ": " << answer.body.substr(0, 300);
    if (role == "reader" || role == "anonymous") {
      ASSERT_EQ(fetch(model_info<Article>(), {{"pk", post.pk.str()}}), stored) << role << path;
    }
    if (role != "boss") {
      ASSERT_EQ(fetch(model_info<Note>(), {{"pk", note.pk.str()}}), stored_note) << role << path;
    }
    if (!Article::objects.filter(f<&Article::pk> == post.pk).exists()) break;  // the boss may
  }
}

}  // namespace
}  // namespace magazine
