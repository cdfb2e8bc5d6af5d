// Random rows and random querysets against brute force in memory: conditions, order, slices, pages
// and counts, on every kind of index.
//
// DDB_SEED=<n> repeats a run; DDB_CASES=<n> makes it longer.
#include <algorithm>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"

namespace property {
using namespace dynamo_backend;

struct Group : DynamoModel<Group> {
  std::string name{};
  std::int64_t size = 0;
  static constexpr auto schema =
      define<Group>(CharField<&Group::name>{.index = true}, IntegerField<&Group::size>{});
};

struct Thing : DynamoModel<Thing> {
  std::string name{};
  std::string text{};
  std::int64_t number = 0;
  double ratio = 0;
  Decimal price{};
  bool flag = false;
  std::optional<std::string> nick{};
  std::optional<std::int64_t> rank{};
  std::optional<bool> maybe{};
  Timestamp at{};
  std::vector<std::string> tags{};
  std::set<std::string> marks{};
  Ref<Group> group_pk{};
  std::optional<Ref<Group>> other_pk{};

  static std::optional<std::string> bucket(const Thing& t) {
    return t.flag ? std::optional<std::string>(t.number < 0 ? "negative" : "positive")
                  : std::nullopt;
  }
  static constexpr auto schema = define<Thing>(
      CharField<&Thing::name>{.index = true}, TextField<&Thing::text>{},
      IntegerField<&Thing::number>{.index = true}, FloatField<&Thing::ratio>{},
      DecimalField<&Thing::price>{.index = true}, BooleanField<&Thing::flag>{},
      CharField<&Thing::nick>{.index = true}, IntegerField<&Thing::rank>{},
      BooleanField<&Thing::maybe>{}, DateTimeField<&Thing::at>{}, ListField<&Thing::tags>{},
      SetField<&Thing::marks>{}, ForeignKey<&Thing::group_pk>{},
      ForeignKey<&Thing::other_pk>{.on_delete = OnDelete::set_null},
      Index<&Thing::name, &Thing::number>{.name = "name-number"},
      Index<&Thing::number, &Thing::at>{.name = "number-at"},
      Index<&Thing::group_pk, &Thing::rank>{.name = "group-rank"},
      ComputedIndex<&Thing::bucket, &Thing::at>{.name = "bucket"});
};

using Check = std::function<bool(const Thing&)>;
struct Condition {
  Q<Thing> q;
  Check holds;
  std::string text;
  std::vector<Condition> parts{};  // what it is made of: a failure is looked for in them
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    ensure_table<Group>();
    ensure_table<Thing>();
    for (int i = 0; i < 4; ++i)
      groups_.push_back(Group::objects.create({.name = "g" + std::to_string(i % 3), .size = i}));
    std::vector<Thing> rows;
    for (int i = 0; i < 150; ++i) rows.push_back(random_thing());
    rows_ = Thing::objects.bulk_create(std::move(rows));
  }

  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }
  template <class V>
  V pick(std::initializer_list<V> list) {
    return list.begin()[below(list.size())];
  }

  std::string word() {
    return pick<std::string>({"a", "ab", "abc", "b", "Ba", "ÄÖ", "äö", "zz", "Abc"});
  }
  std::int64_t number() { return pick<std::int64_t>({-2, -1, 0, 1, 2, 10, 100}); }
  double ratio() { return pick({-1.5, 0.0, 0.1, 0.25, 3.0}); }
  Decimal price() { return *Decimal::parse(pick({"-1", "0", "0.10", "9.99", "100"})); }
  Timestamp time() {
    return Timestamp(std::chrono::seconds(pick<std::int64_t>({0, 1, 1000, 2'000'000})));
  }
  const Group& group() { return groups_[below(groups_.size())]; }

  Thing random_thing() {
    Thing t;
    t.name = word();
    t.text = chance(20) ? "" : word() + word();
    t.number = number();
    t.ratio = ratio();
    t.price = price();
    t.flag = chance(50);
    if (chance(60)) t.nick = word();
    if (chance(60)) t.rank = number();
    if (chance(60)) t.maybe = chance(50);
    t.at = time();
    for (std::size_t i = below(3); i > 0; --i) t.tags.push_back(word());
    for (std::size_t i = below(3); i > 0; --i) t.marks.insert(word());
    t.group_pk = group();
    if (chance(50)) t.other_pk = Ref<Group>(group());
    return t;
  }

  template <auto M, class V>
  Condition compare(V v, std::string_view name) {
    const auto holds = [v](const Thing& t, auto&& test) {
      if constexpr (nullable_v<value_of<M>>)
        return (t.*M).has_value() && test(*(t.*M), v);
      else
        return test(t.*M, v);
    };
    const std::string n(name);
    switch (below(7)) {
      case 0:
        return {f<M> == v, [=](const Thing& t) { return holds(t, std::equal_to<>()); }, n + "=="};
      case 1:
        return {f<M> != v, [=](const Thing& t) { return !holds(t, std::equal_to<>()); }, n + "!="};
      case 2:
        return {f<M> < v, [=](const Thing& t) { return holds(t, std::less<>()); }, n + "<"};
      case 3:
        return {f<M> <= v, [=](const Thing& t) { return holds(t, std::less_equal<>()); }, n + "<="};
      case 4:
        return {f<M> > v, [=](const Thing& t) { return holds(t, std::greater<>()); }, n + ">"};
      case 5:
        return {f<M> >= v, [=](const Thing& t) { return holds(t, std::greater_equal<>()); },
                n + ">="};
      default:
        return {f<M> == v, [=](const Thing& t) { return holds(t, std::equal_to<>()); }, n + "=="};
    }
  }
  template <auto M, class V>
  Condition among(std::vector<V> list, std::string_view name) {
    return {f<M>.in(list),
            [list](const Thing& t) {
              if constexpr (nullable_v<value_of<M>>)
                return (t.*M).has_value() &&
                       std::find(list.begin(), list.end(), *(t.*M)) != list.end();
              else
                return std::find(list.begin(), list.end(), t.*M) != list.end();
            },
            std::string(name) + " in"};
  }
  template <auto M, class V>
  Condition inside(V a, V b, std::string_view name) {
    return {f<M>.between(a, b),
            [a, b](const Thing& t) {
              if constexpr (nullable_v<value_of<M>>)
                return (t.*M).has_value() && *(t.*M) >= a && *(t.*M) <= b;
              else
                return t.*M >= a && t.*M <= b;
            },
            std::string(name) + " between"};
  }

  Condition leaf() {
    switch (below(32)) {
      case 0:
        return compare<&Thing::name>(word(), "name");
      case 1:
        return compare<&Thing::number>(number(), "number");
      case 2:
        return compare<&Thing::ratio>(ratio(), "ratio");
      case 3:
        return compare<&Thing::price>(price(), "price");
      case 4:
        return compare<&Thing::nick>(word(), "nick");
      case 5:
        return compare<&Thing::rank>(number(), "rank");
      case 6:
        return compare<&Thing::at>(time(), "at");
      case 7:
        return compare<&Thing::pk>(rows_[below(rows_.size())].pk, "pk");
      case 8:
        return among<&Thing::name>(std::vector<std::string>{word(), word(), word()}, "name");
      case 9:
        return among<&Thing::number>(std::vector<std::int64_t>{number(), number()}, "number");
      case 10:
        return among<&Thing::nick>(std::vector<std::string>{word(), word()}, "nick");
      case 11:
        return among<&Thing::pk>(std::vector<Uuid>{rows_[below(150)].pk, rows_[below(150)].pk,
                                                   rows_[below(150)].pk, Uuid::random()},
                                 "pk");
      case 12:
        return inside<&Thing::number>(number(), number(), "number");
      case 13:
        return inside<&Thing::name>(word(), word(), "name");
      case 14:
        return inside<&Thing::rank>(number(), number(), "rank");
      case 15: {
        const bool v = chance(50);
        return {f<&Thing::flag> == v, [v](const Thing& t) { return t.flag == v; }, "flag =="};
      }
      case 16: {
        const bool v = chance(50);
        return {f<&Thing::maybe> == v, [v](const Thing& t) { return t.maybe == v; }, "maybe =="};
      }
      case 17:
        return {f<&Thing::nick> == std::nullopt, [](const Thing& t) { return !t.nick; },
                "nick null"};
      case 18:
        return {f<&Thing::rank>.isnull(false), [](const Thing& t) { return t.rank.has_value(); },
                "rank not null"};
      case 19: {
        const auto w = word();
        return {f<&Thing::text>.startswith(w),
                [w](const Thing& t) { return t.text.starts_with(w); }, "text startswith " + w};
      }
      case 20: {
        const auto w = word();
        return {f<&Thing::text>.contains(w),
                [w](const Thing& t) { return t.text.find(w) != std::string::npos; },
                "text contains " + w};
      }
      case 21:
        return {f<&Thing::name>.iexact("ÄÖ"),
                [](const Thing& t) { return t.name == "ÄÖ" || t.name == "äö"; }, "name iexact"};
      case 22:
        return {f<&Thing::name>.icontains("BC"),
                [](const Thing& t) { return t.name == "abc" || t.name == "Abc"; },
                "name icontains"};
      case 23: {
        const auto w = word();
        return {f<&Thing::tags>.contains(w),
                [w](const Thing& t) {
                  return std::find(t.tags.begin(), t.tags.end(), w) != t.tags.end();
                },
                "tags contains"};
      }
      case 24: {
        const auto w = word();
        return {f<&Thing::marks>.contains(w), [w](const Thing& t) { return t.marks.count(w) > 0; },
                "marks contains"};
      }
      case 25: {
        const Group& g = group();
        return {f<&Thing::group_pk> == g,
                [pk = g.pk](const Thing& t) { return t.group_pk.pk == pk; }, "group =="};
      }
      case 26: {
        const Group& g = group();
        return {f<&Thing::other_pk> == g,
                [pk = g.pk](const Thing& t) { return t.other_pk && t.other_pk->pk == pk; },
                "other =="};
      }
      case 27: {
        const std::string name = "g" + std::to_string(below(4));
        return {f<&Thing::group_pk, &Group::name> == name,
                [this, name](const Thing& t) { return group_of(t.group_pk).name == name; },
                "group.name == " + name};
      }
      case 28: {
        const auto least = static_cast<std::int64_t>(below(5));
        return {f<&Thing::other_pk, &Group::size> >= least,
                [this, least](const Thing& t) {
                  return t.other_pk && group_of(*t.other_pk).size >= least;
                },
                "other.size >="};
      }
      case 29: {
        const auto v = pick<std::string>({"positive", "negative", "none"});
        return {f<&Thing::bucket> == v, [v](const Thing& t) { return Thing::bucket(t) == v; },
                "bucket == " + v};
      }
      case 30: {
        const auto v = pick<std::string>({"positive", "negative"});
        const auto a = time();
        return {f<&Thing::bucket> == v && f<&Thing::at> >= a,
                [v, a](const Thing& t) { return Thing::bucket(t) == v && t.at >= a; },
                "bucket and at"};
      }
      default: {
        const auto w = word();
        const auto n = number();
        return {f<&Thing::name> == w && f<&Thing::number> > n,
                [w, n](const Thing& t) { return t.name == w && t.number > n; }, "name and number"};
      }
    }
  }

  Condition condition(int depth) {
    if (depth == 0 || chance(35)) return leaf();
    const Condition a = condition(depth - 1);
    if (chance(20))
      return {!a.q, [h = a.holds](const Thing& t) { return !h(t); }, "!(" + a.text + ")", {a}};
    const Condition b = condition(depth - 1);
    if (chance(60))
      return {a.q && b.q,
              [a, b](const Thing& t) { return a.holds(t) && b.holds(t); },
              "(" + a.text + " && " + b.text + ")",
              {a, b}};
    return {a.q || b.q,
            [a, b](const Thing& t) { return a.holds(t) || b.holds(t); },
            "(" + a.text + " || " + b.text + ")",
            {a, b}};
  }

  const Group& group_of(const Ref<Group>& ref) const {
    return *std::find_if(groups_.begin(), groups_.end(),
                         [&](const Group& g) { return g.pk == ref.pk; });
  }
  const std::vector<Thing>& rows() const { return rows_; }

 private:
  std::mt19937_64 random_;
  std::vector<Group> groups_;
  std::vector<Thing> rows_;
};

using Compare = std::function<std::strong_ordering(const Thing&, const Thing&)>;
template <auto M>
Compare by_member() {
  return [](const Thing& a, const Thing& b) -> std::strong_ordering {
    if constexpr (nullable_v<value_of<M>>) {
      if (!(a.*M) || !(b.*M)) return (a.*M).has_value() <=> (b.*M).has_value();
      return *(a.*M) < *(b.*M)   ? std::strong_ordering::less
             : *(b.*M) < *(a.*M) ? std::strong_ordering::greater
                                 : std::strong_ordering::equal;
    } else {
      return a.*M < b.*M   ? std::strong_ordering::less
             : b.*M < a.*M ? std::strong_ordering::greater
                           : std::strong_ordering::equal;
    }
  };
}

struct OrderChoice {
  std::string name;
  Compare compare;
};
const std::vector<OrderChoice>& order_choices() {
  static const std::vector<OrderChoice> list{
      {"name", by_member<&Thing::name>()},   {"number", by_member<&Thing::number>()},
      {"at", by_member<&Thing::at>()},       {"rank", by_member<&Thing::rank>()},
      {"ratio", by_member<&Thing::ratio>()}, {"price", by_member<&Thing::price>()},
      {"flag", by_member<&Thing::flag>()},   {"nick", by_member<&Thing::nick>()},
      {"pk", by_member<&Thing::pk>()}};
  return list;
}

using Keys = std::vector<std::string>;
Keys keys_of(const std::vector<Thing>& rows) {
  Keys keys;
  for (const Thing& t : rows) keys.push_back(t.pk.str());
  return keys;
}
Keys sorted(Keys keys) {
  std::sort(keys.begin(), keys.end());
  return keys;
}

// One random queryset and what it must give.
struct Case {
  QuerySet<Thing> qs;
  std::vector<Thing> expected;  // in order, where there is one
  bool ordered = false;
  std::string text;
  Condition condition;  // of the filter
};
Case make_case(World& w) {
  Case c;
  const Condition keep = w.condition(3);
  c.qs = Thing::objects.filter(keep.q);
  c.text = keep.text;
  c.condition = keep;
  Check holds = keep.holds;
  if (w.chance(25)) {
    const Condition drop = w.condition(2);
    c.qs = c.qs.exclude(drop.q);
    c.text += " exclude " + drop.text;
    holds = [a = holds, b = drop.holds](const Thing& t) { return a(t) && !b(t); };
  }
  for (const Thing& t : w.rows())
    if (holds(t)) c.expected.push_back(t);

  std::vector<std::string> terms;
  std::vector<std::pair<Compare, bool>> compares;
  for (std::size_t n = w.below(3); n > 0; --n) {
    const OrderChoice& choice = order_choices()[w.below(order_choices().size())];
    const bool descending = w.chance(50);
    terms.push_back((descending ? "-" : "") + choice.name);
    compares.emplace_back(choice.compare, descending);
    c.text += " order " + terms.back();
  }
  if (terms.empty()) return c;
  c.ordered = true;
  compares.emplace_back(by_member<&Thing::pk>(), compares.back().second);
  c.qs = c.qs.order_by(terms);
  if (w.chance(20)) {
    c.qs = c.qs.reverse();
    c.text += " reversed";
    for (auto& [compare, descending] : compares) descending = !descending;
  }
  std::sort(c.expected.begin(), c.expected.end(), [&](const Thing& a, const Thing& b) {
    for (const auto& [compare, descending] : compares) {
      const auto order = compare(a, b);
      if (order != 0) return descending ? order > 0 : order < 0;
    }
    return false;
  });
  return c;
}

void check_rows(const Case& c) {
  const auto got = keys_of(c.qs.to_vector()), expected = keys_of(c.expected);
  EXPECT_EQ(c.ordered ? got : sorted(got), c.ordered ? expected : sorted(expected));
  EXPECT_EQ(c.qs.count(), expected.size());
  EXPECT_EQ(c.qs.exists(), !expected.empty());
}

void check_slice(const Case& c, World& w) {
  const std::size_t begin = w.below(6), end = begin + w.below(12);
  const auto got = keys_of(c.qs.slice(begin, end).to_vector()), all = keys_of(c.expected);
  Keys expected(all.begin() + static_cast<std::ptrdiff_t>(std::min(begin, all.size())),
                all.begin() + static_cast<std::ptrdiff_t>(std::min(end, all.size())));
  EXPECT_EQ(got.size(), expected.size());
  EXPECT_TRUE(!c.ordered || got == expected);
  EXPECT_EQ(c.qs.slice(begin, end).count(), expected.size());
}

// Pages forwards are the whole list; pages back from the end are the same pages.
void check_pages(const Case& c, World& w) {
  const auto qs = c.qs.limit(1 + w.below(40));
  std::vector<Keys> pages;
  Keys all;
  std::optional<std::string> cursor, last;
  do {
    const auto page = qs.page(cursor);
    pages.push_back(keys_of(page.items));
    all.insert(all.end(), pages.back().begin(), pages.back().end());
    cursor = page.next;
    last = page.prev;
    ASSERT_LE(pages.size(), 200u);
  } while (cursor);
  const auto expected = keys_of(c.expected);
  EXPECT_EQ(c.ordered ? all : sorted(all), c.ordered ? expected : sorted(expected));
  for (std::size_t at = pages.size() - 1; last && at > 0; --at) {
    const auto page = qs.page(last);
    EXPECT_EQ(keys_of(page.items), pages[at - 1]);
    EXPECT_TRUE(page.next);
    EXPECT_EQ(page.prev.has_value(), at > 1);
    last = page.prev;
  }
}

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// The smallest part of a condition that alone gives the wrong rows; empty: only the whole does.
std::string shrink(const World& w, const Condition& c) {
  for (const Condition& part : c.parts) {
    if (const std::string smaller = shrink(w, part); !smaller.empty()) return smaller;
  }
  std::vector<Thing> expected;
  for (const Thing& t : w.rows()) {
    if (c.holds(t)) expected.push_back(t);
  }
  const auto qs = Thing::objects.filter(c.q);
  if (sorted(keys_of(qs.to_vector())) == sorted(keys_of(expected))) return {};
  return c.text + "\n" + qs.plan();
}

TEST(Property, RandomQuerysetsEqualBruteForce) {
  const std::uint64_t seed = number_from("DDB_SEED", std::random_device{}()),
                      cases = number_from("DDB_CASES", 1200);
  std::printf("DDB_SEED=%llu\n", static_cast<unsigned long long>(seed));
  test_blog::Database db;
  World w(seed);
  for (std::uint64_t i = 0; i < cases && !testing::Test::HasFailure(); ++i) {
    const Case c = make_case(w);
    SCOPED_TRACE("case " + std::to_string(i) + ": " + c.text + "\n" + c.qs.plan());
    check_rows(c);
    check_slice(c, w);
    if (i % 4 == 0) check_pages(c, w);
    if (testing::Test::HasFailure())
      ADD_FAILURE() << "smallest part that fails: " << shrink(w, c.condition);
  }
}

}  // namespace property
