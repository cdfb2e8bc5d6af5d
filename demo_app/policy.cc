#include "demo_app/policy.h"

#include "auth/auth.h"
#include "demo_app/view_support.h"

namespace demo_app {
namespace {

[[noreturn]] void forbid() { throw web::HttpError(403, "forbidden", "You may not do this."); }

bool is_own(web::Request& request, const Author& author) {
  const Viewer who = viewer(request);
  return who.is_signed_in() && author.user_pk == who.user_pk;
}

}  // namespace

bool writes_all(web::Request& request) {
  return viewer(request).is_staff || auth::is_open_demo(request);
}

Post post_to_read(web::Request& request, const Uuid& pk, const char* message) {
  auto post = find_or_404<Post>(pk, message);
  if (!may_see(viewer(request), post)) throw web::HttpError(404, "not_found", message);
  return post;
}

Post post_to_edit(web::Request& request, const Uuid& pk, const char* message) {
  auto post = find_or_404<Post>(pk, message);
  if (writes_all(request)) return post;
  const Viewer who = viewer(request);
  if (may_edit(who, post)) return post;
  if (!may_see(who, post)) throw web::HttpError(404, "not_found", message);
  forbid();
}

void require_permission(web::Request& request, std::string_view codename) {
  if (!writes_all(request) && !auth::has_perm(request, codename)) forbid();
}

void require_author(web::Request& request, const Author& author) {
  if (!is_own(request, author)) require_permission(request, "demo_app.change_author");
}

Author shown(web::Request& request, Author author) {
  if (!writes_all(request) && !is_own(request, author)) author.email.clear();
  return author;
}

}  // namespace demo_app
