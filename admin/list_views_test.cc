// Lists that are edited: what is offered, and where mistakes are said. One search over all lists.
#include "admin/auth_admin.h"
#include "admin/test_pages.h"

namespace magazine {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(PagesTest, ListEditing_SaysMistakesOfFieldsThatAreNoColumns) {
  engine
      ->update_item({.table = "magazine_article",
                     .key = {{"pk", post.pk.str()}},
                     .update = {.set = {{"slug", {dynamodb::AttributeValue("no slug")}}}}})
      .value();
  Browser browser = boss();
  const std::string list = "/admin/magazine/article/";
  auto form = Browser::inputs(browser.get(list).body);
  Browser::set(form, "row-" + post.pk.str() + "-words", "7");
  Browser::set(form, "save", "1");
  const auto refused = browser.post(list, form);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("first: slug: "));
}

TEST_F(PagesTest, ListEditing_OffersFieldsOfSuperusersToThemAlone) {
  admin::site().add<Article>({.list_display = {"title", "words", "published"},
                              .list_editable = {"words", "published"},
                              .superuser_fields = {"published"}});
  make_user("editor", {"magazine.change_article"});
  Browser editor = browser_of("editor"), superuser = boss();
  const std::string list = "/admin/magazine/article/", row = "row-" + post.pk.str() + "-";
  EXPECT_THAT(superuser.get(list).body, HasSubstr("\"" + row + "published"));
  const std::string page = editor.get(list).body;
  EXPECT_THAT(page,
              AllOf(HasSubstr("\"" + row + "words"), Not(HasSubstr("\"" + row + "published"))));
  auto form = Browser::inputs(page);
  Browser::set(form, row + "words", "7");
  Browser::set(form, "save", "1");
  EXPECT_EQ(editor.post(list, form).status, 303);
}

TEST_F(PagesTest, History_LeavesOutWhatTheFormDoes) {
  admin::site().add<Article>({.fields = {"title", "slug", "writer_pk"}});
  post.body = "a new body";
  post.title = "Second";
  const admin::FieldChange body{.field = "body", .before = Value("old"), .after = Value("secret")},
      title{.field = "title", .before = Value("first"), .after = Value("Second")};
  admin::make_entry({"user-1", "Eve"}, model_info<Article>(), {{"pk", post.pk.str()}}, "first",
                    "change", {body, title})
      .save();
  Browser browser = boss();
  EXPECT_THAT(browser.get(post_url + "history/").body,
              AllOf(HasSubstr("Second"), Not(HasSubstr("secret"))));
}

TEST_F(PagesTest, Find_LooksWhereThePersonMaySee) {
  article("Anniversary", ann);
  make_user("reader", {"magazine.view_writer"});
  Browser superuser = boss(), reader = browser_of("reader");
  const std::string find = "/admin/find/?q=", writer = "/admin/magazine/writer/" + ann.pk.str();
  EXPECT_THAT(superuser.get(find + "ann").body,
              AllOf(HasSubstr(writer), HasSubstr(">Anniversary<"), HasSubstr(">Ann<")));
  EXPECT_THAT(reader.get(find + "ann").body,
              AllOf(HasSubstr(writer), Not(HasSubstr("Anniversary"))));
  EXPECT_THAT(superuser.get(find + "articl").body,
              AllOf(HasSubstr("href=\"/admin/magazine/article/\""), Not(HasSubstr("was found"))));
  EXPECT_THAT(reader.get(find + "articl").body, HasSubstr("Nothing was found"));
  std::string long_words = "a";
  for (int i = 0; i < 200; ++i) long_words += "%C3%A9";
  for (const std::string& words :
       {std::string(), std::string("%22"), std::string("%00"), long_words}) {
    EXPECT_LT(superuser.get(find + words).status, 500) << words;
    EXPECT_LT(superuser.get("/admin/magazine/writer/autocomplete/?q=" + words).status, 500);
  }
  std::string many_words;
  for (int i = 0; i < 100; ++i) many_words += "a%20";
  const auto refused = superuser.get(find + many_words);
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("Search for at most 16 words."));
  EXPECT_THAT(
      superuser.get("/admin/magazine/writer/autocomplete/?q=" + many_words).json()["problem"],
      "Search for at most 16 words.");
  EXPECT_THAT(superuser.get("/admin/").body, HasSubstr("action=\"/admin/find/\""));
}

// Of large tables no more is read than for one list.
TEST_F(PagesTest, Find_ReadsNoLargeTableUnasked) {
  admin::site().options.scan_units = 0.001;
  const auto page = boss().get("/admin/find/?q=ann").body;
  admin::site().options = {};
  EXPECT_THAT(page, AllOf(HasSubstr("too large"), HasSubstr("/admin/magazine/writer/?q=ann"),
                          Not(HasSubstr(">Ann<"))));
}

TEST_F(PagesTest, Popup_StaysOneThroughFiltersAndWarnings) {
  admin::site().add<Note>({.list_filter = {"place"}});
  Note::objects.create({.article_pk = post, .text = "note"});
  admin::site().options.scan_units = 0.001;
  Browser browser = boss();
  const std::string list = "/admin/magazine/note/?_popup=1";
  const std::string all = browser.get(list).body, warning = browser.get(list + "&place=3").body;
  admin::site().options = {};
  EXPECT_THAT(all, HasSubstr("<form method=\"get\"><input type=\"hidden\" name=\"_popup\""));
  EXPECT_THAT(warning, HasSubstr("href=\"" + list + "\">Back to all rows"));
}

}  // namespace
}  // namespace magazine
