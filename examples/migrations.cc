// The lines of docs/topics/migrations.md and docs/topics/running_migrations.md: a function that a
// migration calls, and a run from C++.
#include <algorithm>
#include <iostream>

#include "dynamo_backend/migrations/executor.h"
#include "dynamo_backend/migrations/graph.h"
#include "dynamo_backend/models.h"
#include "dynamodb/local/engine.h"

// The pages show these lines; they are laid out for them.
// clang-format off
namespace demo_app {

using namespace dynamo_backend;

struct Post : DynamoModel<Post> {
  std::string title{};
  std::string slug{};
  static constexpr auto schema = define<Post>({.table_name = "posts"}, CharField<&Post::title>{}, SlugField<&Post::slug>{});
};

// The table as the program before the migration knows it.
struct OldPost : DynamoModel<OldPost> {
  std::string title{};
  static constexpr auto schema = define<OldPost>({.table_name = "posts"}, CharField<&OldPost::title>{});
};

std::string slugify(std::string title) {
  std::replace(title.begin(), title.end(), ' ', '-');
  return title;
}

void models(dynamo_backend::Registry& registry) {
  registry.add<Post>();
  migrations::functions().add_row("demo_app.fill_slugs", [](migrations::MigrationRow& row) {
    if (!row.has("slug")) row.set("slug", slugify(row.text("title")));
  });
}

// What stands in files otherwise.
constexpr const char* kInitial = R"({
  "dependencies": [],
  "operations": [
    {
      "operation": "create_table",
      "model": "Post",
      "table": "posts",
      "partition_key": "pk",
      "fields": [{"name": "pk", "type": "uuid"}, {"name": "title", "type": "text"}]
    }
  ]
})";
constexpr const char* kSlugs = R"({
  "dependencies": ["demo_app.0001_initial"],
  "operations": [
    {"operation": "add_field", "model": "Post", "field": {"name": "slug", "type": "text"}},
    {"operation": "run_function", "function": "demo_app.fill_slugs", "model": "Post"}
  ]
})";

migrations::MigrationGraph load() {
  migrations::MigrationGraph graph;
  graph.add(migrations::migration_from_text(kInitial, {"demo_app", "0001_initial"}, "0001_initial.json"));
  graph.add(migrations::migration_from_text(kSlugs, {"demo_app", "0002_slugs"}, "0002_slugs.json"));
  graph.link();
  return graph;
}

void show(const migrations::ProgressReport& report) {
  std::cout << report.what << ": " << report.rows << " rows read, " << report.written << " written\n";
}

bool run(const Connection& connection) {
  using namespace migrations;
  const MigrationGraph graph = load();
  migrate(connection, graph, {.app = "demo_app", .target = "0001"});
  for (const char* title : {"Hello DynamoDB", "Second"}) OldPost::objects.create({.title = title});

  MigrateResult result = migrate(connection, graph, {.app = "demo_app", .target = "0002"},
                                 {.budget = {.write = 200}, .progress = show});

  return result.done.size() == 1 && Post::objects.filter(f<&Post::slug> == "Hello-DynamoDB").count() == 1;
}

}  // namespace demo_app
// clang-format on

int main() {
  using namespace dynamo_backend;
  const auto engine = dynamodb::local::Engine::open({});
  ScopedConnection connection(*engine, {.scan_policy = ScanPolicy::allow});
  demo_app::models(Registry::instance());
  return demo_app::run(*connection) ? 0 : 1;
}
