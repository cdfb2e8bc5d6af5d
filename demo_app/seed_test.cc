// The sample: the same for the same seed, however it is written; and every count and index agrees
// with the rows.
#include "demo_app/seed.h"

#include <map>
#include <set>

#include "demo_app/sample.h"
#include "demo_app/test_api.h"
#include "dynamo_backend/search_version.h"

namespace demo_app {
namespace {

using dynamo_backend::f;

// Every row of every table, as it is stored.
using Dump = std::map<std::string, std::map<std::string, dynamodb::Item>>;

class Seed : public ApiTest {
 protected:
  Dump dump(const std::string& index_of = {}, const std::string& index = {}) {
    Dump all;
    const auto tables = index.empty() ? engine->list_tables({}).value().table_names
                                      : std::vector<std::string>{index_of};
    for (const auto& table : tables) {
      auto& rows = all[table];
      dynamodb::ScanRequest request{.table = table, .index = index};
      for (bool more = true; more;) {
        const auto page = engine->scan(request).value();
        for (std::size_t i = 0; i < page.items.size(); ++i) {
          auto item = dynamodb::unpack(page.items[i]);
          // It goes up with every write, so that search takes the row anew.
          item.erase(std::string(dynamo_backend::kSearchVersion));
          auto key = dynamodb::PackedItem(dynamodb::Item{{"pk", item.at("pk")}}).bytes();
          rows.emplace(std::move(key), std::move(item));
        }
        more = page.last_evaluated_key.has_value();
        if (more) request.exclusive_start_key = *page.last_evaluated_key;
      }
    }
    return all;
  }
  Dump seeded(const SeedOptions& options) {
    clear_blog();
    seed(options, [](std::uint64_t) {});
    return dump();
  }
  static std::map<std::string, std::size_t> counts(const Dump& all) {
    std::map<std::string, std::size_t> counts;
    for (const auto& [table, rows] : all) counts[table] = rows.size();
    return counts;
  }
  static void expect_equal(const Dump& a, const Dump& b) {
    EXPECT_EQ(counts(a), counts(b));
    for (const auto& [table, rows] : a) EXPECT_TRUE(rows == b.at(table)) << table;
  }
};

TEST_F(Seed, SameSeed_GivesTheSameRows_KeysAndDatesIncluded) {
  const Dump first = seeded({.posts = 250});
  EXPECT_EQ(first.at("demo_app_post").size(), 250u);
  expect_equal(first, seeded({.posts = 250}));
}

TEST_F(Seed, ThreadsAndBatches_DoNotChangeTheRows) {
  const Dump first = seeded({.posts = 250, .threads = 1});
  expect_equal(first, seeded({.posts = 250, .threads = 8, .batch_size = 7}));
  expect_equal(first, seeded({.posts = 250, .threads = 32, .batch_size = 1}));
}

TEST_F(Seed, AnotherSeed_GivesOtherRows) {
  const Dump first = seeded({.posts = 20, .seed = 1}), second = seeded({.posts = 20, .seed = 2});
  for (const auto& [key, row] : first.at("demo_app_post"))
    EXPECT_EQ(second.at("demo_app_post").count(key), 0u);
  EXPECT_EQ(first.at("demo_app_author").size(), second.at("demo_app_author").size());
}

TEST_F(Seed, Again_LeavesEveryRowAsItWas) {
  const Dump first = seeded({.posts = 250});
  const Post changed = Post::objects.get(Sample(1, 250).key("post", 2));
  for (const Category& category : Category::objects.all().allow_scan("test"))
    changed.categories.add(category);
  seed({.posts = 250}, [](std::uint64_t) {});
  expect_equal(first, dump());
}

TEST_F(Seed, Again_KeepsChangedAuthorsTagsAndCategories) {
  const auto before = counts(seeded({.posts = 10}));
  Author bob = Author::objects.get(f<&Author::username> == "bob");
  bob.username = "robert";
  bob.save();
  Tag design = Tag::objects.get(f<&Tag::name> == "Design"),
      cloud = Tag::objects.get(f<&Tag::name> == "Cloud"),
      cpp = Tag::objects.get(f<&Tag::name> == "C++");
  design.name = "Drawing";
  design.save();
  cloud.name = "Sky", cloud.slug = "sky";
  cloud.save();
  cpp.remove();
  Tag::objects.create({.name = "C", .slug = slugify("C++")});
  Category events = Category::objects.get(f<&Category::slug> == "events");
  events.slug = "meetings";
  events.save();
  seed({.posts = 10}, [](std::uint64_t) {});
  EXPECT_EQ(counts(dump()), before);
  EXPECT_EQ(Author::objects.get(bob.pk).username, "robert");
  EXPECT_EQ(Tag::objects.get(cloud.pk).name, "Sky");
}

TEST_F(Seed, OverAuthorsThatAreThere_KeepsThem) {
  const std::string alice = new_author("alice");
  seed({.posts = 10}, [](std::uint64_t) {});
  EXPECT_EQ(Author::objects.filter(f<&Author::username> == "alice").get().pk.str(), alice);
  EXPECT_EQ(get("/api/posts/?author_id=" + alice)["posts"].size(), 2u);
  EXPECT_EQ(client.post("/api/authors/", {{"username", "bob"}}).status, 409);
}

TEST_F(Seed, Without_LeavesAnAuthorOut_AndTheNameFree) {
  seed({.posts = 20, .without = "alice"}, [](std::uint64_t) {});
  const Json authors = get("/api/authors/")["authors"];
  EXPECT_THAT(all_of(authors, "username"),
              testing::UnorderedElementsAre("bob", "carol", "dave", "eve"));
  // The next one writes in her place; the others have the posts that they always have.
  for (const auto& author : authors) {
    const std::size_t posts =
        get("/api/posts/?author_id=" + author["pk"].get<std::string>())["posts"].size();
    EXPECT_EQ(posts, author["username"] == "bob" ? 8u : 4u);
  }
  new_author("alice");
}

TEST_F(Seed, Clear_DropsRowsAndTheirUniqueValues) {
  seed({.posts = 30}, [](std::uint64_t) {});
  EXPECT_TRUE(blog_has_posts());
  clear_blog();
  EXPECT_FALSE(blog_has_posts());
  for (const auto& [table, count] : counts(dump())) EXPECT_EQ(count, 0u) << table;
  new_author("alice");
}

TEST_F(Seed, BlogHasPosts_NotByItsAuthors) {
  EXPECT_FALSE(blog_has_posts());
  new_author("x");
  EXPECT_FALSE(blog_has_posts());
}

TEST_F(Seed, Progress_AddsUpToThePosts) {
  std::atomic<std::uint64_t> posts = 0;
  seed({.posts = 103, .threads = 3, .batch_size = 10},
       [&](std::uint64_t count) { posts += count; });
  EXPECT_EQ(posts, 103u);
  EXPECT_EQ(dump().at("demo_app_post").size(), 103u);
}

TEST_F(Seed, NoPosts_StillMakesAuthorsTagsAndCategories) {
  const auto made = counts(seeded({.posts = 0}));
  EXPECT_EQ(made.at("demo_app_post"), 0u);
  EXPECT_EQ(made.at("demo_app_author"), 5u);
  EXPECT_EQ(made.at("demo_app_tag"), 8u);
}

TEST_F(Seed, FailingDatabase_IsReported_AndTheSampleUnfinished) {
  dynamo_backend::delete_table<Comment>();
  EXPECT_THROW(seed({.posts = 50}, [](std::uint64_t) {}), dynamo_backend::ModelError);
  EXPECT_TRUE(is_seed_unfinished(1));
  EXPECT_FALSE(is_seed_unfinished(2));
  dynamo_backend::ensure_tables();
  seed({.posts = 50}, [](std::uint64_t) {});
  EXPECT_EQ(dump().at("demo_app_post").size(), 50u);
  EXPECT_FALSE(is_seed_unfinished(1));
}

TEST_F(Seed, Rows_AreThoseThatTheBlogPromises) {
  const Dump all = seeded({});
  const auto made = counts(all);
  EXPECT_EQ(made.at("demo_app_author"), 5u);
  EXPECT_EQ(made.at("demo_app_authorprofile"), 5u);
  EXPECT_EQ(made.at("demo_app_tag"), 8u);
  EXPECT_EQ(made.at("demo_app_category"), 6u);
  EXPECT_EQ(made.at("demo_app_post"), 200u);
  for (const char* table : {"demo_app_comment", "demo_app_postrevision", "demo_app_postcategory",
                            "demo_app_post_labels"})
    EXPECT_GE(made.at(table), 50u) << table;
  EXPECT_EQ(made.at("dynamo_backend_unique"),
            5u + 5u + 2u * 8u +
                6u);  // usernames, profiles' authors, tags' names and slugs, categories' slugs

  const auto bios = Author::objects.order_by("username")
                        .allow_scan("test")
                        .values<&Author::username, &Author::email, &Author::bio>();
  EXPECT_EQ(bios.front(), std::make_tuple("alice", "alice@example.com", "Full-stack dev"));
  EXPECT_EQ(bios.back(), std::make_tuple("eve", "eve@example.com", "Security expert"));

  std::size_t published = 0, children = 0;
  for (const Post& post : Post::objects.filter(f<&Post::timeline> == "all")) {
    EXPECT_NO_THROW(post.full_clean());
    EXPECT_GE(std::count(post.body.begin(), post.body.end(), ' '), 10) << post.body;
    EXPECT_EQ(post.slug.rfind("post-", 0), 0u);
    EXPECT_EQ(post.created_at, post.updated_at);
    published += post.published ? 1 : 0;
  }
  EXPECT_EQ(published, 100u);
  for (const Category& category : Category::objects.all().allow_scan("test")) {
    EXPECT_NO_THROW(category.full_clean());
    if (!category.parent_pk) continue;
    ++children;
    EXPECT_FALSE(Category::objects.get(category.parent_pk->pk).parent_pk);  // two levels
  }
  EXPECT_EQ(children, 4u);
  for (const Tag& tag : Tag::objects.all().allow_scan("test")) EXPECT_NO_THROW(tag.full_clean());
  for (const AuthorProfile& profile : AuthorProfile::objects.all().allow_scan("test"))
    EXPECT_NO_THROW(profile.full_clean());
}

TEST_F(Seed, Titles_AreTheOriginals) {
  const Sample sample(1, 1000);
  EXPECT_EQ(sample.post(0, {}).title, "Essential Guide on DynamoDB #0");
  EXPECT_EQ(sample.post(15, {}).title, "Advanced Tips on DynamoDB #15");
  EXPECT_EQ(sample.post(999, {}).published, false);
  EXPECT_EQ(sample.post(7, {}).slug, "post-7-" + sample.post(7, {}).pk.str().substr(0, 8));
}

TEST_F(Seed, Relations_PointToRows_AndRevisionsAreNumberedFromOne) {
  seed({}, [](std::uint64_t) {});
  std::set<Uuid> posts, authors, categories;
  for (const Post& post : Post::objects.filter(f<&Post::timeline> == "all")) posts.insert(post.pk);
  for (const Author& author : Author::objects.all().allow_scan("test")) authors.insert(author.pk);
  for (const Category& category : Category::objects.all().allow_scan("test"))
    categories.insert(category.pk);
  for (const Post& post : Post::objects.filter(f<&Post::timeline> == "all"))
    EXPECT_EQ(authors.count(post.author_pk.pk), 1u);
  for (const Comment& comment : Comment::objects.all().allow_scan("test"))
    EXPECT_EQ(posts.count(comment.post_pk.pk), 1u);
  std::set<std::pair<Uuid, Uuid>> links;
  for (const PostCategory& link : PostCategory::objects.all().allow_scan("test")) {
    EXPECT_EQ(posts.count(link.post_pk.pk), 1u);
    EXPECT_EQ(categories.count(link.category_pk.pk), 1u);
    EXPECT_TRUE(links.emplace(link.post_pk.pk, link.category_pk.pk).second);
  }
  std::map<Uuid, std::set<std::int64_t>> numbers;
  for (const PostRevision& revision : PostRevision::objects.all().allow_scan("test")) {
    EXPECT_EQ(authors.count(revision.editor_pk.value().pk), 1u);
    EXPECT_TRUE(numbers[revision.post_pk.pk].insert(revision.revision_number).second);
  }
  for (const auto& [post, of_post] : numbers) {
    EXPECT_EQ(posts.count(post), 1u);
    EXPECT_EQ(*of_post.begin(), 1);
    EXPECT_EQ(*of_post.rbegin(), static_cast<std::int64_t>(of_post.size()));
  }
  // The next revision goes on from the sample's.
  const auto& [post, of_post] = *numbers.begin();
  EXPECT_EQ(create("/api/posts/" + post.str() + "/revisions/", Json::object())["revision_number"],
            of_post.size() + 1);
}

TEST_F(Seed, EveryIndex_AgreesWithItsTable) {
  seed({.posts = 500}, [](std::uint64_t) {});
  const Dump all = dump();
  for (const auto& [table, rows] : all) {
    const auto description = engine->describe_table(table).value();
    for (const auto& index : description.definition.global_indexes) {
      SCOPED_TRACE(table + " " + index.name);
      std::size_t expected = 0;
      for (const auto& [key, item] : rows) {
        const bool has_partition = item.count(index.key.partition.name) > 0;
        expected +=
            has_partition && (!index.key.sort || item.count(index.key.sort->name) > 0) ? 1 : 0;
      }
      const Dump indexed = dump(table, index.name);
      EXPECT_EQ(indexed.at(table).size(), expected);
      for (const auto& [key, item] : indexed.at(table)) {
        const auto row = rows.find(key);
        ASSERT_TRUE(row != rows.end());
        for (const auto& [name, value] : item) EXPECT_EQ(row->second.at(name), value);
      }
    }
  }
  EXPECT_EQ(Post::objects.filter(f<&Post::feed> == "all").count(), 250u);
}

}  // namespace
}  // namespace demo_app
