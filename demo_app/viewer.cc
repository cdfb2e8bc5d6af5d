#include "demo_app/viewer.h"

#include "auth/auth.h"
#include "demo_app/text.h"

namespace demo_app {

using dynamo_backend::f;

namespace {

// A name that no author has yet: names of users and of authors need not be of the same people.
constexpr int kMostNames = 100;

std::string name_for(const Viewer& viewer, int attempt) {
  const std::string name(first_characters(viewer.name, 50));
  return attempt == 1 ? name : name + "-" + std::to_string(attempt);
}

}  // namespace

Viewer viewer(web::Request& request) {
  const auth::User* const user = auth::user(request);
  if (!user) return {};
  return {.user_pk = user->pk.str(),
          .name = user->username,
          .is_staff = user->is_staff || user->is_superuser};
}

std::optional<Author> author_of(const Viewer& viewer) {
  if (!viewer.is_signed_in()) return std::nullopt;
  return Author::objects.try_get(f<&Author::user_pk> == viewer.user_pk);
}

Author make_author_of(const Viewer& viewer) {
  for (int attempt = 1;; ++attempt) {
    if (auto author = author_of(viewer)) return *std::move(author);
    Author author{.username = name_for(viewer, attempt), .user_pk = viewer.user_pk};
    try {
      author.save();
      return author;
    } catch (const dynamo_backend::IntegrityError&) {
      if (attempt == kMostNames) throw;
    }
  }
}

bool may_edit(const Viewer& viewer, const Post& post) {
  if (viewer.is_staff) return true;
  const auto author = author_of(viewer);
  return author && author->pk == post.author_pk.pk;
}

dynamo_backend::Q<Post> everyones() {
  return f<&Post::published> == true && f<&Post::is_public> == true;
}

bool may_see(const Viewer& viewer, const Post& post) {
  return (post.published && post.is_public) || may_edit(viewer, post);
}

}  // namespace demo_app
