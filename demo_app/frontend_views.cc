#include "demo_app/frontend_views.h"

#include "auth/auth.h"
#include "demo_app/assets.h"
#include "demo_app/models.h"
#include "web/csrf.h"
#include "web/http_error.h"
#include "web/session.h"
#include "web/templates.h"

namespace demo_app {
namespace {

using dynamo_backend::f;

// ---- the README's names of pages

web::Response moved_to(const std::string& path) { return web::Response::redirect(path, 301); }

web::Response old_post(web::Request&, std::string_view slug) {
  // A slug need not be one post's alone: the oldest keeps it. A draft is not given away.
  for (const Post& post :
       Post::objects.filter(f<&Post::slug> == std::string(slug)).order_by("created_at")) {
    if (post.published && post.is_public) return moved_to("/posts/" + post.pk.str() + "/");
  }
  throw web::HttpError(404, "not_found", "No such post.");
}

web::Response old_author(web::Request&, base::Uuid pk) {
  return moved_to("/authors/" + pk.str() + "/");
}

web::Response old_tag(web::Request&, base::Uuid pk) {
  const auto tag = Tag::objects.try_get(pk);
  if (!tag) throw web::HttpError(404, "not_found", "No such tag.");
  return moved_to("/tags/" + tag->slug + "/");
}

web::Response old_category(web::Request&, base::Uuid pk) {
  const auto category = Category::objects.try_get(pk);
  if (!category) throw web::HttpError(404, "not_found", "No such category.");
  return moved_to("/categories/" + category->slug + "/");
}

// The token of the form that signs out, which every page has, is made for those only who could use
// it, so that other pages may be kept by caches. An error's page is made when the session is saved
// already.
void add_sign_out(web::Request& request, web::Context& page) {
  if (web::find_session(request) && auth::user(request))
    page.set("sign_out_token", web::csrf_token(request));
}

}  // namespace

Post visible_post(const Viewer& viewer, const Uuid& pk) {
  auto post = Post::objects.try_get(pk);
  if (!post || !may_see(viewer, *post)) throw web::HttpError(404, "not_found", "No such post.");
  return *std::move(post);
}

Post editable_post(const Viewer& viewer, const Uuid& pk) {
  Post post = visible_post(viewer, pk);
  if (!may_edit(viewer, post))
    throw web::HttpError(403, "forbidden", "Only its author and staff may edit this post.");
  return post;
}

web::Response explorer(web::Request& request) {
  web::Context page;
  page.show("at_explorer");
  return web::render(request, "blog/explorer.html", page);
}

void frontend_urls(web::Router& r) {
  using web::Access;
  web::RateLimit searches = searches_rate();
  searches.parameter = "q";
  r.get("/", home, "home").access(Access::public_).rate_limit(searches);
  r.get("/posts/<uuid:pk>/", post_page, "post").access(Access::public_);
  r.post("/posts/<uuid:pk>/comment/", post_comment, "post-comment")
      .access(Access::public_)
      .rate_limit(comments_rate());
  r.get("/posts/<uuid:pk>/edit/", edit_page, "post-edit").access(Access::authenticated);
  r.post("/posts/<uuid:pk>/edit/", edit_post, "post-edit")
      .access(Access::authenticated)
      .rate_limit(writes_rate())
      .body_limit(kMostWritten);
  r.get("/write/", write_page, "write").access(Access::authenticated);
  r.post("/write/", write_post, "write")
      .access(Access::authenticated)
      .rate_limit(writes_rate())
      .body_limit(kMostWritten);
  r.get("/authors/<uuid:pk>/", author_page, "author").access(Access::public_);
  r.get("/tags/<slug:slug>/", tag_page, "tag").access(Access::public_);
  r.get("/categories/<slug:slug>/", category_page, "category").access(Access::public_);
  r.get("/explorer/", explorer, "explorer").access(Access::public_);

  r.get("/post/<slug:slug>/", old_post, "old-post").access(Access::public_);
  r.get("/author/<uuid:pk>/", old_author, "old-author").access(Access::public_);
  r.get("/tag/<uuid:pk>/", old_tag, "old-tag").access(Access::public_);
  r.get("/category/<uuid:pk>/", old_category, "old-category").access(Access::public_);
}

void configure_frontend(web::Application& application) {
  application.templates().add(templates());
  application.add_static(static_files());
  application.add_context_processor(add_sign_out);
}

}  // namespace demo_app
