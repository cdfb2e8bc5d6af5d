// What docs/topics/queries.md shows: indexes that hold parts of rows, and what explain() says of them.
#include <iostream>

#include "dynamo_backend/models.h"
#include "dynamodb/local/engine.h"

// The page shows these lines; they are laid out for it.
// clang-format off
namespace desk {

using namespace dynamo_backend;

struct Ticket : DynamoTable<Ticket> {
  std::string tenant{};
  std::string id{};
  std::string state{};
  std::string owner{};
  std::string title{};
  std::string text{};
  std::int64_t priority = 0;

  static constexpr auto schema = define<Ticket>(
      PartitionKey<&Ticket::tenant>{}, SortKey<&Ticket::id>{},
      CharField<&Ticket::state>{}, CharField<&Ticket::owner>{}, CharField<&Ticket::title>{},
      TextField<&Ticket::text>{}, IntegerField<&Ticket::priority>{},
      // a global index of keys alone: small, and cheap to write
      Index<&Ticket::owner, &Ticket::priority>{.name = "by-owner", .keys_only = true},
      // one of keys and of what a list shows
      Index<&Ticket::state>{.name = "by-state", .includes = includes<&Ticket::title, &Ticket::priority>()},
      // a local index: the table's partition key and another sort key
      Index<&Ticket::tenant, &Ticket::priority>{.name = "by-priority", .local = true},
      // keys of several attributes: the first two are the hash key, the rest sort
      Index<&Ticket::tenant, &Ticket::state, &Ticket::priority, &Ticket::title>{.name = "by-all", .hash_keys = 2});
};

void show() {
  auto hers = Ticket::objects.filter(f<&Ticket::owner> == "alice").order_by("-priority");
  for (const Ticket& t : hers.limit(10)) std::cout << t.title << ' ' << t.text << '\n';   // whole rows

  auto titles = Ticket::objects.filter(f<&Ticket::state> == "open").values<&Ticket::title>();  // of the index alone

  std::cout << hers.limit(10).explain(analyze);
  std::cout << titles.size() << " open\n";
}

}  // namespace desk
// clang-format on

int main() {
  const auto engine = dynamodb::local::Engine::open({});
  const dynamo_backend::ScopedConnection connection(*engine);
  dynamo_backend::ensure_table<desk::Ticket>();
  for (int i = 0; i < 100; ++i)
    desk::Ticket::objects.create({.tenant = "acme",
                                  .id = std::to_string(i),
                                  .state = i % 2 ? "open" : "done",
                                  .owner = i % 3 ? "alice" : "bob",
                                  .title = "Ticket " + std::to_string(i),
                                  .text = "What is to be done.",
                                  .priority = i % 10});
  desk::show();
  return desk::Ticket::objects.filter(dynamo_backend::f<&desk::Ticket::owner> == "bob").count() == 34 ? 0 : 1;
}
