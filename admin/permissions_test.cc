// Permissions: every view, action, inline, export and popup, by every kind of person.
#include <array>
#include <map>

#include "admin/auth_admin.h"
#include "admin/bulk_job.h"
#include "admin/test_pages.h"

namespace magazine {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(PagesTest, Z1_InlinesOfOtherModels_NeedTheirOwnPermission) {
  make_user("editor", {"magazine.change_article"});
  const Note note = Note::objects.create({.article_pk = post, .text = "private note"});
  Browser editor = browser_of("editor");
  EXPECT_THAT(editor.get(post_url + "change/").body, Not(HasSubstr("private note")));
  const auto answer = editor.post(post_url + "change/", {{"note-__total", "1"},
                                                         {"note-0-__key", note.pk.str()},
                                                         {"note-0-text", "changed"},
                                                         {"base:note-0-text", "private note"},
                                                         {"note-0-__delete", "on"}});
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(Note::objects.get(note.pk).text, "private note");
}

// Fields and rows that a model's own admin keeps are kept in another's form, too.
TEST_F(PagesTest, Z1_Inlines_HaveTheRulesOfTheirModel) {
  admin::site().add<Note>(
      {.superuser_fields = {"place"}, .row_permission = [](const admin::RowQuestion& q) {
         const std::string& text = static_cast<const Note*>(q.row)->text;
         return q.is_superuser || (text != "unseen" && (text != "locked" || q.verb == "view"));
       }});
  const auto note = [&](const std::string& text, std::int64_t place) {
    return Note::objects.create({.article_pk = post, .text = text, .place = place});
  };
  const Note free = note("free", 1), locked = note("locked", 2), hidden = note("unseen", 3);
  make_user("editor", {"magazine.change_article", "magazine.add_note", "magazine.change_note",
                       "magazine.delete_note"});
  Browser editor = browser_of("editor");
  const auto page = editor.get(post_url + "change/");
  EXPECT_THAT(page.body, AllOf(HasSubstr("name=\"note-0-text\""), HasSubstr("locked"),
                               Not(HasSubstr("name=\"note-1-text\"")),
                               Not(HasSubstr("name=\"note-1-__delete\"")),
                               Not(HasSubstr("-place\"")), Not(HasSubstr("unseen"))));
  const auto row = [](const std::string& prefix, const std::string& key, const std::string& base) {
    return Browser::Fields{{prefix + "__key", key},
                           {prefix + "text", "changed"},
                           {"base:" + prefix + "text", base},
                           {prefix + "place", "9"},
                           {"base:" + prefix + "place", "0"}};
  };
  const auto send = [&](const std::vector<Browser::Fields>& rows, const std::string& removed) {
    Browser::Fields form{{"note-__total", std::to_string(rows.size())}};
    for (const auto& fields : rows) form.insert(form.end(), fields.begin(), fields.end());
    if (!removed.empty()) form.emplace_back(removed, "on");
    return editor.post(post_url + "change/", form).status;
  };
  EXPECT_EQ(send({row("note-0-", free.pk.str(), "free"), row("note-1-", locked.pk.str(), "locked"),
                  row("note-2-", hidden.pk.str(), "unseen"), row("note-3-", "", "")},
                 ""),
            303);
  for (const Note& kept : {locked, hidden}) {
    EXPECT_EQ(send({row("note-0-", kept.pk.str(), kept.text)}, "note-0-__delete"), 303);
    EXPECT_EQ(Note::objects.get(kept.pk).text, kept.text);
  }
  EXPECT_EQ(Note::objects.get(free.pk).text, "changed");
  EXPECT_EQ(Note::objects.get(free.pk).place, 1);
  std::multiset<std::int64_t> places;
  for (const Note& n : Note::objects.filter(f<&Note::article_pk> == post)) places.insert(n.place);
  EXPECT_THAT(places, testing::ElementsAre(0, 1, 2, 3)) << "the new one has the default";
  // A refused form does not show what the page did not.
  auto refused = row("note-0-", hidden.pk.str(), "x");
  refused.insert(refused.end(), {{"note-__total", "1"}, {"title", ""}, {"base:title", "first"}});
  EXPECT_THAT(editor.post(post_url + "change/", refused).body, Not(HasSubstr("unseen")));
}

// A rule of the application's own for single fields.
TEST_F(PagesTest, Z1_FieldsThatMayNotBeSet_AreSeenAndStay) {
  admin::site().add<Article>({.list_display = {"title", "words"},
                              .list_editable = {"words"},
                              .field_permission = [](const admin::FieldQuestion& q) {
                                return q.is_superuser ||
                                       (q.field != "words" && q.field != "labels");
                              }});
  make_user("editor", {"magazine.change_article", "magazine.add_article"});
  Browser editor = browser_of("editor"), superuser = boss();
  const std::string list = "/admin/magazine/article/", cell = "row-" + post.pk.str() + "-words";
  EXPECT_THAT(superuser.get(post_url + "change/").body, HasSubstr("name=\"words\""));
  EXPECT_THAT(superuser.get(list).body, HasSubstr("name=\"" + cell));
  EXPECT_THAT(editor.get(post_url + "change/").body,
              AllOf(HasSubstr("<output id=\"id_words\""), Not(HasSubstr("name=\"words\"")),
                    Not(HasSubstr("name=\"labels\""))));
  EXPECT_THAT(editor.get(list).body, Not(HasSubstr("name=\"" + cell)));
  EXPECT_EQ(
      editor
          .post(post_url + "change/",
                {{"title", "Second"}, {"base:title", "first"}, {"words", "7"}, {"base:words", "0"}})
          .status,
      303);
  EXPECT_EQ(editor.post(list, {{"save", "1"}, {cell, "7"}, {"base:" + cell, "0"}}).status, 403);
  const std::string csv = "pk,title,words\r\n" + post.pk.str() + ",Third,7\r\n";
  EXPECT_EQ(
      editor.post(list + "import/", {{"format", "csv"}, {"text", csv}, {"apply", "1"}}).status,
      303);
  EXPECT_THAT(editor.get(list + "export/?format=csv").body, HasSubstr("words"));
  post.refresh();
  EXPECT_EQ(post.title, "Third");
  EXPECT_EQ(post.words, 0);
  EXPECT_EQ(superuser.post(list, {{"save", "1"}, {cell, "7"}, {"base:" + cell, "0"}}).status, 303);
  const auto entry =
      admin::history_of(model_info<Article>(), {{"pk", post.pk.str()}}, {}).items.at(0);
  EXPECT_EQ(editor.post(post_url + "history/", {{"entry", entry.id}}).status, 403);
}

TEST_F(PagesTest, Z1_RowsThatMayNotBeSeen_AreInNoListSearchOrHistory) {
  const auto rule = [](const admin::RowQuestion& q) {
    return q.is_superuser || static_cast<const Writer*>(q.row)->name != "Hidden Anna";
  };
  admin::site().add<Writer>(
      {.list_display = {"name"}, .search_fields = {"name"}, .row_permission = rule});
  const Writer hidden = Writer::objects.create({.name = "Hidden Anna"});
  const std::string list = "/admin/magazine/writer/", row = list + hidden.pk.str() + "/";
  make_user("editor", {"magazine.change_writer", "magazine.add_writer"});
  Browser editor = browser_of("editor"), superuser = boss();
  for (const std::string& path : {list, list + "?q=ann", list + "?_popup=1", list + "?count=1",
                                  list + "autocomplete/?q=ann"}) {
    EXPECT_THAT(editor.get(path).body, AllOf(HasSubstr("Ann"), Not(HasSubstr("Hidden Anna"))))
        << path;
    EXPECT_THAT(superuser.get(path).body, HasSubstr("Hidden Anna")) << path;
  }
  EXPECT_THAT(editor.get(list + "?count=1").body, Not(HasSubstr("2 writers")));
  EXPECT_THAT(editor.get(list).body, Not(HasSubstr("Count exactly")));
  EXPECT_THAT(superuser.get(list + "?count=1").body, HasSubstr("2 writers"));
  EXPECT_EQ(superuser.post(row + "delete/", {}).status, 303);
  EXPECT_EQ(editor.get(row + "history/").status, 403) << "of a row that is gone";
  const auto entry =
      admin::history_of(model_info<Writer>(), {{"pk", hidden.pk.str()}}, {}).items.at(0);
  EXPECT_EQ(editor.post(row + "history/", {{"entry", entry.id}}).status, 403);
  EXPECT_THAT(superuser.get(row + "history/").body, HasSubstr("Hidden Anna"));
  EXPECT_EQ(superuser.post(row + "history/", {{"entry", entry.id}}).status, 303);
}

TEST_F(PagesTest, Z1_Actions_AskForEachRow_HoweverTheSelectionWasMade) {
  admin::register_auth();
  make_user("manager", {"auth.change_user", "auth.delete_user", "auth.view_user"});
  const auth::User other = make_user("other", {}, true, true);
  Browser browser = browser_of("manager");
  const auto delete_those = [&](const admin::Selection& selection) {
    return browser
        .post("/admin/auth/user/", {{"action", "delete_selected"},
                                    {"confirm", "1"},
                                    {"selection", sealed(of("auth/user"), selection)}})
        .status;
  };
  EXPECT_EQ(delete_those({.keys = {other.pk.str()}}), 403);
  EXPECT_EQ(delete_those({}), 403) << "all of them";
  EXPECT_TRUE(auth::User::objects.filter(f<&auth::User::pk> == other.pk).exists());
}

TEST_F(PagesTest, X1_PostWithoutToken_Is403) {
  Browser browser = boss();
  EXPECT_EQ(browser.post_without_token(post_url + "delete/", {}).status, 403);
  EXPECT_TRUE(Article::objects.filter(f<&Article::pk> == post.pk).exists());
}

// ---- every view, by every kind of person

// Who asks. Each may more than the one before.
const std::vector<std::string> kPeople{"anonymous", "customer", "nobody",
                                       "reader",    "editor",   "boss"};

struct Question {
  std::string method{}, path{};
  Browser::Fields fields{};
  std::array<int, 4> answers{};  // to the staff: nobody, reader, editor, boss
};

class PermissionTest : public PagesTest {
 protected:
  PermissionTest() {
    make_user("boss", {}, true, true);
    make_user("customer", {"magazine.change_article", "magazine.delete_article"}, /*staff=*/false);
    make_user("nobody", {});
    make_user("reader", {"magazine.view_article"});
    make_user("editor", {"magazine.change_article"});
    engine->create_table({.name = "loose", .key = {.partition = {"id", dynamodb::Type::S}}})
        .value();
    engine->put_item({.table = "loose", .item = {{"id", "a"}}}).value();
    admin::run_batch(job.pk);
    Browser browser = browser_of("boss");
    auto form = Browser::inputs(browser.get(post_url + "change/").body);
    Browser::set(form, "title", "Second");
    EXPECT_EQ(browser.post(post_url + "change/", form).status, 303);
  }

  // What nobody changes who may not.
  std::string everything() const {
    std::string all;
    for (const std::string table :
         {"magazine_article", "magazine_note", "magazine_writer", "admin_logentry", "loose"}) {
      const auto found = engine->scan({.table = table}).value();
      for (std::size_t i = 0; i < found.items.size(); ++i) all += found.items.packed(i);
    }
    return all;
  }

  // Rows as they are, so that who may save them changes nothing for the next who asks.
  std::vector<Question> questions() {
    const std::string list = "/admin/magazine/article/", note_url = "/admin/magazine/note/",
                      job_url = "/admin/jobs/" + job.pk.str() + "/", table = "/admin/tables/loose/",
                      item = "{\"id\": {\"S\": \"a\"}}";
    const Browser::Fields same{{"title", "Second"},     {"base:title", "Second"},
                               {"note-__total", "1"},   {"note-0-__key", note.pk.str()},
                               {"note-0-text", "note"}, {"base:note-0-text", "note"}};
    const Browser::Fields publish{{"action", "publish"}, {"chosen", post.pk.str()}, {"run", "1"}};
    const Browser::Fields remove{
        {"action", "delete_selected"}, {"chosen", post.pk.str()}, {"run", "1"}};
    const Browser::Fields start{
        {"action", "publish"},
        {"confirm", "1"},
        {"selection", sealed(of("magazine/article"), admin::Selection{.keys = {post.pk.str()}})}};
    const std::string cell = "row-" + post.pk.str() + "-words";
    const std::string entry =
        admin::history_of(model_info<Article>(), {{"pk", post.pk.str()}}, {}).items.at(0).id;
    const std::string csv = "pk,title\r\n" + post.pk.str() + ",Second\r\n";
    return {
        {"GET", "/admin/", {}, {200, 200, 200, 200}},
        {"GET", list, {}, {403, 200, 200, 200}},
        {"GET", list + "?_popup=1", {}, {403, 200, 200, 200}},
        {"GET", list + "autocomplete/?q=sec", {}, {403, 200, 200, 200}},
        {"GET", list + "export/?format=csv", {}, {403, 200, 200, 200}},
        {"GET", list + "export/?format=jsonl", {}, {403, 200, 200, 200}},
        {"GET", list + "add/", {}, {403, 403, 403, 200}},
        {"GET", list + "add/?_popup=1", {}, {403, 403, 403, 200}},
        {"POST", list + "add/", {{"title", ""}}, {403, 403, 403, 422}},
        {"GET", post_url + "change/", {}, {403, 200, 200, 200}},
        {"POST", post_url + "change/", same, {403, 403, 303, 303}},
        {"POST", post_url + "change/?_popup=1", same, {403, 403, 200, 200}},
        {"GET", post_url + "delete/", {}, {403, 403, 403, 200}},
        {"GET", post_url + "history/", {}, {403, 200, 200, 200}},
        {"POST", list, publish, {403, 403, 200, 200}},
        {"POST", list, remove, {403, 403, 403, 200}},
        {"POST", list, start, {403, 403, 303, 303}},
        {"POST", list, {{"save", "1"}, {cell, "0"}, {"base:" + cell, "0"}}, {403, 403, 303, 303}},
        {"GET", list + "import/", {}, {403, 403, 403, 200}},
        {"POST", list + "import/", {{"format", "csv"}, {"text", csv}}, {403, 403, 403, 200}},
        {"POST",
         list + "import/",
         {{"format", "csv"}, {"text", csv}, {"apply", "1"}},
         {403, 403, 403, 303}},
        {"GET", note_url, {}, {403, 403, 403, 200}},
        {"GET", note_url + note.pk.str() + "/change/", {}, {403, 403, 403, 200}},
        {"POST", note_url + note.pk.str() + "/delete/", {{"x", "y"}}, {403, 403, 403, 303}},
        {"GET", "/admin/jobs/", {}, {200, 200, 200, 200}},
        {"GET", job_url, {}, {404, 404, 404, 200}},
        {"POST", job_url, {{"do", "cancel"}}, {404, 404, 404, 303}},
        {"POST", job_url, {{"do", "resume"}}, {404, 404, 404, 303}},
        {"POST", job_url, {{"do", "undo"}}, {404, 404, 404, 303}},
        {"GET", "/admin/tables/", {}, {403, 403, 403, 200}},
        {"GET", table, {}, {403, 403, 403, 200}},
        {"GET", table + "?do=run", {}, {403, 403, 403, 200}},
        {"GET", table + "item/", {}, {403, 403, 403, 200}},
        {"POST", table + "item/", {{"item", item}, {"base", item}}, {403, 403, 403, 303}},
        {"POST", table + "item/", {{"delete", "1"}, {"base", item}}, {403, 403, 403, 303}},
        {"GET", "/admin/tables/partiql/", {}, {403, 403, 403, 200}},
        {"POST",
         "/admin/tables/partiql/",
         {{"statement", "SELECT * FROM loose"}},
         {403, 403, 403, 200}},
        {"POST",
         "/admin/tables/partiql/",
         {{"statement", "INSERT INTO loose VALUE {'id': 'b'}"}},
         {403, 403, 403, 200}},
        {"POST", post_url + "history/", {{"entry", entry}}, {403, 403, 303, 303}},
        {"POST", post_url + "delete/", {}, {403, 403, 403, 303}},
    };
  }

  Note note = Note::objects.create({.article_pk = post, .text = "note"});
  admin::BulkJob job = make_job(of("magazine/article"), "publish",
                                admin::Selection{.keys = {post.pk.str()}}, 1, {"boss", "Boss"});
};

TEST_F(PermissionTest, Z1_EveryView_ByEveryKindOfPerson) {
  std::map<std::string, Browser> browsers;
  browsers.emplace("anonymous", Browser(application));
  for (std::size_t i = 1; i < kPeople.size(); ++i)
    browsers.emplace(kPeople[i], browser_of(kPeople[i]));
  for (const Question& question : questions()) {
    for (std::size_t i = 0; i < kPeople.size(); ++i) {
      SCOPED_TRACE(kPeople[i] + ": " + question.method + " " + question.path);
      const int expected = i < 2 ? 0 : question.answers[i - 2];
      const std::string before = everything();
      Browser& browser = browsers.at(kPeople[i]);
      const auto answer = question.method == "GET" ? browser.get(question.path)
                                                   : browser.post(question.path, question.fields);
      if (expected == 0) {  // to the login; a form without a token of a page is refused before
        EXPECT_THAT(answer.status, AnyOf(302, 303, 403));
        if (answer.status != 403) {
          EXPECT_THAT(answer.header("Location"), HasSubstr("/accounts/login/"));
        }
        EXPECT_THAT(answer.body, Not(HasSubstr("Second")));
      } else {
        EXPECT_EQ(answer.status, expected) << answer.body.substr(0, 2000);
      }
      if (expected == 0 || expected >= 400) {
        EXPECT_EQ(everything(), before);
      }
    }
  }
  EXPECT_FALSE(Article::objects.filter(f<&Article::pk> == post.pk).exists()) << "the boss may";
  EXPECT_THAT(browsers.at("nobody").get("/admin/").body, Not(HasSubstr("articles")));
}

}  // namespace
}  // namespace magazine
