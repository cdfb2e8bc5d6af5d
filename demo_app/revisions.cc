#include "demo_app/revisions.h"

namespace demo_app {

void add_revision(const Post& post, PostRevision& revision) {
  for (int attempt = 0;; ++attempt) {
    const auto last = post.related<&PostRevision::post_pk>().order_by("-revision_number").first();
    revision.revision_number = last ? last->revision_number + 1 : 1;
    revision.pk = PostRevision::key_of(post.pk, revision.revision_number);
    try {
      return revision.save();
    } catch (const dynamo_backend::IntegrityError&) {
      if (attempt == 100) throw;
    }
  }
}

}  // namespace demo_app
