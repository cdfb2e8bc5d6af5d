#include "demo_app/view_functions.h"
#include "demo_app/view_support.h"

namespace demo_app {

using dynamo_backend::f;

web::Response post_list(web::Request& request) {
  const auto by_id = request.query("author_id"), by_pk = request.query("author_pk");
  if (!by_id && !by_pk)
    return page_response(request, "posts",
                         Post::objects.filter(f<&Post::timeline> == "all").order_by("-created_at"));
  const auto author = Uuid::parse(by_id ? *by_id : *by_pk);
  if (!author) refuse(by_id ? "author_id" : "author_pk", "Enter a valid UUID.");
  return page_response(
      request, "posts",
      Post::objects.filter(f<&Post::author_pk> == Ref<Author>(*author)).order_by("-created_at"));
}

web::Response post_create(web::Request& request) {
  Post post;
  read_body(request, post,
            {{.name = "title", .required = true},
             {.name = "slug", .required = true},
             {.name = "body"},
             {.name = "author_id", .attribute = "author_pk", .required = true},
             {.name = "author_pk"},
             {.name = "published"},
             {.name = "public", .attribute = "public"},
             {.name = "tags"}});
  if (!Author::objects.filter(f<&Author::pk> == post.author_pk.pk).exists())
    refuse("author_id", "There is no such author.");
  post.save();
  return object_response(post, 201);
}

web::Response post_detail(web::Request&, base::Uuid pk) {
  // One atomic update that also reads: no view is lost, and no editor's change with it.
  const auto post = Post::objects.filter(f<&Post::pk> == pk)
                        .update_returning(f<& Post::view_count> = f<&Post::view_count> + 1);
  if (!post) throw web::HttpError(404, "not_found", "Not found");
  base::JsonWriter out;
  out.begin_object();
  write_members(out, *post);
  write_list(out, "comments", post->related<&Comment::post_pk>().order_by("created_at"));
  out.end_object();
  return web::Response::json(std::move(out));
}

web::Response post_update(web::Request& request, base::Uuid pk) {
  auto post = find_or_404<Post>(pk);
  read_body(request, post,
            {{.name = "title"},
             {.name = "slug"},
             {.name = "body"},
             {.name = "published"},
             {.name = "public"},
             {.name = "tags"}});
  post.save();
  return object_response(post);
}

web::Response post_delete(web::Request&, base::Uuid pk) {
  find_or_404<Post>(pk).remove();
  return web::Response::empty();
}

web::Response comment_create(web::Request& request, base::Uuid pk) {
  Comment comment{.post_pk = find_or_404<Post>(pk, "Post not found")};
  read_body(request, comment,
            {{.name = "author_name", .required = true},
             {.name = "body", .required = true},
             {.name = "approved"}});
  comment.save();
  return object_response(comment, 201);
}

web::Response comment_delete(web::Request&, base::Uuid pk) {
  find_or_404<Comment>(pk).remove();
  return web::Response::empty();
}

}  // namespace demo_app
