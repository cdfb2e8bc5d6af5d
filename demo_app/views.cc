#include "demo_app/views.h"

#include "base/log.h"
#include "demo_app/frontend_views.h"
#include "demo_app/input.h"
#include "demo_app/view_functions.h"

namespace demo_app {

void urls(web::Router& r) {
  frontend_urls(r);

  r.get("/api/", api_root, "api-root");

  r.get("/api/authors/", author_list, "author-list");
  r.post("/api/authors/", author_create, "author-list");
  r.get("/api/authors/<uuid:pk>/", author_detail, "author-detail");
  r.put("/api/authors/<uuid:pk>/", author_update, "author-detail");
  r.del("/api/authors/<uuid:pk>/", author_delete, "author-detail");
  r.get("/api/authors/<str:pk>/posts/", author_posts, "author-posts");
  r.get("/api/authors/<uuid:pk>/profile/", profile_detail, "author-profile");
  r.post("/api/authors/<uuid:pk>/profile/", profile_save, "author-profile");

  r.get("/api/posts/", post_list, "post-list");
  r.post("/api/posts/", post_create, "post-list");
  r.get("/api/posts/search/", post_search, "post-search");
  r.get("/api/posts/<uuid:pk>/", post_detail, "post-detail");
  r.put("/api/posts/<uuid:pk>/", post_update, "post-detail");
  r.del("/api/posts/<uuid:pk>/", post_delete, "post-detail");
  r.post("/api/posts/<uuid:pk>/comments/", comment_create, "post-comments");
  r.del("/api/comments/<uuid:pk>/", comment_delete, "comment-detail");

  r.get("/api/posts/<uuid:pk>/labels/", label_list, "post-labels");
  r.post("/api/posts/<uuid:pk>/labels/", label_add, "post-labels");
  r.del("/api/posts/<uuid:pk>/labels/<uuid:tag_pk>/", label_remove, "post-label");
  r.get("/api/posts/<uuid:pk>/categories/", post_category_list, "post-categories");
  r.post("/api/posts/<uuid:pk>/categories/", post_category_create, "post-categories");
  r.del("/api/postcategories/<uuid:pk>/", post_category_delete, "post-category");
  r.get("/api/posts/<uuid:pk>/revisions/", revision_list, "post-revisions");
  r.post("/api/posts/<uuid:pk>/revisions/", revision_create, "post-revisions");

  r.get("/api/tags/", tag_list, "tag-list");
  r.post("/api/tags/", tag_create, "tag-list");
  r.get("/api/tags/<uuid:pk>/", tag_detail, "tag-detail");
  r.del("/api/tags/<uuid:pk>/", tag_delete, "tag-detail");
  r.get("/api/categories/", category_list, "category-list");
  r.post("/api/categories/", category_create, "category-list");
  r.get("/api/categories/<uuid:pk>/", category_detail, "category-detail");
  r.del("/api/categories/<uuid:pk>/", category_delete, "category-detail");
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
