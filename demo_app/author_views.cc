#include <chrono>

#include "demo_app/policy.h"
#include "demo_app/view_functions.h"
#include "demo_app/view_support.h"

namespace demo_app {

using dynamo_backend::f;

web::Response author_list(web::Request& request) {
  const PageParameters parameters = read_page(request);
  auto page = Author::objects.all()
                  .allow_scan("a list of all authors, page by page")
                  .page_budget(kPageUnits)
                  .limit(parameters.limit)
                  .page(parameters.cursor);
  for (Author& author : page.items) author = shown(request, std::move(author));
  base::JsonWriter out;
  out.begin_object();
  write_list(out, "authors", page.items);
  write_next_cursor(out, page.next);
  out.end_object();
  return web::Response::json(std::move(out));
}

web::Response author_create(web::Request& request) {
  require_permission(request, "demo_app.add_author");
  Author author;
  read_body(request, author, kAuthorInput);
  author.save();
  return object_response(author, 201);
}

web::Response author_detail(web::Request& request, base::Uuid pk) {
  return object_response(shown(request, find_or_404<Author>(pk)));
}

web::Response author_update(web::Request& request, base::Uuid pk) {
  auto author = find_or_404<Author>(pk);
  require_author(request, author);
  read_body(request, author, kAuthorInput);
  author.save();
  return object_response(author);
}

web::Response author_delete(web::Request& request, base::Uuid pk) {
  require_permission(request, "demo_app.delete_author");
  find_or_404<Author>(pk).remove();
  return web::Response::empty();
}

web::Response author_posts(web::Request& request, std::string pk) {
  const auto started = std::chrono::steady_clock::now();
  const auto key = Uuid::parse(pk);
  if (!key)
    throw web::HttpError(400, "invalid", "Invalid author pk",
                         {{"author_pk", {"Enter a valid UUID."}}});
  const PageParameters parameters = read_page(request);
  const auto author = find_or_404<Author>(*key, "Author not found");
  const Viewer who = viewer(request);
  const bool all = who.is_staff || (who.is_signed_in() && author.user_pk == who.user_pk);
  const auto posts = author.related<&Post::author_pk>().order_by("-created_at");
  const auto page =
      (all ? posts.page_budget(kPageUnits) : posts.filter(everyones()).page_budget(kListUnits))
          .limit(parameters.limit)
          .page(parameters.cursor);
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - started;
  base::JsonWriter out;
  out.begin_object();
  out.member("author_id", author.pk.str());
  out.member("count", static_cast<std::uint64_t>(page.items.size()));
  write_next_cursor(out, page.next);
  out.member("elapsed_ms", elapsed.count());
  write_list(out, "posts", page.items);
  out.end_object();
  return web::Response::json(std::move(out));
}

web::Response profile_detail(web::Request&, base::Uuid pk) {
  const auto author = find_or_404<Author>(pk, "Author not found");
  const auto profile = author.related<&AuthorProfile::author_pk>().first();
  if (!profile) throw web::HttpError(404, "not_found", "Profile not found");
  return object_response(*profile);
}

web::Response profile_save(web::Request& request, base::Uuid pk) {
  const auto author = find_or_404<Author>(pk, "Author not found");
  require_author(request, author);
  // Two first saves at once: the one that loses the claim on the author updates what the other
  // made.
  for (bool again = true;; again = false) {
    auto stored = author.related<&AuthorProfile::author_pk>().first();
    AuthorProfile profile = stored.value_or(AuthorProfile{.author_pk = author});
    read_body(request, profile, kProfileInput);
    try {
      profile.save();
      return object_response(profile, stored ? 200 : 201);
    } catch (const dynamo_backend::IntegrityError&) {
      if (!again) throw;
    }
  }
}

}  // namespace demo_app
