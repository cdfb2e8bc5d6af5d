// The lines of docs/topics/search.md, on an embedded database and an embedded index in memory.
#include <iostream>

#include "dynamo_backend/search/local/local_backend.h"
#include "dynamo_backend/search/queryset.h"
#include "dynamo_backend/search/service.h"
#include "dynamo_backend/search/sync/rebuild.h"
#include "dynamodb/local/engine.h"

// The docs show these lines; they are laid out for them.
// clang-format off
namespace searching {

using namespace dynamo_backend;

struct Post : DynamoModel<Post> {
  std::string title{};
  std::string body{};
  std::vector<std::string> tags{};
  bool published = false;
  Timestamp created_at{};

  static Q<Post> search_visible() { return f<&Post::published> == true; }

  static constexpr auto schema = define<Post>(
      {.opensearch_sync = true},
      CharField<&Post::title>{.searchable = true, .search_weight = 2},
      TextField<&Post::body>{.searchable = true},
      ListField<&Post::tags>{.filterable = true},
      BooleanField<&Post::published>{.filterable = true},
      DateTimeField<&Post::created_at>{.filterable = true, .auto_now_add = true});
};

bool show_search(const std::string& cursor) {
  const auto found = Post::objects.search("single table \"access patterns\" dyn*")
                         .filter(f<&Post::tags>.contains("design"))
                         .facets("tags")
                         .limit(10);
  const search::SearchPage<Post> page = found.page(cursor);
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    std::cout << page.items[i].title << '\n';
    for (const auto& highlight : page.highlights[i]) std::cout << highlight.html << '\n';
  }
  const auto newest = Post::objects.search("").order_by("-created_at").page();
  return page.total == 1 && page.facets.at(0).values.size() == 2 && newest.total == 2;
}

std::string show_suggestion() {
  const auto page = Post::objects.search("acess patterns").page();
  return page.suggestion;  // "access patterns"
}

int run() {
  const auto engine = dynamodb::local::Engine::open({});
  ScopedConnection connection(*engine, {.scan_policy = ScanPolicy::forbid});
  ensure_table<Post>();
  Post::objects.create({.title = "Single table design", .body = "Access patterns of DynamoDB", .tags = {"design", "db"}, .published = true});
  Post::objects.create({.title = "Another one", .body = "Nothing", .published = true});
  Post::objects.create({.title = "A draft of a single table", .body = "Access patterns of DynamoDB", .tags = {"design"}});
  const auto backend = search::open_local_backend();
  const search::ScopedService service(backend);
  const auto index = search::index_definition(*connection, model_info<Post>());
  search::sync::Rebuild(*connection, *backend, index, {}, search::sync::stoppable_wait({})).run();
  return show_search("") && show_suggestion() == "access patterns" ? 0 : 1;
}

}  // namespace searching
// clang-format on

int main() { return searching::run(); }
