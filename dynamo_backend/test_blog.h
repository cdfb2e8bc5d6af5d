// The blog's models, for tests: everything that a model can say, said once.
#pragma once
#include <thread>

#include "base/json.h"
#include "dynamo_backend/models.h"
#include "dynamo_backend/test_client.h"
#include "dynamodb/local/engine.h"

namespace test_blog {
using namespace dynamo_backend;

struct Post;
struct PostCategory;

template <class T>
struct Timestamped : DynamoModel<T> {
  Timestamp created_at{};
  Timestamp updated_at{};
  static constexpr auto timestamps =
      fields(DateTimeField<&Timestamped::created_at>{.auto_now_add = true},
             DateTimeField<&Timestamped::updated_at>{.auto_now = true});
};

struct Author : DynamoModel<Author> {
  std::string username{};
  std::string email{};
  std::string bio{};
  QuerySet<Post> posts() const;
  std::string str() const { return username; }

  static constexpr auto schema = define<Author>(
      CharField<&Author::username>{.max_length = 60, .unique = true},
      EmailField<&Author::email>{.blank = true}, TextField<&Author::bio>{.blank = true});
};

struct Profile : DynamoModel<Profile> {
  Ref<Author> author_pk{};
  std::string website{};
  std::int64_t follower_count = 0;
  static constexpr auto schema = define<Profile>(
      OneToOneField<&Profile::author_pk>{.related_name = "profile"},
      URLField<&Profile::website>{.blank = true}, IntegerField<&Profile::follower_count>{});
};

struct Tag : DynamoModel<Tag> {
  std::string name{};
  std::string colour = "#cccccc";
  static constexpr auto schema =
      define<Tag>(CharField<&Tag::name>{.max_length = 50, .unique = true},
                  CharField<&Tag::colour>{.max_length = 20});
};

struct Category : DynamoModel<Category> {
  std::string name{};
  std::optional<Ref<Category>> parent_pk{};
  static constexpr auto schema =
      define<Category>(CharField<&Category::name>{.max_length = 100, .index = true},
                       ForeignKey<&Category::parent_pk>{.on_delete = OnDelete::set_null,
                                                        .related_name = "children"});
};

struct Post : Timestamped<Post> {
  std::string title{};
  std::string slug{};
  std::string body{};
  Ref<Author> author_pk{};
  std::optional<Ref<Author>> editor_pk{};
  bool published = false;
  bool is_public = true;
  std::vector<std::string> tags{};
  std::int64_t view_count = 0;
  std::optional<std::string> summary{};
  std::uint64_t version = 0;
  Many<Tag> labels{};
  Many<Category, PostCategory> categories{};
  int scratch = 0;

  std::string str() const { return title; }
  static std::optional<std::string> feed(const Post& p) {
    return p.published && p.is_public ? std::optional<std::string>("all") : std::nullopt;
  }
  void clean(ValidationError& errors) const {
    if (title == "forbidden") errors.add("title", "This title is taken by history.");
  }

  static constexpr auto schema = define<Post>(
      {.table_name = "posts", .opensearch_sync = true, .ordering = "-created_at"}, timestamps,
      CharField<&Post::title>{.max_length = 200, .searchable = true},
      SlugField<&Post::slug>{.max_length = 220, .index = true},
      TextField<&Post::body>{.blank = true, .searchable = true},
      ForeignKey<&Post::author_pk>{.on_delete = OnDelete::cascade, .related_name = "posts"},
      ForeignKey<&Post::editor_pk>{.on_delete = OnDelete::set_null, .related_name = "edited"},
      BooleanField<&Post::published>{}, BooleanField<&Post::is_public>{.attribute = "public"},
      ListField<&Post::tags>{}, IntegerField<&Post::view_count>{.counter = true},
      CharField<&Post::summary>{.max_length = 300}, VersionField<&Post::version>{},
      ManyToManyField<&Post::labels>{.related_name = "posts"},
      ManyToManyField<&Post::categories>{.related_name = "posts"}, Transient<&Post::scratch>{},
      Index<&Post::author_pk, &Post::created_at>{.name = "author-recent"},
      ComputedIndex<&Post::feed, &Post::created_at>{.name = "feed"});
};

struct PostCategory : DynamoModel<PostCategory> {
  Ref<Post> post_pk{};
  Ref<Category> category_pk{};
  std::int64_t order = 0;
  static constexpr auto schema = define<PostCategory>(ForeignKey<&PostCategory::post_pk>{},
                                                      ForeignKey<&PostCategory::category_pk>{},
                                                      IntegerField<&PostCategory::order>{});
};

struct Comment : DynamoModel<Comment> {
  Ref<Post> post_pk{};
  std::string body{};
  static constexpr auto schema = define<Comment>(
      ForeignKey<&Comment::post_pk>{.related_name = "comments"}, TextField<&Comment::body>{});
};

// Holds its author back from deletion.
struct Contract : DynamoModel<Contract> {
  Ref<Author> author_pk{};
  static constexpr auto schema =
      define<Contract>(ForeignKey<&Contract::author_pk>{.on_delete = OnDelete::restrict_});
};

inline QuerySet<Post> Author::posts() const { return related<&Post::author_pk>(); }

inline void models(Registry& r) {
  r.add<Author>();
  r.add<Profile>();
  r.add<Tag>();
  r.add<Category>();
  r.add<Post>();
  r.add<PostCategory>();
  r.add<Comment>();
  r.add<Contract>();
}

// A database in memory for a test's scope, with a clock that stands still until it is told.
class Database {
 public:
  explicit Database(ConnectionOptions options = {.scan_policy = ScanPolicy::allow})
      :  // Nothing expires behind a test's back.
        engine_(dynamodb::local::Engine::open({.housekeeping_interval = std::chrono::seconds(0)})),
        recorder_(*engine_),
        connection_(recorder_, for_tests(std::move(options))) {
    Registry registry;
    models(registry);
    ensure_tables(registry);
    recorder_.calls.reset();
  }
  RecordingClient& client() { return recorder_; }
  Calls& calls() { return recorder_.calls; }
  // An item as it is stored, and one stored behind the models' back.
  dynamodb::Item stored(const std::string& table, const Uuid& pk) {
    const auto result =
        engine_->get_item({.table = table, .key = {{"pk", pk.str()}}, .consistent_read = true})
            .value();
    return result.item ? dynamodb::unpack(result.item->view()) : dynamodb::Item();
  }
  void put(const std::string& table, dynamodb::Item item) {
    engine_->put_item({.table = table, .item = std::move(item)}).value();
  }
  std::size_t rows_in(const std::string& table) {
    return engine_->scan({.table = table}).value().count;
  }
  void tick(std::chrono::microseconds time = std::chrono::seconds(1)) { now_ += time; }
  Timestamp now() const { return now_; }

 private:
  ConnectionOptions for_tests(ConnectionOptions o) {
    o.now = [this] { return now_; };
    o.sleep = [](auto) { std::this_thread::yield(); };
    return o;
  }
  Timestamp now_ = *base::parse_iso("2026-11-22T10:00:00Z");
  std::unique_ptr<dynamodb::Client> engine_;
  RecordingClient recorder_;
  ScopedConnection connection_;
};

}  // namespace test_blog
