// Fills the blog with the sample (sample.h).
#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace demo_app {

struct SeedOptions {
  std::uint64_t posts = 200;
  std::uint64_t seed = 1;
  unsigned threads = 4;
  unsigned batch_size = 25;  // writes in a BatchWriteItem, at most 25
  std::string without{};     // the username of an author to leave out
};

// The posts beyond this number come without comments, revisions, labels and categories.
inline constexpr std::uint64_t kFullPosts = 200;

// Authors, profiles, tags and categories first, then posts, with `progress` called after each batch
// with its number of posts. To repeat it gives the same rows:
// changes made to them are lost. Throws ModelError; what was written stays.
void seed(const SeedOptions& options, const std::function<void(std::uint64_t)>& progress);

// Drops every table of the blog and makes them anew.
void clear_blog();

bool blog_has_posts();

// Whether a seed() with this number ended before its last post: it is to be repeated.
bool is_seed_unfinished(std::uint64_t seed);

}  // namespace demo_app
