#include "demo_app/models.h"

#include <algorithm>

#include "demo_app/taxonomy.h"
#include "dynamo_backend/link_copies.h"
#include "dynamo_backend/migrations/functions.h"

namespace demo_app {
namespace {

using dynamo_backend::f;

// For migration 0003, and what it may find stale: the sets of a post as its links are.
void fill_link_keys(dynamo_backend::migrations::MigrationRow& row) {
  const auto& post = dynamo_backend::model_info<Post>();
  for (const auto* many : post.many) {
    const auto keys = dynamo_backend::linked_keys(post, *many, row.text("pk"));
    row.set(post.by_member(many->keys_in).attribute,
            keys.empty() ? dynamo_backend::Value()
                         : dynamodb::StringSet::make({keys.begin(), keys.end()}));
  }
}

bool is_hex_colour(std::string_view text) {
  const auto is_hex = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  return text.size() == 7 && text.front() == '#' &&
         std::all_of(text.begin() + 1, text.end(), is_hex);
}

// A 64-bit mix of `value` into `state` (the finaliser of SplitMix64).
std::uint64_t mix(std::uint64_t state, std::uint64_t value) {
  std::uint64_t z = state + value + 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

}  // namespace

dynamo_backend::Q<Post> Post::search_visible() {
  return f<&Post::published> == true && f<&Post::is_public> == true;
}

void AuthorProfile::clean(ValidationError& errors) const {
  if (follower_count < 0)
    errors.add("follower_count", "Ensure this value is greater than or equal to 0.");
}

void Tag::clean(ValidationError& errors) const {
  if (!is_hex_colour(colour)) errors.add("colour", "Enter a colour as #rrggbb, e.g. #cccccc.");
}

Uuid PostRevision::key_of(const Uuid& post, std::int64_t number) {
  std::uint64_t high = 1, low = 2;
  for (const std::uint8_t byte : post.bytes()) {
    high = mix(high, byte);
    low = mix(low, byte);
  }
  const auto n = static_cast<std::uint64_t>(number);
  return Uuid::from_bits(mix(high, n), mix(low, n));
}

void models(dynamo_backend::Registry& registry) {
  follow_taxonomy();
  dynamo_backend::migrations::functions().add_row("demo_app.fill_link_keys", fill_link_keys);
  registry.add<Author>();
  registry.add<AuthorProfile>();
  registry.add<Tag>();
  registry.add<Category>();
  registry.add<Post>();
  registry.add<PostCategory>();
  registry.add<Comment>();
  registry.add<PostRevision>();
}

std::string slugify(std::string_view text) {
  std::string slug;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool keep = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (keep) {
      slug += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug;
}

}  // namespace demo_app
