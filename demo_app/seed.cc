#include "demo_app/seed.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "demo_app/sample.h"
#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search_version.h"
#include "dynamo_backend/tables.h"

namespace demo_app {
namespace {

using dynamo_backend::Connection;
using dynamo_backend::f;
using dynamo_backend::model_info;

// Rows as they are, dates included, written over what stands under their keys: the same seed gives
// the same rows.
template <class T>
void write_rows(const std::vector<T>& rows) {
  const Connection& connection = Connection::current();
  std::vector<dynamodb::WriteRequest> writes;
  for (const T& row : rows) {
    const auto packed = dynamo_backend::pack_row(model_info<T>(), &row);
    dynamodb::Item item = dynamodb::unpack(packed.view());
    dynamo_backend::start_search_version(model_info<T>(), connection.now(), item);
    writes.emplace_back(dynamodb::PutRequest{std::move(item)});
  }
  dynamo_backend::batch_write(connection, connection.table(model_info<T>().table),
                              std::move(writes));
}

// The sample's row, whatever was made of it since; else one that has its name; else a new one.
template <class T>
std::pair<T, bool> get_or_make(const T& row, const dynamo_backend::Q<T>& same_name) {
  if (auto own = T::objects.try_get(row.pk)) return {*std::move(own), false};
  return T::objects.get_or_create(same_name, row);
}

std::vector<Uuid> seed_authors(const Sample& sample, std::string_view without) {
  std::vector<Uuid> keys;
  for (std::size_t i = 0; i < kSampleAuthors.size(); ++i) {
    const auto& [username, bio, location] = kSampleAuthors[i];
    if (username == without) {
      keys.emplace_back();
      continue;
    }
    const std::string name(username);
    Author author{.username = name,
                  .email = name + "@example.com",
                  .bio = std::string(bio),
                  .created_at = sample.start()};
    author.pk = sample.key("author", i);
    keys.push_back(get_or_make(author, f<&Author::username> == name).first.pk);
    AuthorProfile profile{.website = "https://" + name + ".example.com/",
                          .twitter = name,
                          .location = std::string(location),
                          .follower_count = static_cast<std::int64_t>(100 * (i + 1))};
    profile.pk = sample.key("profile", i);
    profile.author_pk = Ref<Author>(keys.back());
    auto [stored, made] =
        get_or_make(profile, f<&AuthorProfile::author_pk> == Ref<Author>(keys.back()));
    if (!made) continue;
    stored.updated_at = sample.start();  // save() dates it by the clock
    write_rows(std::vector<AuthorProfile>{stored});
  }
  // Who is left out has the next one write in their place: the others' posts stay theirs.
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].is_nil()) keys[i] = keys[(i + 1) % keys.size()];
  }
  return keys;
}

std::vector<Uuid> seed_tags(const Sample& sample) {
  std::vector<Uuid> keys;
  for (const auto& [name, colour] : kSampleTags) {
    Tag tag{.name = std::string(name), .slug = slugify(name), .colour = std::string(colour)};
    tag.pk = sample.key("tag", keys.size());
    const auto same_slug = Tag::objects.try_get(f<&Tag::slug> == tag.slug);
    keys.push_back(same_slug ? same_slug->pk : get_or_make(tag, f<&Tag::name> == name).first.pk);
  }
  return keys;
}

std::vector<Uuid> seed_categories(const Sample& sample) {
  std::map<std::string_view, Uuid> by_name;
  std::vector<Uuid> keys;
  for (const auto& [name, parent] : kSampleCategories) {
    Category category{.name = std::string(name), .description = "Posts about " + std::string(name)};
    category.pk = sample.key("category", keys.size());
    if (!parent.empty()) category.parent_pk = Ref<Category>(by_name.at(parent));
    keys.push_back(get_or_make(category, f<&Category::slug> == slugify(name)).first.pk);
    by_name.emplace(name, keys.back());
  }
  return keys;
}

// Deletes the post's links to categories but for `kept`. The post's copy of the keys was written
// with it: nothing else is to be kept up.
void remove_other_links(const Post& post, const std::vector<PostCategory>& kept) {
  const Connection& connection = Connection::current();
  std::vector<dynamodb::WriteRequest> writes;
  for (const PostCategory& link : post.related<&PostCategory::post_pk>()) {
    const auto is_it = [&](const PostCategory& other) { return other.pk == link.pk; };
    if (std::none_of(kept.begin(), kept.end(), is_it))
      writes.emplace_back(dynamodb::DeleteRequest{{{"pk", link.pk.str()}}});
  }
  dynamo_backend::batch_write(connection, connection.table(model_info<PostCategory>().table),
                              std::move(writes));
}

// What hangs on one of the first posts.
void seed_around(const Sample& sample, const Uuid& post_pk, std::uint64_t number,
                 const std::vector<Uuid>& tags, const std::vector<Uuid>& categories) {
  const Post post = Post::objects.get(post_pk);
  write_rows(sample.comments(post, number));
  write_rows(sample.revisions(post, number));
  std::vector<Uuid> labels;
  for (const std::size_t i : sample.choose("label", number, tags.size(), 3))
    labels.push_back(tags[i]);
  post.labels.set(labels);
  std::vector<PostCategory> links;
  for (const std::size_t i : sample.choose("link", number, categories.size(), 2)) {
    PostCategory link{.post_pk = post,
                      .category_pk = Ref<Category>(categories[i]),
                      .order = static_cast<std::int64_t>(links.size()),
                      .added_at = post.created_at};
    link.pk = sample.key("link", number * 2 + links.size());
    links.push_back(std::move(link));
  }
  remove_other_links(post, links);
  write_rows(links);
}

Post numbered_post(const Sample& sample, std::uint64_t number, const std::vector<Uuid>& authors,
                   const std::vector<Uuid>& categories) {
  Post post = sample.post(number, authors[number % authors.size()]);
  if (number < kFullPosts) {
    for (const std::size_t i : sample.choose("link", number, categories.size(), 2))
      post.category_pks.insert(categories[i].str());
  }
  return post;
}

// What stands in the first post's place until all others are written.
constexpr const char* kBegun = "The sample is being written";

void write_beginning(const Sample& sample, const Uuid& author) {
  Post first = sample.post(0, author);
  first.title = kBegun;
  first.published = false;
  write_rows(std::vector<Post>{first});
}

}  // namespace

void seed(const SeedOptions& options, const std::function<void(std::uint64_t)>& progress) {
  const Sample sample(options.seed, options.posts);
  const auto authors = seed_authors(sample, options.without);
  const auto tags = seed_tags(sample);
  const auto categories = seed_categories(sample);
  const auto write = [&](std::uint64_t begin, std::uint64_t end) {
    std::vector<Post> posts;
    for (std::uint64_t n = begin; n < end; ++n)
      posts.push_back(numbered_post(sample, n, authors, categories));
    write_rows(posts);
    for (std::uint64_t n = begin; n < std::min(end, kFullPosts); ++n)
      seed_around(sample, posts[n - begin].pk, n, tags, categories);
    progress(end - begin);
  };
  if (options.posts > 0 && !Post::objects.try_get(sample.post(0, authors.front()).pk))
    write_beginning(sample, authors.front());
  std::atomic<std::uint64_t> next = 1;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (;;) {
        const std::uint64_t begin = next.fetch_add(options.batch_size);
        const std::uint64_t end =
            std::min<std::uint64_t>(begin + options.batch_size, options.posts);
        if (begin >= end) return;
        write(begin, end);
      }
    } catch (...) {
      next = options.posts;  // the others stop too
      std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < options.threads; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  if (options.posts > 0) write(0, 1);
}

void clear_blog() {
  dynamo_backend::delete_table<PostRevision>();
  dynamo_backend::delete_table<Comment>();
  dynamo_backend::delete_table<PostCategory>();
  dynamo_backend::delete_table<Post>();
  dynamo_backend::delete_table<Category>();
  dynamo_backend::delete_table<Tag>();
  dynamo_backend::delete_table<AuthorProfile>();
  dynamo_backend::delete_table<Author>();
  dynamo_backend::ensure_tables();
}

bool blog_has_posts() { return Post::objects.filter(f<&Post::timeline> == "all").exists(); }

bool is_seed_unfinished(std::uint64_t seed) {
  const auto first = Post::objects.try_get(Sample(seed, 1).key("post", 0));
  return first && first->title == kBegun;
}

}  // namespace demo_app
