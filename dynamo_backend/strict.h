// StrictQuerySet<T, Shape>: a queryset that does not compile where it would scan.
//
//   using strict::f;
//   Post::objects.strict().filter(f<&Post::author_pk> == alice && f<&Post::published> == true)
// compiles because an index starts with author_pk; without that condition the compiler says so, and
// which index would serve. Where rows are asked for, the conditions of all filter() and exclude()
// calls count. They are written with strict::f: of a Q<T>, which f<…> gives, and of lookups by name
// the compiler cannot see what they ask.
// When not to use it: for lists whose conditions come at run time; scan_policy = forbid is for
// them. Thread safety: a value.
#pragma once
#include "dynamo_backend/queryset.h"
#include "dynamo_backend/served.h"

// Version 14 takes requires clauses and chains of if constexpr apart.
// clang-format off
namespace dynamo_backend {
namespace strict {

struct Everything {};  // the shape of a queryset without conditions

template <class T, class S> inline constexpr bool is_served = served::shape_is_served<T, S>;
template <class T> inline constexpr bool is_served<T, Everything> = false;

// The index that is missing: of the first member that is asked for by `==` and starts none.
struct None {};
template <class T, class S> struct missing { using type = None; };
template <class T, auto M> struct missing<T, shape::Equal<M>> {
  static consteval bool starts_one() {
    const auto& starts = served::starts_of<T>;
    for (std::size_t i = 0; i < starts.size; ++i) if (starts.indexes[i].members[0] == member_name<M>()) return true;
    return starts.table.members[0] == member_name<M>();
  }
  using type = std::conditional_t<key_type_v<value_of<M>> && !starts_one(), Index<M>, None>;
};
template <class T, auto M> struct missing<T, shape::OneOf<M>> : missing<T, shape::Equal<M>> {};
template <class T, class A, class B> struct missing<T, shape::And<A, B>> {
  using a = typename missing<T, A>::type;
  using type = std::conditional_t<std::same_as<a, None>, typename missing<T, B>::type, a>;
};
template <class T, class A, class B> struct missing<T, shape::Or<A, B>> : missing<T, shape::And<A, B>> {};

// The compiler prints the template's argument beside the sentence.
template <class Declaration> struct declare_in_the_schema {
  static_assert(std::same_as<Declaration, None>,
                "this strict queryset would scan its table: neither the key nor an index starts with a member that "
                "it asks for by == or in(). Add to the schema the index that this message names as `Declaration`, "
                "or ask without strict()");
};

template <class T, class S>
consteval void check() {
  if constexpr (std::same_as<S, Everything>) {
    static_assert(!std::same_as<S, Everything>,
                  "this strict queryset would scan its table: it has no condition. Filter by the key or by an "
                  "index's first member, or ask without strict()");
  } else if constexpr (!is_served<T, S>) {
    constexpr const served::Fact& asked = served::fact_of<T, S>::value;
    using Missing = typename missing<T, S>::type;
    static_assert(served::closed(asked),
                  "this strict queryset would scan another model's table for the rows behind a relation: ask for "
                  "that model's rows by its key or by an index of its own, or ask without strict()");
    if constexpr (!served::closed(asked)) return;
    else if constexpr (served::only_sparse(served::starts_of<T>, asked)) {
      static_assert(!served::only_sparse(served::starts_of<T>, asked),
                    "this strict queryset would scan its table: rows may be missing from the index that starts with the "
                    "member it asks for, because they have no value of its sort key. Add a condition that demands one "
                    "(`!= std::nullopt`, a range), or to the schema an Index of the first member alone, or ask without strict()");
    } else {
      static_assert(!std::same_as<Missing, None>,
                    "this strict queryset would scan its table: no condition that holds for all its rows is == or in() on "
                    "the key or on the first member of an index. Add one, or to the schema a ComputedIndex<&Model::listed> "
                    "whose function gives a value for the rows that the query is after, or ask without strict()");
      (void)sizeof(declare_in_the_schema<Missing>);
    }
  }
}

template <class T, class S>
consteval void check_consistent() {
  if constexpr (is_served<T, S>) {
    static_assert(served::is_served(served::starts_of<T>, served::fact_of<T, S>::value, served::Reads::consistent),
                  "this strict queryset would scan its table: consistent() reads no global index, and the conditions, "
                  "or those on rows behind a relation, do not give the table's key. Filter by the key, or read without consistent()");
  }
}

}  // namespace strict

template <class T, class Shape = strict::Everything>
class StrictQuerySet {
 public:
  StrictQuerySet() : rows_(as_strict({})) {}
  explicit StrictQuerySet(QuerySet<T> rows) : rows_(std::move(rows)) {}

  // ---- narrowing
  template <class S> [[nodiscard]] auto filter(const TypedQ<T, S>& q) const { return with<S>(rows_.filter(q)); }
  template <class S> [[nodiscard]] auto exclude(const TypedQ<T, S>& q) const {
    return with<shape::Not<S>>(rows_.exclude(q));
  }
  template <class O> StrictQuerySet filter(const Q<O>&) const { return unknown<O>(); }
  template <class O> StrictQuerySet exclude(const Q<O>&) const { return unknown<O>(); }
  template <class M = T> StrictQuerySet filter(std::initializer_list<Lookup>) const { return unknown<M>(); }
  template <class M = T> StrictQuerySet filter(const std::vector<Lookup>&) const { return unknown<M>(); }
  template <class M = T> StrictQuerySet exclude(std::initializer_list<Lookup>) const { return unknown<M>(); }

  // ---- order, slices and how to read
  template <class... Terms> [[nodiscard]] StrictQuerySet order_by(const Terms&... terms) const {
    return StrictQuerySet(rows_.order_by(terms...));
  }
  [[nodiscard]] StrictQuerySet all() const { return *this; }
  [[nodiscard]] StrictQuerySet reverse() const { return StrictQuerySet(rows_.reverse()); }
  [[nodiscard]] StrictQuerySet limit(std::size_t n) const { return StrictQuerySet(rows_.limit(n)); }
  [[nodiscard]] StrictQuerySet offset(std::size_t n) const { return StrictQuerySet(rows_.offset(n)); }
  [[nodiscard]] StrictQuerySet slice(std::size_t begin, std::size_t end) const {
    return StrictQuerySet(rows_.slice(begin, end));
  }
  // From the table alone: say it after filter(), which must give the key.
  [[nodiscard]] StrictQuerySet consistent() const {
    strict::check<T, Shape>();
    strict::check_consistent<T, Shape>();
    return StrictQuerySet(rows_.consistent());
  }
  [[nodiscard]] StrictQuerySet page_budget(double read_units) const {
    return StrictQuerySet(rows_.page_budget(read_units));
  }
  template <auto... M> [[nodiscard]] StrictQuerySet only() const {
    return StrictQuerySet(rows_.template only<M...>());
  }
  template <auto... M> [[nodiscard]] StrictQuerySet select_related() const {
    return StrictQuerySet(rows_.template select_related<M...>());
  }
  // No longer strict.
  [[nodiscard]] QuerySet<T> allow_scan(std::string_view reason) const { return rows_.allow_scan(reason); }

  // ---- rows: as QuerySet's. Whatever is not listed here: queryset().
  // The queryset, which an index serves. What is added to it from here on is checked when it runs:
  // ScanForbidden.
  const QuerySet<T>& queryset() const {
    strict::check<T, Shape>();
    return rows_;
  }
  operator const QuerySet<T>&() const { return queryset(); }  // NOLINT: where a QuerySet is taken
  auto begin() const { return queryset().begin(); }
  auto end() const { return queryset().end(); }
  T operator[](std::size_t i) const { return queryset()[i]; }
  std::vector<T> to_vector() const { return queryset().to_vector(); }
  std::optional<T> first() const { return queryset().first(); }
  std::optional<T> last() const { return queryset().last(); }
  T latest(std::string_view field) const { return queryset().latest(field); }
  T earliest(std::string_view field) const { return queryset().earliest(field); }
  T get() const { return queryset().get(); }
  template <class S> T get(const TypedQ<T, S>& q) const { return filter(q).get(); }
  std::optional<T> try_get() const { return queryset().try_get(); }
  template <class S> std::optional<T> try_get(const TypedQ<T, S>& q) const { return filter(q).try_get(); }
  std::size_t count() const { return queryset().count(); }
  bool exists() const { return queryset().exists(); }
  template <class... Cursor> Page<T> page(const Cursor&... cursor) const { return queryset().page(cursor...); }
  template <auto... M> requires(sizeof...(M) > 0) auto values() const { return queryset().template values<M...>(); }
  template <auto M> auto values_list() const { return queryset().template values_list<M>(); }
  template <auto... M> auto distinct() const { return queryset().template distinct<M...>(); }
  template <auto M> auto sum() const { return queryset().template sum<M>(); }
  template <auto M> auto avg() const { return queryset().template avg<M>(); }
  template <auto M> auto min() const { return queryset().template min<M>(); }
  template <auto M> auto max() const { return queryset().template max<M>(); }
  template <class... A> std::size_t update(const A&... assignments) const { return queryset().update(assignments...); }
  template <class... A> std::optional<T> update_returning(const A&... assignments) const {
    return queryset().update_returning(assignments...);
  }
  std::size_t remove() const { return queryset().remove(); }
  std::string explain() const { return queryset().explain(); }

 private:
  static QuerySet<T> as_strict(const QuerySet<T>& rows) {
    Query query = rows.query();
    query.strict = true;
    return QuerySet<T>(std::move(query));
  }
  template <class S> static auto with(QuerySet<T> rows) {
    if constexpr (std::same_as<Shape, strict::Everything>) return StrictQuerySet<T, S>(std::move(rows));
    else return StrictQuerySet<T, shape::And<Shape, S>>(std::move(rows));
  }
  template <class O> StrictQuerySet unknown() const {
    static_assert(!std::same_as<O, T>,
                  "a strict queryset takes conditions written with strict::f<&Model::member> (`using strict::f;`): of a "
                  "Q<Model>, which f<> gives, or of lookups by name the compiler cannot see whether they scan");
    static_assert(std::same_as<O, T>, "this condition is on another model than the queryset's");
    return *this;
  }

  QuerySet<T> rows_;
};

}  // namespace dynamo_backend
