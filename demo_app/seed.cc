#include "demo_app/seed.h"

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
    keys.push_back(Author::objects.get_or_create(f<&Author::username> == name, author).first.pk);
    AuthorProfile profile{.website = "https://" + name + ".example.com/",
                          .twitter = name,
                          .location = std::string(location),
                          .follower_count = static_cast<std::int64_t>(100 * (i + 1))};
    profile.pk = sample.key("profile", i);
    auto [stored, made] = AuthorProfile::objects.get_or_create(
        f<&AuthorProfile::author_pk> == Ref<Author>(keys.back()), profile);
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
    Tag tag{.slug = slugify(name), .colour = std::string(colour)};
    tag.pk = sample.key("tag", keys.size());
    keys.push_back(Tag::objects.get_or_create(f<&Tag::name> == name, tag).first.pk);
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
    keys.push_back(
        Category::objects.get_or_create(f<&Category::slug> == slugify(name), category).first.pk);
    by_name.emplace(name, keys.back());
  }
  return keys;
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

}  // namespace

void seed(const SeedOptions& options, const std::function<void(std::uint64_t)>& progress) {
  const Sample sample(options.seed, options.posts);
  const auto authors = seed_authors(sample, options.without);
  const auto tags = seed_tags(sample);
  const auto categories = seed_categories(sample);
  std::atomic<std::uint64_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (;;) {
        const std::uint64_t begin = next.fetch_add(options.batch_size);
        const std::uint64_t end =
            std::min<std::uint64_t>(begin + options.batch_size, options.posts);
        if (begin >= end) return;
        std::vector<Post> posts;
        for (std::uint64_t n = begin; n < end; ++n)
          posts.push_back(numbered_post(sample, n, authors, categories));
        write_rows(posts);
        for (std::uint64_t n = begin; n < std::min(end, kFullPosts); ++n)
          seed_around(sample, posts[n - begin].pk, n, tags, categories);
        progress(end - begin);
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

}  // namespace demo_app
