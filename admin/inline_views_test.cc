// Inlines in pages: how many rows there may be; what leads to related rows.
#include "admin/test_pages.h"

namespace magazine {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Key;
using testing::Not;

class InlineTest : public PagesTest {
 protected:
  void notes(admin::InlineOptions options) {
    admin::site().add<Article>({.inlines = {admin::inline_of<Note>(std::move(options))}});
  }
  web::TestResponse add(int more) {
    auto form = Browser::inputs(browser.get(url).body);
    int total = 0;
    for (const auto& [name, value] : form)
      if (name == "note-__total") total = std::stoi(value);
    for (int i = total; i < total + more; ++i) {
      const std::string line = "note-" + std::to_string(i) + "-";
      form.emplace_back(line + "__key", "");
      form.emplace_back(line + "text", "text " + std::to_string(i));
      form.emplace_back(line + "place", std::to_string(i));
    }
    Browser::set(form, "note-__total", std::to_string(total + more));
    return browser.post(url, form);
  }
  web::TestResponse remove(int line) {
    auto form = Browser::inputs(browser.get(url).body);
    Browser::set(form, "note-" + std::to_string(line) + "-__delete", "on");
    return browser.post(url, form);
  }
  std::size_t stored() const { return Note::objects.filter(f<&Note::article_pk> == post).count(); }
  Browser browser = boss();
  const std::string url = post_url + "change/";
};

TEST_F(InlineTest, MaxRows_AreNotExceeded) {
  notes({.max_rows = 3});
  EXPECT_EQ(add(2).status, 303);
  const auto refused = add(2);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("There can be at most 3 notes."));
  EXPECT_EQ(stored(), 2u);
  EXPECT_EQ(add(1).status, 303);
  EXPECT_THAT(browser.get(url).body, Not(HasSubstr("note-3-text")));  // none for another one
}

TEST_F(InlineTest, MinRows_StayOrAreDemanded) {
  notes({.extra = 0, .min_rows = 2});
  EXPECT_THAT(browser.get(url).body, HasSubstr("note-1-text"));
  EXPECT_EQ(add(2).status, 303);
  const auto refused = remove(0);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("There have to be at least 2 notes."));
  EXPECT_EQ(stored(), 2u);
  EXPECT_EQ(add(1).status, 303);
  EXPECT_EQ(remove(0).status, 303);
  const auto bare = browser.post(
      "/admin/magazine/article/add/",
      {{"title", "new"}, {"slug", "new"}, {"writer_pk", ann.pk.str()}, {"words", "1"}});
  EXPECT_EQ(bare.status, 422);
  EXPECT_THAT(bare.body, HasSubstr("There have to be at least 2 notes."));
}

TEST_F(InlineTest, LinesThatNobodyReads_AreAnError) {
  notes({.extra = 0, .max_rows = 3});
  const auto refused = add(130);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("Too many lines were sent"));
  EXPECT_EQ(stored(), 0u);
}

TEST_F(InlineTest, FormOfManyRows_IsTaken) {
  notes({.extra = 0, .max_rows = 400});
  for (int i = 0; i < 300; ++i)
    Note::objects.create({.article_pk = post, .text = "text", .place = i});
  auto form = Browser::inputs(browser.get(url).body);
  EXPECT_GT(form.size(), 1'500u);
  Browser::set(form, "note-299-text", "changed");
  EXPECT_EQ(browser.post(url, form).status, 303);
  EXPECT_EQ(
      Note::objects.filter(f<&Note::text> == "changed" && f<&Note::article_pk> == post).count(),
      1u);
}

// The script copies it.
TEST_F(InlineTest, FormWithoutAnEmptyRow_HasOneAsATemplate) {
  notes({.extra = 0, .max_rows = 1});
  const std::string blank = "<template><tr class=\"inline-row new\">";
  EXPECT_THAT(browser.get(url).body, AllOf(HasSubstr(blank), HasSubstr("\"note-0-text\"")));
  EXPECT_THAT(Browser::inputs(browser.get(url).body), Not(Contains(Key("note-0-text"))));
  EXPECT_EQ(add(1).status, 303);
  EXPECT_THAT(browser.get(url).body, Not(HasSubstr("<template>"))) << "one is the most";
  notes({.extra = 1, .max_rows = 3});
  EXPECT_THAT(browser.get(url).body, Not(HasSubstr("<template>"))) << "there is an empty one";
}

TEST_F(InlineTest, RelatedRow_IsOpenedInAPopup) {
  make_user("editor", {"magazine.change_article", "magazine.view_writer"});
  Browser editor = browser_of("editor");
  const std::string there = "/admin/magazine/writer/" + ann.pk.str() + "/change/?_popup=1";
  EXPECT_THAT(browser.get(url).body, AllOf(HasSubstr(there), HasSubstr(">Change <span")));
  EXPECT_THAT(editor.get(url).body, AllOf(HasSubstr(there), HasSubstr(">View <span")));
  make_user("other", {"magazine.change_article"});
  EXPECT_THAT(browser_of("other").get(url).body, Not(HasSubstr(there)));
}

}  // namespace
}  // namespace magazine
