// Forms in pages: what their widgets keep and take.
#include "admin/row_edit.h"
#include "admin/test_pages.h"

namespace magazine {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(PagesTest, Choices_KeepStoredValuesThatAreNoneAnyMore_AndTakeNoOthers) {
  const auto choices = [](std::string value) {
    return [value] { return std::vector{std::pair(value, "The " + value)}; };
  };
  admin::site().add<Article>({.choices = {{"slug", choices("new")}, {"tags", choices("blue")}}});
  post.tags = {"gone", "blue"};
  post.save();
  const std::string url = post_url + "change/";
  Browser browser = boss();
  const auto form = Browser::inputs(browser.get(url).body);
  const auto post_with = [&](const std::string& name, const std::string& value) {
    auto fields = form;
    name == "tags" ? (void)fields.emplace_back(name, value) : Browser::set(fields, name, value);
    const auto answer = browser.post(url, fields);
    post.refresh();
    return answer;
  };
  EXPECT_EQ(post_with("title", "Second").status, 303);
  EXPECT_EQ(post.title, "Second");
  EXPECT_EQ(post.slug, "first");
  EXPECT_THAT(post.tags, ElementsAre("gone", "blue"));
  for (const char* field : {"slug", "tags"}) {
    const auto refused = post_with(field, "made-up");
    EXPECT_EQ(refused.status, 422) << field;
    EXPECT_THAT(refused.body, HasSubstr("&#39;made-up&#39; is not one of the choices."));
  }
  EXPECT_EQ(post.slug, "first");
  EXPECT_EQ(post_with("slug", "new").status, 303);
  EXPECT_EQ(post.slug, "new");
}

TEST_F(PagesTest, ChoiceThatLooksLikeJsonOrLines_IsChosenAloneAndWithOthers) {
  admin::site().add<Article>(
      {.choices = {{"tags", [] {
                      return std::vector<std::pair<std::string, std::string>>{
                          {"[draft]", "Draft"},
                          {"[\"a\"]", "A list"},
                          {" two\nlines", "Lines"},
                          {"plain", "Plain"}};
                    }}}});
  const std::string url = post_url + "change/";
  Browser browser = boss();
  using Tags = std::vector<std::string>;
  for (const Tags& chosen : {Tags{"[draft]"}, Tags{"[\"a\"]"}, Tags{" two\nlines"}, Tags{"plain"},
                             Tags{"[draft]", "plain"}, Tags{"plain", "[draft]"}, Tags{}}) {
    auto form = Browser::inputs(browser.get(url).body);
    std::erase_if(form, [](const auto& field) { return field.first == "tags"; });
    for (const std::string& tag : chosen) form.emplace_back("tags", tag);
    EXPECT_EQ(browser.post(url, form).status, 303) << testing::PrintToString(chosen);
    post.refresh();
    EXPECT_EQ(post.tags, chosen);
  }
}

TEST_F(PagesTest, CheckboxThatAProgramSendsAsFalse_IsNotChecked) {
  Browser browser = boss();
  for (const char* text : {"false", "False", "0"}) {
    post.published = true;
    post.save();
    EXPECT_EQ(browser.post(post_url + "change/", {{"published", text}, {"base:published", "true"}})
                  .status,
              303);
    post.refresh();
    EXPECT_FALSE(post.published) << text;
  }
}

TEST_F(PagesTest, RelationsThatAreNotThere_AreRefused) {
  const std::string url = post_url + "change/";
  const std::string made_up = base::Uuid::random().str();
  const Label label = Label::objects.create({.name = "red"});
  Browser browser = boss();
  const auto form = Browser::inputs(browser.get(url).body);
  const auto post_with = [&](const std::string& name, const std::string& value) {
    auto fields = form;
    Browser::set(fields, "title", "Second");
    Browser::set(fields, name, value);
    return browser.post(url, fields);
  };
  for (const char* name : {"writer_pk", "editor_pk", "labels"}) {
    const auto refused = post_with(name, made_up);
    EXPECT_EQ(refused.status, 422) << name;
    EXPECT_THAT(refused.body, AllOf(HasSubstr("There is no row of the key " + made_up),
                                    HasSubstr("id=\"id_" + std::string(name) + "_error0\"")));
  }
  EXPECT_EQ(post_with("writer_pk", std::string(3000, 'x')).status, 422);  // no key has that length
  const auto refused = post_with("labels", label.pk.str() + " red");
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("&#39;red&#39; is no key."));
  EXPECT_EQ(Article::objects.get(post.pk).title, "first");
  EXPECT_EQ(post_with("labels", label.pk.str()).status, 303);
  EXPECT_EQ(
      admin::linked_keys(model_info<Article>(), model_info<Article>().field("labels"), post.pk)
          .size(),
      1u);

  // What the form had already is not read again: a row whose writer is gone is edited still.
  auto again = Browser::inputs(browser.get(url).body);
  engine->delete_item({.table = "magazine_writer", .key = {{"pk", ann.pk.str()}}}).value();
  Browser::set(again, "title", "Third");
  EXPECT_EQ(browser.post(url, again).status, 303);
  EXPECT_EQ(Article::objects.get(post.pk).title, "Third");
}

TEST_F(PagesTest, RelationOfAnInlineThatIsNotThere_IsRefused) {
  admin::site().add<Writer>({.inlines = {admin::inline_of<Article>({.foreign_key = "writer_pk"})}});
  const std::string url = "/admin/magazine/writer/" + ann.pk.str() + "/change/";
  Browser browser = boss();
  auto form = Browser::inputs(browser.get(url).body);
  Browser::set(form, "article-0-editor_pk", base::Uuid::random().str());
  const auto refused = browser.post(url, form);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("id=\"id_article-0-editor_pk_error0\""));
}

}  // namespace
}  // namespace magazine
