// The pages of the blog. docs/topics/blog.md lists their URLs.
#pragma once
#include <string_view>

#include "demo_app/viewer.h"
#include "web/application.h"

namespace demo_app {

// frontend_list_views.cc
web::Response home(web::Request& request);
web::Response author_page(web::Request& request, base::Uuid pk);
web::Response tag_page(web::Request& request, std::string_view slug);
web::Response category_page(web::Request& request, std::string_view slug);

// frontend_post_views.cc
web::Response post_page(web::Request& request, base::Uuid pk);
web::Response post_comment(web::Request& request, base::Uuid pk);

// frontend_write_views.cc
web::Response write_page(web::Request& request);
web::Response write_post(web::Request& request);
web::Response edit_page(web::Request& request, base::Uuid pk);
web::Response edit_post(web::Request& request, base::Uuid pk);

// frontend_views.cc
web::Response explorer(web::Request& request);

// Throw HttpError: 404 where the viewer may not see the post, 403 where they may not change it.
Post visible_post(const Viewer& viewer, const Uuid& pk);
Post editable_post(const Viewer& viewer, const Uuid& pk);

// Rule N1: what pages and API count together.
inline web::RateLimit searches_rate() { return {.name = "search", .allowed = 60}; }
inline web::RateLimit comments_rate() { return {.name = "comments", .allowed = 5}; }
inline web::RateLimit writes_rate() {
  return {.name = "writes", .allowed = 120, .per = web::RateLimit::Per::user};
}

// Of a form that sends a post: 200,000 characters of four bytes, each as %XX.
inline constexpr std::size_t kMostWritten = 3 << 20;

// The routes of all of them, and of the README's names for them, which lead on by 301.
void frontend_urls(web::Router& router);
// Their templates and static files, their pages for errors.
void configure_frontend(web::Application& application);

}  // namespace demo_app
