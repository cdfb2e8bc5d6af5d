// Migrations of the test shop, run on the embedded engine: whole, stopped at every call, beside a
// program that writes, and what is refused.
#include "dynamo_backend/migrations/executor.h"

#include "dynamo_backend/migrations/test_runner.h"
#include "dynamo_backend/migrations/test_states.h"

namespace shelf {

using namespace dynamo_backend;

// A model of the full-text index.
struct Note : DynamoModel<Note> {
  std::string text{};
  std::string colour{};
  static constexpr auto schema =
      define<Note>({.table_name = "shelf_note", .opensearch_sync = true},
                   TextField<&Note::text>{.searchable = true}, CharField<&Note::colour>{});
};

}  // namespace shelf

namespace dynamo_backend::migrations {
namespace {

// Its first migration, by which a note has a text alone.
MigrationGraph shelf_graph() {
  MigrationGraph graph;
  graph.add(
      {.id = {"shelf", "0001_initial"},
       .operations = {CreateTable{{.app = "shelf",
                                   .name = "Note",
                                   .table = "shelf_note",
                                   .partition = "pk",
                                   .fields = {field("pk", "uuid"), field("text", "text")}}}}});
  return graph;
}

TEST_F(ExecutorTest, RowsOfTheFullTextIndex_AreRewrittenWithTheirVersion) {
  MigrationGraph graph = shelf_graph();
  graph.add(
      {.id = {"shelf", "0002_colour"},
       .dependencies = {{"shelf", "0001_initial"}},
       .operations = {AddField{
           .model = "Note", .field = field("colour", "text"), .backfill = {.value = "red"}}}});
  graph.link();
  registry_.add<shelf::Note>();
  migrate(*connection_, graph, {.app = "shelf", .target = "0001"}, options(), registry_);
  const auto note = [&](const char* pk) {
    const auto got = engine_->get_item({.table = "t_shelf_note", .key = {{"pk", pk}}}).value();
    return dynamodb::unpack(got.item->view());
  };
  engine_->put_item({.table = "t_shelf_note", .item = {{"pk", "old"}, {"text", "x"}}}).value();
  engine_
      ->put_item({.table = "t_shelf_note",
                  .item = {{"pk", "known"}, {"text", "x"}, {"search_version", 41}}})
      .value();
  // Of a size that grows past a write unit by the version alone.
  for (int n = 0; n < 8; ++n)
    engine_
        ->put_item({.table = "t_shelf_note",
                    .item = {{"pk", std::to_string(n)}, {"text", std::string(995, 'x')}}})
        .value();
  auto with = options();
  with.budget = {.write = 5};
  client_.forget();
  migrate(*connection_, graph, {.app = "shelf", .target = ""}, with, registry_);
  EXPECT_LE(client_.most_written_in_a_second(), 5);
  EXPECT_EQ(note("known").at("colour"), Value("red"));
  EXPECT_EQ(note("known").at("search_version"), Value(42));
  EXPECT_GT(note("old").at("search_version").as<dynamodb::Number>(), dynamodb::Number(1'000'000));
}

// An older program, or with the newer one back: what it cannot do is not recorded as done.
TEST_F(ExecutorTest, WhatTheProgramDoesNotDeclare_IsNotAppliedByIt) {
  MigrationGraph graph = shelf_graph();
  graph.add({.id = {"shelf", "0002_feed"},
             .dependencies = {{"shelf", "0001_initial"}},
             .operations = {AddField{.model = "Note", .field = computed("feed")}}});
  graph.add({.id = {"shelf", "0003_unique"},
             .dependencies = {{"shelf", "0002_feed"}},
             .operations = {AddUnique{"Note", {.fields = {"text"}}}}});
  graph.link();
  registry_.add<shelf::Note>();
  const auto to = [&](const char* target) {
    return migrate(*connection_, graph, {.app = "shelf", .target = target}, options(), registry_);
  };
  to("0001");
  expect_error([&] { to("0002"); }, "shelf.Note does not have the computed field feed");
  expect_error([&] { to(""); }, "does not have");
  // Taken away again by the last: on the way there the program need not have it.
  graph.add({.id = {"shelf", "0004_gone"},
             .dependencies = {{"shelf", "0003_unique"}},
             .operations = {RemoveField{"Note", "feed"}, RemoveUnique{"Note", {"text"}}}});
  graph.link();
  EXPECT_EQ(to("").done.size(), 3u);
  // Back before that it would have to.
  expect_error([&] { to("0003"); }, "does not have");
}

TEST_F(ExecutorTest, AComputedFieldOfAnotherType_IsNotWhatTheProgramDeclares) {
  FieldState shelf = computed("shelf");
  shelf.type = "integer";
  MigrationGraph graph;
  for (const char* name : {"0001_initial", "0002_subtitle", "0003_price"})
    graph.add(*graph_.find({"shop", name}));
  graph.add(shop::detail::migration("0004_shelf", "0003_price",
                                    {AddField{.model = "Product", .field = shelf}}));
  graph.link();
  prepare();
  graph_ = std::move(graph);
  EXPECT_THAT(refusal("", options()),
              HasSubstr("shop.Product does not have the computed field shelf (integer)"));
}

TEST_F(ExecutorTest, AllMigrations_RowsAndTablesAreAsTheModelsNeedThem) {
  prepare();
  go();
  EXPECT_EQ(Product::objects.count(), static_cast<std::size_t>(kRows));
  for (int n = 0; n < kRows; ++n) {
    const auto p = Product::objects.get(
        f<&Product::pk> == Uuid::parse(shop::first_row(n).at("pk").as<std::string>()).value());
    EXPECT_EQ(p.name, shop::name_of(n));
    EXPECT_EQ(p.code, "c" + std::to_string(n % 10));
    EXPECT_EQ(p.subtitle, "none");
    EXPECT_EQ(p.slug, "the-" + shop::name_of(n));
    EXPECT_EQ(p.price, n % 100);
    EXPECT_EQ(row(n).count("old_code"), 0u);
    EXPECT_EQ(row(n).count("shelf"), n % 100 >= 50 ? 1u : 0u);
  }
  EXPECT_EQ(Product::objects.filter(f<&Product::kind> == "kind1").count(), 6u);
  const auto d = engine_->describe_table("t_shop_product").value();
  EXPECT_EQ(d.global_indexes.size(), 3u);
  EXPECT_EQ(d.definition.settings.stream, dynamodb::StreamViewType::keys_only);
  EXPECT_FALSE(engine_->describe_table("t_shop_gone"));
  EXPECT_THROW(Product::objects.create({.name = shop::name_of(3), .kind = "k"}), IntegrityError);
  const auto history = read_history(*connection_);
  ASSERT_EQ(history.size(), 5u);
  for (const auto& record : history) EXPECT_EQ(record.phase, MigrationPhase::applied);
  EXPECT_TRUE(go().done.empty());
}

TEST_F(ExecutorTest, StoppedAtEachCall_TheNextRunGoesOn_ToTheSameEnd) {
  prepare();
  go();
  const std::string expected = shop::dump(*engine_);

  const auto other = dynamodb::local::Engine::open({});
  MeteredClient client(*other);
  const ScopedConnection connection(client, {.table_prefix = "t_", .sleep = [](milliseconds) {}});
  auto with = options();
  with.segments = 3;
  migrate(Connection::current(), graph_, {.app = "shop", .target = "0001"}, with, registry_);
  shop::seed(Connection::current(), kRows);
  int runs = 0;
  for (int calls = 1;; ++calls) {
    // A run goes on at the page where the one before was, so that some must get through a page.
    const int last = client.calls + calls % 120;
    with.stop = [&] { return client.calls >= last; };
    ++runs;
    try {
      migrate(Connection::current(), graph_, {}, with, registry_);
      break;
    } catch (const Interrupted&) {
    }
    ASSERT_LT(runs, 1000);
  }
  EXPECT_GT(runs, 10);
  EXPECT_EQ(shop::dump(*other), expected);
}

TEST_F(ExecutorTest, FailingCallsAreTriedAgain) {
  prepare();
  client_.before = [](int number) -> std::optional<dynamodb::Error> {
    if (number % 3 == 0)
      return dynamodb::Error{dynamodb::ErrorCode::provisioned_throughput_exceeded, "slow"};
    if (number % 7 == 0) return dynamodb::internal_error("a test");
    return std::nullopt;
  };
  go();
  client_.before = {};
  EXPECT_EQ(Product::objects.filter(f<&Product::subtitle> == "none").allow_scan("a test").count(),
            static_cast<std::size_t>(kRows));
}

TEST_F(ExecutorTest, NotMuchLessThanTheBudgetInASecond) {
  prepare();
  auto with = options();
  with.budget = {.write = 25};
  with.segments = 1;  // threads that wait for one another would move the clock on
  const auto began = clock_.load();
  const auto result = go("", with);
  EXPECT_LT(clock_ - began, static_cast<std::int64_t>(result.consumed.write / 25 * 2.5e6));
}

TEST_F(ExecutorTest, NeverMoreThanTheBudgetInASecond) {
  prepare();
  auto with = options();
  with.budget = {.write = 25};
  client_.forget();
  const auto result = go("", with);
  EXPECT_LE(client_.most_written_in_a_second(), 25);
  EXPECT_GT(result.consumed.write, 200);
  EXPECT_NEAR(result.consumed.write, client_.written(), 2);
  with.budget = {.write = 2};
  EXPECT_THAT(refusal("", with), HasSubstr("less than 5"));
}

TEST_F(ExecutorTest, SegmentsAreFewer_WhereTheirRecordWouldTakeMoreThanTheBudget) {
  prepare();
  auto with = options();
  with.budget = {.write = 5};
  with.segments = 64;
  with.stop = [&] {
    const auto history = read_history(*connection_);
    return history.size() == 2 && !history[1].segments.empty();
  };
  EXPECT_THROW(go("0002", with), Interrupted);
  EXPECT_EQ(read_history(*connection_).at(1).segments.size(), 32u);
}

// Each time before a row is changed, a program writes that very row: not the migration's second try
// of it.
TEST_F(ExecutorTest, AProgramWritesBetweenReadAndWrite_NothingIsLost_NothingComesBack) {
  prepare();
  const auto numbers = row_numbers();
  std::mutex mutex;
  std::map<std::string, int> tries, stock;
  client_.before_update_item = [&](const dynamodb::UpdateItemRequest& request) {
    if (request.table != "t_shop_product") return;
    const std::string pk = request.key.at("pk").as<std::string>();
    const std::lock_guard lock(mutex);
    const int n = numbers.at(pk);
    if (tries[pk]++ % 2 == 1) return;
    if (n % 10 == 9) {
      engine_->delete_item({.table = request.table, .key = request.key}).value();
      return;
    }
    const auto sets = [&](const char* attribute) {
      return std::any_of(request.update.set.begin(), request.update.set.end(),
                         [&](const auto& s) { return s.path == dynamodb::Path(attribute); });
    };
    dynamodb::UpdateItemRequest write{.table = request.table, .key = request.key};
    if (n % 10 == 3 && sets("subtitle")) {
      write.update.set.push_back({"subtitle", {Value("mine")}});
    } else {
      write.update.add.push_back({"stock", Value(1)});
      ++stock[pk];
    }
    if (n % 10 == 5 && sets("slug"))
      write.update.set.push_back({"name", {Value("mine" + std::to_string(n))}});
    engine_->update_item(write).value();
  };
  go();
  client_.before_update_item = {};
  for (int n = 0; n < kRows; ++n) {
    const auto now = row(n);
    EXPECT_EQ(now.empty(), n % 10 == 9) << n;
    if (now.empty()) continue;
    const int added = stock[now.at("pk").as<std::string>()];
    EXPECT_GT(added, 0) << n;
    EXPECT_EQ(now.at("stock"), Value(added)) << n;
    EXPECT_EQ(now.at("subtitle"), Value(n % 10 == 3 ? "mine" : "none")) << n;
    const std::string name = n % 10 == 5 ? "mine" + std::to_string(n) : shop::name_of(n);
    EXPECT_EQ(now.at("name"), Value(name)) << n;
    EXPECT_EQ(now.at("slug"), Value("the-" + name)) << n;
    EXPECT_EQ(now.at("price"), Value(n % 100)) << n;
  }
}

TEST_F(ExecutorTest, RowsCountTheirVersionUp_SoThatASaveOfTheRowBeforeIsAConflict) {
  prepare();
  go("0003");
  auto before = Product::objects.get(
      f<&Product::pk> == Uuid::parse(shop::first_row(5).at("pk").as<std::string>()).value());
  go("0004");
  before.stock = 7;
  EXPECT_THROW(before.save(), ConflictError);
}

TEST_F(ExecutorTest, Duplicates_AreNamed_AndTheMigrationGoesOnOnceTheyAreMended) {
  prepare();
  go("0004");
  set(3, "name", Value(shop::name_of(4)));
  set(5, "name", Value(shop::name_of(4)));
  const std::string text = refusal("", options());
  EXPECT_THAT(text, HasSubstr("shop.0005_unique"));
  EXPECT_THAT(text, HasSubstr("2 rows share values"));
  int named = 0;
  for (int n : {3, 4, 5})
    named += text.find(shop::first_row(n).at("pk").as<std::string>()) != std::string::npos;
  EXPECT_EQ(named, 3);
  for (int n : {3, 4, 5}) set(n, "name", Value("mended" + std::to_string(n)));
  go();
  EXPECT_THROW(Product::objects.create({.name = "mended3", .kind = "k"}), IntegrityError);
  EXPECT_NO_THROW(Product::objects.create({.name = shop::name_of(4), .kind = "k"}))
      << "its claim was stale";
}

// What a run that was cut off has counted says neither which rows they are nor that they are so
// yet.
TEST_F(ExecutorTest, Duplicates_AreLookedForAgain_AfterAnInterruption) {
  prepare();
  go("0004");
  auto with = options();
  with.segments = 8;
  with.stop = [&] {
    for (const MigrationRecord& record : read_history(*connection_))
      for (const SegmentProgress& s : record.segments)
        if (s.refused > 0) return true;
    return false;
  };
  const std::string first = shop::first_row(3).at("pk").as<std::string>();
  for (const bool mended : {false, true}) {
    set(3, "name", Value(shop::name_of(4)));
    EXPECT_THROW(go("", with), Interrupted);
    if (mended) set(3, "name", Value("mended"));
    const std::string text = refusal("", options());
    EXPECT_THAT(text, HasSubstr(mended ? "none" : first));
  }
}

TEST_F(ExecutorTest, Fake_RecordsOnly) {
  auto with = options();
  with.fake = true;
  go("0002", with);
  EXPECT_EQ(read_history(*connection_).size(), 2u);
  EXPECT_FALSE(engine_->describe_table("t_shop_product"));
  go("zero", with);
  EXPECT_TRUE(read_history(*connection_).empty());
}

TEST_F(ExecutorTest, AFunctionThatIsNotRegistered_IsRefusedBeforeAnythingIsDone) {
  MigrationGraph graph;
  graph.add({.id = {"shop", "0001_initial"},
             .operations = {graph_.find({"shop", "0001_initial"})->operations[0],
                            RunFunction{.function = "shop.none", .model = "Product"}}});
  graph.link();
  EXPECT_THROW(migrate(*connection_, graph, {}, options(), registry_), MigrationError);
  EXPECT_FALSE(engine_->describe_table("t_shop_product"));
}

TEST_F(ExecutorTest, ASecondRunnerStops) {
  make_history_table(RunControl(*connection_, *std::make_unique<CapacityBudget>()));
  CapacityBudget budget;
  const RunControl control(*connection_, budget);
  const Lease lease(control);
  EXPECT_THROW(go(), LeaseHeld);
}

TEST_F(ExecutorTest, ATransactionThatIsRefused_IsNotTakenForALostLease) {
  client_.before_transaction = [](const auto&) {
    return std::optional(
        dynamodb::transaction_canceled({{}, {"ValidationError", "Item size has exceeded 400 KB"}}));
  };
  try {
    go();
    FAIL();
  } catch (const DatabaseError& error) {
    EXPECT_THAT(error.what(), HasSubstr("ValidationError"));
  }
}

}  // namespace
}  // namespace dynamo_backend::migrations
