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

// Where a Query may start: the table's key, or an index's.
struct Start {
  std::array<std::string_view, 8> members{};
  std::array<bool, 8> sparse{};  // rows may lack the member, and then are not in the index
  std::size_t size = 0;
  std::size_t hash_keys = 1;  // the first so many are the hash key
  bool local = false;

  constexpr void add(std::string_view member, bool may_be_absent) {
    if (size == members.size()) return;  // more than DynamoDB takes: refused elsewhere
    members[size] = member;
    sparse[size++] = may_be_absent;
  }
  // Every row has the table's key.
  constexpr void has_all(const Start& table) {
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t k = 0; k < table.size; ++k)
        if (members[i] == table.members[k]) sparse[i] = false;
  }
};
struct Starts {
  Start table{};
  std::array<Start, 64> indexes{};
  std::size_t size = 0;

  constexpr void add(const Start& start) {
    if (size < indexes.size()) indexes[size++] = start;
  }
};

struct Collect {
  Starts& starts;
  template <Kind K, auto M> constexpr void operator()(const Field<K, M>& p) const {
    if (p.index || p.unique || is_relation(K)) starts.add(start<M>());
  }
  template <auto... M> constexpr void operator()(const Index<M...>& p) const {
    Start s = start<M...>();
    s.hash_keys = p.hash_keys;
    s.local = p.local;
    starts.add(s);
  }
  template <auto... M> constexpr void operator()(const ComputedIndex<M...>&) const { starts.add(start<M...>()); }
  template <auto M> constexpr void operator()(const PartitionKey<M>&) const { starts.table.add(member_name<M>(), false); }
  template <auto M> constexpr void operator()(const SortKey<M>&) const { starts.table.add(member_name<M>(), false); }
  template <auto... M> constexpr void operator()(const Unique<M...>&) const {}
  template <auto M> constexpr void operator()(const Transient<M>&) const {}
  template <auto... M> static constexpr Start start() {
    Start s;
    (s.add(member_name<M>(), absence_is_a_value_v<value_of<M>>), ...);
    return s;
  }
};
template <class T> consteval Starts collect() {
  Starts starts;
  for_each_part<T>(Collect{starts});
  if (starts.table.size == 0) starts.table.add("pk", false);
  for (std::size_t i = 0; i < starts.size; ++i) starts.indexes[i].has_all(starts.table);
  return starts;
}
template <class T> inline constexpr Starts starts_of = collect<T>();

// A condition's shape as a value.
struct Fact {
  enum class Type : std::uint8_t { equal, one_of, has, null, maybe, all, any, negation };
  Type type = Type::maybe;
  std::string_view member{};
  const Fact* a = nullptr;
  const Fact* b = nullptr;
  bool closed = true;  // the queries for the rows of other models that it needs do not scan
  bool closed_consistently = closed;  // nor do they when they read consistently
};

enum class Reads : std::uint8_t { all, consistent };  // consistent: no global index
consteval bool is_served(const Starts& starts, const Fact& fact, Reads reads);

template <class T, class S> struct fact_of;
template <class T, class S> inline constexpr bool shape_is_served = is_served(starts_of<T>, fact_of<T, S>::value, Reads::all);

template <class T, auto M> struct fact_of<T, shape::Equal<M>> { static constexpr Fact value{Fact::Type::equal, member_name<M>()}; };
template <class T, auto M> struct fact_of<T, shape::OneOf<M>> { static constexpr Fact value{Fact::Type::one_of, member_name<M>()}; };
template <class T, auto M> struct fact_of<T, shape::Has<M>> { static constexpr Fact value{Fact::Type::has, member_name<M>()}; };
template <class T, auto M> struct fact_of<T, shape::Null<M>> { static constexpr Fact value{Fact::Type::null, member_name<M>()}; };
template <class T, auto M> struct fact_of<T, shape::Maybe<M>> { static constexpr Fact value{}; };
template <class T, auto M> struct fact_of<T, shape::Subquery<M>> { static constexpr Fact value{.closed = false}; };
// The links' rows give keys of this model; a join model has an index on each of its foreign keys.
template <class T, auto M> struct fact_of<T, shape::Linked<M>> {
  static constexpr Fact value{.type = Fact::Type::one_of, .member = starts_of<T>.table.members[0], .closed_consistently = false};
};
template <class T, auto M, class S> struct fact_of<T, shape::Across<M, S>> {
  using Other = element_t<value_of<M>>;
  using Inner = fact_of<Other, S>;
  // Where a row without the relation meets the condition, too, no list of keys finds them all.
  static constexpr bool may_be_null = absence_is_a_value_v<value_of<M>> &&
                                      (Inner::value.type == Fact::Type::null || Inner::value.type == Fact::Type::maybe);
  static constexpr Fact value{may_be_null ? Fact::Type::maybe : Fact::Type::one_of,
                              is_many_v<value_of<M>> ? starts_of<T>.table.members[0] : member_name<M>(), nullptr, nullptr,
                              shape_is_served<Other, S>,
                              !is_many_v<value_of<M>> && is_served(starts_of<Other>, Inner::value, Reads::consistent)};
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
  bool list = false;  // of several `==` on one member, by `or`: as in()

  constexpr bool is(Fact::Type positive, Fact::Type negative) const {
    return !list && fact->type == (negated ? negative : positive);
  }
  constexpr bool all() const { return is(Fact::Type::all, Fact::Type::any); }
  constexpr bool any() const { return is(Fact::Type::any, Fact::Type::all); }
  constexpr bool fixes() const { return !negated && !list && fact->type == Fact::Type::equal; }
  constexpr bool equals() const {
    return !negated && (fact->type == Fact::Type::equal || fact->type == Fact::Type::one_of);
  }
  constexpr bool demands() const {
    return equals() || (negated ? fact->type == Fact::Type::null : fact->type == Fact::Type::has);
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
  constexpr void flatten_all(Part p);
  constexpr void flatten_any(Part p) {
    while (p.fact->type == Fact::Type::negation) p = {p.fact->a, !p.negated};
    if (p.any()) {
      flatten_any({p.fact->a, p.negated});
      flatten_any({p.fact->b, p.negated});
      return;
    }
    // `slug == a or slug == b` is `slug in (a, b)`.
    for (std::size_t i = 0; p.equals() && i < size; ++i) {
      if (!parts[i].equals() || parts[i].fact->member != p.fact->member) continue;
      parts[i].list = true;
      return;
    }
    add(p);
  }
  template <bool (Part::*Holds)() const>
  constexpr bool has(std::string_view member) const {
    for (std::size_t i = 0; i < size; ++i)
      if (parts[i].fact->member == member && (parts[i].*Holds)()) return true;
    return false;
  }
};
constexpr void Junction::flatten_all(Part p) {
  while (p.fact->type == Fact::Type::negation && !p.list) p = {p.fact->a, !p.negated};
  if (p.all()) {
    flatten_all({p.fact->a, p.negated});
    flatten_all({p.fact->b, p.negated});
  } else if (p.any()) {
    Junction sides;
    sides.flatten_any(p);
    add(sides.size == 1 ? sides.parts[0] : p);
  } else {
    add(p);
  }
}

constexpr bool matches_key(const Start& s, const Junction& all) {
  if (!all.has<&Part::equals>(s.members[0])) return false;
  for (std::size_t i = 1; i < s.size; ++i) {
    if (i < s.hash_keys ? !all.has<&Part::fixes>(s.members[i])
                        : s.sparse[i] && !all.has<&Part::demands>(s.members[i]))
      return false;
  }
  return true;
}

// Whether its sides are there tells the type: with -fsanitize=undefined g++ takes no comparison of their addresses for a
// constant (GCC bug 71962).
constexpr bool closed(const Fact& f, Reads reads = Reads::all) {
  if (f.type == Fact::Type::negation) return closed(*f.a, reads);
  if (f.type == Fact::Type::all || f.type == Fact::Type::any) return closed(*f.a, reads) && closed(*f.b, reads);
  return reads == Reads::all ? f.closed : f.closed_consistently;
}

// The planner's rule: of the plan of an alternative only its own `or`s are taken apart in turn.
constexpr bool conjunction_is_served(const Starts& starts, const Junction& all, Reads reads, std::size_t expandable) {
  if (all.overflow) return false;
  if (matches_key(starts.table, all)) return true;
  for (std::size_t i = 0; i < starts.size; ++i) {
    const Start& s = starts.indexes[i];
    if ((reads == Reads::all || s.local) && matches_key(s, all)) return true;
  }
  // An `or` each of whose sides is served together with the rest.
  constexpr std::size_t kMostAlternatives = 50;
  for (std::size_t i = 0; i < expandable; ++i) {
    if (!all.parts[i].any()) continue;
    Junction sides;
    sides.flatten_any(all.parts[i]);
    bool every = !sides.overflow && sides.size <= kMostAlternatives;
    for (std::size_t s = 0; every && s < sides.size; ++s) {
      Junction with_rest;
      with_rest.flatten_all(sides.parts[s]);
      const std::size_t own = with_rest.size;
      for (std::size_t j = 0; j < all.size; ++j) if (j != i) with_rest.flatten_all(all.parts[j]);
      every = conjunction_is_served(starts, with_rest, reads, own);
    }
    if (every) return true;
  }
  return false;
}

consteval bool is_served(const Starts& starts, const Fact& fact, Reads reads) {
  Junction parts;
  parts.flatten_all({&fact, false});
  return closed(fact, reads) && conjunction_is_served(starts, parts, reads, parts.size);
}

// An index has the hash key that is given, but rows may be missing from it.
consteval bool only_sparse(const Starts& starts, const Fact& fact) {
  Junction parts;
  parts.flatten_all({&fact, false});
  for (std::size_t i = 0; i < starts.size; ++i)
    if (starts.indexes[i].hash_keys == 1 && parts.has<&Part::equals>(starts.indexes[i].members[0])) return true;
  return false;
}

// The members in some order are the start's hash key and, in order, the first of its sort keys.
constexpr bool starts_with(const Start& s, const std::array<std::string_view, 8>& members, std::size_t size) {
  for (std::size_t i = s.hash_keys; i < s.size; ++i) if (s.sparse[i]) return false;
  std::size_t hashes = 0, next = s.hash_keys;
  for (std::size_t i = 0; i < size; ++i) {
    bool is_hash = false;
    for (std::size_t h = 0; h < s.hash_keys; ++h) is_hash = is_hash || s.members[h] == members[i];
    if (is_hash) ++hashes;
    else if (next == s.size || s.members[next++] != members[i]) return false;
    if (is_hash && next > s.hash_keys) return false;  // what comes behind the hash key may be a range
  }
  return hashes == s.hash_keys;
}

template <auto First, auto... Rest>
consteval bool by_index() {
  static_assert(sizeof...(Rest) <= 7, "served_by_index<&T::a, &T::b>: DynamoDB's keys have eight members at most");
  using T = owner_of<First>;
  static_assert((std::same_as<owner_of<Rest>, T> && ...), "served_by_index<&T::a, &T::b>: the members are of two models");
  constexpr std::array<std::string_view, 8> members{member_name<First>(), member_name<Rest>()...};
  const Starts& starts = starts_of<T>;
  if (starts_with(starts.table, members, 1 + sizeof...(Rest))) return true;
  for (std::size_t i = 0; i < starts.size; ++i)
    if (starts_with(starts.indexes[i], members, 1 + sizeof...(Rest))) return true;
  return false;
}

}  // namespace served

// One member: a query with `==` on it is a GetItem or a Query. Several: so is one with `==` on all but
// the last and a range or the order on the last, and no more of the partition is read than that range.
// An index that rows may be missing from, because they have no value of a sort key, does not count.
//   static_assert(served_by_index<&Post::author_pk, &Post::created_at>);
template <auto First, auto... Rest>
inline constexpr bool served_by_index = served::by_index<First, Rest...>();

}  // namespace dynamo_backend
