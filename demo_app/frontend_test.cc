// The blog's pages: what they show and to whom, and what their forms do. Lists are in
// frontend_list_test.cc.
#include "admin/audit.h"
#include "admin/row_edit.h"
#include "demo_app/post_cards.h"
#include "demo_app/test_pages.h"

namespace demo_app {
namespace {

using dynamo_backend::f;
using testing::HasSubstr;
using testing::Not;

// Its links went with it: their copies on the row must not come back alone.
TEST_F(Pages, RestoredPost_HasTheLabelsThatItIsLinkedTo) {
  admin::models(dynamo_backend::Registry::instance());
  dynamo_backend::ensure_tables();
  Post made = post("Restored");
  const Tag kept = Tag::objects.create({.name = "T", .slug = "t"});
  Tag gone = Tag::objects.create({.name = "U", .slug = "u"});
  made.labels.add(kept);
  made.labels.add(gone);
  const auto& model = dynamo_backend::model_info<Post>();
  const dynamodb::Item key{{"pk", made.pk.str()}};
  ASSERT_TRUE(admin::delete_row(model, key, {"1", "boss"}));
  gone.remove();
  admin::restore_row(model, admin::history_of(model, key, {}).items.at(0), {"1", "boss"});
  const Post again = Post::objects.get(made.pk);
  EXPECT_EQ(again.title, "Restored");
  EXPECT_THAT(again.label_pks, testing::ElementsAre(kept.pk.str()));
  EXPECT_EQ(again.labels.all().count(), 1u);
}

TEST_F(Pages, Z2_DraftsAndPrivatePosts_AreThereForAuthorAndStaffAlone) {
  const auto user = sign_in("writer");
  alice.user_pk = user.pk.str();
  alice.save();
  const Post draft = post("Secret draft", false), hidden = post("Secret private", true, false);
  const Tag tag = Tag::objects.create({.name = "T", .slug = "t"});
  const Category category = Category::objects.create({.name = "C", .slug = "c"});
  for (const Post& p : {draft, hidden}) {
    p.labels.add(tag);
    p.categories.add(category);
    EXPECT_THAT(page(url(p)), HasSubstr("Secret"));
    EXPECT_THAT(page(url(p) + "edit/"), HasSubstr("Secret"));
  }
  sign_in("boss", true);
  EXPECT_THAT(page(url(draft)), HasSubstr("Secret"));
  const auto closed = [&] {
    for (const Post& p : {draft, hidden}) {
      page(url(p), 404);
      EXPECT_EQ(ask("GET", "/post/" + p.slug + "/").status, 404);
      EXPECT_NE(submit(url(p) + "comment/", {{"body", "x"}}).status, 303);
    }
    for (const std::string& path :
         {std::string("/"), std::string("/tags/t/"), std::string("/categories/c/"),
          std::string("/?tag=t"), std::string("/?category=c"), "/authors/" + alice.pk.str() + "/"})
      EXPECT_THAT(page(path), Not(HasSubstr("Secret"))) << path;
  };
  sign_out();
  closed();
  sign_in("stranger");
  closed();
  EXPECT_EQ(ask("GET", url(draft) + "edit/").status, 404);
  EXPECT_EQ(ask("GET", url(post("Open")) + "edit/").status, 403);
}

TEST_F(Pages, Post_ShowsMarkdownRevisionsAndComments) {
  Post shown = post("Shown");
  EXPECT_THAT(page(url(shown)), HasSubstr("No content yet."));
  shown.body = "Some **bold** <script>alert(1)</script>";
  shown.save();
  PostRevision{.post_pk = shown, .editor_pk = Ref<Author>(alice), .change_summary = "Clearer"}
      .save();
  Comment{.post_pk = shown, .author_name = "Bob", .body = "Fine <i>", .approved = true}.save();
  Comment{.post_pk = shown, .author_name = "Eve", .body = "Hidden", .approved = false}.save();
  const std::string text = page(url(shown));
  EXPECT_THAT(text, HasSubstr("Some <strong>bold</strong>"));
  EXPECT_THAT(text, Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(text, HasSubstr("Rev 1"));
  EXPECT_THAT(text, HasSubstr("Clearer"));
  EXPECT_THAT(text, HasSubstr("Fine &lt;i&gt;"));
  EXPECT_THAT(text, Not(HasSubstr("Hidden")));
  EXPECT_THAT(text, HasSubstr("Comments (1)"));
  page("/posts/" + kUnknown + "/", 404);
  page("/posts/no-uuid/", 404);
}

TEST_F(Pages, X3_AViewCountsOnceForAVisitorAndHour) {
  const Post shown = post("Shown");
  const auto views = [&] { return Post::objects.get(shown.pk).view_count; };
  page(url(shown));
  page(url(shown));
  EXPECT_EQ(views(), 1);
  client.head(url(shown), {{"User-Agent", "another"}});
  client.get(url(shown), {{"User-Agent", "prefetcher"}, {"Sec-Purpose", "prefetch"}});
  EXPECT_EQ(views(), 1);
  client.get(url(shown), {{"User-Agent", "another"}});
  EXPECT_EQ(views(), 2);
  clock_reads += 3600;
  page(url(shown));
  EXPECT_EQ(views(), 3);
}

TEST_F(Pages, Comment_IsAddedOrShownAgainWithItsError) {
  const Post shown = post("Shown");
  page(url(shown));
  const TestResponse empty =
      submit(url(shown) + "comment/", {{"author_name", "Bob"}, {"body", " "}});
  EXPECT_EQ(empty.status, 400);
  EXPECT_THAT(empty.body, HasSubstr("Comment body cannot be empty."));
  EXPECT_THAT(empty.body, HasSubstr("value=\"Bob\""));
  const TestResponse added =
      submit(url(shown) + "comment/", {{"author_name", ""}, {"body", "First"}});
  EXPECT_EQ(added.status, 303);
  const std::string text = page(url(shown));
  EXPECT_THAT(text, HasSubstr("Comment added!"));
  EXPECT_THAT(text, HasSubstr("Anonymous"));
  EXPECT_THAT(text, HasSubstr("First"));
  EXPECT_THAT(page(url(shown)), Not(HasSubstr("Comment added!")));
  token_ = "wrong";
  EXPECT_EQ(submit(url(shown) + "comment/", {{"body", "x"}}).status, 403);
}

TEST_F(Pages, N1_CommentsAreThrottledByAddress) {
  const Post shown = post("Shown");
  client.peer = "203.0.113.9";
  page(url(shown));
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(submit(url(shown) + "comment/", {{"body", "again"}}).status, 303);
  const TestResponse refused = submit(url(shown) + "comment/", {{"body", "again"}});
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(refused.header("Retry-After"), "");
  client.peer = "203.0.113.10";
  EXPECT_EQ(submit(url(shown) + "comment/", {{"body", "again"}}).status, 303);
}

TEST_F(Pages, Write_MakesAPostWithItsLinks) {
  const Tag tag = Tag::objects.create({.name = "T", .slug = "t"});
  const Category a = Category::objects.create({.name = "A", .slug = "a"});
  const Category b = Category::objects.create({.name = "B", .slug = "b"});
  const auto user = sign_in("writer");
  page("/write/");
  const TestResponse wrong =
      submit("/write/", {{"title", ""}, {"body", "kept text"}, {"labels", tag.pk.str()}});
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, HasSubstr("kept text"));
  EXPECT_THAT(wrong.body, HasSubstr("aria-invalid=\"true\""));
  EXPECT_EQ(Post::objects.allow_scan("a test").count(), 0u);
  const TestResponse made = submit("/write/", {{"title", "My Post!"},
                                               {"body", "*hello*"},
                                               {"labels", tag.pk.str()},
                                               {"categories", a.pk.str()},
                                               {"categories", b.pk.str()},
                                               {"author", alice.pk.str()},
                                               {"published", "on"}});
  ASSERT_EQ(made.status, 303) << made.body;
  const std::string text = page(made.header("Location"));
  EXPECT_THAT(text, HasSubstr("Post &quot;My Post!&quot; created!"));
  const auto stored = *Post::objects.try_get(f<&Post::slug> == "my-post");
  EXPECT_TRUE(stored.published);
  EXPECT_THAT(stored.label_pks, testing::ElementsAre(tag.pk.str()));
  EXPECT_EQ(stored.category_pks.size(), 2u);
  // As oneself, whatever is sent.
  const Author author = Author::objects.get(stored.author_pk.pk);
  EXPECT_EQ(author.username, "writer");
  EXPECT_EQ(author.user_pk, user.pk.str());

  page(url(stored) + "edit/");
  const TestResponse saved = submit(url(stored) + "edit/", {{"title", "My Post"},
                                                            {"slug", "my-post"},
                                                            {"body", "*bye*"},
                                                            {"categories", b.pk.str()},
                                                            {"change_summary", "Shorter"}});
  ASSERT_EQ(saved.status, 303) << saved.body;
  const Post edited = Post::objects.get(stored.pk);
  EXPECT_EQ(edited.body, "*bye*");
  EXPECT_FALSE(edited.published);
  EXPECT_THAT(edited.label_pks, testing::IsEmpty());
  EXPECT_THAT(edited.category_pks, testing::ElementsAre(b.pk.str()));
  EXPECT_THAT(page(url(stored)), HasSubstr("Shorter"));

  // The first text is kept, too; and a word of what changed is not lost where the text stays.
  page(url(stored) + "edit/");
  ASSERT_EQ(submit(url(stored) + "edit/", {{"title", "Mine"},
                                           {"slug", "my-post"},
                                           {"body", "*bye*"},
                                           {"change_summary", "Renamed"}})
                .status,
            303);
  const auto revisions =
      stored.related<&PostRevision::post_pk>().order_by("revision_number").to_vector();
  ASSERT_EQ(revisions.size(), 3u);
  EXPECT_EQ(revisions[0].body_snapshot, "*hello*");
  EXPECT_EQ(revisions[0].change_summary, "First version");
  EXPECT_EQ(revisions[1].body_snapshot, "*bye*");
  EXPECT_EQ(revisions[2].change_summary, "Renamed");
}

TEST_F(Pages, Edit_OfAPostThatAnotherHasSaved_IsShownAgainBesideTheirs) {
  sign_in("boss", true);
  const Post edited = post("Edited");
  const Fields mine = {{"title", "Edited"}, {"slug", "edited"}, {"body", "My words"}};
  const auto save_theirs = [&](const std::string& body) {
    Post theirs = Post::objects.get(edited.pk);
    theirs.body = body;
    theirs.save();
  };
  page(url(edited) + "edit/");
  page(url(edited));  // a view is no change
  save_theirs("Their <words>");
  EXPECT_EQ(submit(url(edited) + "edit/", {{"title", ""}}).status, 400);
  const TestResponse refused = submit(url(edited) + "edit/", mine);
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.body,
              testing::AllOf(HasSubstr("Someone else has saved"), HasSubstr("My words"),
                             HasSubstr("Their &lt;words&gt;")));
  EXPECT_EQ(Post::objects.get(edited.pk).body, "Their <words>");
  EXPECT_EQ(submit(url(edited) + "edit/", mine).status, 303);
  EXPECT_EQ(Post::objects.get(edited.pk).body, "My words");
  version_.clear();
  EXPECT_EQ(submit(url(edited) + "edit/", mine).status, 303) << "the same again";
  const std::size_t revisions = edited.related<&PostRevision::post_pk>().count();
  const Fields other = {{"title", "Edited"}, {"slug", "edited"}, {"body", "Other words"}};
  EXPECT_EQ(submit(url(edited) + "edit/", other).status, 409) << "without the field";
  EXPECT_EQ(edited.related<&PostRevision::post_pk>().count(), revisions);

  // Whenever theirs comes, mine does not take its place.
  bool came = true;
  int refusals = 0;
  for (int moment = 1; came; ++moment) {
    page(url(edited) + "edit/");
    came = false;
    at_clock_read = [&, left = moment]() mutable {
      if (--left > 0) return;
      came = true;
      at_clock_read = {};
      save_theirs("Theirs " + std::to_string(moment));
    };
    const int status = submit(url(edited) + "edit/", {{"title", "Edited"},
                                                      {"slug", "edited"},
                                                      {"body", "Mine " + std::to_string(moment)}})
                           .status;
    at_clock_read = {};
    EXPECT_TRUE(status == 303 || status == 409) << status;
    refusals += status == 409 ? 1 : 0;
    EXPECT_EQ(Post::objects.get(edited.pk).body,
              (came ? "Theirs " : "Mine ") + std::to_string(moment));
  }
  EXPECT_GT(refusals, 0);
}

// The form takes 200,000 characters; a row does not hold them where each takes three bytes.
TEST_F(Pages, Write_TextThatIsTooLargeForARow_IsShownAgainWithItsError) {
  std::string large;
  for (int i = 0; i < 150'000; ++i) large += "\u597d";
  sign_in("writer");
  page("/write/");
  const auto expect_shown_again = [&](const TestResponse& refused) {
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("This value is too large"));
    EXPECT_NE(refused.body.find(large), std::string::npos);
  };
  expect_shown_again(submit("/write/", {{"title", "Large"}, {"body", large}}));
  EXPECT_EQ(Post::objects.allow_scan("a test").count(), 0u);
  ASSERT_EQ(submit("/write/", {{"title", "Large"}, {"body", "small"}}).status, 303);
  const Post small = *Post::objects.try_get(f<&Post::slug> == "large");
  page(url(small) + "edit/");
  expect_shown_again(submit(url(small) + "edit/", {{"title", "Large"}, {"body", large}}));
  EXPECT_EQ(Post::objects.get(small.pk).body, "small");
}

TEST_F(Pages, Write_BodyLimitOfTheServer_HasRoomForWhatTheFormTakes) {
  const auto limit = application.server_options().body_limit;
  for (const std::string& path : {std::string("/write/"), "/posts/" + kUnknown + "/edit/"})
    EXPECT_GT(limit("POST", path), 200'000u * 4 * 3) << path;
}

TEST_F(Pages, Post_ShowsItsLatestComments) {
  const Post shown = post("Shown");
  const auto say = [&](const std::string& text, bool approved) {
    Comment{.post_pk = shown, .author_name = "Bob", .body = text, .approved = approved}.save();
  };
  say("first", true);
  for (int i = 0; i < 199; ++i) say("more", true);
  EXPECT_THAT(page(url(shown)), testing::AllOf(HasSubstr("Comments (200)"), HasSubstr("first")));
  for (int i = 0; i < 201; ++i) say("withheld", false);
  say("last", true);
  const std::string text = page(url(shown));
  EXPECT_THAT(text, HasSubstr("Comments (the latest 200)"));
  EXPECT_THAT(text, Not(testing::AnyOf(HasSubstr(">first<"), HasSubstr("withheld"))));
  EXPECT_GT(text.find(">last<"), text.rfind(">more<")) << "the newest is the last of the list";
}

TEST_F(Pages, Write_StaffChooseTheAuthor) {
  sign_in("boss", true);
  EXPECT_THAT(page("/write/"), HasSubstr(alice.pk.str()));
  const TestResponse none = submit("/write/", {{"title", "One"}});
  EXPECT_EQ(none.status, 400);
  EXPECT_EQ(submit("/write/", {{"title", "One"}, {"author", kUnknown}}).status, 400);
  ASSERT_EQ(submit("/write/", {{"title", "One"}, {"author", alice.pk.str()}}).status, 303);
  EXPECT_EQ(Post::objects.try_get(f<&Post::slug> == "one")->author_pk.pk, alice.pk);
}

TEST_F(Pages, Write_OfMoreAuthorsThanCanBeChosenFrom_StaffEnterTheKey) {
  for (int i = 0; i < 500; ++i) Author{.username = "a" + std::to_string(i)}.save();
  const Author last = Author::objects.create({.username = "zoe"});
  sign_in("boss", true);
  const std::string text = page("/write/");
  EXPECT_THAT(text, HasSubstr("name=\"author\""));
  EXPECT_THAT(text, Not(HasSubstr("<select")));
  EXPECT_THAT(text, Not(HasSubstr("There are no authors yet")));
  EXPECT_EQ(submit("/write/", {{"title", "One"}, {"author", kUnknown}}).status, 400);
  EXPECT_EQ(submit("/write/", {{"title", "One"}, {"author", "zoe"}}).status, 400);
  ASSERT_EQ(submit("/write/", {{"title", "One"}, {"author", last.pk.str()}}).status, 303);
  EXPECT_EQ(Post::objects.try_get(f<&Post::slug> == "one")->author_pk.pk, last.pk);
}

TEST_F(Pages, Write_TextareaHasOneHeight) {
  sign_in("writer");
  const std::string text = page("/write/");
  EXPECT_EQ(count(text, " rows=\""), 1u);
  EXPECT_THAT(text, HasSubstr(" rows=\"16\""));
}

TEST_F(Pages, NameOfAnAuthorWhoIsSomeoneElse_IsNotTakenOver) {
  sign_in("alice");
  page("/write/");
  ASSERT_EQ(submit("/write/", {{"title", "Mine"}}).status, 303);
  const Post mine = *Post::objects.try_get(f<&Post::slug> == "mine");
  EXPECT_NE(mine.author_pk.pk, alice.pk);
  EXPECT_EQ(mine.author_pk->username, "alice-2");
}

TEST_F(Pages, NameOfAnAuthor_IsAsMuchOfTheUsersAsFits) {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "愛";
  sign_in(name);
  page("/write/");
  ASSERT_EQ(submit("/write/", {{"title", "Mine"}}).status, 303);
  EXPECT_EQ(Post::objects.try_get(f<&Post::slug> == "mine")->author_pk->username,
            name.substr(0, 150));
}

TEST_F(Pages, UrlsOfTheReadme_LeadOnFor301) {
  const Tag tag = Tag::objects.create({.name = "T", .slug = "t"});
  const Category category = Category::objects.create({.name = "C", .slug = "c"});
  const Post shown = post("Shown");
  for (const auto& [from, to] : std::map<std::string, std::string>{
           {"/post/shown/", url(shown)},
           {"/author/" + alice.pk.str() + "/", "/authors/" + alice.pk.str() + "/"},
           {"/tag/" + tag.pk.str() + "/", "/tags/t/"},
           {"/category/" + category.pk.str() + "/", "/categories/c/"}}) {
    const TestResponse response = ask("GET", from);
    EXPECT_EQ(response.status, 301) << from;
    EXPECT_EQ(response.header("Location"), to);
  }
  page("/post/none/", 404);
  page("/tag/" + kUnknown + "/", 404);
}

TEST_F(Pages, Errors_ArePagesForPagesAndJsonForTheApi) {
  EXPECT_THAT(page("/nothing/", 404), HasSubstr("To the newest posts"));
  EXPECT_THAT(client.get("/api/nothing/").body, HasSubstr("\"not_found\""));
  const TestResponse method = client.del("/", {{"Accept", "text/html"}});
  EXPECT_EQ(method.status, 405);
  EXPECT_THAT(method.header("Allow"), HasSubstr("GET"));
  EXPECT_THAT(method.body, HasSubstr("<h1>"));
}

// What the page policy forbids is nowhere, and every page fits its transfer (issue: 60 KB).
TEST_F(Pages, T3_NoPageHasInlineCodeOrStyleOrAnotherOrigin) {
  const Tag tag = Tag::objects.create({.name = "T", .slug = "t", .colour = "#ff9800"});
  const Category category = Category::objects.create({.name = "C", .slug = "c"});
  const Post shown = post("Shown");
  shown.labels.add(tag);
  sign_in("writer");
  for (const std::string& path :
       {std::string("/"), url(shown), std::string("/write/"), std::string("/explorer/"),
        std::string("/tags/t/"), std::string("/categories/c/"),
        "/authors/" + alice.pk.str() + "/"}) {
    const std::string text = page(path);
    EXPECT_THAT(text, Not(testing::ContainsRegex("<[^>]* style=|<style|<[^>]* on[a-z]+="))) << path;
    EXPECT_THAT(text, Not(testing::ContainsRegex("<script>|<script [^>]*>[^<]"))) << path;
    EXPECT_THAT(text, Not(testing::ContainsRegex("(src|href)=\"(https?:)?//"))) << path;
    EXPECT_LT(text.size(), 40'000u) << path;
  }
}

TEST(PostCards, HueClass_IsTheNearest) {
  EXPECT_EQ(hue_class("#ff0000"), "hue-0");
  EXPECT_EQ(hue_class("#ff9800"), "hue-1");
  EXPECT_EQ(hue_class("#4caf50"), "hue-4");
  EXPECT_EQ(hue_class("#2196f3"), "hue-7");
  EXPECT_EQ(hue_class("#f43646"), "hue-0");
  EXPECT_EQ(hue_class("#cccccc"), "hue-grey");
  EXPECT_EQ(hue_class("red"), "hue-grey");
  EXPECT_EQ(hue_class(""), "hue-grey");
}

TEST(PostCards, Initial_IsAWholeCharacter) {
  EXPECT_EQ(initial("alice"), "a");
  EXPECT_EQ(initial("äöü"), "ä");
  EXPECT_EQ(initial(""), "");
}

}  // namespace
}  // namespace demo_app
