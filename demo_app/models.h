// The blog: eight models, with the relations and queries that a real application has.
//
// Tables, attributes and JSON names are those of the original DDBDjango; see docs/topics/blog.md.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dynamo_backend/models.h"

namespace demo_app {

// The names that models are written with.
using dynamo_backend::BooleanField, dynamo_backend::CharField, dynamo_backend::ComputedIndex,
    dynamo_backend::DateTimeField;
using dynamo_backend::define, dynamo_backend::DynamoModel, dynamo_backend::EmailField,
    dynamo_backend::ForeignKey;
using dynamo_backend::Index, dynamo_backend::IntegerField, dynamo_backend::ListField,
    dynamo_backend::Many;
using dynamo_backend::ManyToManyField, dynamo_backend::member_name, dynamo_backend::OnDelete,
    dynamo_backend::OneToOneField, dynamo_backend::reads;
using dynamo_backend::Ref, dynamo_backend::SetField, dynamo_backend::SlugField,
    dynamo_backend::TextField, dynamo_backend::Timestamp;
using dynamo_backend::URLField, dynamo_backend::Uuid, dynamo_backend::ValidationError;

struct Category;
struct PostCategory;

// A field a line, as a schema reads.
// clang-format off

struct Author : DynamoModel<Author> {
  std::string username{};
  std::string email{};
  std::string bio{};
  // The key of the user (of auth) who writes as this author; none: nobody signs in as them.
  std::optional<std::string> user_pk{};
  Timestamp created_at{};

  std::string str() const { return username; }

  static constexpr auto schema = define<Author>(
      CharField<&Author::username>{.max_length = 60, .unique = true},
      EmailField<&Author::email>{.max_length = 254, .blank = true},
      TextField<&Author::bio>{.blank = true},
      CharField<&Author::user_pk>{.max_length = 64, .unique = true, .editable = false},
      DateTimeField<&Author::created_at>{.auto_now_add = true});
};

struct AuthorProfile : DynamoModel<AuthorProfile> {
  Ref<Author> author_pk{};
  std::string website{};
  std::string twitter{};
  std::string location{};
  std::string avatar_url{};
  std::int64_t follower_count = 0;
  Timestamp updated_at{};

  std::string str() const { return "Profile(" + author_pk.pk.str() + ")"; }
  void clean(ValidationError& errors) const;

  static constexpr auto schema = define<AuthorProfile>(
      OneToOneField<&AuthorProfile::author_pk>{.on_delete = OnDelete::cascade, .related_name = "profile"},
      URLField<&AuthorProfile::website>{.max_length = 200, .blank = true},
      CharField<&AuthorProfile::twitter>{.max_length = 50, .blank = true},
      CharField<&AuthorProfile::location>{.max_length = 100, .blank = true},
      URLField<&AuthorProfile::avatar_url>{.max_length = 200, .blank = true},
      IntegerField<&AuthorProfile::follower_count>{},
      DateTimeField<&AuthorProfile::updated_at>{.auto_now = true});
};

struct Tag : DynamoModel<Tag> {
  std::string name{};
  std::string slug{};
  std::string colour = "#cccccc";

  std::string str() const { return name; }
  void clean(ValidationError& errors) const;

  static constexpr auto schema = define<Tag>(
      CharField<&Tag::name>{.max_length = 50, .unique = true},
      SlugField<&Tag::slug>{.max_length = 60, .unique = true},
      CharField<&Tag::colour>{.max_length = 20});
};

struct Category : DynamoModel<Category> {
  std::string name{};
  std::string slug{};
  std::optional<Ref<Category>> parent_pk{};
  std::string description{};

  std::string str() const { return name; }

  static constexpr auto schema = define<Category>(
      CharField<&Category::name>{.max_length = 100, .index = true},
      SlugField<&Category::slug>{.max_length = 120, .unique = true},
      ForeignKey<&Category::parent_pk>{.on_delete = OnDelete::set_null, .related_name = "children"},
      TextField<&Category::description>{.blank = true});
};

struct Post : DynamoModel<Post> {
  std::string title{};
  std::string slug{};
  std::string body{};
  Ref<Author> author_pk{};
  bool published = false;
  bool is_public = true;
  std::vector<std::string> tags{};
  std::int64_t view_count = 0;
  Timestamp created_at{};
  Timestamp updated_at{};
  // The keys of what it is linked to: what lists show, and search filters by.
  std::set<std::string> label_pks{};
  std::set<std::string> category_pks{};
  Many<Tag> labels{};
  Many<Category, PostCategory> categories{};

  std::string str() const { return title; }
  // The partition of the newest-first list that everyone may read; a draft or private post is in none.
  static std::optional<std::string> feed(const Post& post) {
    return post.published && post.is_public ? std::optional<std::string>("all") : std::nullopt;
  }
  // What everyone may find: no drafts, no private posts.
  static dynamo_backend::Q<Post> search_visible();
  // The partition of the newest-first list of every post.
  static std::string timeline(const Post&) { return "all"; }

  static constexpr auto schema = define<Post>(
      {.opensearch_sync = true, .ordering = "-created_at"},
      CharField<&Post::title>{.max_length = 200, .searchable = true, .search_weight = 2},
      SlugField<&Post::slug>{.max_length = 220, .index = true},
      TextField<&Post::body>{.blank = true, .searchable = true},
      ForeignKey<&Post::author_pk>{.filterable = true, .on_delete = OnDelete::cascade, .related_name = "posts"},
      BooleanField<&Post::published>{.filterable = true},
      BooleanField<&Post::is_public>{.attribute = "public", .filterable = true},
      ListField<&Post::tags>{.filterable = true},
      IntegerField<&Post::view_count>{.counter = true},
      DateTimeField<&Post::created_at>{.filterable = true, .auto_now_add = true},
      DateTimeField<&Post::updated_at>{.auto_now = true},
      SetField<&Post::label_pks>{.filterable = true, .editable = false},
      SetField<&Post::category_pks>{.filterable = true, .editable = false},
      ManyToManyField<&Post::labels>{.related_name = "posts", .keys_in = member_name<&Post::label_pks>()},
      ManyToManyField<&Post::categories>{.related_name = "posts", .keys_in = member_name<&Post::category_pks>()},
      Index<&Post::author_pk, &Post::created_at>{.name = "author-recent"},
      ComputedIndex<&Post::feed, &Post::created_at>{
          .name = "feed", .reads = reads<&Post::published, &Post::is_public>()},
      ComputedIndex<&Post::timeline, &Post::created_at>{.name = "timeline"});
};

struct PostCategory : DynamoModel<PostCategory> {
  Ref<Post> post_pk{};
  Ref<Category> category_pk{};
  std::int64_t order = 0;
  bool pinned = false;
  Timestamp added_at{};

  std::string str() const {
    return post_pk.pk.str() + " → " + category_pk.pk.str() + " (order=" + std::to_string(order) + ")";
  }

  static constexpr auto schema = define<PostCategory>(
      ForeignKey<&PostCategory::post_pk>{.on_delete = OnDelete::cascade},
      ForeignKey<&PostCategory::category_pk>{.on_delete = OnDelete::cascade},
      IntegerField<&PostCategory::order>{},
      BooleanField<&PostCategory::pinned>{},
      DateTimeField<&PostCategory::added_at>{.auto_now_add = true},
      Index<&PostCategory::post_pk, &PostCategory::order>{.name = "post-order"},
      Index<&PostCategory::category_pk, &PostCategory::order>{.name = "category-order"});
};

struct Comment : DynamoModel<Comment> {
  Ref<Post> post_pk{};
  std::string author_name{};
  std::string body{};
  bool approved = true;
  Timestamp created_at{};

  std::string str() const { return "Comment by " + author_name; }

  static constexpr auto schema = define<Comment>(
      ForeignKey<&Comment::post_pk>{.on_delete = OnDelete::cascade, .related_name = "comments"},
      CharField<&Comment::author_name>{.max_length = 100},
      TextField<&Comment::body>{},
      BooleanField<&Comment::approved>{},
      DateTimeField<&Comment::created_at>{.auto_now_add = true},
      Index<&Comment::post_pk, &Comment::created_at>{.name = "post-recent"});
};

struct PostRevision : DynamoModel<PostRevision> {
  Ref<Post> post_pk{};
  std::optional<Ref<Author>> editor_pk{};
  std::string body_snapshot{};
  std::int64_t revision_number = 1;
  std::string change_summary{};
  Timestamp created_at{};

  std::string str() const { return "Rev " + std::to_string(revision_number) + " of " + post_pk.pk.str(); }
  // The key that the revision of this number has: two writers cannot both make it.
  static Uuid key_of(const Uuid& post, std::int64_t number);

  static constexpr auto schema = define<PostRevision>(
      {.ordering = "revision_number"},
      ForeignKey<&PostRevision::post_pk>{.on_delete = OnDelete::cascade, .related_name = "revisions"},
      ForeignKey<&PostRevision::editor_pk>{.on_delete = OnDelete::set_null, .related_name = "revisions"},
      TextField<&PostRevision::body_snapshot>{.blank = true},
      IntegerField<&PostRevision::revision_number>{},
      CharField<&PostRevision::change_summary>{.max_length = 255, .blank = true},
      DateTimeField<&PostRevision::created_at>{.auto_now_add = true},
      Index<&PostRevision::post_pk, &PostRevision::revision_number>{.name = "post-revisions"});
};

// clang-format on

// Lists the app's models.
void models(dynamo_backend::Registry& registry);

// Lower case, with everything but letters, digits and '_' turned into single dashes: what a slug is
// made from.
std::string slugify(std::string_view text);

}  // namespace demo_app
