// Files: what the admin exports, it imports.
#include "admin/test_pages.h"

namespace magazine {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class TransferTest : public PagesTest {
 protected:
  std::string exported(const std::string& format) {
    return browser.get(url + "export/?format=" + format).body;
  }
  web::TestResponse import(const std::string& format, const std::string& text) {
    return browser.post(url + "import/", {{"format", format}, {"text", text}});
  }
  Browser browser = boss();
  const std::string url = "/admin/magazine/article/";
};

TEST_F(TransferTest, ExportWithAutomaticFields_IsImported) {
  for (const char* format : {"csv", "jsonl"}) {
    std::string text = exported(format);
    EXPECT_THAT(text, HasSubstr("created_at"));
    EXPECT_THAT(import(format, text).body,
                AllOf(HasSubstr("would add 0, change 0, leave 1 as they are; 0 lines are refused"),
                      HasSubstr("not imported, as nobody edits them: created_at.")))
        << format;
    const std::string body = "The body of first";
    text.replace(text.find(body), body.size(), "Another body");
    EXPECT_THAT(import(format, text).body, HasSubstr("would add 0, change 1, leave 0"));
  }
  EXPECT_THAT(import("csv", "pk,title\r\n" + post.pk.str() + ",first\r\n").body,
              Not(HasSubstr("not imported")));
  EXPECT_EQ(import("csv", "pk,nothing\r\n" + post.pk.str() + ",x\r\n").status, 400);
}

TEST_F(TransferTest, ListThatBeginsLikeJson_IsTheSameByFileAndForm) {
  post.tags = {"[draft]", "red"};
  post.save();
  EXPECT_THAT(import("csv", exported("csv")).body, HasSubstr("leave 1 as they are; 0 lines"));
  auto form = Browser::inputs(browser.get(post_url + "change/").body);
  Browser::set(form, "_saveasnew", "1");
  EXPECT_EQ(browser.post(post_url + "change/", form).status, 303);
  for (const Article& a : Article::objects.filter(f<&Article::slug> == "first"))
    EXPECT_EQ(a.tags, post.tags);
  EXPECT_EQ(Article::objects.filter(f<&Article::slug> == "first").count(), 2u);
}

}  // namespace
}  // namespace magazine
