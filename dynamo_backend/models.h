// The models' whole surface: #include "dynamo_backend/models.h".
//
//   struct Post : DynamoModel<Post> {
//     std::string title{};
//     static constexpr auto schema = define<Post>(CharField<&Post::title>{.max_length = 200});
//   };
//   auto post = Post::objects.create({.title = "Hello"});
//   const auto some = Post::objects.filter(f<&Post::title>.startswith("H"));
//   for (const Post& p : some.order_by("title").limit(10)) …
//
// A model with a Json member includes "base/json.h" as well.
#pragma once
#include "dynamo_backend/connection.h"  // IWYU pragma: export
#include "dynamo_backend/model.h"       // IWYU pragma: export
#include "dynamo_backend/tables.h"      // IWYU pragma: export
#include "dynamo_backend/tenant.h"      // IWYU pragma: export
