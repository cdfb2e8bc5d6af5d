#include "demo_app/views.h"

#include "base/log.h"
#include "demo_app/frontend_views.h"
#include "demo_app/input.h"
#include "demo_app/view_functions.h"

namespace demo_app {

using web::Access;

namespace {
web::Route& reads(web::Route& route) { return route.access(Access::public_); }
web::Route& writes(web::Route& route) {
  return route.access(Access::authenticated).rate_limit(writes_rate());
}
}  // namespace

// Whoever may write at all; what of it is theirs is asked by the views (policy.h).
void urls(web::Router& r) {
  frontend_urls(r);

  reads(r.get("/api/", api_root, "api-root"));

  reads(r.get("/api/authors/", author_list, "author-list"));
  writes(r.post("/api/authors/", author_create, "author-list"));
  reads(r.get("/api/authors/<uuid:pk>/", author_detail, "author-detail"));
  writes(r.put("/api/authors/<uuid:pk>/", author_update, "author-detail"));
  writes(r.del("/api/authors/<uuid:pk>/", author_delete, "author-detail"));
  reads(r.get("/api/authors/<str:pk>/posts/", author_posts, "author-posts"));
  reads(r.get("/api/authors/<uuid:pk>/profile/", profile_detail, "author-profile"));
  writes(r.post("/api/authors/<uuid:pk>/profile/", profile_save, "author-profile"));

  reads(r.get("/api/posts/", post_list, "post-list"));
  writes(r.post("/api/posts/", post_create, "post-list"));
  reads(r.get("/api/posts/search/", post_search, "post-search")).rate_limit(searches_rate());
  reads(r.get("/api/posts/<uuid:pk>/", post_detail, "post-detail"));
  writes(r.put("/api/posts/<uuid:pk>/", post_update, "post-detail"));
  writes(r.del("/api/posts/<uuid:pk>/", post_delete, "post-detail"));
  writes(r.post("/api/posts/<uuid:pk>/comments/", comment_create, "post-comments"));
  writes(r.del("/api/comments/<uuid:pk>/", comment_delete, "comment-detail"));

  reads(r.get("/api/posts/<uuid:pk>/labels/", label_list, "post-labels"));
  writes(r.post("/api/posts/<uuid:pk>/labels/", label_add, "post-labels"));
  writes(r.del("/api/posts/<uuid:pk>/labels/<uuid:tag_pk>/", label_remove, "post-label"));
  reads(r.get("/api/posts/<uuid:pk>/categories/", post_category_list, "post-categories"));
  writes(r.post("/api/posts/<uuid:pk>/categories/", post_category_create, "post-categories"));
  writes(r.del("/api/postcategories/<uuid:pk>/", post_category_delete, "post-category"));
  reads(r.get("/api/posts/<uuid:pk>/revisions/", revision_list, "post-revisions"));
  writes(r.post("/api/posts/<uuid:pk>/revisions/", revision_create, "post-revisions"));

  reads(r.get("/api/tags/", tag_list, "tag-list"));
  writes(r.post("/api/tags/", tag_create, "tag-list"));
  reads(r.get("/api/tags/<uuid:pk>/", tag_detail, "tag-detail"));
  writes(r.del("/api/tags/<uuid:pk>/", tag_delete, "tag-detail"));
  reads(r.get("/api/categories/", category_list, "category-list"));
  writes(r.post("/api/categories/", category_create, "category-list"));
  reads(r.get("/api/categories/<uuid:pk>/", category_detail, "category-detail"));
  writes(r.del("/api/categories/<uuid:pk>/", category_delete, "category-detail"));
}

void configure(web::Application& application) {
  configure_frontend(application);
  application.on_exception<dynamo_backend::ModelError>(
      [](web::Request& request, const dynamo_backend::ModelError& error) {
        const web::HttpError answer = answer_to(error);
        if (answer.code == "search_unavailable")  // many requests may meet it
          dynamo_backend::Connection::current().warn_once(error.what());
        else if (answer.status >= 500)
          base::log_error("request " + std::string(request.request_id()) + ": " + error.what());
        return web::Response::error(answer);
      });
}

}  // namespace demo_app
