// Indexes that hold parts of rows, local indexes, and keys of several attributes: what tables get
// of them, what queries read through them, and what a save leaves alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"

namespace indexes_test {
using namespace dynamo_backend;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A table with a key of its own and every kind of index.
struct Ticket : DynamoTable<Ticket> {
  std::string tenant{};
  std::string id{};
  std::string state{};
  std::string owner{};
  std::string title{};
  std::string body{};
  std::int64_t priority = 0;
  std::optional<std::int64_t> due{};
  std::uint64_t version = 0;

  static constexpr auto schema = define<Ticket>(
      {.table_name = "tickets"}, PartitionKey<&Ticket::tenant>{}, SortKey<&Ticket::id>{},
      CharField<&Ticket::state>{}, CharField<&Ticket::owner>{}, CharField<&Ticket::title>{},
      TextField<&Ticket::body>{}, IntegerField<&Ticket::priority>{}, IntegerField<&Ticket::due>{},
      VersionField<&Ticket::version>{},
      Index<&Ticket::tenant, &Ticket::priority>{
          .name = "by-priority", .local = true, .includes = includes<&Ticket::title>()},
      Index<&Ticket::tenant, &Ticket::due>{.name = "by-due", .local = true, .keys_only = true},
      Index<&Ticket::owner, &Ticket::priority>{.name = "by-owner", .keys_only = true},
      Index<&Ticket::state>{.name = "by-state",
                            .includes = includes<&Ticket::title, &Ticket::priority>()},
      Index<&Ticket::tenant, &Ticket::state, &Ticket::priority, &Ticket::title>{
          .name = "by-all", .keys_only = true, .hash_keys = 2});
};

TEST(Indexes, TableDefinition_HasProjectionsLocalIndexesAndKeysOfSeveral) {
  const auto table = table_definition(model_info<Ticket>());
  ASSERT_EQ(table.local_indexes.size(), 2u);
  EXPECT_EQ(table.local_indexes[0].name, "by-priority");
  EXPECT_EQ(table.local_indexes[0].projection, dynamodb::ProjectionType::include);
  EXPECT_THAT(table.local_indexes[0].non_key_attributes, ElementsAre("title"));
  EXPECT_EQ(table.local_indexes[1].projection, dynamodb::ProjectionType::keys_only);
  ASSERT_EQ(table.global_indexes.size(), 3u);
  EXPECT_THAT(table.global_indexes[1].non_key_attributes, ElementsAre("title", "priority"));
  const auto& several = table.global_indexes[2].key;
  EXPECT_EQ(several.partition.name, "tenant");
  ASSERT_EQ(several.more_partition.size(), 1u);
  EXPECT_EQ(several.more_partition[0].name, "state");
  EXPECT_EQ(several.sort->name, "priority");
  ASSERT_EQ(several.more_sort.size(), 1u);
  EXPECT_EQ(several.more_sort[0].name, "title");
  EXPECT_EQ(dynamodb::check_table_definition(table), std::nullopt);
}

// ---- an existing table that does not fit

struct Plain : DynamoTable<Plain> {
  std::string tenant{};
  std::string id{};
  std::int64_t priority = 0;
  std::string title{};
  static constexpr auto schema =
      define<Plain>({.table_name = "shaped"}, PartitionKey<&Plain::tenant>{}, SortKey<&Plain::id>{},
                    IntegerField<&Plain::priority>{}, CharField<&Plain::title>{},
                    Index<&Plain::title>{.name = "by-title", .keys_only = true});
};
struct WithLocal : DynamoTable<WithLocal> {
  std::string tenant{};
  std::string id{};
  std::int64_t priority = 0;
  static constexpr auto schema = define<WithLocal>(
      {.table_name = "shaped"}, PartitionKey<&WithLocal::tenant>{}, SortKey<&WithLocal::id>{},
      IntegerField<&WithLocal::priority>{},
      Index<&WithLocal::tenant, &WithLocal::priority>{.name = "by-priority", .local = true});
};
struct Wider : DynamoTable<Wider> {
  std::string tenant{};
  std::string id{};
  std::int64_t priority = 0;
  std::string title{};
  static constexpr auto schema = define<Wider>(
      {.table_name = "shaped"}, PartitionKey<&Wider::tenant>{}, SortKey<&Wider::id>{},
      IntegerField<&Wider::priority>{}, CharField<&Wider::title>{},
      Index<&Wider::title>{.name = "by-title", .includes = includes<&Wider::priority>()});
};
struct Local : DynamoTable<Local> {
  std::string tenant{};
  std::string id{};
  std::string title{};
  static constexpr auto schema =
      define<Local>({.table_name = "shaped"}, PartitionKey<&Local::tenant>{}, SortKey<&Local::id>{},
                    CharField<&Local::title>{},
                    Index<&Local::tenant, &Local::title>{.name = "by-title", .local = true});
};

template <class T>
std::string told() {
  try {
    ensure_table<T>();
  } catch (const ImproperlyConfigured& e) {
    return e.what();
  }
  return "no error";
}

TEST(Indexes, EnsureTable_TellsWhatAnExistingIndexLacks) {
  const auto engine = dynamodb::local::Engine::open({});
  const ScopedConnection connection(*engine);
  EXPECT_EQ(told<Plain>(), "no error");
  EXPECT_EQ(told<Plain>(), "no error");
  EXPECT_THAT(told<WithLocal>(), AllOf(HasSubstr("Index by-priority of table shaped is not there"),
                                       HasSubstr("local indexes with their table only")));
  EXPECT_THAT(told<Wider>(), HasSubstr("holds its keys; the model's holds its keys, priority"));
  EXPECT_THAT(told<Local>(), HasSubstr("exists as a global index; the model needs a local one"));
  delete_table<Plain>();
  EXPECT_EQ(told<Wider>(), "no error");
  EXPECT_EQ(told<Plain>(), "no error");  // an index that holds more does
}

struct Twice : DynamoModel<Twice> {
  std::string a{};
  std::string b{};
  static constexpr auto schema =
      define<Twice>(CharField<&Twice::a>{}, CharField<&Twice::b>{},
                    Index<&Twice::a>{.name = "by-one"}, Index<&Twice::b>{.name = "by-one"});
};

TEST(Indexes, TwoOfOneName_AreAnError) {
  try {
    (void)model_info<Twice>();
    FAIL();
  } catch (const ImproperlyConfigured& e) {
    EXPECT_THAT(e.what(), HasSubstr("Twice declares two indexes of the name 'by-one'"));
  }
}

// ---- reading

// Engine, client that counts, connection.
struct Desk {
  explicit Desk(ConnectionOptions options = {.scan_policy = ScanPolicy::allow})
      : connection(client, std::move(options)) {
    ensure_table<Ticket>();
  }
  // 60 tickets of two tenants, three states, four owners.
  void fill() {
    for (int i = 0; i < 60; ++i) {
      char id[8];
      std::snprintf(id, sizeof id, "t%02d", i);
      Ticket t{
          .tenant = i % 2 ? "acme" : "zeta",
          .id = id,
          .state = std::vector<std::string>{"open", "done", "late"}[static_cast<unsigned>(i % 3)],
          .owner = "o" + std::to_string(i % 4),
          .title = "title " + std::to_string(i % 5),
          .body = "body " + std::to_string(i),
          .priority = i % 7};
      if (i % 3 == 0) t.due = i;
      rows.push_back(Ticket::objects.create(std::move(t)));
    }
    client.calls.reset();
  }
  std::vector<std::string> expect(const std::function<bool(const Ticket&)>& holds,
                                  const std::function<bool(const Ticket&, const Ticket&)>& less) {
    std::vector<Ticket> found;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(found), holds);
    std::sort(found.begin(), found.end(), less);
    std::vector<std::string> ids;
    for (const Ticket& t : found) ids.push_back(t.id + t.body);
    return ids;
  }
  std::unique_ptr<dynamodb::Client> engine = dynamodb::local::Engine::open({});
  test_blog::RecordingClient client{*engine};
  ScopedConnection connection;
  std::vector<Ticket> rows;
};

std::vector<std::string> ids(const std::vector<Ticket>& rows) {
  std::vector<std::string> out;
  for (const Ticket& t : rows) out.push_back(t.id + t.body);
  return out;
}

bool by_priority(const Ticket& a, const Ticket& b) {
  return std::tie(a.priority, a.tenant, a.id) < std::tie(b.priority, b.tenant, b.id);
}

TEST(Projections, AnIndexThatLacksAttributes_GivesWholeRowsInItsOrder) {
  Desk desk;
  desk.fill();
  const auto qs = Ticket::objects.filter(f<&Ticket::owner> == "o1").order_by("priority");
  EXPECT_THAT(qs.plan(), HasSubstr("Query on index by-owner of tickets by owner; rows fetched by "
                                   "BatchGetItem"));
  EXPECT_EQ(ids(qs.to_vector()), desk.expect([](auto& t) { return t.owner == "o1"; }, by_priority));
  EXPECT_EQ(desk.client.calls.query, 1);
  EXPECT_EQ(desk.client.calls.batch_get, 1);
  EXPECT_EQ(desk.client.queries.back().projection.size(), 4u);  // keys alone
  const auto backwards = qs.reverse().limit(4).to_vector();
  auto all = desk.expect([](auto& t) { return t.owner == "o1"; }, by_priority);
  std::reverse(all.begin(), all.end());
  all.resize(4);
  EXPECT_EQ(ids(backwards), all);
  EXPECT_EQ(desk.client.batch_gets.back().tables.begin()->second.keys.size(), 4u);
}

TEST(Projections, WhatTheEntriesHold_IsReadFromThemAlone) {
  Desk desk;
  desk.fill();
  const auto late = Ticket::objects.filter(f<&Ticket::state> == "late");
  EXPECT_EQ((late.values<&Ticket::title, &Ticket::priority>().size()), 20u);
  EXPECT_EQ(late.count(), 20u);
  EXPECT_TRUE(late.filter(f<&Ticket::priority> == 3).exists());
  std::int64_t sum = 0;
  for (const Ticket& t : desk.rows) sum += t.state == "late" ? t.priority : 0;
  EXPECT_EQ(late.sum<&Ticket::priority>(), sum);
  EXPECT_EQ(desk.client.calls.batch_get, 0);
  EXPECT_EQ(late.filter(f<&Ticket::body>.startswith("body 1")).count(), 3u);  // 11, 14 and 17
  EXPECT_GT(desk.client.calls.batch_get, 0);
}

TEST(Projections, ConditionsAreCheckedOnEntriesBeforeRowsAreFetched) {
  Desk desk;
  desk.fill();
  const auto qs = Ticket::objects.filter(f<&Ticket::state> == "open" && f<&Ticket::priority> == 3 &&
                                         f<&Ticket::title>.icontains("TITLE") &&
                                         f<&Ticket::body>.contains("body"));
  EXPECT_THAT(qs.plan(),
              AllOf(HasSubstr("filtered by DynamoDB; entries checked here: title icontains"),
                    HasSubstr("rows checked here: body contains")));
  const auto expected = desk.expect([](auto& t) { return t.state == "open" && t.priority == 3; },
                                    [](auto& a, auto& b) { return a.id < b.id; });
  auto got = ids(qs.to_vector());
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, expected);
  EXPECT_EQ(desk.client.batch_gets.back().tables.begin()->second.keys.size(), expected.size());
}

TEST(Projections, PagesGoBothWays) {
  Desk desk;
  desk.fill();
  for (const auto& qs :
       {Ticket::objects.filter(f<&Ticket::owner> == "o1").order_by("priority"),
        Ticket::objects.filter(f<&Ticket::owner> == "o1" && f < &Ticket::body >> "b")
            .order_by("-priority"),
        Ticket::objects.filter(f<&Ticket::owner>.in({"o1", "o2"})).order_by("priority"),
        Ticket::objects.filter(f<&Ticket::owner> == "o1" || f<&Ticket::state> == "late")
            .order_by("-title"),
        Ticket::objects.filter(f<&Ticket::tenant> == "acme").order_by("priority")}) {
    SCOPED_TRACE(qs.plan());
    const auto all = ids(qs.to_vector());
    EXPECT_GT(all.size(), 10u);
    std::vector<std::string> joined;
    std::vector<std::vector<std::string>> pages;
    std::optional<std::string> cursor, last;
    do {
      const auto page = qs.limit(4).page(cursor);
      pages.push_back(ids(page.items));
      joined.insert(joined.end(), pages.back().begin(), pages.back().end());
      cursor = page.next;
      last = page.prev;
      ASSERT_LT(pages.size(), 40u);
    } while (cursor);
    EXPECT_EQ(joined, all);
    for (std::size_t at = pages.size() - 1; last && at > 0; --at) {
      const auto page = qs.limit(4).page(last);
      EXPECT_EQ(ids(page.items), pages[at - 1]);
      last = page.prev;
    }
  }
}

TEST(Projections, ABudgetStopsBetweenBatches_AndTheCursorGoesOn) {
  Desk desk;
  desk.fill();
  const auto qs =
      Ticket::objects.filter(f<&Ticket::tenant> == "acme" && f<&Ticket::state> == "late")
          .using_index("by-state")
          .page_budget(1);
  std::vector<std::string> joined;
  std::optional<std::string> cursor;
  do {
    const auto page = qs.limit(3).page(cursor);
    const auto rows = ids(page.items);
    joined.insert(joined.end(), rows.begin(), rows.end());
    cursor = page.next;
  } while (cursor);
  std::sort(joined.begin(), joined.end());
  EXPECT_EQ(joined, desk.expect([](auto& t) { return t.tenant == "acme" && t.state == "late"; },
                                [](auto& a, auto& b) { return a.id < b.id; }));
}

TEST(Projections, ABudgetEndsAPageToo_WhoseEntriesAreAllDropped) {
  Desk desk;
  std::vector<Ticket> tickets;
  for (int i = 0; i < 500; ++i)
    tickets.push_back({.tenant = "acme",
                       .id = std::to_string(1000 + i),
                       .state = "dull",
                       .owner = "o",
                       .title = "t"});
  Ticket::objects.bulk_create(tickets);
  const auto qs =
      Ticket::objects.filter(f<&Ticket::state> == "dull" && f<&Ticket::title>.icontains("nowhere"));
  desk.client.calls.reset();
  std::optional<std::string> cursor;
  int pages = 0;
  do {
    const auto page = qs.page_budget(0.5).page(cursor);
    EXPECT_TRUE(page.items.empty());
    EXPECT_LE(desk.client.calls.query, ++pages);
    cursor = page.next;
  } while (cursor && pages < 20);
  EXPECT_EQ(cursor, std::nullopt);
  EXPECT_GE(pages, 5);
}

TEST(Projections, ASaveKeepsWhatTheIndexLacks) {
  Desk desk;
  desk.fill();
  auto fetched = *Ticket::objects.filter(f<&Ticket::owner> == "o1").order_by("priority").first();
  fetched.title = "changed";
  fetched.save();
  auto partial =
      *Ticket::objects.filter(f<&Ticket::state> == "late").only<&Ticket::title>().first();
  EXPECT_EQ(partial.body, "");  // not read
  partial.title = "changed, too";
  partial.save();
  for (const Ticket& t : {fetched, partial}) {
    const auto stored = Ticket::objects.get(t.tenant, t.id);
    const auto before = *std::find_if(desk.rows.begin(), desk.rows.end(),
                                      [&](const Ticket& r) { return r.id == t.id; });
    EXPECT_EQ(stored.title, t.title);
    EXPECT_EQ(stored.body, before.body);
    EXPECT_EQ(stored.owner, before.owner);
    EXPECT_EQ(stored.due, before.due);
  }
}

TEST(Projections, ARowThatChangedBehindItsEntry_IsCheckedAgain) {
  Desk desk;
  desk.fill();
  const auto qs = Ticket::objects.filter(f<&Ticket::owner> == "o1");
  const auto first = *qs.first();
  const auto second = qs.slice(1, 2).to_vector().at(0);
  desk.client.after_read = [&] {  // between the index and its rows
    Ticket::objects.get(first.tenant, first.id).remove();
    auto moved = Ticket::objects.get(second.tenant, second.id);
    moved.owner = "another";
    moved.save();
  };
  EXPECT_EQ(qs.to_vector().size(), 13u);
}

TEST(LocalIndexes, AreReadConsistently_AndDynamoDBFetchesWhatTheyLack) {
  Desk desk;
  desk.fill();
  const auto acme = Ticket::objects.filter(f<&Ticket::tenant> == "acme");
  const auto expected = desk.expect([](auto& t) { return t.tenant == "acme"; }, by_priority);
  const auto ordered = acme.order_by("priority").limit(9);
  EXPECT_THAT(
      ordered.plan(),
      HasSubstr("Query on index by-priority of tickets by tenant; rows fetched by DynamoDB"));
  EXPECT_EQ(ids(ordered.to_vector()), std::vector(expected.begin(), expected.begin() + 9));
  EXPECT_EQ(ids(ordered.consistent().to_vector()),
            std::vector(expected.begin(), expected.begin() + 9));
  EXPECT_TRUE(desk.client.queries.back().consistent_read);
  EXPECT_EQ(ids(acme.order_by("priority").using_index("by-priority").to_vector()), expected);
  // Not where the whole partition is read: there whole rows are cheaper, four to a block.
  EXPECT_THAT(acme.order_by("priority").plan(), HasSubstr("Query on tickets by tenant; sorted"));
  EXPECT_EQ(ids(acme.filter(f<&Ticket::priority>.between(4, 6)).consistent().to_vector()),
            desk.expect([](auto& t) { return t.tenant == "acme" && t.priority > 3; }, by_priority));
  EXPECT_EQ(desk.client.queries.back().index, "by-priority");
  EXPECT_EQ(desk.client.calls.batch_get, 0);
  // Where entries can be dropped before, rows are fetched after.
  const auto titled = acme.filter(f<&Ticket::priority> > 3 && f<&Ticket::title> == "title 1");
  EXPECT_THAT(titled.plan(), HasSubstr("rows fetched by BatchGetItem"));
  EXPECT_EQ(
      ids(titled.consistent().to_vector()),
      desk.expect(
          [](auto& t) { return t.tenant == "acme" && t.priority > 3 && t.title == "title 1"; },
          by_priority));
  EXPECT_TRUE(desk.client.batch_gets.back().tables.begin()->second.consistent_read);
  EXPECT_THROW((void)acme.using_index("by-owner").consistent().plan(), FieldError);
  EXPECT_NO_THROW((void)acme.using_index("by-priority").consistent().to_vector());
  // A row without the sort key is not in the index.
  EXPECT_THAT(acme.order_by("due").plan(), Not(HasSubstr("by-due")));
  EXPECT_THAT(acme.filter(f<&Ticket::due>.between(10, 20)).plan(), HasSubstr("by-due"));
}

TEST(KeysOfSeveral, EqualitiesAndARange_AreTheKeyCondition) {
  Desk desk;
  desk.fill();
  const auto qs =
      Ticket::objects.filter(f<&Ticket::tenant> == "acme" && f<&Ticket::state> == "late");
  EXPECT_THAT(qs.order_by("priority", "title").plan(),
              HasSubstr("Query on index by-all of tickets by tenant and state; rows fetched"));
  const auto order = [](const Ticket& a, const Ticket& b) {
    return std::tie(a.priority, a.title, a.id) < std::tie(b.priority, b.title, b.id);
  };
  const auto late = [](const Ticket& t) { return t.tenant == "acme" && t.state == "late"; };
  EXPECT_EQ(ids(qs.order_by("priority", "title").to_vector()), desk.expect(late, order));
  const auto narrow = qs.filter(f<&Ticket::priority> == 3 && f<&Ticket::title> > "title 1");
  EXPECT_THAT(narrow.plan(), HasSubstr("by tenant and state and priority and title"));
  EXPECT_EQ(ids(narrow.to_vector()),
            desk.expect([&](auto& t) { return late(t) && t.priority == 3 && t.title > "title 1"; },
                        order));
  // A gap: the second sort key is checked on the entries.
  const auto gap = qs.filter(f<&Ticket::title> == "title 2").using_index("by-all");
  EXPECT_EQ(ids(gap.order_by("priority", "title").to_vector()),
            desk.expect([&](auto& t) { return late(t) && t.title == "title 2"; }, order));
  EXPECT_THROW(
      (void)Ticket::objects.filter(f<&Ticket::tenant> == "acme").using_index("by-all").plan(),
      FieldError);
}

TEST(IndexScans, ASmallerIndexThatHoldsAll_IsScannedInstead) {
  Desk desk;
  desk.fill();
  // Rows of before the member was there lack it, and are not in the index.
  EXPECT_THAT(plan_line(Ticket::objects.only<&Ticket::state>().query()),
              HasSubstr("Scan of tickets"));
  Query states = Ticket::objects.filter(f<&Ticket::state> >= "a").query();
  states.fields = {&model_info<Ticket>().by_member("state")};
  EXPECT_THAT(plan_line(states), HasSubstr("Scan of index by-state of tickets"));
  EXPECT_EQ(Ticket::objects.distinct<&Ticket::state>().size(), 3u);
  EXPECT_EQ(Ticket::objects.count(), 60u);
  EXPECT_EQ(Ticket::objects.filter(f<&Ticket::due>.isnull(false)).count(), 20u);
  EXPECT_THAT(Ticket::objects.all().plan(), HasSubstr("Scan of tickets"));
  states.consistent = true;
  EXPECT_THAT(plan_line(states), HasSubstr("Scan of tickets"));
}

// ---- indexes that are being built

TEST(Readiness, AnIndexThatIsBeingBuiltIsNotUsed) {
  Desk desk;
  desk.fill();
  const auto qs = Ticket::objects.filter(f<&Ticket::owner> == "o1");
  const auto rows = qs.count();
  desk.connection->set_index_ready("tickets", "by-owner", false);
  EXPECT_FALSE(desk.connection->index_ready("tickets", "by-owner"));
  EXPECT_THAT(qs.plan(), Not(HasSubstr("by-owner")));
  EXPECT_EQ(qs.count(), rows);
  try {
    (void)qs.using_index("by-owner").to_vector();
    FAIL();
  } catch (const FieldError& e) {
    EXPECT_THAT(e.what(), HasSubstr("the index is still being built"));
  }
  desk.connection->set_index_ready("tickets", "by-owner", true);
  EXPECT_THAT(qs.plan(), HasSubstr("by-owner"));
}

// ---- names that a user of Django looks for

TEST(Names, IteratorLatestAndTheClientItself) {
  Desk desk;
  desk.fill();
  std::size_t n = 0;
  for (const Ticket& t : Ticket::objects.filter(f<&Ticket::owner> == "o1").iterator())
    n += !t.id.empty();
  EXPECT_EQ(n, 15u);
  EXPECT_EQ(Ticket::objects.filter(f<&Ticket::tenant> == "acme").latest("id").id, "t59");
  EXPECT_EQ(Ticket::objects.filter(f<&Ticket::tenant> == "acme").earliest("priority", "id").id,
            "t07");
  const auto page = Ticket::objects.client().scan({.table = Ticket::objects.table(), .limit = 1});
  EXPECT_FALSE(Ticket::objects.from_item(page->items[0]).body.empty());
  EXPECT_EQ(Ticket::objects.count_estimate(), 60u);
  EXPECT_EQ(Ticket::objects.filter(f<&Ticket::state> == "late").count_estimate(), 20u);
  EXPECT_EQ(Ticket::objects.filter(f<&Ticket::state> == "late").limit(7).count_estimate(), 7u);
}

}  // namespace indexes_test
