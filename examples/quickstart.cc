// The README's example, whole: a model, rows and queries on an embedded database in memory.
#include <iostream>

#include "dynamo_backend/models.h"
#include "dynamodb/capacity_scope.h"
#include "dynamodb/local/engine.h"

// The README shows these lines; they are laid out for it.
// clang-format off
namespace library {

using namespace dynamo_backend;

struct Author : DynamoModel<Author> {
  std::string username{};

  static constexpr auto schema = define<Author>(CharField<&Author::username>{.max_length = 60, .unique = true});
};

struct Book : DynamoModel<Book> {
  std::string title{};
  std::string slug{};
  Ref<Author> author_pk{};
  bool published = false;
  std::int64_t view_count = 0;
  Timestamp created_at{};

  static constexpr auto schema = define<Book>(
      CharField<&Book::title>{.max_length = 200},
      SlugField<&Book::slug>{.max_length = 220, .index = true},
      ForeignKey<&Book::author_pk>{.on_delete = OnDelete::cascade},
      BooleanField<&Book::published>{},
      IntegerField<&Book::view_count>{},
      DateTimeField<&Book::created_at>{.auto_now_add = true},
      Index<&Book::author_pk, &Book::created_at>{.name = "author-recent"});
};

void show() {
  dynamodb::CapacityScope scope;
  auto alice = Author::objects.create({.username = "alice"});
  auto book = Book::objects.create({.title = "Hello", .slug = "hello", .author_pk = alice});

  book.title = "Hello, DynamoDB";
  book.save();                                                              // writes what changed

  auto hers = Book::objects.filter(f<&Book::author_pk> == alice);           // a Query on an index
  for (const Book& b : hers.order_by("-created_at").limit(10)) std::cout << b.title << '\n';

  auto drafts = hers.exclude(f<&Book::published> == true).count();
  auto same = Book::objects.get(book.pk);                                   // or throws Book::DoesNotExist
  auto found = Book::objects.filter({{"title__contains", "Dynamo"}, {"view_count__gte", 0}}).allow_scan("an example");

  Book::objects.filter(f<&Book::pk> == book.pk).update(f<&Book::view_count> = f<&Book::view_count> + 1);
  auto [again, created] = Book::objects.get_or_create(f<&Book::slug> == "hello", {.title = "Another"});

  std::cout << drafts << ' ' << same.title << ' ' << found.count() << ' ' << again.view_count << ' ' << created << '\n';
  std::cout << scope.total() << " capacity units\n";
  alice.remove();                                                           // and her books
}

}  // namespace library
// clang-format on

int main() {
  const auto engine = dynamodb::local::Engine::open({});  // {.directory = "data"} keeps it
  const dynamo_backend::ScopedConnection connection(*engine);
  dynamo_backend::ensure_table<library::Author>();
  dynamo_backend::ensure_table<library::Book>();
  library::show();
  return library::Book::objects.all().allow_scan("an example").exists() ? 1 : 0;
}
