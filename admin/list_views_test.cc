// Lists that are edited: what is offered, and where mistakes are said.
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

}  // namespace
}  // namespace magazine
