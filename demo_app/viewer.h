// Who looks at a page of the blog, and what they may do with a post (rule Z2).
//
// Thread safety: one thread at a time, the request's.
#pragma once
#include <optional>
#include <string>

#include "demo_app/models.h"
#include "web/context.h"
#include "web/request.h"

namespace demo_app {

struct Viewer {
  std::string user_pk{};  // empty: nobody has signed in
  std::string name{};
  bool is_staff = false;

  bool is_signed_in() const { return !user_pk.empty(); }
};

Viewer viewer(web::Request& request);

// The author as whom a user writes; nullopt: they have written nothing yet.
std::optional<Author> author_of(const Viewer& viewer);
// The same; made where there is none, under the user's name or one like it.
Author make_author_of(const Viewer& viewer);

// Authors change their own posts, staff all.
bool may_edit(const Viewer& viewer, const Post& post);
// What is there for everyone.
dynamo_backend::Q<Post> everyones();
// Drafts and private posts are there for those who may edit them only.
bool may_see(const Viewer& viewer, const Post& post);

}  // namespace demo_app
