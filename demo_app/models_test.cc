// The blog's models: their text forms, slugs and validation.
#include "demo_app/models.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/tables.h"
#include "dynamodb/local/engine.h"

namespace demo_app {
namespace {

TEST(Slugify, KeepsLettersDigitsAndUnderscores_AndJoinsWithSingleDashes) {
  for (const auto& [text, slug] :
       std::vector<std::pair<std::string, std::string>>{{"Hello World", "hello-world"},
                                                        {"  Hello,   World!  ", "hello-world"},
                                                        {"already-a-slug", "already-a-slug"},
                                                        {"--a--b--", "a-b"},
                                                        {"snake_case", "snake_case"},
                                                        {"C++ 20", "c-20"},
                                                        {"\xC3\x84pfel", "pfel"},
                                                        {"", ""},
                                                        {"+++", ""},
                                                        {"A", "a"},
                                                        {"123", "123"}}) {
    EXPECT_EQ(slugify(text), slug) << text;
  }
}

TEST(Slugify, OfASlug_IsTheSlug) {
  for (const char* text : {"One Two", "x", "a_b-c", "..a..b..", "100% \xE2\x82\xAC"})
    EXPECT_EQ(slugify(slugify(text)), slugify(text));
}

TEST(Models, Str_IsTheOriginals) {
  const Uuid one = Uuid::from_bits(1, 1), two = Uuid::from_bits(2, 2);
  EXPECT_EQ((Author{.username = "alice"}.str()), "alice");
  EXPECT_EQ((AuthorProfile{.author_pk = Ref<Author>(one)}.str()), "Profile(" + one.str() + ")");
  EXPECT_EQ((Tag{.name = "Tag"}.str()), "Tag");
  EXPECT_EQ((Category{.name = "Category"}.str()), "Category");
  EXPECT_EQ((Post{.title = "Title"}.str()), "Title");
  EXPECT_EQ((PostCategory{.post_pk = Ref<Post>(one), .category_pk = Ref<Category>(two), .order = 3}
                 .str()),
            one.str() + " \xE2\x86\x92 " + two.str() + " (order=3)");
  EXPECT_EQ((Comment{.author_name = "Bob"}.str()), "Comment by Bob");
  EXPECT_EQ((PostRevision{.post_pk = Ref<Post>(one), .revision_number = 7}.str()),
            "Rev 7 of " + one.str());
}

TEST(Models, Clean_Tag_TakesSixHexDigitsAlone) {
  for (const char* colour : {"#cccccc", "#AbCdEf", "#012345"})
    EXPECT_NO_THROW((Tag{.name = "a", .slug = "a", .colour = colour}.full_clean())) << colour;
  for (const char* colour : {"", "#ccc", "#gggggg", "cccccc", "#cccccc ", "red"}) {
    EXPECT_THROW((Tag{.name = "a", .slug = "a", .colour = colour}.full_clean()), ValidationError)
        << colour;
  }
}

TEST(Models, Clean_Profile_RefusesNegativeFollowers_AndUrlsThatRun) {
  AuthorProfile profile{.author_pk = Ref<Author>(Uuid::from_bits(1, 1))};
  EXPECT_NO_THROW(profile.full_clean());
  profile.follower_count = -1;
  profile.website = "javascript:alert(1)";
  try {
    profile.full_clean();
    ADD_FAILURE() << "no ValidationError";
  } catch (const ValidationError& error) {
    EXPECT_EQ(error.errors().size(), 2u);
    EXPECT_EQ(error.errors().count("follower_count"), 1u);
    EXPECT_EQ(error.errors().count("website"), 1u);
  }
}

TEST(Models, Feed_HoldsWhatIsPublishedAndPublic) {
  EXPECT_EQ(Post::feed({.published = true}), "all");
  EXPECT_EQ(Post::feed({}), std::nullopt);
  EXPECT_EQ(Post::feed({.published = true, .is_public = false}), std::nullopt);
}

TEST(Models, RevisionKey_DependsOnPostAndNumber) {
  const Uuid one = Uuid::from_bits(1, 1), two = Uuid::from_bits(2, 2);
  EXPECT_EQ(PostRevision::key_of(one, 1), PostRevision::key_of(one, 1));
  std::set<Uuid> keys;
  for (const Uuid& post : {one, two}) {
    for (int number = 1; number <= 1000; ++number) keys.insert(PostRevision::key_of(post, number));
  }
  EXPECT_EQ(keys.size(), 2000u);
}

// The names of the original's tables and attributes: data written by one is read by the other.
TEST(Tables, AreTheOriginals) {
  const auto engine = dynamodb::local::Engine::open({});
  const dynamo_backend::ScopedConnection connection(*engine);
  models(dynamo_backend::Registry::instance());
  dynamo_backend::ensure_tables();
  const auto tables = engine->list_tables({}).value().table_names;
  EXPECT_THAT(tables, testing::IsSupersetOf({"demo_app_author", "demo_app_authorprofile",
                                             "demo_app_tag", "demo_app_category", "demo_app_post",
                                             "demo_app_postcategory", "demo_app_comment",
                                             "demo_app_postrevision", "demo_app_post_labels"}));
  const auto author = Author::objects.create({.username = "alice"});
  const auto post = Post::objects.create({.title = "Title", .slug = "slug", .author_pk = author});
  const auto stored =
      engine->get_item({.table = "demo_app_post", .key = {{"pk", post.pk.str()}}}).value();
  ASSERT_TRUE(stored.item);
  const auto item = dynamodb::unpack(stored.item->view());
  for (const char* name : {"pk", "title", "slug", "body", "author_pk", "published", "public",
                           "tags", "view_count", "created_at", "updated_at"}) {
    EXPECT_EQ(item.count(name), 1u) << name;
  }
  EXPECT_EQ(item.at("author_pk"), dynamo_backend::Value(author.pk.str()));
  EXPECT_EQ(item.at("public"), dynamo_backend::Value(true));
}

}  // namespace
}  // namespace demo_app
