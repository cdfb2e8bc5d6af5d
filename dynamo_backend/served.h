// served_by_index<&Post::author_pk, &Post::created_at>: whether a schema's key or one of its
// indexes serves a query, told while compiling; and the same of a condition's shape.
//
// The rules are the planner's (query_planner.h), over a schema's parts instead of a ModelInfo:
// served_test.cc holds the two together.
#pragma once
#include <array>
#include <string_view>

#include "dynamo_backend/fields.h"
#include "dynamo_backend/typed_condition.h"

// Version 14 takes requires clauses and chains of if constexpr apart.
// clang-format off
namespace dynamo_backend {
namespace served {

// Where a Query may start: a hash key, and a sort key or "".
struct Start {
  std::string_view hash{}, sort{};
  bool sparse = false;  // rows may lack the sort key, and then are not in it
};
struct Starts {
  Start table{};
  std::array<Start, 64> indexes{};
  std::size_t size = 0;

  constexpr void add(std::string_view hash, std::string_view sort = {}, bool sparse = false) {
    if (size < indexes.size()) indexes[size++] = {hash, sort, sparse};
  }
};

struct Collect {
  Starts& starts;
  template <Kind K, auto M> constexpr void operator()(const Field<K, M>& p) const {
    if (p.index || p.unique || is_relation(K)) starts.add(member_name<M>());
  }
  // Of a hash key of several members all must be given: no question here asks that.
  template <auto H, auto... S> constexpr void operator()(const Index<H, S...>& p) const {
    if (p.hash_keys == 1) add<H, S...>();
  }
  template <auto H, auto... S> constexpr void operator()(const ComputedIndex<H, S...>&) const { add<H, S...>(); }
  template <auto M> constexpr void operator()(const PartitionKey<M>&) const { starts.table.hash = member_name<M>(); }
  template <auto M> constexpr void operator()(const SortKey<M>&) const { starts.table.sort = member_name<M>(); }
  template <auto M> constexpr void operator()(const Transient<M>&) const {}
  template <auto H, auto... S> constexpr void add() const {
    if constexpr (sizeof...(S) == 0) starts.add(member_name<H>());
    else add_sorted<H, S...>();
  }
  template <auto H, auto S, auto... More> constexpr void add_sorted() const {
    // A row that lacks one of several sort keys is not in the index, whatever it has of the first.
    if constexpr (!(absence_is_a_value_v<value_of<More>> || ...))
      starts.add(member_name<H>(), member_name<S>(), absence_is_a_value_v<value_of<S>>);
  }
};
template <class T> consteval Starts collect() {
  Starts starts;
  for_each_part<T>(Collect{starts});
  if (starts.table.hash.empty()) starts.table.hash = "pk";
  return starts;
}
template <class T> inline constexpr Starts starts_of = collect<T>();

// A condition's shape as a value.
struct Fact {
  enum class Type : std::uint8_t { equal, has, null, maybe, all, any, negation };
  Type type = Type::maybe;
  std::string_view member{};
  const Fact* a = nullptr;
  const Fact* b = nullptr;
  bool closed = true;  // the queries for the rows of other models that it needs do not scan
};

enum class Reads : std::uint8_t { all, table_only };  // table_only: of consistent()
consteval bool is_served(const Starts& starts, const Fact& fact, Reads reads);

template <class T, class S> struct fact_of;
template <class T, class S> inline constexpr bool shape_is_served = is_served(starts_of<T>, fact_of<T, S>::value, Reads::all);

template <class T, auto M> struct fact_of<T, shape::Equal<M>> { static constexpr Fact value{Fact::Type::equal, member_name<M>()}; };
template <class T, auto M> struct fact_of<T, shape::Has<M>> { static constexpr Fact value{Fact::Type::has, member_name<M>()}; };
template <class T, auto M> struct fact_of<T, shape::Null<M>> { static constexpr Fact value{Fact::Type::null, member_name<M>()}; };
template <class T, auto M> struct fact_of<T, shape::Maybe<M>> { static constexpr Fact value{}; };
template <class T, auto M> struct fact_of<T, shape::Subquery<M>> { static constexpr Fact value{.closed = false}; };
// The links' rows give keys of this model; a join model has an index on each of its foreign keys.
template <class T, auto M> struct fact_of<T, shape::Linked<M>> {
  static constexpr Fact value{Fact::Type::equal, starts_of<T>.table.hash};
};
template <class T, auto M, class S> struct fact_of<T, shape::Across<M, S>> {
  using Other = element_t<value_of<M>>;
  using Inner = fact_of<Other, S>;
  // Where a row without the relation meets the condition, too, no list of keys finds them all.
  static constexpr bool may_be_null = absence_is_a_value_v<value_of<M>> &&
                                      (Inner::value.type == Fact::Type::null || Inner::value.type == Fact::Type::maybe);
  static constexpr Fact value{may_be_null ? Fact::Type::maybe : Fact::Type::equal,
                              is_many_v<value_of<M>> ? starts_of<T>.table.hash : member_name<M>(), nullptr, nullptr,
                              shape_is_served<Other, S>};
};
template <class T, class S> struct fact_of<T, shape::Not<S>> {
  static constexpr Fact value{Fact::Type::negation, {}, &fact_of<T, S>::value};
};
template <class T, class A, class B> struct fact_of<T, shape::And<A, B>> {
  static constexpr Fact value{Fact::Type::all, {}, &fact_of<T, A>::value, &fact_of<T, B>::value};
};
template <class T, class A, class B> struct fact_of<T, shape::Or<A, B>> {
  static constexpr Fact value{Fact::Type::any, {}, &fact_of<T, A>::value, &fact_of<T, B>::value};
};

// A conjunction's parts, or a disjunction's: flattened, negations at the leaves.
struct Part {
  const Fact* fact = nullptr;
  bool negated = false;

  constexpr bool is(Fact::Type positive, Fact::Type negative) const {
    return fact->type == (negated ? negative : positive);
  }
  constexpr bool all() const { return is(Fact::Type::all, Fact::Type::any); }
  constexpr bool any() const { return is(Fact::Type::any, Fact::Type::all); }
  constexpr bool equals(std::string_view member) const {
    return !negated && fact->type == Fact::Type::equal && fact->member == member;
  }
  constexpr bool demands(std::string_view member) const {
    const bool leaf = negated ? fact->type == Fact::Type::null
                              : fact->type == Fact::Type::equal || fact->type == Fact::Type::has;
    return leaf && fact->member == member;
  }
};
struct Junction {
  static constexpr std::size_t kMost = 100;
  std::array<Part, kMost> parts{};
  std::size_t size = 0;
  bool overflow = false;

  constexpr void add(Part p) {
    if (size < kMost) parts[size++] = p;
    else overflow = true;
  }
  constexpr void flatten(Part p, bool conjunction) {
    while (p.fact->type == Fact::Type::negation) p = {p.fact->a, !p.negated};
    if (conjunction ? p.all() : p.any()) {
      flatten({p.fact->a, p.negated}, conjunction);
      flatten({p.fact->b, p.negated}, conjunction);
    } else {
      add(p);
    }
  }
  constexpr bool equals(std::string_view member) const {
    for (std::size_t i = 0; i < size; ++i) if (parts[i].equals(member)) return true;
    return false;
  }
  constexpr bool demands(std::string_view member) const {
    for (std::size_t i = 0; i < size; ++i) if (parts[i].demands(member)) return true;
    return false;
  }
};

constexpr bool closed(const Fact& f) { return f.closed && (!f.a || closed(*f.a)) && (!f.b || closed(*f.b)); }

constexpr bool conjunction_is_served(const Starts& starts, const Junction& all, Reads reads) {
  if (all.overflow) return false;
  if (all.equals(starts.table.hash)) return true;
  for (std::size_t i = 0; reads == Reads::all && i < starts.size; ++i) {
    const Start& s = starts.indexes[i];
    if (all.equals(s.hash) && (!s.sparse || all.demands(s.sort))) return true;
  }
  // An `or` each of whose sides is served together with the rest.
  constexpr std::size_t kMostAlternatives = 50;
  for (std::size_t i = 0; i < all.size; ++i) {
    if (!all.parts[i].any()) continue;
    Junction sides;
    sides.flatten(all.parts[i], false);
    bool every = !sides.overflow && sides.size <= kMostAlternatives;
    for (std::size_t s = 0; every && s < sides.size; ++s) {
      Junction with_rest;
      with_rest.flatten(sides.parts[s], true);
      for (std::size_t j = 0; j < all.size; ++j) if (j != i) with_rest.add(all.parts[j]);
      every = conjunction_is_served(starts, with_rest, reads);
    }
    if (every) return true;
  }
  return false;
}

consteval bool is_served(const Starts& starts, const Fact& fact, Reads reads) {
  Junction parts;
  parts.flatten({&fact, false}, true);
  return closed(fact) && conjunction_is_served(starts, parts, reads);
}

// An index has the hash key that is given, but rows may be missing from it.
consteval bool only_sparse(const Starts& starts, const Fact& fact) {
  Junction parts;
  parts.flatten({&fact, false}, true);
  for (std::size_t i = 0; i < starts.size; ++i)
    if (starts.indexes[i].sparse && parts.equals(starts.indexes[i].hash)) return true;
  return false;
}

template <auto Hash, auto... Sort>
consteval bool by_index() {
  static_assert(sizeof...(Sort) <= 1, "served_by_index<&T::a, &T::b>: DynamoDB's keys have two members at most");
  using T = owner_of<Hash>;
  static_assert((std::same_as<owner_of<Sort>, T> && ...), "served_by_index<&T::a, &T::b>: the members are of two models");
  constexpr std::string_view hash = member_name<Hash>(), sort = [] {
    std::string_view name;
    ((name = member_name<Sort>()), ...);
    return name;
  }();
  const auto serves = [&](const Start& s) { return s.hash == hash && (sort.empty() ? !s.sparse : s.sort == sort && !s.sparse); };
  const Starts& starts = starts_of<T>;
  if (serves(starts.table)) return true;
  for (std::size_t i = 0; i < starts.size; ++i) if (serves(starts.indexes[i])) return true;
  return false;
}

}  // namespace served

// One member: a query with `==` on it is a GetItem or a Query. Two: so is one with `==` on the first
// and a range or the order on the second, and no more of the partition is read than that range. An
// index that rows may be missing from, because they have no value of its sort key, does not count.
//   static_assert(served_by_index<&Post::author_pk, &Post::created_at>);
template <auto Hash, auto... Sort>
inline constexpr bool served_by_index = served::by_index<Hash, Sort...>();

}  // namespace dynamo_backend
