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
  EXPECT_EQ(import("csv", "pk,title,title\r\n" + post.pk.str() + ",x,y\r\n").status, 400);
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

TEST_F(TransferTest, Preview_TellsOfValuesThatOthersHave) {
  const Writer bea = Writer::objects.create({.name = "Bea"});
  const std::string writers = "/admin/magazine/writer/";
  const auto send = [&](const std::string& lines, bool apply = false) {
    Browser::Fields fields{{"format", "csv"}, {"text", "pk,name\r\n" + lines}};
    if (apply) fields.emplace_back("apply", "1");
    return browser.post(writers + "import/", fields).body;
  };
  const std::string taken = "another row has name &#39;Ann&#39;";
  EXPECT_THAT(send(",Ann\r\n"), AllOf(HasSubstr("1 lines are refused"), HasSubstr(taken),
                                      Not(HasSubstr("00000000-0000"))));
  EXPECT_THAT(send(bea.pk.str() + ",Ann\r\n"), HasSubstr(taken));
  EXPECT_THAT(send(",Cid\r\n,Cid\r\n"), AllOf(HasSubstr("would add 1"), HasSubstr("1 lines are")));
  // A line may take what one before it gives up; its own value is nobody else's.
  const std::string swap = ann.pk.str() + ",Dan\r\n" + bea.pk.str() + ",Ann\r\n,Bea\r\n";
  EXPECT_THAT(send(swap), AllOf(HasSubstr("would add 1, change 2"), HasSubstr("0 lines are")));
  EXPECT_THAT(send(ann.pk.str() + ",Ann\r\n"), HasSubstr("leave 1 as they are; 0 lines"));
  send(swap, /*apply=*/true);
  EXPECT_EQ(Writer::objects.get(bea.pk).name, "Ann");
}

TEST_F(TransferTest, RelatedRowsThatAreNotThere_AreRefused) {
  const std::string gone = base::Uuid::random().str();
  const std::string csv =
      "title,slug,writer_pk\r\na,a," + gone + "\r\nb,b," + ann.pk.str() + "\r\n";
  const auto preview = import("csv", csv);
  EXPECT_THAT(preview.body, AllOf(HasSubstr("would add 1"), HasSubstr("1 lines are refused"),
                                  HasSubstr("writer_pk: there is no row of the key " + gone)));
  browser.post(url + "import/", {{"format", "csv"}, {"text", csv}, {"apply", "1"}});
  EXPECT_FALSE(Article::objects.filter(f<&Article::slug> == "a").exists());
  EXPECT_TRUE(Article::objects.filter(f<&Article::slug> == "b").exists());
}

TEST_F(TransferTest, RecordThatIsNoCsv_IsRefusedAlone) {
  const std::string writers = "/admin/magazine/writer/";
  const Browser::Fields fields{{"format", "csv"},
                               {"text",
                                "name,bio\r\n\"Zoe\"x,a\r\n\"Yan\" ,\"two\r\nlines,b\"\r\n"
                                "Xin,\"\"\"quoted\"\"\"\r\nWim,\"last\""},
                               {"apply", "1"}};
  const auto answer = browser.post(writers + "import/", fields);
  EXPECT_THAT(answer.body,
              AllOf(HasSubstr("2 added, 0 changed, 0 the same, 2 refused."),
                    HasSubstr("cell 1 goes on behind its closing quote; a quote within")));
  EXPECT_EQ(Writer::objects.filter(f<&Writer::name> == "Xin").get().bio, "\"quoted\"");
  EXPECT_EQ(
      browser.post(writers + "import/", {{"format", "csv"}, {"text", "\"name\"x\r\nA"}}).status,
      400);
}

TEST_F(TransferTest, Choices_AreThoseOfTheForm) {
  admin::site().add<Article>(
      {.choices = {{"slug", [] {
                      return std::vector<std::pair<std::string, std::string>>{{"new", "New"}};
                    }}}});
  const auto line = [&](const std::string& slug) {
    return import("csv", "pk,title,slug\r\n" + post.pk.str() + ",Second," + slug + "\r\n").body;
  };
  EXPECT_THAT(line("made-up"), HasSubstr("slug: &#39;made-up&#39; is not one of the choices."));
  EXPECT_THAT(line("new"), HasSubstr("change 1, leave 0 as they are; 0 lines"));
  EXPECT_THAT(line("first"), HasSubstr("change 1, leave 0 as they are; 0 lines")) << "as stored";
}

// What a file has was not typed.
TEST_F(TransferTest, SpacesAroundATextOfOneLine_AreKept) {
  browser.post(url + "import/", {{"format", "csv"},
                                 {"text", "pk,title\r\n" + post.pk.str() + ", Second \r\n"},
                                 {"apply", "1"}});
  EXPECT_EQ(Article::objects.get(post.pk).title, " Second ");
}

TEST_F(TransferTest, AddedRow_IsLoggedAsItIsStored) {
  const std::string csv = "title,slug,writer_pk\r\nb,b," + ann.pk.str() + "\r\n";
  EXPECT_THAT(import("csv", csv).body,
              AllOf(Not(HasSubstr("1970")), Not(HasSubstr("00000000-0000-0000"))));
  browser.post(url + "import/", {{"format", "csv"}, {"text", csv}, {"apply", "1"}});
  const Article made = Article::objects.filter(f<&Article::slug> == "b").get();
  const auto entries = admin::history_of(model_info<Article>(), {{"pk", made.pk.str()}}, {}).items;
  ASSERT_EQ(entries.size(), 1u);
  for (const admin::FieldChange& change : changes_of(entries[0])) {
    if (change.field != "pk" && change.field != "created_at") continue;
    EXPECT_EQ(change.after, model_info<Article>().field(change.field).get(&made)) << change.field;
  }
}

}  // namespace
}  // namespace magazine
