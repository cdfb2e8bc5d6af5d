// The models that the cases use.
#pragma once
#include "dynamo_backend/models.h"

using namespace dynamo_backend;

struct Author : DynamoModel<Author> {
  std::string username{};
  static constexpr auto schema = define<Author>(CharField<&Author::username>{.unique = true});
};

struct Tag : DynamoModel<Tag> {
  std::string name{};
  static constexpr auto schema = define<Tag>(CharField<&Tag::name>{});
};

struct Post : DynamoModel<Post> {
  std::string title{};
  std::string slug{};
  Ref<Author> author_pk{};
  bool published = false;
  std::vector<std::string> tags{};
  std::int64_t view_count = 0;
  std::optional<std::string> summary{};
  Many<Tag> labels{};
  static constexpr auto schema = define<Post>(
      CharField<&Post::title>{}, SlugField<&Post::slug>{}, ForeignKey<&Post::author_pk>{}, BooleanField<&Post::published>{},
      ListField<&Post::tags>{}, IntegerField<&Post::view_count>{}, CharField<&Post::summary>{}, ManyToManyField<&Post::labels>{});
};
