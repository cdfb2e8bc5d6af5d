#include "demo_app/views.h"

#include "base/log.h"
#include "demo_app/frontend_views.h"
#include "demo_app/input.h"
#include "demo_app/view_functions.h"
#include "dynamo_backend/search/backend.h"
#include "web/openapi.h"

namespace demo_app {

using web::Access;

namespace {

// Whoever may write at all; what of it is theirs is asked by the views (policy.h).
web::Route& reads(web::Route& route, web::RouteSchema schema) {
  return route.access(Access::public_).schema(std::move(schema));
}
web::Route& writes(web::Route& route, web::RouteSchema schema) {
  return route.access(Access::authenticated).rate_limit(writes_rate()).schema(std::move(schema));
}

std::vector<web::QueryField> paged(std::vector<web::QueryField> others = {},
                                   std::size_t most = kMaxPageSize) {
  others.push_back({.name = "limit",
                    .description = "How many rows; " + std::to_string(kDefaultPageSize) +
                                   " without it, " + std::to_string(most) + " at most",
                    .schema = {{"type", "integer"}, {"minimum", 1}}});
  others.push_back({.name = "cursor", .description = "The next_cursor of the page before"});
  return others;
}

void author_urls(web::Router& r) {
  reads(r.get("/api/authors/", author_list, "author-list"),
        {.summary = "The authors", .response = "AuthorPage", .query = paged()});
  writes(r.post("/api/authors/", author_create, "author-list"), {.summary = "Make an author",
                                                                 .request = "AuthorInput",
                                                                 .response = "Author",
                                                                 .status = {201},
                                                                 .errors = {409}});
  reads(r.get("/api/authors/<uuid:pk>/", author_detail, "author-detail"),
        {.summary = "An author", .response = "Author"});
  writes(r.put("/api/authors/<uuid:pk>/", author_update, "author-detail"),
         {.summary = "Change an author",
          .request = "AuthorChange",
          .response = "Author",
          .errors = {409}});
  writes(r.del("/api/authors/<uuid:pk>/", author_delete, "author-detail"),
         {.summary = "Delete an author with their posts", .status = {204}});
  reads(
      r.get("/api/authors/<str:pk>/posts/", author_posts, "author-posts"),
      {.summary = "An author's posts, newest first", .response = "AuthorPosts", .query = paged()});
  reads(r.get("/api/authors/<uuid:pk>/profile/", profile_detail, "author-profile"),
        {.summary = "An author's profile", .response = "Profile"});
  writes(r.post("/api/authors/<uuid:pk>/profile/", profile_save, "author-profile"),
         {.summary = "Make or change an author's profile",
          .request = "ProfileInput",
          .response = "Profile",
          .status = {200, 201},
          .errors = {409}});
}

void post_urls(web::Router& r) {
  const web::QueryField author{.name = "author_id", .description = "Only this author's posts"},
      same{.name = "author_pk", .description = "Another name of author_id"};
  reads(r.get("/api/posts/", post_list, "post-list"), {.summary = "The posts, newest first",
                                                       .response = "PostPage",
                                                       .query = paged({author, same})});
  writes(r.post("/api/posts/", post_create, "post-list"),
         {.summary = "Write a post; staff says whose",
          .request = "PostInput",
          .response = "Post",
          .status = {201},
          .errors = {409}});
  reads(r.get("/api/posts/search/", post_search, "post-search"),
        {.summary = "Search the posts",
         .response = "PostSearch",
         .errors = {503},
         .query =
             paged({{.name = "q", .description = "Words; empty: the newest posts"},
                    {.name = "tag", .description = "A word of the tags, or a label's slug or key"},
                    {.name = "category", .description = "A slug or key"},
                    {.name = "author", .description = "A username or key"}},
                   dynamo_backend::search::kMaxLimit)})
      .rate_limit(searches_rate());
  reads(
      r.get("/api/posts/<uuid:pk>/", post_detail, "post-detail"),
      {.summary = "A post with its first comments; counts a view", .response = "PostWithComments"});
  writes(r.put("/api/posts/<uuid:pk>/", post_update, "post-detail"),
         {.summary = "Change a post", .request = "PostChange", .response = "Post"});
  writes(r.del("/api/posts/<uuid:pk>/", post_delete, "post-detail"),
         {.summary = "Delete a post with what hangs on it", .status = {204}});
  reads(
      r.get("/api/posts/<uuid:pk>/comments/", comment_list, "post-comments"),
      {.summary = "A post's comments, oldest first", .response = "CommentPage", .query = paged()});
  writes(r.post("/api/posts/<uuid:pk>/comments/", comment_create, "post-comments"),
         {.summary = "Comment on a post",
          .request = "CommentInput",
          .response = "Comment",
          .status = {201}})
      .rate_limit(comments_rate());
  writes(r.del("/api/comments/<uuid:pk>/", comment_delete, "comment-detail"),
         {.summary = "Delete a comment", .status = {204}});
}

void post_relation_urls(web::Router& r) {
  reads(r.get("/api/posts/<uuid:pk>/labels/", label_list, "post-labels"),
        {.summary = "A post's labels", .response = "Labels"});
  writes(r.post("/api/posts/<uuid:pk>/labels/", label_add, "post-labels"),
         {.summary = "Label a post with a tag", .request = "LabelInput", .response = "Labels"});
  writes(r.del("/api/posts/<uuid:pk>/labels/<uuid:tag_pk>/", label_remove, "post-label"),
         {.summary = "Take a label off a post", .response = "Labels"});
  reads(r.get("/api/posts/<uuid:pk>/categories/", post_category_list, "post-categories"),
        {.summary = "A post's places in categories",
         .response = "PostCategoryPage",
         .query = paged()});
  writes(r.post("/api/posts/<uuid:pk>/categories/", post_category_create, "post-categories"),
         {.summary = "Put a post into a category",
          .request = "PostCategoryInput",
          .response = "PostCategory",
          .status = {201}});
  writes(r.del("/api/postcategories/<uuid:pk>/", post_category_delete, "post-category"),
         {.summary = "Take a post out of a category", .status = {204}});
  reads(r.get("/api/posts/<uuid:pk>/revisions/", revision_list, "post-revisions"),
        {.summary = "A post's revisions", .response = "RevisionPage", .query = paged()});
  writes(r.post("/api/posts/<uuid:pk>/revisions/", revision_create, "post-revisions"),
         {.summary = "Keep a post's text as a revision",
          .request = "RevisionInput",
          .response = "Revision",
          .status = {201}});
}

void taxonomy_urls(web::Router& r) {
  reads(r.get("/api/tags/", tag_list, "tag-list"),
        {.summary = "The tags", .response = "TagPage", .query = paged()});
  writes(r.post("/api/tags/", tag_create, "tag-list"),
         {.summary = "Make a tag; the slug is made of the name where it is left out",
          .request = "TagInput",
          .response = "Tag",
          .status = {201},
          .errors = {409}});
  reads(r.get("/api/tags/<uuid:pk>/", tag_detail, "tag-detail"),
        {.summary = "A tag", .response = "Tag"});
  writes(r.del("/api/tags/<uuid:pk>/", tag_delete, "tag-detail"),
         {.summary = "Delete a tag", .status = {204}});
  reads(r.get("/api/categories/", category_list, "category-list"),
        {.summary = "The categories", .response = "CategoryPage", .query = paged()});
  writes(r.post("/api/categories/", category_create, "category-list"),
         {.summary = "Make a category; the slug is made of the name where it is left out",
          .request = "CategoryInput",
          .response = "Category",
          .status = {201},
          .errors = {409}});
  reads(r.get("/api/categories/<uuid:pk>/", category_detail, "category-detail"),
        {.summary = "A category with those below it", .response = "CategoryWithChildren"});
  writes(r.del("/api/categories/<uuid:pk>/", category_delete, "category-detail"),
         {.summary = "Delete a category; those below it are then below none", .status = {204}});
}

}  // namespace

void urls(web::Router& r) {
  frontend_urls(r);
  reads(r.get("/api/", api_root, "api-root"),
        {.summary = "The paths of the lists", .response = "Lists"});
  author_urls(r);
  post_urls(r);
  post_relation_urls(r);
  taxonomy_urls(r);
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
