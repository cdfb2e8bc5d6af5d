// Random forms, as each kind of person: nothing fails, and nothing changes that they may not
// change.
#include <map>
#include <random>

#include "admin/bulk_job.h"
#include "admin/test_pages.h"

namespace magazine {
namespace {

TEST_F(PagesTest, Z3_RandomForms_NeverFail_AndChangeNothingThatIsForbidden) {
  make_user("boss", {}, true, true);
  make_user("reader", {"magazine.view_article", "magazine.view_note"});
  make_user("editor", {"magazine.change_article", "magazine.add_article"});
  make_user("nobody", {});
  make_user("customer", {"magazine.change_article"}, /*staff=*/false);
  Note note = Note::objects.create({.article_pk = post, .text = "note"});
  const admin::BulkJob job =
      make_job(of("magazine/article"), "publish", admin::Selection{.keys = {post.pk.str()}}, 1,
               {"boss", "Boss"});
  std::map<std::string, Browser> browsers;
  for (const char* name : {"boss", "reader", "editor", "nobody", "customer"}) {
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
                                       "note-__total",
                                       "note-0-__key",
                                       "note-0-text",
                                       "note-0-__delete",
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
                                       "statement",
                                       "item",
                                       "base",
                                       "delete",
                                       "format",
                                       "text",
                                       "apply",
                                       "row-" + post.pk.str() + "-words",
                                       "base:row-" + post.pk.str() + "-words"};
  const std::vector<std::string> values{
      "",
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
      "csv",
      "pk,title\r\n" + post.pk.str() + ",forged",
      "{\"pk\": {\"S\": \"" + post.pk.str() + "\"}}",
      "UPDATE magazine_note SET text='forged' WHERE pk='" + note.pk.str() + "'",
      "2026-01-01T00:00",
      std::string(300, 'a'),
      "ünïcode"};
  const std::vector<std::string> paths{"/admin/magazine/article/",
                                       "/admin/magazine/article/add/",
                                       post_url + "change/",
                                       post_url + "history/",
                                       "/admin/magazine/note/" + note.pk.str() + "/change/",
                                       "/admin/magazine/label/add/",
                                       post_url + "delete/",
                                       "/admin/magazine/article/import/",
                                       "/admin/magazine/writer/autocomplete/",
                                       "/admin/tables/magazine_article/item/",
                                       "/admin/tables/partiql/",
                                       "/admin/jobs/" + job.pk.str() + "/"};
  for (int i = 0; i < 400; ++i) {
    const std::string role =
        one_of({"boss", "reader", "editor", "nobody", "customer", "anonymous"});
    const std::string path = one_of(paths);
    Browser::Fields fields;
    for (std::size_t n = random() % 8; n > 0; --n)
      fields.emplace_back(one_of(names), one_of(values));
    const auto stored = fetch(model_info<Article>(), {{"pk", post.pk.str()}});
    const auto stored_note = fetch(model_info<Note>(), {{"pk", note.pk.str()}});
    const auto answer = browsers.at(role).post(path, fields);
    ASSERT_LT(answer.status, 500) << role << " " << path << ": " << answer.body.substr(0, 300);
    if (role != "boss" && role != "editor") {
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
