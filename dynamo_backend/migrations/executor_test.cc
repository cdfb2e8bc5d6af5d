// Migrations of the test shop, run on the embedded engine: whole, stopped at every call, beside a
// program that writes, backwards, and what is refused.
#include "dynamo_backend/migrations/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/migrations/history.h"
#include "dynamo_backend/migrations/test_metered_client.h"
#include "dynamo_backend/migrations/test_shop.h"
#include "dynamo_backend/tables.h"
#include "dynamodb/local/engine.h"

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

using shop::Product;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr int kRows = 40;

class ExecutorTest : public testing::Test {
 protected:
  ExecutorTest() { registry_.add<Product>(); }

  MigrateOptions options() {
    return {.segments = 3,
            .lease = {.heartbeat = milliseconds(0)},
            .clock = [this] { return microseconds(clock_.load()); },
            .sleep = [this](milliseconds t) { clock_ += microseconds(t).count(); }};
  }
  MigrateResult go(const std::string& target, MigrateOptions with) {
    return migrate(*connection_, graph_, {.app = "shop", .target = target}, with, registry_);
  }
  MigrateResult go(const std::string& target = "") { return go(target, options()); }
  std::string refusal(const std::string& target, MigrateOptions with) {
    try {
      go(target, with);
    } catch (const MigrationError& error) {
      return error.what();
    }
    return "none";
  }
  void prepare() {
    go("0001");
    shop::seed(*connection_, kRows);
  }
  dynamodb::Item row(int n) {
    const auto got = engine_->get_item({.table = "t_shop_product",
                                        .key = {{"pk", shop::first_row(n).at("pk")}},
                                        .consistent_read = true});
    return got->item ? dynamodb::unpack(got->item->view()) : dynamodb::Item{};
  }
  void set(int n, const std::string& attribute, const Value& value) {
    engine_
        ->update_item({.table = "t_shop_product",
                       .key = {{"pk", shop::first_row(n).at("pk")}},
                       .update = {.set = {{dynamodb::Path(attribute), {value}}}}})
        .value();
  }

  const std::unique_ptr<dynamodb::local::Engine> engine_ = dynamodb::local::Engine::open({});
  std::atomic<std::int64_t> clock_{0};
  MeteredClient client_{*engine_, [this] { return microseconds(clock_.load()); }};
  ScopedConnection connection_{client_, {.table_prefix = "t_", .sleep = [](milliseconds) {}}};
  MigrationGraph graph_ = shop::graph();
  Registry registry_{};
};

TEST_F(ExecutorTest, RowsOfTheFullTextIndex_AreRewrittenWithTheirVersion) {
  using shop::detail::field;
  MigrationGraph graph;
  graph.add(
      {.id = {"shelf", "0001_initial"},
       .operations = {CreateTable{{.app = "shelf",
                                   .name = "Note",
                                   .table = "shelf_note",
                                   .partition = "pk",
                                   .fields = {field("pk", "uuid"), field("text", "text")}}}}});
  graph.add(
      {.id = {"shelf", "0002_colour"},
       .dependencies = {{"shelf", "0001_initial"}},
       .operations = {AddField{
           .model = "Note", .field = field("colour", "text"), .backfill = {.value = "red"}}}});
  graph.link();
  registry_.add<shelf::Note>();
  migrate(*connection_, graph, {.app = "shelf", .target = "0001"}, options(), registry_);
  const auto row = [&](const char* pk) {
    const auto got = engine_->get_item({.table = "t_shelf_note", .key = {{"pk", pk}}}).value();
    return dynamodb::unpack(got.item->view());
  };
  engine_->put_item({.table = "t_shelf_note", .item = {{"pk", "old"}, {"text", "x"}}}).value();
  engine_
      ->put_item({.table = "t_shelf_note",
                  .item = {{"pk", "known"}, {"text", "x"}, {"search_version", 41}}})
      .value();
  migrate(*connection_, graph, {.app = "shelf", .target = ""}, options(), registry_);
  EXPECT_EQ(row("known").at("colour"), Value("red"));
  EXPECT_EQ(row("known").at("search_version"), Value(42));
  EXPECT_GT(row("old").at("search_version").as<dynamodb::Number>(), dynamodb::Number(1'000'000));
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

TEST_F(ExecutorTest, AProgramWritesBetweenReadAndWrite_NothingIsLost_NothingComesBack) {
  prepare();
  std::atomic<int> writes{0};
  client_.before = [&](int number) -> std::optional<dynamodb::Error> {
    if (number % 4 != 0) return std::nullopt;
    const int n = writes++ % kRows;
    const auto key = dynamodb::Item{{"pk", shop::first_row(n).at("pk")}};
    if (n % 10 == 9) {
      engine_->delete_item({.table = "t_shop_product", .key = key}).value();
    } else {
      engine_
          ->update_item({.table = "t_shop_product",
                         .key = key,
                         .update = {.add = {{"stock", Value(1)}}},
                         .condition = dynamodb::attribute_exists("pk")})
          .value();
    }
    return std::nullopt;
  };
  go();
  client_.before = {};
  std::int64_t stock = 0, deleted = 0;
  for (int n = 0; n < kRows; ++n) {
    const auto item = row(n);
    if (n % 10 == 9) {
      ++deleted;
      EXPECT_TRUE(item.empty()) << n;
      continue;
    }
    stock += std::stoll(item.at("stock").as<dynamodb::Number>().text());
    EXPECT_EQ(item.at("slug"), Value("the-" + shop::name_of(n)));
  }
  std::int64_t expected = 0;
  for (int i = 0; i < writes; ++i) expected += i % kRows % 10 != 9;
  EXPECT_EQ(stock, expected);
}

TEST_F(ExecutorTest, RowsCountTheirVersionUp_SoThatASaveOfTheRowBeforeIsAConflict) {
  prepare();
  auto before = shop::View::objects.get(
      f<&shop::View::pk> == Uuid::parse(shop::first_row(5).at("pk").as<std::string>()).value());
  go("0002");
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

TEST_F(ExecutorTest, Backwards_WhereNothingIsLost) {
  prepare();
  const std::string before = shop::dump(*engine_);
  go("0003");
  go("0001");
  for (int n = 0; n < kRows; ++n) set(n, "version", Value(1));
  EXPECT_EQ(shop::dump(*engine_), before);
}

TEST_F(ExecutorTest, Backwards_RefusedWithTheReason_BeforeAnythingIsDone) {
  prepare();
  go();
  const std::string after = shop::dump(*engine_);
  EXPECT_THAT(refusal("0004", options()), HasSubstr("shop.0005_unique cannot be undone: \"Delete"));
  EXPECT_EQ(shop::dump(*engine_), after);
}

TEST_F(ExecutorTest, Backwards_ValuesThatOthersWrote_AreNotDroppedUnlessAsked) {
  prepare();
  go("0002");
  set(7, "subtitle", Value("mine"));
  EXPECT_THAT(refusal("0001", options()),
              HasSubstr("shop.0002_subtitle cannot be undone safely: \"Add field subtitle"));
  EXPECT_EQ(row(7).at("subtitle"), Value("mine"));
  EXPECT_THAT(refusal("zero", options()), HasSubstr("cannot be undone safely"));
  auto with = options();
  with.allow_data_loss = true;
  go("0001", with);
  EXPECT_EQ(row(7).count("subtitle"), 0u);
  EXPECT_EQ(row(7).at("old_code"), Value("c7"));
  EXPECT_THAT(refusal("zero", options()), HasSubstr("has rows, which would go with it"));
  go("zero", with);
  EXPECT_FALSE(engine_->describe_table("t_shop_product"));
  EXPECT_TRUE(read_history(*connection_).empty());
}

TEST_F(ExecutorTest, HalfDone_MayBeUndone) {
  prepare();
  auto with = options();
  const int first = client_.calls;
  with.stop = [&] { return client_.calls > first + 30; };
  EXPECT_THROW(go("0002", with), Interrupted);
  ASSERT_EQ(read_history(*connection_).at(1).phase, MigrationPhase::applying);
  go("0001");
  ASSERT_EQ(read_history(*connection_).size(), 1u);
  for (int n = 0; n < kRows; ++n) EXPECT_EQ(row(n).count("subtitle"), 0u);
}

TEST_F(ExecutorTest, HalfDone_AndItsFileChanged_IsRefused) {
  prepare();
  auto with = options();
  bool stop = false;
  with.event = [&](const MigrationEvent& e) { stop = stop || e.operation.starts_with("Rename"); };
  with.stop = [&] { return stop; };
  EXPECT_THROW(go("", with), Interrupted);
  Migration changed = *graph_.find({"shop", "0002_subtitle"});
  std::get<AddField>(changed.operations[0]).backfill.value = Value("another");
  MigrationGraph graph;
  graph.add(*graph_.find({"shop", "0001_initial"}));
  graph.add(changed);
  graph.link();
  try {
    migrate(*connection_, graph, {}, options(), registry_);
    FAIL();
  } catch (const MigrationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("shop.0002_subtitle is half done"));
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

TEST_F(ExecutorTest, TablesThatAreThere_AreAdopted_AndWhatTheyLackIsAdded) {
  const ModelState product =
      std::get<CreateTable>(graph_.find({"shop", "0001_initial"})->operations[0]).model;
  auto definition = table_definition(product);
  definition.name = "t_" + definition.name;
  definition.global_indexes.clear();
  engine_->create_table(definition).value();
  shop::seed(*connection_, kRows);
  go();
  EXPECT_EQ(Product::objects.filter(f<&Product::kind> == "kind1").count(), 6u);
}

TEST_F(ExecutorTest, ATableWithAnotherKey_IsRefused) {
  engine_->create_table({.name = "t_shop_product", .key = {.partition = {"id", dynamodb::Type::N}}})
      .value();
  EXPECT_THAT(refusal("", options()),
              HasSubstr("exists with the key id (N); the migration needs pk (S)"));
}

TEST_F(ExecutorTest, AnIndexThatAnotherIsMaking_IsWaitedFor) {
  prepare();
  int tries = 0;
  client_.before_update_table = [&](const dynamodb::UpdateTableRequest& request) {
    if (request.create_index && tries++ == 0)
      engine_
          ->update_table(
              {.table = "t_shop_product",
               .create_index = dynamodb::IndexDefinition{.name = "other", .key = {{"name"}}}})
          .value();
  };
  go();
  EXPECT_EQ(engine_->describe_table("t_shop_product")->global_indexes.size(), 4u);
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

}  // namespace
}  // namespace dynamo_backend::migrations
