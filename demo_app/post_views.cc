#include "demo_app/policy.h"
#include "demo_app/view_functions.h"
#include "demo_app/view_support.h"

namespace demo_app {

using dynamo_backend::f;

namespace {

// Those that the viewer may read, oldest first.
dynamo_backend::QuerySet<Comment> comments_of(const Viewer& who, const Post& post) {
  const auto all = post.related<&Comment::post_pk>().order_by("created_at").page_budget(kListUnits);
  return may_edit(who, post) ? all : all.filter(f<&Comment::approved> == true);
}

}  // namespace

web::Response post_list(web::Request& request) {
  const Viewer who = viewer(request);
  const auto by_id = request.query("author_id"), by_pk = request.query("author_pk");
  if (!by_id && !by_pk)
    return page_response(
        request, "posts",
        Post::objects.filter(who.is_staff ? f<&Post::timeline> == "all" : f<&Post::feed> == "all")
            .order_by("-created_at")
            .page_budget(kPageUnits));
  const auto author = Uuid::parse(by_id ? *by_id : *by_pk);
  if (!author) refuse(by_id ? "author_id" : "author_pk", "Enter a valid UUID.");
  const auto posts =
      Post::objects.filter(f<&Post::author_pk> == Ref<Author>(*author)).order_by("-created_at");
  const auto own = author_of(who);
  const bool all = who.is_staff || (own && own->pk == *author);
  return page_response(
      request, "posts",
      all ? posts.page_budget(kPageUnits) : posts.filter(everyones()).page_budget(kListUnits));
}

web::Response post_create(web::Request& request) {
  Post post;
  const bool any_author = writes_all(request);
  // A key for the check; the author that is made with a first post comes after it.
  const auto stored = any_author ? std::nullopt : author_of(viewer(request));
  const Uuid own = stored ? stored->pk : Uuid::random();
  if (!any_author) post.author_pk = Ref<Author>(own);
  auto members = kPostInput;
  members[kPostChange.size()].required = any_author;
  read_body(request, post, members);
  if (!any_author && post.author_pk.pk != own)
    refuse("author_id", "You write as yourself: leave this out.");
  if (any_author && !Author::objects.filter(f<&Author::pk> == post.author_pk.pk).exists())
    refuse("author_id", "There is no such author.");
  if (!any_author && !stored) post.author_pk = make_author_of(viewer(request));
  post.save();
  return object_response(post, 201);
}

web::Response post_detail(web::Request& request, base::Uuid pk) {
  const Viewer who = viewer(request);
  const auto one = Post::objects.filter(f<&Post::pk> == pk);
  // One atomic update that also reads: no view is lost, and no editor's change with it. HEAD is no
  // view, and writes nothing.
  const auto read = [counts = request.method() != "HEAD"](const auto& posts) {
    if (!counts) return posts.first();
    return posts.update_returning(f<&Post::view_count> = f<&Post::view_count> + 1);
  };
  auto post = read(who.is_staff ? one : one.filter(everyones()));
  if (!post && who.is_signed_in() && may_see(who, find_or_404<Post>(pk))) post = read(one);
  if (!post) throw web::HttpError(404, "not_found", "Not found");
  const auto comments = comments_of(who, *post).limit(kMaxPageSize).page();
  base::JsonWriter out;
  out.begin_object();
  write_members(out, *post);
  write_list(out, "comments", comments.items);
  write_next_cursor(out, comments.next);
  out.end_object();
  return web::Response::json(std::move(out));
}

web::Response post_update(web::Request& request, base::Uuid pk) {
  auto post = post_to_edit(request, pk, "Not found");
  read_body(request, post, kPostChange);
  post.save();
  return object_response(post);
}

web::Response post_delete(web::Request& request, base::Uuid pk) {
  post_to_edit(request, pk, "Not found").remove();
  return web::Response::empty();
}

web::Response comment_list(web::Request& request, base::Uuid pk) {
  const Post post = post_to_read(request, pk);
  return page_response(request, "comments", comments_of(viewer(request), post));
}

web::Response comment_create(web::Request& request, base::Uuid pk) {
  // In the open demo drafts take comments, as all writing does.
  const Post post =
      writes_all(request) ? find_or_404<Post>(pk, "Post not found") : post_to_read(request, pk);
  Comment comment{.post_pk = post};
  const JsonMembers members = kCommentInput;
  read_body(request, comment, writes_all(request) ? members : members.first(2));
  comment.save();
  return object_response(comment, 201);
}

web::Response comment_delete(web::Request& request, base::Uuid pk) {
  auto comment = find_or_404<Comment>(pk);
  post_to_edit(request, comment.post_pk.pk, "Not found");
  comment.remove();
  return web::Response::empty();
}

}  // namespace demo_app
