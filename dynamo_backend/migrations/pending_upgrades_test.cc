// A program that has the models of after the migrations is right before and while they run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/migrations/index_readiness.h"
#include "dynamo_backend/migrations/test_runner.h"
#include "dynamo_backend/transaction.h"
#include "dynamo_backend/unique.h"

namespace dynamo_backend::migrations {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PendingUpgradesTest : public ExecutorTest {
 protected:
  PendingUpgradesTest() {
    prepare();
    auto claims = claims_table_definition();
    claims.name = connection_->table(claims.name);
    take(engine_->create_table(claims), "CreateTable");
  }
  std::size_t refresh() {
    IndexReadiness readiness(*connection_, registry_, &graph_);
    return readiness.refresh();
  }
  static std::set<std::string> names(const QuerySet<Product>& rows) {
    std::set<std::string> found;
    for (const Product& p : rows) found.insert(p.name);
    return found;
  }
  static std::set<std::string> expected(const std::function<bool(int)>& holds) {
    std::set<std::string> all;
    for (int n = 0; n < kRows; ++n)
      if (holds(n)) all.insert(shop::name_of(n));
    return all;
  }
  static Product product(int n) {
    return Product::objects.get(f<&Product::pk> ==
                                *Uuid::parse(shop::first_row(n).at("pk").as<std::string>()));
  }
  // Every kind of query on what the migrations rename, convert, add and compute.
  static void expect_right() {
    EXPECT_EQ(names(Product::objects.filter(f<&Product::code> == "c3")),
              expected([](int n) { return n % 10 == 3; }));
    EXPECT_EQ(names(Product::objects.exclude(f<&Product::code> == "c3")),
              expected([](int n) { return n % 10 != 3; }));
    EXPECT_EQ(names(Product::objects.filter(f<&Product::price> >= 9)),
              expected([](int n) { return n >= 9; }));
    EXPECT_EQ(Product::objects.filter(f<&Product::price>.between(5, 14)).count(), 10u);
    EXPECT_EQ(Product::objects.filter(f<&Product::subtitle> == "none").count(), std::size_t{kRows});
    EXPECT_EQ(names(Product::objects.filter(f<&Product::slug>.startswith("the-product101"))),
              expected([](int n) { return n / 10 == 1; }));
    const auto dearest = Product::objects.order_by("-price").limit(3);
    std::vector<std::int64_t> prices;
    for (const Product& p : dearest) prices.push_back(p.price);
    EXPECT_THAT(prices, ElementsAre(39, 38, 37));
    EXPECT_EQ(Product::objects.sum<&Product::price>(), kRows * (kRows - 1) / 2);
    const auto pairs = Product::objects.filter(f<&Product::name> == shop::name_of(7))
                           .values<&Product::code, &Product::price>();
    EXPECT_THAT(pairs, ElementsAre(std::tuple(std::string("c7"), std::int64_t{7})));
  }
};

TEST_F(PendingUpgradesTest, BeforeAMigration_QueriesAreRight) {
  EXPECT_GT(refresh(), 0u);
  expect_right();
}

// At every call of the run, the rows are some of them as before and some as after.
TEST_F(PendingUpgradesTest, WhileMigrationsRun_QueriesAreRight) {
  refresh();
  int asked = 0;
  bool asking = false;
  Connection runner(client_, {.table_prefix = "t_", .sleep = [](milliseconds) {}});
  client_.before = [&](int number) -> std::optional<dynamodb::Error> {
    if (asking || number % 7 != 0) return std::nullopt;
    asking = true;
    refresh();
    expect_right();
    asking = false;
    ++asked;
    return std::nullopt;
  };
  MigrateOptions with = options();
  with.segments = 1;
  migrate(runner, graph_, {}, with, registry_);
  client_.before = {};
  EXPECT_GT(asked, 20);
  EXPECT_EQ(refresh(), 0u);
  expect_right();
}

TEST_F(PendingUpgradesTest, WritesMeetWhatWasShown_AndPutTheNewShape) {
  refresh();
  Product p = product(3);
  EXPECT_EQ(p.price, 3);
  p.price = 70;
  p.save();
  EXPECT_EQ(Product::objects.filter(f<&Product::code> == "c4")
                .update(f<& Product::price> = f<&Product::price> + 1, f<& Product::code> = "d4"),
            4u);
  EXPECT_EQ(product(14).price, 15);
  EXPECT_EQ(product(14).code, "d4");
  EXPECT_TRUE(product(24).code == "d4" && product(24).version == 2);
  transaction([&](Transaction& t) {
    Product q = t.get<Product>(product(5).pk);
    q.code = "e5";
    t.save(q);
  });
  product(6).remove();
  const dynamodb::Item stored = row(3);
  EXPECT_EQ(stored.at("price"), Value(70));
  EXPECT_EQ(stored.at("code"), Value("c3"));
  EXPECT_EQ(stored.count("old_code"), 0u);
  go();
  EXPECT_EQ(row(3).at("price"), Value(70));
  EXPECT_EQ(row(3).at("shelf"), Value("dear"));
  EXPECT_EQ(row(14).at("price"), Value(15));
  EXPECT_EQ(row(5).at("code"), Value("e5"));
  EXPECT_EQ(row(6).size(), 0u);
  EXPECT_EQ(row(7).at("price"), Value(7));
}

// The walk must not bring back under the new name what the program has written since.
TEST_F(PendingUpgradesTest, ARowThatWasWritten_IsLeftAloneByTheRun) {
  refresh();
  Product p = product(8);
  p.code = "";
  p.save();
  go();
  EXPECT_EQ(row(8).at("code"), Value(""));
  EXPECT_EQ(row(8).at("version"), Value(2));  // of this save alone
}

// What a program knows of the table whose index by kind holds the price.
struct Priced : DynamoModel<Priced> {
  std::string kind{};
  std::int64_t price = 0;
  static constexpr auto schema = define<Priced>(
      {.app_label = "shop", .table_name = "shop_product"}, CharField<&Priced::kind>{},
      IntegerField<&Priced::price>{},
      Index<&Priced::kind>{.name = "kind-price", .includes = includes<&Priced::price>()});
};

TEST_F(PendingUpgradesTest, AnIndexThatHoldsWhatChanges_IsNotUsed) {
  const AlterField to_integer{.model = "Product",
                              .field = shop::detail::field("price", "integer"),
                              .conversion = "text to integer"};
  const AddIndex index{"Product",
                       {.name = "kind-price",
                        .partition = {"kind"},
                        .projection = dynamodb::ProjectionType::include,
                        .include = {"price"}}};
  graph_ = graph_of({{shop::graph().of_app("shop")[0]->operations[0]}, {index}, {to_integer}});
  const auto engine = dynamodb::local::Engine::open({});
  const ScopedConnection connection(*engine, {.table_prefix = "t_"});
  Registry registry;
  registry.add<Priced>();
  const auto run = [&](const char* target) {
    migrate(Connection::current(), graph_, {.app = "shop", .target = target}, options(), registry);
  };
  run("0001");
  shop::seed(Connection::current(), kRows);
  run("0002");
  IndexReadiness readiness(Connection::current(), registry, &graph_);
  EXPECT_EQ(readiness.refresh(), 2u);
  EXPECT_THAT(readiness.pending(), ElementsAre("shop_product/kind-price"));
  const auto dear = Priced::objects.filter(f<&Priced::kind> == "kind3" && f<&Priced::price> > 9);
  EXPECT_EQ(dear.count(), 5u);  // 10, 17, 24, 31, 38
  run("0003");
  EXPECT_EQ(readiness.refresh(), 0u);
  EXPECT_EQ(dear.count(), 5u);
}

TEST_F(PendingUpgradesTest, ARowThatCannotBeConverted_IsNamed) {
  refresh();
  set(2, "price", Value("two"));
  const std::string pk = shop::first_row(2).at("pk").as<std::string>();
  try {
    product(2);
    FAIL();
  } catch (const DatabaseError& error) {
    EXPECT_THAT(error.what(), HasSubstr(pk));
    EXPECT_THAT(error.what(), HasSubstr("its price is \"two\", which is no number"));
  }
  EXPECT_EQ(product(3).price, 3);
}

}  // namespace
}  // namespace dynamo_backend::migrations
