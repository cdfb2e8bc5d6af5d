// objects.search(): searches of a model as its users write them, on the embedded backend.
#include "dynamo_backend/search/queryset.h"

#include <gmock/gmock.h>

#include "dynamo_backend/search/local/local_backend.h"
#include "dynamo_backend/search/service.h"
#include "dynamo_backend/search/sync/rebuild.h"
#include "dynamo_backend/tables.h"
#include "dynamo_backend/tenant.h"
#include "dynamodb/local/engine.h"

namespace newspaper {

using namespace dynamo_backend;

struct Writer : DynamoModel<Writer> {
  std::string name{};
  static constexpr auto schema = define<Writer>(CharField<&Writer::name>{.index = true});
};

struct Story : DynamoModel<Story> {
  std::string title{};
  std::string body{};
  Ref<Writer> writer_pk{};
  bool published = false;
  std::vector<std::string> tags{};
  std::int64_t words = 0;
  Timestamp printed_at{};
  std::string note{};

  static Q<Story> search_visible() { return f<&Story::published> == true; }
  static constexpr auto schema = define<Story>(
      {.opensearch_sync = true}, CharField<&Story::title>{.searchable = true, .search_weight = 2},
      TextField<&Story::body>{.searchable = true},
      ForeignKey<&Story::writer_pk>{.filterable = true},
      BooleanField<&Story::published>{.filterable = true},
      ListField<&Story::tags>{.filterable = true}, IntegerField<&Story::words>{.filterable = true},
      DateTimeField<&Story::printed_at>{.filterable = true}, CharField<&Story::note>{});
};

// What expires.
struct Notice : DynamoModel<Notice> {
  std::string text{};
  bool open = true;
  Timestamp until{};
  static Q<Notice> search_visible() { return f<&Notice::open> == true; }
  static constexpr auto schema =
      define<Notice>({.opensearch_sync = true}, CharField<&Notice::text>{.searchable = true},
                     BooleanField<&Notice::open>{.filterable = true}, TTLField<&Notice::until>{});
};

}  // namespace newspaper

namespace dynamo_backend::search {
namespace {

using newspaper::Story;
using newspaper::Writer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SearchQuerySetTest : public testing::Test {
 protected:
  SearchQuerySetTest() {
    Registry registry;
    registry.add<Writer>();
    registry.add<Story>();
    ensure_tables(registry);
  }
  Story make(Story story) { return Story::objects.create(std::move(story)); }
  void index() { index(index_); }
  void index(const IndexDefinition& definition) {
    ASSERT_EQ(
        sync::Rebuild(*connection_, *backend_, definition, {}, sync::stoppable_wait({})).run(),
        sync::Rebuild::Result::switched);
  }

  template <class Search>
  static std::vector<std::string> titles(const Search& search) {
    std::vector<std::string> out;
    for (const Story& story : search.page().items) out.push_back(story.title);
    return out;
  }

  std::unique_ptr<dynamodb::Client> engine_ =
      dynamodb::local::Engine::open({.housekeeping_interval = std::chrono::seconds(0)});
  ScopedConnection connection_{*engine_, {.scan_policy = ScanPolicy::allow}};
  std::shared_ptr<Backend> backend_ = open_local_backend();
  std::vector<std::string> missing_{};
  int rebuilds_ = 0;
  ScopedService service_{backend_, options()};
  IndexDefinition index_ = index_definition(*connection_, model_info<Story>());

  ServiceOptions options(bool fall_back = false) {
    return {.on_missing = [this](const IndexDefinition&,
                                 std::vector<std::string> keys) { missing_ = std::move(keys); },
            .on_index_missing = [this](const IndexDefinition&) { ++rebuilds_; },
            .fall_back_to_table = fall_back};
  }
};

TEST_F(SearchQuerySetTest, Rows_ComeByRank) {
  make({.title = "About streams", .body = "and tables", .published = true});
  make({.title = "Tables", .body = "tables and streams of tables", .published = true});
  make({.title = "Nothing", .published = true});
  index();
  const auto page = Story::objects.search("tables streams").page();
  ASSERT_EQ(page.items.size(), 2u);
  EXPECT_EQ(page.items[0].title, "Tables");
  EXPECT_EQ(page.total, 2u);
  EXPECT_EQ(page.suggestion, "");
  EXPECT_EQ(page.next, std::nullopt);
  EXPECT_EQ(Story::objects.search("tables").count(), 2u);
}

TEST_F(SearchQuerySetTest, S3_WhatIsNotVisible_IsNeverFound) {
  make({.title = "public words", .published = true});
  make({.title = "draft words", .published = false});
  index();
  EXPECT_THAT(titles(Story::objects.search("words")), ElementsAre("public words"));
  EXPECT_EQ(Story::objects.search("words").count(), 1u);
  EXPECT_THAT(titles(Story::objects.search("")), ElementsAre("public words"));
  EXPECT_THAT(titles(Story::objects.search("words").filter(f<&Story::published> == false)),
              IsEmpty());
  EXPECT_THAT(titles(Story::objects.search("drafft")), IsEmpty());
}

TEST_F(SearchQuerySetTest, S3_WordsOfHiddenRows_AreNotSuggested) {
  make({.title = "The quagga", .published = false});
  make({.title = "The zebra", .published = true});
  index();
  EXPECT_EQ(Story::objects.search("quaga").page().suggestion, "");
  EXPECT_EQ(Story::objects.search("quaga zebre").page().suggestion, "quaga zebra");
}

TEST_F(SearchQuerySetTest, S3_RowThatIsHiddenSinceItWasIndexed_IsNotShown) {
  Story story = make({.title = "words", .published = true});
  index();
  story.published = false;
  story.save();
  EXPECT_THAT(titles(Story::objects.search("words")), IsEmpty());
}

TEST_F(SearchQuerySetTest, RowsThatHaveExpired_AreNotShown) {
  using newspaper::Notice;
  ensure_table<Notice>();
  const Timestamp now = connection_->now();
  Notice::objects.create({.text = "past words", .until = now - std::chrono::hours(1)});
  Notice::objects.create({.text = "words to come", .until = now + std::chrono::hours(1)});
  index(index_definition(*connection_, model_info<Notice>()));
  const auto page = Notice::objects.search("words").page();
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.items[0].text, "words to come");
  EXPECT_TRUE(missing_.empty());
}

TEST_F(SearchQuerySetTest, RowThatIsGone_IsReportedForRepair) {
  Story story = make({.title = "words", .published = true});
  make({.title = "more words", .published = true});
  index();
  const std::string key = story.pk.str();
  story.remove();
  EXPECT_THAT(titles(Story::objects.search("words")), ElementsAre("more words"));
  EXPECT_THAT(missing_, ElementsAre(key));
}

TEST_F(SearchQuerySetTest, Filters_AreTypedConditions) {
  const Writer ann = Writer::objects.create({.name = "ann"});
  const Writer ben = Writer::objects.create({.name = "ben"});
  make({.title = "one",
        .writer_pk = ann,
        .published = true,
        .tags = {"C++", "db"},
        .words = 100,
        .printed_at = *base::parse_iso("2026-01-01T00:00:00Z")});
  make({.title = "two",
        .writer_pk = ben,
        .published = true,
        .tags = {"db"},
        .words = 200,
        .printed_at = *base::parse_iso("2026-02-01T00:00:00Z")});
  make({.title = "three",
        .writer_pk = ben,
        .published = true,
        .words = 300,
        .printed_at = *base::parse_iso("2026-03-01T00:00:00Z")});
  index();
  const auto all = Story::objects.search("").order_by("words");
  EXPECT_THAT(titles(all), ElementsAre("one", "two", "three"));
  EXPECT_THAT(titles(all.order_by("-printed_at")), ElementsAre("three", "two", "one"));
  EXPECT_THAT(titles(all.filter(f<&Story::writer_pk> == ann)), ElementsAre("one"));
  EXPECT_THAT(titles(all.filter(f<&Story::tags>.contains("db"))), ElementsAre("one", "two"));
  EXPECT_THAT(titles(all.exclude(f<&Story::tags>.contains("C++"))), ElementsAre("two", "three"));
  EXPECT_THAT(titles(all.filter(f<&Story::words> > 100 && f<&Story::words> <= 300)),
              ElementsAre("two", "three"));
  EXPECT_THAT(titles(all.filter(f<&Story::words>.in({100, 300}))), ElementsAre("one", "three"));
  EXPECT_THAT(
      titles(all.filter(f<&Story::printed_at>.between(*base::parse_iso("2026-01-15T00:00:00Z"),
                                                      *base::parse_iso("2026-02-15T00:00:00Z")))),
      ElementsAre("two"));
  EXPECT_THAT(titles(all.filter({{"words__gte", 200}, {"tags__contains", "db"}})),
              ElementsAre("two"));
  EXPECT_THAT(titles(all.filter(f<&Story::writer_pk, &Writer::name> == "ben")),
              ElementsAre("two", "three"));  // across a relation: by the writers' keys
}

TEST_F(SearchQuerySetTest, S2_WhatSearchCannotFilterOrSortBy_IsFieldError) {
  make({.title = "words", .published = true});
  index();
  try {
    titles(Story::objects.search("words").filter(f<&Story::note> == "x"));
    FAIL() << "no error";
  } catch (const FieldError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'note' of Story is not .filterable"));
    EXPECT_THAT(error.what(), HasSubstr("writer_pk, published, tags, words, printed_at"));
  }
  EXPECT_THROW(titles(Story::objects.search("words").filter(f<&Story::title>.startswith("w"))),
               FieldError);
  std::vector<std::int64_t> many(10'001);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<std::int64_t>(i);
  EXPECT_THROW(titles(Story::objects.search("words").filter(f<&Story::words>.in(many))),
               FieldError);
  many.resize(9'999);  // search_visible() has one more
  EXPECT_THAT(titles(Story::objects.search("words").filter(f<&Story::words>.in(many))),
              ElementsAre("words"));
  EXPECT_THROW((void)Story::objects.search("words").facets("nothing"), FieldError);
  EXPECT_THROW(Story::objects.search("words").facets("title").page(), FieldError);
  EXPECT_THROW(Story::objects.search("words").order_by("note").page(), FieldError);
  EXPECT_THROW(Story::objects.search("words").limit(101).page(), FieldError);
}

TEST_F(SearchQuerySetTest, S3_Facets_CountWhatIsVisible) {
  make({.title = "words", .published = true, .tags = {"a", "b"}, .words = 7});
  make({.title = "words", .published = true, .tags = {"a"}, .words = 7});
  make({.title = "words", .published = false, .tags = {"a", "secret"}, .words = 8});
  index();
  const auto page = Story::objects.search("words").facets<&Story::tags>().facets("words").page();
  ASSERT_EQ(page.facets.size(), 2u);
  EXPECT_EQ(page.facets[0].field, "tags");
  ASSERT_EQ(page.facets[0].values.size(), 2u);
  EXPECT_EQ(page.facets[0].values[0].value, Value("a"));
  EXPECT_EQ(page.facets[0].values[0].count, 2u);
  EXPECT_EQ(page.facets[1].values.at(0).value, Value(7));
}

TEST_F(SearchQuerySetTest, O5_Highlights_AreSafeHtml) {
  make({.title = "<script>streams</script>", .body = "nothing of it", .published = true});
  index();
  const auto page = Story::objects.search("stream").page();
  ASSERT_EQ(page.highlights.size(), 1u);
  ASSERT_EQ(page.highlights[0].size(), 1u);
  EXPECT_EQ(page.highlights[0][0].field, "title");
  EXPECT_EQ(page.highlights[0][0].html, "&lt;script&gt;<mark>streams</mark>&lt;/script&gt;");
}

TEST_F(SearchQuerySetTest, Typos_AreFoundAndBetterWordsSuggested) {
  make({.title = "database design", .published = true});
  index();
  const auto page = Story::objects.search("databse \"design\" de*").page();
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.suggestion, "database design de*");
  EXPECT_THAT(page.highlights[0].at(0).html, HasSubstr("<mark>database</mark>"));
}

TEST_F(SearchQuerySetTest, AnyWord_IsFoundWhereNotAllAre) {
  make({.title = "database design", .published = true});
  make({.title = "cooking", .published = true});
  index();
  const auto page = Story::objects.search("database zzzzzz").page();
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.suggestion, "");
  EXPECT_EQ(Story::objects.search("qqqqqq").page().total, 0u);
}

TEST_F(SearchQuerySetTest, Cursors_GoThroughAllPages_OnTheRungOfTheFirst) {
  for (int i = 0; i < 25; ++i)
    make({.title = i % 2 == 0 ? "database " + std::to_string(i) : "databases", .published = true});
  index();
  for (const char* typed : {"database", "databse", "databse zzzzzz", ""}) {
    const auto search = Story::objects.search(typed).limit(10);
    std::set<Uuid> seen;
    std::string cursor;
    int pages = 0;
    do {
      const auto page = search.page(cursor);
      EXPECT_EQ(page.total, 25u) << typed;
      for (const Story& story : page.items) EXPECT_TRUE(seen.insert(story.pk).second);
      cursor = page.next.value_or("");
      ++pages;
    } while (!cursor.empty() && pages < 10);
    EXPECT_EQ(pages, 3) << typed;
    EXPECT_EQ(seen.size(), 25u) << typed;
  }
}

TEST_F(SearchQuerySetTest, S2_Cursor_OfAnotherSearchOrTenant_IsForeign) {
  for (int i = 0; i < 3; ++i) make({.title = "database design", .published = true});
  index();
  const auto search = Story::objects.search("database").limit(1);
  const std::string cursor = search.page().next.value();
  EXPECT_NO_THROW(search.page(cursor));
  EXPECT_NO_THROW(search.limit(2).page(cursor));
  EXPECT_THROW(Story::objects.search("design").page(cursor), ForeignCursor);
  EXPECT_THROW(search.filter(f<&Story::words> == 0).page(cursor), ForeignCursor);
  EXPECT_THROW(search.order_by("words").page(cursor), ForeignCursor);
  EXPECT_THROW(search.page("x" + cursor), DamagedCursor);
  EXPECT_THROW(Story::objects.filter(f<&Story::words> == 0).page(cursor), ForeignCursor);
  const TenantScope other("another");
  EXPECT_THROW(search.page(cursor), ForeignCursor);
}

TEST_F(SearchQuerySetTest, S2_HostileTexts_AreInvalidOrBounded) {
  make({.title = "words", .published = true});
  index();
  EXPECT_THROW(Story::objects.search(std::string(100'000, 'x')).page(), InvalidQuery);
  EXPECT_THROW(Story::objects.search("caf\xE9").page(), InvalidQuery);
  for (const char* typed : {"\" OR 1 --", "title:*", "NEAR(", "{title}: words", "\x01\x02", "****"})
    EXPECT_NO_THROW(Story::objects.search(typed).page()) << typed;
}

TEST_F(SearchQuerySetTest, S4_IndexThatIsMissing_IsUnavailable_AndSaid) {
  make({.title = "words", .published = true});
  EXPECT_THROW(Story::objects.search("words").page(), Unavailable);
  EXPECT_EQ(rebuilds_, 1);
}

TEST_F(SearchQuerySetTest, SearchDown_InDevelopment_ReadsAPartOfTheTable) {
  make({.title = "Some words", .body = "here", .published = true, .words = 1});
  make({.title = "Some words", .body = "here", .published = true, .words = 2});
  make({.title = "draft words here", .published = false, .words = 1});
  const ScopedService service(backend_, options(/*fall_back=*/true));
  EXPECT_THAT(titles(Story::objects.search("WORDS here").filter(f<&Story::words> == 1)),
              ElementsAre("Some words"));
  EXPECT_EQ(Story::objects.search("some").limit(1).page().total, 2u);
  EXPECT_THAT(titles(Story::objects.search("elsewhere")), IsEmpty());
}

TEST_F(SearchQuerySetTest, WithoutAService_IsUnavailable) {
  Service::set_current(nullptr);
  EXPECT_THROW(Story::objects.search("words").page(), Unavailable);
}

}  // namespace
}  // namespace dynamo_backend::search
