// The lines of docs/topics/cursors.md and docs/topics/strict.md, on an embedded database in memory.
#include <iostream>

#include "dynamo_backend/models.h"
#include "dynamodb/local/engine.h"

// The docs show these lines; they are laid out for them.
// clang-format off
namespace pages {

using namespace dynamo_backend;

struct Author : DynamoModel<Author> {
  std::string username{};
  static constexpr auto schema = define<Author>(CharField<&Author::username>{.unique = true});
};

struct Post : DynamoModel<Post> {
  std::string title{};
  Ref<Author> author_pk{};
  bool published = false;
  Timestamp created_at{};
  static constexpr auto schema = define<Post>(
      CharField<&Post::title>{}, ForeignKey<&Post::author_pk>{}, BooleanField<&Post::published>{},
      DateTimeField<&Post::created_at>{}, Index<&Post::author_pk, &Post::created_at>{.name = "author-recent"});
};

static_assert(served_by_index<&Post::author_pk, &Post::created_at>);

bool show_pages(const Author& alice, const std::string& text) {
  const TenantScope tenant("acme");  // for this thread, until the scope ends
  const auto newest = Post::objects.filter(f<&Post::author_pk> == alice).order_by("-created_at").limit(10);
  Page<Post> page = newest.page();
  page = newest.page(page.next);  // std::optional<std::string>: nullopt where there is no next page
  const bool second = page.items.at(0).title == "Post 14";
  page = newest.page(page.prev);
  const bool first = page.items.at(0).title == "Post 24";
  try {
    page = newest.page(text);
  } catch (const InvalidCursor& error) {
    std::cout << error.what() << '\n';
    page = newest.page();
  }
  return first && second && page.items.size() == 10;
}

std::size_t count_drafts(const Author& alice) {
  using strict::f;
  const auto drafts = Post::objects.strict()
                          .filter(f<&Post::author_pk> == alice && f<&Post::published> == false)
                          .order_by("-created_at");
  return drafts.count();
}

int run() {
  const auto engine = dynamodb::local::Engine::open({});
  ScopedConnection connection(*engine, {.scan_policy = ScanPolicy::forbid, .secret = "kept"});
  ensure_table<Author>();
  ensure_table<Post>();
  const auto alice = Author::objects.create({.username = "alice"});
  for (int i = 0; i < 25; ++i) {
    Post post{.title = "Post " + std::to_string(i), .author_pk = alice, .published = i % 2 == 0};
    post.created_at = Timestamp(std::chrono::seconds(i));
    post.save();
  }
  return show_pages(alice, "damaged") && count_drafts(alice) == 12 ? 0 : 1;
}

}  // namespace pages

int main() { return pages::run(); }
