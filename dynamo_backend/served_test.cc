// What the compiler says of a condition is what the planner does: hundreds of combinations of
// conditions, each run where a Scan is forbidden.
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"

namespace served_test {
using namespace dynamo_backend;
using strict::f;

struct Owner : DynamoModel<Owner> {
  std::string name{};
  std::string town{};
  static constexpr auto schema =
      define<Owner>(CharField<&Owner::name>{.index = true}, CharField<&Owner::town>{});
};

struct Label : DynamoModel<Label> {
  std::string name{};
  static constexpr auto schema = define<Label>(CharField<&Label::name>{.unique = true});
};

struct Item : DynamoModel<Item> {
  std::string code{};
  std::string text{};
  std::int64_t shelf = 0;
  std::int64_t box = 0;
  std::optional<std::int64_t> rank{};
  std::optional<std::string> nick{};
  Ref<Owner> owner_pk{};
  bool sold = false;
  Many<Label> labels{};
  static std::optional<std::string> offer(const Item& i) {
    return i.sold ? std::nullopt : std::optional<std::string>("all");
  }
  static constexpr auto schema = define<Item>(
      CharField<&Item::code>{.unique = true}, TextField<&Item::text>{},
      IntegerField<&Item::shelf>{}, IntegerField<&Item::box>{}, IntegerField<&Item::rank>{},
      CharField<&Item::nick>{.index = true}, ForeignKey<&Item::owner_pk>{},
      BooleanField<&Item::sold>{}, ManyToManyField<&Item::labels>{},
      Index<&Item::shelf, &Item::box>{.name = "shelf-box"},
      Index<&Item::box, &Item::rank>{.name = "box-rank"},
      ComputedIndex<&Item::offer, &Item::shelf>{.name = "offer"});
};

struct Reading : DynamoTable<Reading> {
  std::string sensor{};
  std::int64_t at = 0;
  std::int64_t value = 0;
  std::optional<std::int64_t> quality{};
  static constexpr auto schema = define<Reading>(
      PartitionKey<&Reading::sensor>{}, SortKey<&Reading::at>{}, IntegerField<&Reading::value>{},
      IntegerField<&Reading::quality>{}, Index<&Reading::value, &Reading::at>{.name = "value-at"},
      Index<&Reading::sensor, &Reading::quality>{.name = "sensor-quality", .local = true});
};

// A key of several attributes, as DynamoDB's indexes may have.
struct Match : DynamoModel<Match> {
  std::string league{};
  std::string season{};
  std::string round{};
  std::optional<std::int64_t> table{};
  static constexpr auto schema = define<Match>(
      CharField<&Match::league>{}, CharField<&Match::season>{}, CharField<&Match::round>{},
      IntegerField<&Match::table>{},
      Index<&Match::league, &Match::season, &Match::round>{.name = "season", .hash_keys = 2},
      Index<&Match::season, &Match::round, &Match::table>{.name = "tables"});
};

static_assert(served_by_index<&Item::pk> && served_by_index<&Item::code>);
static_assert(served_by_index<&Item::nick> && served_by_index<&Item::owner_pk>);
static_assert(served_by_index<&Item::shelf> && served_by_index<&Item::shelf, &Item::box>);
static_assert(served_by_index<&Item::offer> && served_by_index<&Item::offer, &Item::shelf>);
static_assert(!served_by_index<&Item::text> && !served_by_index<&Item::sold>);
// Rows without a rank are not in box-rank.
static_assert(!served_by_index<&Item::box> && !served_by_index<&Item::box, &Item::rank>);
static_assert(!served_by_index<&Item::code, &Item::box>);
static_assert(served_by_index<&Reading::sensor> && served_by_index<&Reading::sensor, &Reading::at>);
static_assert(served_by_index<&Reading::value, &Reading::at> && !served_by_index<&Reading::at>);
static_assert(served_by_index<&test_blog::Post::author_pk, &test_blog::Post::created_at>);

static_assert(served_by_index<&Match::league, &Match::season>);
static_assert(served_by_index<&Match::season, &Match::league, &Match::round>);
static_assert(!served_by_index<&Match::league> && !served_by_index<&Match::league, &Match::round>);
static_assert(
    !served_by_index<&Match::season, &Match::round>);  // rows without a table are not there

class Served : public testing::Test {
 public:
  Served() : db_({.scan_policy = ScanPolicy::forbid}) {
    ensure_table<Owner>();
    ensure_table<Label>();
    ensure_table<Item>();
    ensure_table<Reading>();
    ensure_table<Match>();
    // What relations look for is there twice: a list of keys that is empty makes a plan of its own.
    for (const char* town : {"Bonn", "Bonn"})
      owners_.push_back(Owner::objects.create({.name = "ann", .town = town}));
    const auto label = Label::objects.create({.name = "red"});
    for (const Owner& owner : owners_) {
      for (int i = 0; i < 2; ++i) {
        const std::string code = "c" + std::to_string(items_.size());
        items_.push_back(Item::objects.create(
            {.code = code, .text = "t", .shelf = 1, .box = 2, .rank = i, .owner_pk = owner}));
        items_.back().labels.add(label);
      }
    }
    Reading::objects.create({.sensor = "s", .at = 1, .value = 2});
  }

 protected:
  template <class T, class S>
  void expect_agreement(const TypedQ<T, S>& q) {
    ++checked_;
    bool scans = false;
    const auto rows = QuerySet<T>().filter(q);
    try {
      (void)rows.limit(1).to_vector();
    } catch (const ScanForbidden&) {
      scans = true;
    }
    EXPECT_EQ((strict::is_served<T, S>), !scans) << rows.explain();
    scans = false;
    try {
      (void)rows.consistent().limit(1).to_vector();
    } catch (const ScanForbidden&) {
      scans = true;
    }
    constexpr bool served_consistently = served::is_served(
        served::starts_of<T>, served::fact_of<T, S>::value, served::Reads::consistent);
    EXPECT_EQ(served_consistently, !scans) << "consistently " << rows.explain();
  }
  template <class... C>
  void expect_agreement_of_pairs(const C&... conditions) {
    const auto with = [&](const auto& a) {
      expect_agreement(a);
      expect_agreement(!a);
      (expect_agreement(a && conditions), ...);
      (expect_agreement(a || conditions), ...);
      (expect_agreement(a || !conditions), ...);
      (expect_agreement(!(a && !conditions)), ...);
    };
    (with(conditions), ...);
  }

  test_blog::Database db_;
  std::vector<Owner> owners_;
  std::vector<Item> items_;
  std::size_t checked_ = 0;
};

TEST_F(Served, PairsOfConditions_CompilerAndPlannerAgree) {
  expect_agreement_of_pairs(
      f<&Item::pk> == items_[0].pk, f<&Item::code> == "c1", f<&Item::text> == "t",
      f<&Item::box> == 2, f<&Item::rank> > -1, f<&Item::rank> == std::nullopt,
      f<&Item::owner_pk> == owners_[0], f<&Item::shelf>.in({1, 2}), f<&Item::offer> == "all",
      f<&Item::owner_pk, &Owner::name> == "ann", f<&Item::owner_pk, &Owner::town> == "Bonn");
  EXPECT_GT(checked_, 450u);
}

TEST_F(Served, TriplesOfConditions_CompilerAndPlannerAgree) {
  const auto box = f<&Item::box> == 2;
  const auto rank = f<&Item::rank> >= 0;
  const auto code = f<&Item::code>.in({"c1", "c2"});
  const auto text = f<&Item::text>.startswith("t");
  expect_agreement((box || code) && rank);
  expect_agreement((box || code) && text);
  expect_agreement((box && rank) || (code && text));
  expect_agreement((box || f<&Item::code> == "c1") && (f<&Item::rank> > 5 || f<&Item::rank> < 1));
  expect_agreement(text || ((box || code) && (rank || code)));
  expect_agreement(code || (text && (box || rank) && (code || box)));
  expect_agreement((box || text) && code);
  expect_agreement(!(!box || !rank));
  expect_agreement(!(!box || rank));
  expect_agreement(!(!(box && f<&Item::rank> != std::nullopt) && !code));
  expect_agreement((code || f<&Item::pk> == items_[0].pk) && (box || text));
  expect_agreement((text || box) && (code || rank));
  expect_agreement(f<&Item::labels, &Label::name> == "red");
  expect_agreement((f<&Item::labels, &Label::name>.startswith("r")) && code);
  expect_agreement(f<&Item::labels>.contains(Uuid::random()) && text);
  expect_agreement(!(f<&Item::labels, &Label::name> == "red") && code);
}

TEST_F(Served, TableOfTwoKeyParts_CompilerAndPlannerAgree) {
  expect_agreement_of_pairs(f<&Reading::sensor> == "s", f<&Reading::at> == 1, f<&Reading::at> > 0,
                            f<&Reading::value> == 2, f<&Reading::value><9, f<&Reading::quality>> 1);
}

TEST_F(Served, KeysOfSeveralAttributes_CompilerAndPlannerAgree) {
  expect_agreement_of_pairs(f<&Match::league> == "a", f<&Match::season> == "x",
                            f<&Match::season>.in({"x", "y"}), f<&Match::round> > "1",
                            f<&Match::table> == 1);
  const auto season = f<&Match::season> == "x";
  expect_agreement(f<&Match::league> == "a" && (season || f<&Match::season> == "y"));
  expect_agreement(f<&Match::league> == "a" && (season || f<&Match::table> == 1) && season);
  expect_agreement((season || f<&Match::season> == "y") && f<&Match::table>.between(1, 2));
  expect_agreement(season && f<&Match::table> != std::nullopt);
}

TEST_F(Served, StrictQuerysets_GiveTheRowsOfOrdinaryOnes) {
  const auto strict = Item::objects.strict();
  const auto hers = strict.filter(f<&Item::owner_pk> == owners_[0]);
  EXPECT_EQ(hers.count(), 2u);
  EXPECT_EQ(hers.exclude(f<&Item::code> == "c0").get().code, "c1");
  EXPECT_EQ(hers.order_by("-code").first()->code, "c1");
  EXPECT_EQ(hers.reverse().order_by(f<&Item::code>.desc()).limit(1).to_vector().size(), 1u);
  EXPECT_EQ(hers.limit(1).page().items.size(), 1u);
  EXPECT_EQ(strict.filter(f<&Item::text> == "t").filter(f<&Item::code> == "c3").get().code, "c3");
  EXPECT_EQ(strict.get(f<&Item::code> == "c2").code, "c2");
  EXPECT_EQ(strict.filter(f<&Item::pk> == items_[0].pk).consistent().count(), 1u);
  EXPECT_EQ(Reading::objects.strict().filter(f<&Reading::sensor> == "s").consistent().count(), 1u);
  EXPECT_EQ(strict.filter(f<&Item::code> == "c2").update(f<& Item::text> = "new"), 1u);
  EXPECT_EQ((strict.filter(f<&Item::code> == "c2").values_list<&Item::text>()),
            std::vector<std::string>{"new"});
  const auto owners = Owner::objects.strict().filter(f<&Owner::name> == "ann");
  EXPECT_EQ(strict.filter(f<&Item::owner_pk>.in(owners)).count(), 4u);
  EXPECT_EQ(strict.filter(f<&Item::text> == "new").allow_scan("a test").count(), 1u);
}

TEST_F(Served, ConditionThatWasAssigned_IsCheckedWhenItRuns) {
  auto condition = f<&Item::code> == "c1";
  condition = condition || f<&Item::text> == "t";
  EXPECT_THROW((void)Item::objects.strict().filter(condition).count(), ScanForbidden);
}

// f<…> gives one type, whatever it asks; what strict::f gives is that, too.
static_assert(std::same_as<decltype(dynamo_backend::f<&Item::code> == "x"), Q<Item>>);
TEST_F(Served, ConditionsOfAllShapes_AreConditions) {
  Q<Item> any;
  for (const Item& item : items_) any = any && f<&Item::pk> != item.pk;
  any = any || f<&Item::code> == "c1";
  auto narrowed = f<&Item::code> == "c1";
  narrowed = narrowed && f<&Item::box> == 2;
  std::vector<Q<Item>> list{any, narrowed, !narrowed, f<&Item::sold> == false};
  EXPECT_EQ(Item::objects.filter(list[0]).allow_scan("a test").get().code, "c1");
  EXPECT_EQ(Item::objects.filter(narrowed).count(), 1u);
}

}  // namespace served_test
