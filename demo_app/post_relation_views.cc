#include "demo_app/policy.h"
#include "demo_app/revisions.h"
#include "demo_app/view_functions.h"
#include "demo_app/view_support.h"

namespace demo_app {

using dynamo_backend::f;

namespace {

web::Response labels_of(const Post& post) {
  return list_response("labels", post.labels.all().order_by("name"));
}

}  // namespace

web::Response label_list(web::Request& request, base::Uuid pk) {
  return labels_of(post_to_read(request, pk));
}

web::Response label_add(web::Request& request, base::Uuid pk) {
  const auto post = post_to_edit(request, pk);
  post.labels.add(find_or_404<Tag>(read_key(request, "tag_id"), "Tag not found"));
  return labels_of(post);
}

web::Response label_remove(web::Request& request, base::Uuid pk, base::Uuid tag_pk) {
  const auto post = post_to_edit(request, pk);
  post.labels.remove(find_or_404<Tag>(tag_pk, "Tag not found"));
  return labels_of(post);
}

web::Response post_category_list(web::Request& request, base::Uuid pk) {
  const auto post = post_to_read(request, pk);
  return page_response(request, "post_categories",
                       post.related<&PostCategory::post_pk>().order_by("order"));
}

web::Response post_category_create(web::Request& request, base::Uuid pk) {
  PostCategory link{.post_pk = post_to_edit(request, pk)};
  link.category_pk = find_or_404<Category>(read_key(request, "category_id", {"order", "pinned"}),
                                           "Category not found");
  read_body(request, link, kPostCategoryInput);
  link.save();
  return object_response(link, 201);
}

web::Response post_category_delete(web::Request& request, base::Uuid pk) {
  auto link = find_or_404<PostCategory>(pk);
  post_to_edit(request, link.post_pk.pk, "Not found");
  link.remove();
  return web::Response::empty();
}

web::Response revision_list(web::Request& request, base::Uuid pk) {
  const auto post = post_to_read(request, pk);
  return page_response(
      request, "revisions",
      post.related<&PostRevision::post_pk>().order_by("revision_number").page_budget(kPageUnits));
}

web::Response revision_create(web::Request& request, base::Uuid pk) {
  const auto post = post_to_edit(request, pk);
  PostRevision revision{.post_pk = post, .body_snapshot = post.body};
  read_body(request, revision, kRevisionInput);
  if (!writes_all(request)) {  // who writes is who is signed in
    const auto own = author_of(viewer(request));
    if (revision.editor_pk && (!own || revision.editor_pk->pk != own->pk))
      refuse("editor_id", "You write as yourself: leave this out.");
    revision.editor_pk = own ? *own : make_author_of(viewer(request));
  }
  if (revision.editor_pk &&
      !Author::objects.filter(f<&Author::pk> == revision.editor_pk->pk).exists()) {
    refuse("editor_id", "There is no such author.");
  }
  add_revision(post, revision);
  return object_response(revision, 201);
}

}  // namespace demo_app
