// Forms in pages: what their widgets keep and take.
#include "admin/test_pages.h"

namespace magazine {
namespace {

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

}  // namespace
}  // namespace magazine
