#include "demo_app/serializers.h"

#include "base/timestamp.h"

namespace demo_app {
namespace {

void write_key(base::JsonWriter& out, std::string_view name, const Uuid& uuid) {
  char text[Uuid::kTextSize];
  uuid.write(text);
  out.member(name, std::string_view(text, sizeof text));
}

template <class T>
void write_key(base::JsonWriter& out, std::string_view name,
               const std::optional<Ref<T>>& reference) {
  if (reference) {
    write_key(out, name, reference->pk);
  } else {
    out.member(name, nullptr);
  }
}

void write_time(base::JsonWriter& out, std::string_view name, Timestamp time) {
  out.member(name, base::to_iso(time));
}

}  // namespace

void write_members(base::JsonWriter& out, const Author& author) {
  write_key(out, "pk", author.pk);
  out.member("username", author.username);
  out.member("email", author.email);
  out.member("bio", author.bio);
  write_time(out, "created_at", author.created_at);
}

void write_members(base::JsonWriter& out, const AuthorProfile& profile) {
  write_key(out, "pk", profile.pk);
  write_key(out, "author_id", profile.author_pk.pk);
  out.member("website", profile.website);
  out.member("twitter", profile.twitter);
  out.member("location", profile.location);
  out.member("avatar_url", profile.avatar_url);
  out.member("follower_count", profile.follower_count);
  write_time(out, "updated_at", profile.updated_at);
}

void write_members(base::JsonWriter& out, const Tag& tag) {
  write_key(out, "pk", tag.pk);
  out.member("name", tag.name);
  out.member("slug", tag.slug);
  out.member("colour", tag.colour);
}

void write_members(base::JsonWriter& out, const Category& category) {
  write_key(out, "pk", category.pk);
  out.member("name", category.name);
  out.member("slug", category.slug);
  write_key(out, "parent_id", category.parent_pk);
  out.member("description", category.description);
}

void write_members(base::JsonWriter& out, const Post& post) {
  write_key(out, "pk", post.pk);
  out.member("title", post.title);
  out.member("slug", post.slug);
  out.member("body", post.body);
  write_key(out, "author_id", post.author_pk.pk);
  out.member("published", post.published);
  out.member("public", post.is_public);
  out.key("tags");
  out.begin_array();
  for (const auto& tag : post.tags) out.value(tag);
  out.end_array();
  out.member("view_count", post.view_count);
  write_time(out, "created_at", post.created_at);
  write_time(out, "updated_at", post.updated_at);
}

void write_members(base::JsonWriter& out, const PostCategory& link) {
  write_key(out, "pk", link.pk);
  write_key(out, "post_id", link.post_pk.pk);
  write_key(out, "category_id", link.category_pk.pk);
  out.member("order", link.order);
  out.member("pinned", link.pinned);
  write_time(out, "added_at", link.added_at);
}

void write_members(base::JsonWriter& out, const Comment& comment) {
  write_key(out, "pk", comment.pk);
  write_key(out, "post_id", comment.post_pk.pk);
  out.member("author_name", comment.author_name);
  out.member("body", comment.body);
  out.member("approved", comment.approved);
  write_time(out, "created_at", comment.created_at);
}

void write_members(base::JsonWriter& out, const PostRevision& revision) {
  write_key(out, "pk", revision.pk);
  write_key(out, "post_id", revision.post_pk.pk);
  write_key(out, "editor_id", revision.editor_pk);
  out.member("body_snapshot", revision.body_snapshot);
  out.member("revision_number", revision.revision_number);
  out.member("change_summary", revision.change_summary);
  write_time(out, "created_at", revision.created_at);
}

}  // namespace demo_app
