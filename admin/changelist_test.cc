// The changelist's data and the checks of registrations.
#include "admin/changelist.h"

#include "admin/audit.h"
#include "admin/bulk_job.h"
#include "admin/ledger.h"
#include "admin/list_filters.h"
#include "admin/test_models.h"
#include "admin/values.h"
#include "dynamo_backend/explain.h"
#include "dynamo_backend/search/local/local_backend.h"
#include "dynamo_backend/search/service.h"
#include "dynamo_backend/search/sync/rebuild.h"

namespace magazine {
namespace {

namespace search = dynamo_backend::search;
using admin::ChangeList;
using admin::ListRequest;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> titles(const ChangeList& list) {
  std::vector<std::string> out;
  for (const auto& row : list.rows) out.push_back(row.text);
  return out;
}

class ChangeListTest : public AdminTest {
 protected:
  ChangeListTest() {
    for (int i = 0; i < 12; ++i)
      article(std::string(1, static_cast<char>('a' + i)), ann, i % 3 == 0);
  }
  ChangeList list(const ListRequest& request = {}, double scan_units = 100) {
    return change_list(articles, request, {.scan_units = scan_units});
  }
  Writer ann = Writer::objects.create({.name = "Ann"});
  Writer bob = Writer::objects.create({.name = "Bob"});
  const admin::ModelAdmin& articles = of("magazine/article");
};

TEST_F(ChangeListTest, Pages_FollowTheIndexBothWays) {
  const ChangeList first = list();
  EXPECT_THAT(titles(first), ElementsAre("l", "k", "j", "i", "h"));
  EXPECT_FALSE(first.prev);
  ASSERT_TRUE(first.next);
  const ChangeList second = list(*first.next);
  EXPECT_THAT(titles(second), ElementsAre("g", "f", "e", "d", "c"));
  const ChangeList third = list(*second.next);
  EXPECT_THAT(titles(third), ElementsAre("b", "a"));
  EXPECT_FALSE(third.next);
  ASSERT_TRUE(third.prev);
  const ChangeList back = list(*third.prev);
  EXPECT_THAT(titles(back), ElementsAre("g", "f", "e", "d", "c"));
  EXPECT_THAT(titles(list(*back.prev)), ElementsAre("l", "k", "j", "i", "h"));
}

TEST_F(ChangeListTest, Page_IsAQueryABatchOfRelatedRowsAndTwoLookUpsOfDates) {
  list();  // the table's facts are kept
  const base::CallLedger ledger;
  list();
  std::vector<std::string> operations;
  for (const auto& call : ledger.calls()) operations.push_back(call.operation);
  EXPECT_THAT(operations, testing::UnorderedElementsAre("Query", "Query", "Query", "BatchGetItem"));
  EXPECT_THAT(admin::price_of(ledger.share()).text(), HasSubstr("4 calls, "));
}

TEST_F(ChangeListTest, TableWithoutListing_GoesBackByTheTrail) {
  for (int i = 0; i < 7; ++i) Label::objects.create({.name = "label " + std::to_string(i)});
  admin::ModelOptions options{.list_per_page = 3};
  const admin::ModelAdmin labels(model_info<Label>(), options);
  const ChangeList first = change_list(labels, {});
  const ChangeList second = change_list(labels, first.next.value());
  const ChangeList third = change_list(labels, second.next.value());
  EXPECT_EQ(third.rows.size(), 1u);
  const ChangeList back = change_list(labels, third.prev.value());
  EXPECT_EQ(titles(back), titles(second));
  EXPECT_EQ(titles(change_list(labels, back.prev.value())), titles(first));
}

TEST_F(ChangeListTest, Cells_AreTextsLinksAndFunctions) {
  const ChangeList page = list();
  ASSERT_EQ(page.columns.size(), 6u);
  EXPECT_EQ(page.columns[1].title, "writer");
  EXPECT_EQ(page.columns[4].sorted, -1);
  EXPECT_EQ(page.columns[4].order, "created_at");
  EXPECT_EQ(page.columns[5].field, "");
  const auto& cells = page.rows[2].cells;  // "j"
  EXPECT_EQ(cells[1].text, "Ann");
  EXPECT_EQ(cells[1].link, "magazine/writer/" + ann.pk.str());
  EXPECT_EQ(cells[2].kind, admin::Cell::Kind::yes);
  EXPECT_EQ(cells[3].input, "0");
  EXPECT_THAT(cells[4].text, HasSubstr("2026-11-22 "));
  EXPECT_EQ(cells[5].text, "13");
}

TEST_F(ChangeListTest, OrderOfASmallTable_IsSortedHere_OfALargeOneRefusedWithTheIndex) {
  EXPECT_THAT(titles(list({.order = "title"})), ElementsAre("a", "b", "c", "d", "e"));
  const ChangeList refused = list({.order = "title"}, /*scan_units=*/0.01);
  ASSERT_EQ(refused.rows.size(), 5u);
  ASSERT_THAT(refused.notices, testing::SizeIs(1));
  EXPECT_THAT(refused.notices[0],
              AllOf(HasSubstr("No index gives the rows of Article in order of title"),
                    HasSubstr("ComputedIndex<&Article::listing, &Article::title>"),
                    HasSubstr("./manage dmakemigrations magazine")));
  EXPECT_EQ(refused.migration, R"([
  {
    "operation": "add_field",
    "model": "Article",
    "field": {"name": "listing", "type": "text", "computed": true}
  },
  {
    "operation": "add_index",
    "model": "Article",
    "index": {"name": "by-title", "partition_key": "listing", "sort_key": "title"}
  }
])");
  const ChangeList both = list({.order = "created_at,title"}, 0.01);
  EXPECT_THAT(both.notices[0], HasSubstr("&Article::listing, &Article::created_at, "
                                         "&Article::title>{.name = \"by-created_at-title\"}"));
  EXPECT_THAT(both.migration, HasSubstr("\"sort_key\": [\"created_at\", \"title\"]"));
  // No index is promised that DynamoDB does not have, or that would lack rows.
  for (const auto& [order, why] :
       std::map<std::string, std::string>{{"published", "no keys of the type of published"},
                                          {"editor_pk", "lacks the rows without it"},
                                          {"-created_at,title", "in one direction"}}) {
    const ChangeList never = list({.order = order}, 0.01);
    EXPECT_EQ(never.rows.size(), 5u);
    EXPECT_THAT(never.notices, ElementsAre(HasSubstr(why))) << order;
    EXPECT_EQ(never.migration, "");
  }
  // An order that an index serves is given whatever the size.
  EXPECT_THAT(titles(list({.order = "created_at"}, 0.01)), ElementsAre("a", "b", "c", "d", "e"));
}

TEST_F(ChangeListTest, FilterThatWouldScanALargeTable_SaysSoFirst) {
  const ListRequest notes{.filters = {}};
  const auto& admin = of("magazine/note");
  Note::objects.create({.article_pk = article("x", ann), .text = "one"});
  ListRequest searched = notes;
  searched.search = "one";
  admin::ModelOptions options{.search_fields = {"text"}};
  const admin::ModelAdmin searchable(admin.model, options);
  const ChangeList blocked = change_list(searchable, searched, {.scan_units = 0.001});
  EXPECT_THAT(blocked.rows, IsEmpty());
  EXPECT_THAT(blocked.blocked, HasSubstr("needs a Scan of its whole table"));
  EXPECT_GT(blocked.blocked_units, 0);
  searched.scan = true;
  EXPECT_EQ(change_list(searchable, searched, {.scan_units = 0.001}).rows.size(), 1u);
  searched.scan = false;
  EXPECT_EQ(change_list(searchable, searched).rows.size(), 1u);
}

// Notes of two articles, of which one in 150 fits a search; listed in the order of an index.
class MergedListTest : public ChangeListTest {
 protected:
  MergedListTest() {
    for (const Article& owner : {article("one", ann), article("two", bob)}) {
      std::vector<Note> notes;
      for (int i = 0; i < 450; ++i)
        notes.push_back({.article_pk = owner,
                         .text = i % 150 == 149 ? "rare " + std::to_string(i) : "common",
                         .place = i});
      Note::objects.bulk_create(notes);
      both_.push_back(owner.pk.str());
    }
  }
  admin::ModelAdmin notes() const {
    return {model_info<Note>(),
            {.list_filter = {{"of", "Of", {{"both", "Both", {{"article_pk__in", Value(both_)}}}}}},
             .search_fields = {"text"},
             .ordering = "place"}};
  }

 private:
  dynamodb::List both_{};
};

TEST_F(MergedListTest, PagesOfAlternatives_KeepToTheBudget_AndMissNothing) {
  const admin::ModelAdmin both = notes();
  const ListRequest request{.search = "rare", .filters = {{"of", "both"}}};
  std::vector<std::string> texts;
  int pages = 0;
  for (std::optional<ListRequest> at = request; at && pages < 100; ++pages) {
    const UsageScope usage;
    const ChangeList page = change_list(both, *at, {.scan_units = 4});
    EXPECT_LE(usage.usage().units, 8) << "page " << pages;
    for (const auto& row : page.rows) texts.push_back(row.text);
    at = page.next;
  }
  EXPECT_GT(pages, 2);
  EXPECT_THAT(texts,
              ElementsAre("rare 149", "rare 149", "rare 299", "rare 299", "rare 449", "rare 449"));
}

TEST_F(MergedListTest, PagesReadBackwards_KeepToTheBudget_AndAreThoseOfBefore) {
  admin::ModelAdmin both = notes();
  for (const char* order : {"place", "-place"}) {
    const ListRequest request{.search = "rare", .filters = {{"of", "both"}}, .order = order};
    std::vector<std::vector<std::string>> there, back;
    ListRequest last;
    for (std::optional<ListRequest> at = request; at && there.size() < 100;) {
      last = *at;
      const ChangeList page = change_list(both, *at, {.scan_units = 4});
      there.push_back(titles(page));
      at = page.next;
    }
    std::vector<std::string> all;
    for (const auto& page : there) all.insert(all.end(), page.begin(), page.end());
    std::vector<std::string> wanted{"rare 149", "rare 149", "rare 299",
                                    "rare 299", "rare 449", "rare 449"};
    if (*order == '-') std::reverse(wanted.begin(), wanted.end());
    EXPECT_EQ(all, wanted) << order;
    for (std::optional<ListRequest> at = last; at && back.size() < 100;) {
      const UsageScope usage;
      const ChangeList page = change_list(both, *at, {.scan_units = 4});
      EXPECT_LE(usage.usage().units, 8) << order << " page " << back.size() << " from the end";
      back.push_back(titles(page));
      at = page.prev;
    }
    std::reverse(back.begin(), back.end());
    EXPECT_EQ(back, there) << order;
  }
}

// Of 1,000 articles one writer has 900, and no slug is a key of a writer; each takes some 3 KB.
TEST_F(ChangeListTest, PriceOfAlternativesWithoutAnOrder_IsWhatReadingThemTakes) {
  const Writer cleo = Writer::objects.create({.name = "Cleo"});
  std::vector<Article> many;
  for (int i = 0; i < 1000; ++i)
    many.push_back({.title = "t" + std::to_string(i),
                    .slug = "s" + std::to_string(i),
                    .body = std::string(3000, 'b'),
                    .writer_pk = i % 10 < 9 ? bob : cleo,
                    .words = i});
  Article::objects.bulk_create(std::move(many));
  admin::ModelOptions options{.search_fields = {"=slug", "=writer_pk"}, .ordering = "words"};
  const admin::ModelAdmin by_key(of("magazine/article").model, options);
  ListRequest request{.search = bob.pk.str()};
  const double told = change_list(by_key, request, {.scan_units = 1}).blocked_units;
  request.scan = true;
  const UsageScope usage;
  EXPECT_EQ(change_list(by_key, request, {.scan_units = 1}).rows.size(), 50u);
  const double taken = usage.usage().units;
  EXPECT_GT(taken, 250);
  EXPECT_GE(told, taken / 2);
  EXPECT_LE(told, taken * 2);
}

TEST_F(ChangeListTest, AlternativesWithoutACommonOrder_AreSorted_OrSaySoFirst) {
  admin::ModelOptions options{.search_fields = {"=slug", "=writer_pk"}, .ordering = "words"};
  const admin::ModelAdmin by_key(of("magazine/article").model, options);
  ListRequest request{.search = ann.pk.str()};
  const ChangeList small = change_list(by_key, request);
  EXPECT_EQ(small.rows.size(), 12u);
  EXPECT_THAT(small.notices, IsEmpty());

  const ChangeList blocked = change_list(by_key, request, {.scan_units = 0.001});
  EXPECT_THAT(blocked.rows, IsEmpty());
  EXPECT_THAT(blocked.notices,
              ElementsAre(HasSubstr("No index gives these rows in order of words")));
  EXPECT_THAT(blocked.blocked, HasSubstr("reads all rows of each alternative"));
  EXPECT_GT(blocked.blocked_units, 0);
  EXPECT_FALSE(blocked.blocked_in_pieces);
  request.scan = true;
  EXPECT_EQ(change_list(by_key, request, {.scan_units = 0.001}).rows.size(), 12u);
}

TEST_F(ChangeListTest, Filters_ByBooleanRelationAndPeriod) {
  EXPECT_THAT(titles(list({.filters = {{"published", "true"}}})), ElementsAre("j", "g", "d", "a"));
  EXPECT_THAT(titles(list({.filters = {{"writer_pk", bob.pk.str()}}})), IsEmpty());
  EXPECT_EQ(list({.filters = {{"created_at", "today"}}}).rows.size(), 5u);
  EXPECT_THROW(list({.filters = {{"published", "perhaps"}}}), FieldError);
  EXPECT_THROW(list({.filters = {{"created_at", "yesterday"}}}), FieldError);
}

TEST_F(ChangeListTest, ParametersThatAreNoFilters_AreLeftOut) {
  const ListRequest request = list_request(
      articles,
      {{"q", "x"}, {"published", "true"}, {"body__startswith", "secret"}, {"o", "-words"}});
  EXPECT_EQ(request.search, "x");
  EXPECT_EQ(request.order, "-words");
  EXPECT_THAT(request.filters, ElementsAre(std::pair("published", "true")));
}

TEST_F(ChangeListTest, DateHierarchy_GoesFromYearsToDays) {
  const ChangeList all = list();
  ASSERT_EQ(all.dates.size(), 1u);
  EXPECT_EQ(all.dates[0].label, "2026");
  const ChangeList year = list({.filters = all.dates[0].parameters});
  ASSERT_EQ(year.dates.size(), 12u);
  EXPECT_EQ(year.rows.size(), 5u);
  const ChangeList month = list({.filters = year.dates[10].parameters});
  ASSERT_EQ(month.dates.size(), 30u);
  EXPECT_EQ(list({.filters = month.dates[21].parameters}).rows.size(), 5u);
  EXPECT_THAT(list({.filters = month.dates[20].parameters}).rows, IsEmpty());
}

TEST_F(ChangeListTest, Count_IsExactWhereItIsAskedFor) {
  EXPECT_FALSE(list().count);
  EXPECT_EQ(list({.count = true}).count, 12u);
  EXPECT_EQ(list({.filters = {{"published", "true"}}, .count = true}).count, 4u);
}

TEST_F(ChangeListTest, Cursor_OfAnotherListIsRefused) {
  ListRequest other = list().next.value();
  other.filters = {{"published", "true"}};
  EXPECT_THROW(list(other), InvalidCursor);
}

class SearchedListTest : public ChangeListTest {
 protected:
  SearchedListTest() {
    article("DynamoDB", ann, false);
    Article often = article("Often", bob);
    often.body = "DynamoDB DynamoDB DynamoDB";
    often.save();
    const auto definition = search::index_definition(*connection, model_info<Article>());
    search::sync::Rebuild(*connection, *backend_, definition, {}, search::sync::stoppable_wait({}))
        .run();
  }
  std::shared_ptr<search::Backend> backend_ = search::open_local_backend();
  search::ScopedService service_{backend_};
};

TEST_F(SearchedListTest, Search_KeepsTheRankAndFindsWhatThePublicDoesNotSee) {
  const ChangeList found = list({.search = "dynamodb"});
  EXPECT_TRUE(found.ranked);
  EXPECT_EQ(found.count, 2u);
  EXPECT_THAT(titles(found), testing::UnorderedElementsAre("DynamoDB", "Often"));
}

// Of a search field that the search index does not have, the whole value is found, first and once.
TEST_F(SearchedListTest, Search_FindsTheWholeValueOfOtherSearchFields) {
  Article often = Article::objects.filter(f<&Article::slug> == "Often").get();
  often.slug = "dynamodb";
  often.save();
  Article other = Article::objects.filter(f<&Article::slug> == "b").get();
  other.slug = "x-1";
  other.save();
  const admin::ModelAdmin with_slug(articles.model, {.list_display = {"title"},
                                                     .list_filter = {"published"},
                                                     .search_fields = {"title", "slug"}});
  const auto found = [&](const ListRequest& request) {
    return titles(change_list(with_slug, request));
  };
  EXPECT_THAT(found({.search = "x-1"}), ElementsAre("b"));
  EXPECT_THAT(found({.search = "dynamodb"}), ElementsAre("Often", "DynamoDB"));
  EXPECT_THAT(found({.search = "dynamodb", .filters = {{"published", "false"}}}),
              ElementsAre("DynamoDB"));
  const auto all = admin::found_rows(with_slug, {.search = "dynamodb"}, {});
  EXPECT_EQ(all->rows.size(), 2u);
}

// "All rows of this list" are those that it shows, however it found them.
TEST_F(SearchedListTest, RowsOfASearch_AreTheListsOwn) {
  const Article shown = article("quokkas", ann, false);
  Article other = article("innocent", ann, false);
  other.body = "mentions quokkas once";
  other.save();
  admin::models(Registry::instance());
  ensure_tables();
  admin::site().add<Article>({.search_fields = {"title", "slug"},
                              .actions = {admin::action<Article>(
                                  "publish", "Publish", [](Article& a) { a.published = true; })}});
  const admin::ModelAdmin& by_title = of("magazine/article");
  // The index cannot give the rows by their titles: the list reads the table, and so does a job.
  const admin::Selection selection{.request = {.search = "quokkas", .order = "title"}};
  EXPECT_THAT(titles(change_list(by_title, selection.request)), ElementsAre("quokkas"));
  const auto unsealed_again = unsealed(by_title, sealed(by_title, selection));
  EXPECT_EQ(unsealed_again.request.order, "title");
  EXPECT_FALSE(admin::found_rows(by_title, unsealed_again.request, {}, /*by_rank=*/true));
  admin::run_batch(make_job(by_title, "publish", unsealed_again, 1, {"user-1", "Eve"}).pk);
  EXPECT_TRUE(Article::objects.get(shown.pk).published);
  EXPECT_FALSE(Article::objects.get(other.pk).published);
  // Whole values of other search fields have no place in an order that was chosen.
  other.slug = "dynamodb";
  other.save();
  for (const char* order : {"", "writer_pk"}) {
    const ListRequest request{.search = "dynamodb", .order = order};
    std::vector<std::string> found;
    const auto page = admin::found_rows(by_title, request, {});
    for (const std::string& row : page->rows)
      found.push_back(
          admin::row_text(model_info<Article>(), admin::row_of(by_title.model, row).get()));
    EXPECT_EQ(found, titles(change_list(by_title, request))) << order;
    EXPECT_EQ(found.size(), *order ? 2u : 3u);
  }
  // A job saves rows, which may move them in the order: it goes by the rank.
  const auto by_rank = [&](const char* order) {
    return admin::found_rows(by_title, {.search = "dynamodb", .order = order}, {}, true)->rows;
  };
  EXPECT_EQ(by_rank("writer_pk"), by_rank("-writer_pk"));
}

TEST_F(ChangeListTest, SearchThatIsDown_IsSaidByItsList) {
  const search::ScopedService empty(search::open_local_backend());
  const ChangeList found = list({.search = "c"});
  EXPECT_TRUE(found.search_is_down);
  EXPECT_THAT(found.notices, ElementsAre(HasSubstr("Search is down")));
}

TEST_F(ChangeListTest, WordsOfASearch_AreLimitedWithoutAnIndex) {
  std::string words;
  for (int i = 0; i < 17; ++i) words += "a ";
  const ChangeList many = list({.search = words});
  EXPECT_THAT(titles(many), IsEmpty());
  EXPECT_THAT(many.notices, ElementsAre(HasSubstr("at most 16 words")));
  EXPECT_THAT(list({.search = std::string(257, 'a')}).notices,
              ElementsAre(HasSubstr("at most 256 characters")));
  EXPECT_THAT(titles(list({.search = std::string(32, ' ') + "c"})), ElementsAre("c"));
  EXPECT_THAT(list({.search = "a - b - c - d - e - f - g - h - i"}).notices, IsEmpty());
}

TEST_F(SearchedListTest, FacetCounts_StandBesideTheFilters) {
  const ChangeList page = list();
  const auto& published = page.panes.at(0);
  ASSERT_EQ(published.choices.size(), 3u);
  EXPECT_EQ(published.choices[1].count, 5u);
  EXPECT_EQ(published.choices[2].count, 9u);
  const auto& writers = page.panes.at(1);
  ASSERT_EQ(writers.choices.size(), 3u);
  EXPECT_EQ(writers.choices[1].label, "Ann");
  EXPECT_EQ(writers.choices[1].count, 13u);
}

TEST_F(SearchedListTest, FacetCounts_OfALargeTableAreMadeWhereTheyAreAskedFor) {
  const ChangeList page = change_list(articles, {}, {.facet_rows = 13});
  EXPECT_TRUE(page.facets_left_out);
  EXPECT_FALSE(page.panes.at(0).choices.at(1).count);
  const ListRequest asking = list_request(articles, {{"facets", "1"}});
  const ChangeList asked = change_list(articles, asking, {.facet_rows = 13});
  EXPECT_FALSE(asked.facets_left_out);
  EXPECT_EQ(asked.panes.at(0).choices.at(1).count, 5u);
  EXPECT_THAT(list_parameters(*asked.next), Contains(testing::Pair("facets", "1")));
}

TEST_F(AdminTest, Values_AreTextAndBack) {
  const auto& info = model_info<Article>();
  const auto round = [&](const char* name, const Value& value) {
    const auto& field = info.field(name);
    return admin::value_from_input(field, admin::input_text(field, value)) == value;
  };
  EXPECT_TRUE(round("title", "Ünïcode \"quoted\""));
  EXPECT_TRUE(round("words", 12));
  EXPECT_TRUE(round("published", true));
  EXPECT_TRUE(round("tags", dynamodb::List{"a", "b c"}));
  EXPECT_TRUE(round("tags", dynamodb::List{" a ", "line\nbreak"}));
  EXPECT_TRUE(round("created_at", "2026-11-22T10:00:00.123456+00:00"));
  EXPECT_THROW(admin::value_from_input(info.field("words"), "1.5"), BadValue);
  EXPECT_THROW(admin::value_from_input(info.field("published"), "yes"), BadValue);
  EXPECT_EQ(admin::value_from_input(info.field("editor_pk"), ""), Value());
  // As a browser sends what "2026-11-22T10:00:00" showed.
  const auto& time = info.field("created_at");
  EXPECT_TRUE(admin::is_same_input(time, "2026-11-22T10:00:00", "2026-11-22T10:00"));
  EXPECT_FALSE(admin::is_same_input(time, "2026-11-22T10:00:01", "2026-11-22T10:00"));
  EXPECT_FALSE(admin::is_same_input(time, "2026-11-22T10:00", "nonsense"));
  EXPECT_FALSE(admin::is_same_input(info.field("title"), "a", "a "));
}

TEST_F(AdminTest, Registrations_OfTheMagazineAreRight) {
  EXPECT_THAT(admin::site().check(), IsEmpty());
}

TEST_F(AdminTest, Check_NamesEachMistakeByItsId) {
  admin::Site wrong;
  wrong.add<Article>({.list_display = {"titel"},
                      .list_filter = {admin::Filter("count", "Count", {{"1", "One", {}}})},
                      .search_fields = {"words"},
                      .list_editable = {"slug"},
                      .list_per_page = 0,
                      .date_hierarchy = "title",
                      .ordering = "-nothing",
                      .fieldsets = {{"", {"title"}}, {"Again", {"title"}}},
                      .prepopulated_fields = {{"slug", {"words"}}},
                      .raw_id_fields = {"title"},
                      .filter_horizontal = {"writer_pk"},
                      .inlines = {admin::inline_of<Label>()},
                      .actions = {{.name = "delete_selected", .title = "Mine"}}});
  std::vector<std::string> ids;
  for (const auto& problem : wrong.check()) {
    ids.push_back(problem.id);
    EXPECT_THAT(problem.text, HasSubstr("admin of magazine.Article: "));
  }
  for (int i = 1; i <= 11; ++i) {
    char id[16];
    std::snprintf(id, sizeof id, "admin.E%03d", i);
    EXPECT_THAT(ids, Contains(id));
  }
  EXPECT_THAT(ids, AllOf(Contains("admin.E014"), Contains("admin.W001")));
}

}  // namespace
}  // namespace magazine
