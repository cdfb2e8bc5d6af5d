// What of a row is in the index, and how table and index are compared.
#include "dynamo_backend/search/document.h"

#include <set>

#include <gmock/gmock.h>

#include "dynamo_backend/models.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search/errors.h"
#include "dynamo_backend/search_version.h"
#include "dynamodb/local/engine.h"

namespace library {

using namespace dynamo_backend;

struct Shelf : DynamoModel<Shelf> {
  std::string name{};
  static constexpr auto schema = define<Shelf>(CharField<&Shelf::name>{});
};

struct Book : DynamoModel<Book> {
  std::string title{};
  std::string isbn{};
  std::optional<std::string> blurb{};
  Ref<Shelf> shelf_pk{};
  bool lent = false;
  std::int64_t pages = 0;
  Decimal price{};
  std::optional<Timestamp> printed{};
  std::vector<std::string> tags{};
  std::set<std::string> languages{};
  std::string private_note{};

  static constexpr auto schema = define<Book>(
      {.opensearch_sync = true}, CharField<&Book::title>{.searchable = true, .search_weight = 3},
      CharField<&Book::isbn>{.filterable = true}, TextField<&Book::blurb>{.searchable = true},
      ForeignKey<&Book::shelf_pk>{.filterable = true},
      BooleanField<&Book::lent>{.filterable = true}, IntegerField<&Book::pages>{.filterable = true},
      DecimalField<&Book::price>{.filterable = true},
      DateTimeField<&Book::printed>{.filterable = true}, ListField<&Book::tags>{.filterable = true},
      SetField<&Book::languages>{.filterable = true}, TextField<&Book::private_note>{});
};

struct Seat : DynamoTable<Seat> {
  std::string hall{};
  std::int64_t number = 0;
  std::string label{};
  static constexpr auto schema = define<Seat>(
      {.opensearch_sync = true, .opensearch_index = "Seats.of-all"}, PartitionKey<&Seat::hall>{},
      SortKey<&Seat::number>{}, CharField<&Seat::label>{.searchable = true});
};

}  // namespace library

namespace dynamo_backend::search {
namespace {

using library::Book;
using library::Seat;
using testing::ElementsAre;
using testing::IsEmpty;

class DocumentTest : public testing::Test {
 protected:
  std::unique_ptr<dynamodb::Client> engine_ =
      dynamodb::local::Engine::open({.housekeeping_interval = std::chrono::seconds(0)});
  Connection connection_{*engine_, {.table_prefix = "Dev-1."}};
  IndexDefinition books_ = index_definition(connection_, model_info<Book>());
  IndexDefinition seats_ = index_definition(connection_, model_info<Seat>());

  Document of(const dynamodb::Item& item) const {
    const dynamodb::PackedItem packed(item);
    return document_of(books_, packed.view());
  }
  Document of(const Book& book, std::optional<std::int64_t> version = std::nullopt) const {
    const dynamodb::PackedItem packed = pack_row(model_info<Book>(), &book);
    dynamodb::Item item = dynamodb::unpack(packed.view());
    if (version) item.emplace(kSearchVersion, *version);
    return of(item);
  }
};

TEST_F(DocumentTest, Definition_NamesTextsAndFilters) {
  EXPECT_EQ(books_.name, "dev_1_library_book");
  EXPECT_EQ(seats_.name, "dev_1_seats_of_all");
  EXPECT_EQ(physical_name(books_, 3), "dev_1_library_book_v3");
  ASSERT_EQ(books_.texts.size(), 2u);
  EXPECT_EQ(books_.texts[0].name, "title");
  EXPECT_EQ(books_.texts[0].weight, 3);
  ASSERT_EQ(books_.filters.size(), 8u);
  EXPECT_EQ(books_.find_filter("price")->type, FilterType::decimal);
  EXPECT_EQ(books_.find_filter("printed")->type, FilterType::time);
  EXPECT_EQ(books_.find_filter("shelf_pk")->type, FilterType::text);
  EXPECT_TRUE(books_.find_filter("languages")->many);
  EXPECT_EQ(books_.find_filter("private_note"), nullptr);
  EXPECT_NE(books_.fingerprint(), seats_.fingerprint());
  EXPECT_THROW(index_definition(connection_, model_info<library::Shelf>()), ImproperlyConfigured);
}

TEST_F(DocumentTest, Row_BecomesTextsAndValues) {
  Book book{.title = "Cafe\xCC\x81",
            .isbn = "978-1",
            .lent = true,
            .pages = 42,
            .price = *Decimal::parse("12.50"),
            .printed = base::parse_iso("2026-01-02T03:04:05Z"),
            .tags = {"b", "a", "b"},
            .languages = {"de", "en"},
            .private_note = "never indexed"};
  book.pk = Uuid::random();
  book.blurb = "за\xCC\x81мок \xCD\xB0";  // an accent without a letter that has it; U+0370
  const Document document = of(book, 77);
  EXPECT_EQ(document.key, book.pk.str());
  EXPECT_EQ(document.version, 77);
  EXPECT_FALSE(document.deleted);
  EXPECT_THAT(document.texts, ElementsAre("Caf\xC3\xA9", "замок \xCD\xB0"));
  EXPECT_THAT(
      document.filters,
      ElementsAre(ElementsAre(Value("978-1")), IsEmpty(), ElementsAre(Value(true)),
                  ElementsAre(Value(42)), ElementsAre(Value(*Decimal::parse("12.5"))),
                  ElementsAre(Value("2026-01-02T03:04:05.000000+00:00")),
                  ElementsAre(Value("b"), Value("a")), ElementsAre(Value("de"), Value("en"))));
}

TEST_F(DocumentTest, OutsidersRow_HasVersionZero_AndWhatFits) {
  dynamodb::Item item{{"pk", "k"},
                      {"title", 5},
                      {"pages", *Decimal::parse("1.5")},
                      {"lent", "yes"},
                      {"printed", "2026-01-02 03:04"},
                      {"tags", "solo"},
                      {"isbn", std::string(kMaxFilterBytes + 1, 'x')}};
  const Document document = of(item);
  EXPECT_EQ(document.version, 0);
  EXPECT_THAT(document.texts, ElementsAre("", ""));
  EXPECT_THAT(document.filters, ElementsAre(IsEmpty(), IsEmpty(), IsEmpty(), IsEmpty(), IsEmpty(),
                                            ElementsAre(Value("2026-01-02T03:04:00.000000+00:00")),
                                            IsEmpty(), IsEmpty()));
}

TEST_F(DocumentTest, Tombstone_OutranksTheRowAsItWas) {
  dynamodb::Item item{{"pk", "k"}, {std::string(kSearchVersion), 77}};
  const dynamodb::PackedItem packed(item);
  const Document tombstone = tombstone_of(books_, packed.view());
  EXPECT_EQ(tombstone.key, "k");
  EXPECT_EQ(tombstone.version, 78);
  EXPECT_TRUE(tombstone.deleted);
  EXPECT_THAT(tombstone.texts, IsEmpty());
}

TEST_F(DocumentTest, KeyOfTwoAttributes_IsTextAndBack) {
  const dynamodb::Item key{{"hall", "Großer Saal"}, {"number", 12}};
  const std::string text = document_key(model_info<Seat>(), key);
  EXPECT_EQ(table_key(model_info<Seat>(), text), key);
  EXPECT_EQ(table_key(model_info<Book>(), "k"), (dynamodb::Item{{"pk", "k"}}));
  EXPECT_THROW(table_key(model_info<Seat>(), "no key"), ModelError);
  EXPECT_THROW(document_key(model_info<Seat>(),
                            dynamodb::Item{{"hall", std::string(600, 'h')}, {"number", 1}}),
               ModelError);
}

TEST_F(DocumentTest, BucketsAndChecks_SpreadAndDependOnKeyAndVersion) {
  std::set<unsigned> buckets;
  std::set<std::uint32_t> checks;
  for (int i = 0; i < 2000; ++i) {
    const std::string key = "key" + std::to_string(i);
    buckets.insert(bucket_of(key));
    checks.insert(check_of(key, 1));
    checks.insert(check_of(key, 2));
  }
  EXPECT_EQ(buckets.size(), kBuckets);
  EXPECT_GT(checks.size(), 3990u);
  // Kept in indexes: these must stay what they are.
  EXPECT_EQ(bucket_of("k"), 96u);
  EXPECT_EQ(check_of("k", 1), 373729386u);
}

}  // namespace
}  // namespace dynamo_backend::search
