#include "demo_app/revisions.h"

#include <algorithm>

namespace demo_app {

void keep_first_text(const Post& post) {
  if (post.related<&PostRevision::post_pk>().exists()) return;
  PostRevision first{.post_pk = post,
                     .editor_pk = post.author_pk,
                     .body_snapshot = post.body,
                     .change_summary = "First version"};
  first.pk = PostRevision::key_of(post.pk, first.revision_number);
  try {
    first.save();
  } catch (const dynamo_backend::IntegrityError&) {
    // Another writer was first, or the index does not show it yet.
  }
}

void add_revision(const Post& post, PostRevision& revision) {
  revision.revision_number = 0;
  for (int attempt = 0;; ++attempt) {
    // The index may not show the last one yet: what was tried is taken.
    const auto last = post.related<&PostRevision::post_pk>().order_by("-revision_number").first();
    revision.revision_number =
        std::max(last ? last->revision_number : 0, revision.revision_number) + 1;
    revision.pk = PostRevision::key_of(post.pk, revision.revision_number);
    try {
      return revision.save();
    } catch (const dynamo_backend::IntegrityError&) {
      if (attempt == 100) throw;
    }
  }
}

}  // namespace demo_app
