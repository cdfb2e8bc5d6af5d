// f<&Post::title>: a field in a condition, an order or an update. f<&Post::author_pk,
// &Author::username> follows a relation.
//
// What the compiler can see does not compile: another type, a fraction for an integer, a condition
// of another model.
#pragma once
#include <concepts>
#include <initializer_list>
#include <utility>

#include "dynamo_backend/codec.h"
#include "dynamo_backend/condition.h"
#include "dynamo_backend/nested_ref.h"
#include "dynamo_backend/query.h"

// Version 14 takes requires clauses and chains of if constexpr apart.
// clang-format off
namespace dynamo_backend {

template <class T> class QuerySet;

// U may stand where a V is stored: nothing narrows, nothing turns into a bool.
template <class U, class V>
concept Fits = [] {
  using X = std::remove_cvref_t<U>;
  if constexpr (nullable_v<V> && std::same_as<X, std::nullopt_t>) return true;
  else if constexpr (nullable_v<V> && std::same_as<X, V>) return true;
  else {
    using B = bare_t<V>;
    if constexpr (std::same_as<B, bool>) return std::same_as<X, bool>;
    else if constexpr (std::integral<B>) return std::integral<X> && !std::same_as<X, bool> && requires(X x) { B{x}; };
    else if constexpr (std::floating_point<B>) return std::is_arithmetic_v<X> && !std::same_as<X, bool>;
    else if constexpr (std::same_as<B, std::string>) return std::convertible_to<U, std::string_view>;
    else if constexpr (is_ref_v<B>) return std::same_as<X, Uuid> || std::convertible_to<U, B>;
    else return std::convertible_to<U, B>;
  }
}();

// The same, or both are integers, of whatever width and sign: numbers are stored exactly, and what is assigned is
// checked when it is: f<&T::version> == 1, f<&T::count> + 1.
template <class U, class V>
concept FitsStored = Fits<U, V> || (Integer<V> && std::integral<std::remove_cvref_t<U>> &&
                                    !std::same_as<std::remove_cvref_t<U>, bool>);

// The stored form of a value for a member of type V; NULL for nullopt.
template <class V, class U>
Value value_for(U&& u) {
  using X = std::remove_cvref_t<U>;
  if constexpr (std::same_as<X, std::nullopt_t>) return {};
  else if constexpr (Integer<V> && std::integral<X>) return Value(u);
  else if constexpr (nullable_v<V> && std::same_as<X, V>) return u ? value_for<bare_t<V>>(*u) : Value();
  else if constexpr (Text<V>) return Value(std::string_view(u));
  else if constexpr (is_ref_v<bare_t<V>>) return static_cast<bare_t<V>>(std::forward<U>(u)).pk.str();
  else return Codec<bare_t<V>>::encode(static_cast<bare_t<V>>(std::forward<U>(u)));
}

template <class T> struct Assignment : AssignmentNode {};
template <class T> struct Ordering {
  std::string_view member;
  bool descending;
};
// f<&Post::view_count> + 1
template <class T, class V> struct Arithmetic {
  std::string_view member;
  Value delta;
};

template <auto... Path>
struct FieldRef {
  static constexpr auto last = last_of<Path...>;
  using T = owner_of<first_of<Path...>>;
  using V = value_of<last>;
  static constexpr std::string_view name = member_name<last>();

  template <FitsStored<V> U> Q<T> operator==(U&& u) const {
    return Q<T>{make_equal({member_name<Path>()...}, value_for<V>(std::forward<U>(u)))};
  }
  template <FitsStored<V> U> Q<T> operator!=(U&& u) const { return !(*this == std::forward<U>(u)); }
  template <FitsStored<V> U>
    requires Ordered<V>
  Q<T> operator<(U&& u) const { return compare(Op::lt, std::forward<U>(u)); }
  template <FitsStored<V> U>
    requires Ordered<V>
  Q<T> operator<=(U&& u) const { return compare(Op::le, std::forward<U>(u)); }
  template <FitsStored<V> U>
    requires Ordered<V>
  Q<T> operator>(U&& u) const { return compare(Op::gt, std::forward<U>(u)); }
  template <FitsStored<V> U>
    requires Ordered<V>
  Q<T> operator>=(U&& u) const { return compare(Op::ge, std::forward<U>(u)); }
  // "the value does not fit the field": deleted overloads keep the message to a few lines.
  template <class U> Q<T> operator==(U&&) const = delete;
  template <class U> Q<T> operator!=(U&&) const = delete;
  template <class U> Q<T> operator<(U&&) const = delete;
  template <class U> Q<T> operator<=(U&&) const = delete;
  template <class U> Q<T> operator>(U&&) const = delete;
  template <class U> Q<T> operator>=(U&&) const = delete;

  // ---- text
  Q<T> startswith(std::string_view s) const requires Text<V> { return leaf(Op::startswith, s); }
  Q<T> istartswith(std::string_view s) const requires Text<V> { return leaf(Op::istartswith, s); }
  Q<T> iexact(std::string_view s) const requires Text<V> { return leaf(Op::iexact, s); }
  Q<T> contains(std::string_view s) const requires Text<V> { return leaf(Op::contains, s); }
  Q<T> icontains(std::string_view s) const requires Text<V> { return leaf(Op::icontains, s); }
  // ---- lists and sets: whether it holds an element
  template <class U>
    requires(is_vector_v<bare_t<V>> || is_set_v<bare_t<V>>)
  Q<T> contains(U&& u) const {
    static_assert(Fits<U, element_t<V>>, "contains(x): x is not of the type of the field's elements");
    return leaf(Op::contains, value_for<element_t<V>>(std::forward<U>(u)));
  }
  // ---- many-to-many: whether the row is linked to another
  template <class U>
    requires is_many_v<V>
  Q<T> contains(const U& u) const {
    static_assert(std::same_as<U, element_t<V>> || std::same_as<U, Uuid>,
                  "contains(row): the row is not of the many-to-many's other model");
    if constexpr (std::same_as<U, Uuid>) return leaf(Op::contains, u.str());
    else return leaf(Op::contains, u.pk.str());
  }

  template <class R>
    requires requires(const R& r) { r.begin(); r.end(); requires FitsStored<decltype(*r.begin()), V>; }
  Q<T> in(const R& range) const { return in_range(range); }
  Q<T> in(std::initializer_list<V> values) const { return in_range(values); }
  // Rows of another query: f<&Post::author_pk>.in(Author::objects.filter(…))
  template <class O>
    requires is_ref_v<bare_t<V>>
  Q<T> in(const QuerySet<O>& others) const {
    static_assert(std::same_as<O, element_t<V>>, "in(queryset): the foreign key points to another model");
    return Q<T>{make_in({member_name<Path>()...}, others.subquery("pk"))};
  }
  template <FitsStored<V> A, FitsStored<V> B>
    requires Ordered<V>
  Q<T> between(A&& low, B&& high) const {
    return Q<T>{make_leaf(Op::between, {member_name<Path>()...},
                          std::vector<Value>{value_for<V>(low), value_for<V>(high)})};
  }
  Q<T> isnull(bool yes = true) const requires nullable_v<V> { return leaf(Op::isnull, yes); }

  // ---- inside a JSON or list member
  auto operator[](std::string_view step) const requires std::same_as<bare_t<V>, Json> { return nested()[step]; }
  template <std::integral I>
    requires(std::same_as<bare_t<V>, Json> || is_vector_v<bare_t<V>>)
  auto operator[](I index) const { return nested()[index]; }

  // ---- order_by()
  Ordering<T> asc() const { return ordering(false); }
  Ordering<T> desc() const { return ordering(true); }

  // ---- update()
  template <FitsStored<V> U> Assignment<T> operator=(U&& u) const {
    return {{own_member(), Assign::set, value_for<V>(std::forward<U>(u))}};
  }
  Assignment<T> operator=(const Arithmetic<T, V>& e) const { return {{own_member(), Assign::add, e.delta, e.member}}; }
  template <class U>
    requires(!FitsStored<U, V> && !std::same_as<std::remove_cvref_t<U>, Arithmetic<T, V>>)
  Assignment<T> operator=(U&&) const = delete;
  template <FitsStored<V> U>
    requires Numeric<V>
  Arithmetic<T, V> operator+(U&& u) const { return {own_member(), value_for<V>(u)}; }
  template <FitsStored<V> U>
    requires Numeric<V>
  Arithmetic<T, V> operator-(U&& u) const { return {own_member(), negated(value_for<V>(u))}; }
  // The value where the row has none yet.
  template <FitsStored<V> U> Assignment<T> if_not_exists(U&& u) const {
    return {{own_member(), Assign::if_not_exists, value_for<V>(std::forward<U>(u))}};
  }
  Assignment<T> remove() const requires nullable_v<V> { return {{own_member(), Assign::remove, {}}}; }
  template <class U> requires is_vector_v<bare_t<V>> Assignment<T> append(U&& u) const {
    static_assert(Fits<U, element_t<V>>, "append(x): x is not of the type of the list's elements");
    return {{own_member(), Assign::append, dynamodb::List{value_for<element_t<V>>(std::forward<U>(u))}}};
  }
  template <class U>
    requires is_set_v<bare_t<V>>
  Assignment<T> add(U&& u) const { return set_change(Assign::set_add, std::forward<U>(u)); }
  template <class U>
    requires is_set_v<bare_t<V>>
  Assignment<T> discard(U&& u) const { return set_change(Assign::set_discard, std::forward<U>(u)); }

 private:
  // What orders and changes are of: the row itself, not one that it leads to, which may have a member of that name.
  static constexpr std::string_view own_member() {
    static_assert(sizeof...(Path) == 1, "a row across a relation takes part in conditions alone: orders, changes and sums are of the model's own members");
    return name;
  }
  static constexpr Ordering<T> ordering(bool descending) {
    static_assert(Ordered<V> || is_ref_v<bare_t<V>> || std::same_as<bare_t<V>, bool>, "order_by(): the field's values have no order");
    return {own_member(), descending};
  }
  static NestedRef<T, bare_t<V>> nested() { return {{member_name<Path>()...}, {}}; }
  static Q<T> leaf(Op op, Value v) { return Q<T>{make_leaf(op, {member_name<Path>()...}, std::move(v))}; }
  template <class U> static Q<T> compare(Op op, U&& u) { return leaf(op, value_for<V>(std::forward<U>(u))); }
  static Q<T> in_range(const auto& range) {
    std::vector<Value> values;
    for (const auto& v : range) values.push_back(value_for<V>(v));
    return Q<T>{make_leaf(Op::in, {member_name<Path>()...}, std::move(values))};
  }
  static Value negated(const Value& v) { return *dynamodb::subtract(dynamodb::Number(), v.as<dynamodb::Number>()); }
  template <class U> static Assignment<T> set_change(Assign op, U&& u) {
    static_assert(Fits<U, element_t<V>>, "add(x), discard(x): x is not of the type of the set's elements");
    return {{own_member(), op, codec::make_set({value_for<element_t<V>>(std::forward<U>(u))})}};
  }
};
template <auto... Path> inline constexpr FieldRef<Path...> f{};

}  // namespace dynamo_backend
