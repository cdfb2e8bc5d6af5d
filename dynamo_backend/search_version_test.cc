// search_version: every write path of the models raises it, and nobody sees it.
#include "dynamo_backend/search_version.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "dynamo_backend/data_check.h"
#include "dynamo_backend/tables.h"
#include "dynamo_backend/test_blog.h"
#include "dynamo_backend/transaction.h"

namespace test_blog {
namespace {

using testing::HasSubstr;
using testing::Not;

class SearchVersion : public testing::Test {
 protected:
  std::int64_t start() const { return db_.now().time_since_epoch().count(); }
  std::int64_t version(const Post& post) {
    const dynamodb::Item item = db_.stored("posts", post.pk);
    const auto at = item.find(kSearchVersion);
    return at == item.end() ? -1 : at->second.as<dynamodb::Number>().to_int64().value();
  }
  Post post(std::string title = "t") {
    return Post::objects.create({.title = title, .slug = title, .author_pk = author_});
  }
  Database db_;
  Author author_ = Author::objects.create({.username = "alice"});
};

TEST_F(SearchVersion, Create_StartsWithTheTime) {
  EXPECT_EQ(version(post()), start());
  const auto posts = Post::objects.bulk_create({{.title = "a", .slug = "a", .author_pk = author_},
                                                {.title = "b", .slug = "b", .author_pk = author_}});
  EXPECT_EQ(version(posts[0]), start());
  Post given{.title = "c", .slug = "c", .author_pk = author_};
  given.pk = Uuid::random();
  EXPECT_EQ(version(Post::objects.bulk_create({given})[0]), start());  // by a transaction
}

TEST_F(SearchVersion, Save_RaisesItByOne) {
  Post p = post();
  p.title = "changed";
  p.save();
  EXPECT_EQ(version(p), start() + 1);
  Post read = Post::objects.get(p.pk);
  read.published = true;  // moves a computed index
  read.save();
  EXPECT_EQ(version(p), start() + 2);
}

TEST_F(SearchVersion, Update_RaisesItByOne_CountingToo) {
  Post p = post();
  const auto mine = Post::objects.filter(f<&Post::pk> == p.pk);
  mine.update(f<& Post::title> = "x");
  EXPECT_EQ(version(p), start() + 1);
  mine.update(f<& Post::view_count> = f<&Post::view_count> + 1);
  EXPECT_EQ(version(p), start() + 2);
  mine.update(f<& Post::published> = true);  // through a read: a computed index moves
  EXPECT_EQ(version(p), start() + 3);
  mine.update_returning(f<& Post::view_count> = f<&Post::view_count> + 1);
  EXPECT_EQ(version(p), start() + 4);
}

TEST_F(SearchVersion, Transactions_RaiseIt) {
  Post p = post(), q = post("q");
  transaction([&](Transaction& t) {
    p.title = "in a transaction";
    t.save(p);
    t.update(Post::objects.filter(f<&Post::pk> == q.pk),
             f<& Post::view_count> = f<&Post::view_count> + 1);
    t.create(Post{.title = "new", .slug = "new", .author_pk = author_});
  });
  EXPECT_EQ(version(p), start() + 1);
  EXPECT_EQ(version(q), start() + 1);
  EXPECT_EQ(version(Post::objects.get(f<&Post::slug> == "new")), start());
}

TEST_F(SearchVersion, SetNull_RaisesIt) {
  Author editor = Author::objects.create({.username = "editor"});
  Post p = post();
  p.editor_pk = Ref<Author>(editor);
  p.save();
  editor.remove();
  EXPECT_EQ(Post::objects.get(p.pk).editor_pk, std::nullopt);
  EXPECT_EQ(version(p), start() + 2);
}

TEST_F(SearchVersion, Repair_RaisesIt) {
  Post p = post();
  p.published = true;
  p.save();
  dynamodb::Item item = db_.stored("posts", p.pk);
  item.erase("feed");
  db_.put("posts", item);
  Registry registry;
  models(registry);
  const auto result = check_data(registry, {.models = {&model_info<Post>()}, .repair = true});
  EXPECT_EQ(result.repaired, 1u);
  EXPECT_EQ(version(p), start() + 2);
}

TEST_F(SearchVersion, RowMadeAgain_OutranksItsTombstone) {
  Post p = post();
  for (int i = 0; i < 3; ++i) {
    p.view_count = i + 1;
    p.save();
  }
  const std::int64_t last = version(p);
  p.remove();
  db_.tick(std::chrono::milliseconds(1));
  Post again{.title = "again", .slug = "again", .author_pk = author_};
  again.pk = p.pk;
  again.save();
  EXPECT_GT(version(again), last + 1);
}

TEST_F(SearchVersion, OutsidersRow_GetsOneWithTheFirstWrite) {
  Post p = post();
  dynamodb::Item item = db_.stored("posts", p.pk);
  item.erase(item.find(kSearchVersion));
  db_.put("posts", item);
  EXPECT_EQ(version(p), -1);
  Post::objects.filter(f<&Post::pk> == p.pk).update(f<& Post::title> = "x");
  EXPECT_EQ(version(p), start() + 1);
}

TEST_F(SearchVersion, SaveWithoutAChange_WritesNothing) {
  Post p = post();
  p.save();
  EXPECT_GE(version(p), start());
  const auto before = version(p);
  Post read = Post::objects.get(p.pk);
  db_.calls().reset();
  Post::objects.filter(f<&Post::title> == "nobody").update(f<& Post::view_count> = 1);
  EXPECT_EQ(version(p), before);
}

TEST_F(SearchVersion, Json_DoesNotShowIt) {
  base::JsonWriter out;
  Post::objects.get(post().pk).write_json(out);
  EXPECT_THAT(std::move(out).text(), Not(HasSubstr("search_version")));
  EXPECT_THAT(Post::objects.values().at(0).dump(), Not(HasSubstr("search_version")));
}

TEST_F(SearchVersion, OtherModels_HaveNone) {
  const dynamodb::Item item = db_.stored("test_blog_author", author_.pk);
  ASSERT_FALSE(item.empty());
  EXPECT_EQ(item.count(kSearchVersion), 0u);
}

TEST_F(SearchVersion, Table_HasAStreamOfBothImages) {
  EXPECT_EQ(table_definition(model_info<Post>()).settings.stream,
            dynamodb::StreamViewType::new_and_old_images);
  EXPECT_EQ(table_definition(model_info<Author>()).settings.stream, std::nullopt);
}

struct Claimant : DynamoModel<Claimant> {
  std::int64_t search_version = 0;
  static constexpr auto schema =
      define<Claimant>({.opensearch_sync = true}, IntegerField<&Claimant::search_version>{});
};

TEST_F(SearchVersion, FieldOfItsName_IsImproperlyConfigured) {
  EXPECT_THROW(model_info<Claimant>(), ImproperlyConfigured);
}

}  // namespace
}  // namespace test_blog
