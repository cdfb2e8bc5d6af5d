// NestedRef: a place inside a JSON or list member, in conditions and updates:
// f<&Post::meta>["seo"]["title"], f<&Post::tags>[0].
//
// The root is checked by the compiler, and what stands in a list; what a JSON member holds is known
// at run time only. Updates go to that place alone: the rest of the member is not read or written.
// DynamoDB: a parent that is not there is an error (ValidationError names the path); an index
// behind a list's end appends. Conditions inside a member are filters: no index serves them.
// Thread safety: a value.
#pragma once
#include <limits>

#include "dynamo_backend/codec.h"
#include "dynamo_backend/query.h"

// Version 14 takes requires clauses and chains of if constexpr apart.
// clang-format off
namespace dynamo_backend {

template <class T> struct Assignment;

// What may stand inside a JSON member, stored.
template <class U>
Value nested_value(const U& u) {
  using X = std::remove_cvref_t<U>;
  static_assert(!std::same_as<X, std::nullptr_t> && !std::same_as<X, std::nullopt_t>,
                "a nested place has no null: remove() it");
  if constexpr (std::same_as<X, Json>) return codec::encode_json(u);
  else if constexpr (std::floating_point<X>) return codec::encode_double(static_cast<double>(u));
  else if constexpr (std::same_as<X, Uuid>) return u.str();
  else if constexpr (std::same_as<X, Timestamp>) return base::to_iso(u);
  else if constexpr (std::same_as<X, Value>) return u;
  else if constexpr (std::convertible_to<const U&, std::string_view>) return std::string(std::string_view(u));
  else return Value(u);
}

// V: what the place holds: Json, or a list's element.
template <class T, class V>
class NestedRef {
 public:
  NestedRef(std::vector<std::string_view> path, PathSteps steps) : path_(std::move(path)), steps_(std::move(steps)) {}
  NestedRef(const NestedRef&) = default;

  auto operator[](std::string_view name) const requires std::same_as<V, Json> { return step<Json>(std::string(name)); }
  template <std::integral I>
  auto operator[](I index) const requires(std::same_as<V, Json> || is_vector_v<V>) {
    if (index < 0 || static_cast<std::uint64_t>(index) > std::numeric_limits<std::uint32_t>::max())
      throw FieldError("a position in a list is 0 or more.");
    if constexpr (is_vector_v<V>) return step<element_t<V>>(static_cast<std::uint32_t>(index));
    else return step<Json>(static_cast<std::uint32_t>(index));
  }

  // ---- update()
  template <class U> Assignment<T> operator=(const U& u) const { return assign(Assign::set, stored(u)); }
  Assignment<T> operator=(const NestedRef& sum) const {  // f<M>["n"] = f<M>["n"] + 1
    if (!sum.delta_ || sum.steps_ != steps_ || sum.path_ != path_)
      throw FieldError("a nested place takes a value, or its own sum: f<M>[\"n\"] = f<M>[\"n\"] + 1.");
    return assign(Assign::add, *sum.delta_);
  }
  template <class U>
    requires(std::is_arithmetic_v<U> && !std::same_as<U, bool>)
  NestedRef operator+(U n) const {
    check_sum(n);
    return plus(nested_value(n));
  }
  template <class U>
    requires(std::is_arithmetic_v<U> && !std::same_as<U, bool>)
  NestedRef operator-(U n) const {
    check_sum(n);
    return plus(*dynamodb::subtract(dynamodb::Number(), nested_value(n).template as<dynamodb::Number>()));
  }
  template <class U> Assignment<T> if_not_exists(const U& u) const { return assign(Assign::if_not_exists, stored(u)); }
  Assignment<T> remove() const { return assign(Assign::remove, {}); }
  template <class U> Assignment<T> append(const U& u) const requires std::same_as<V, Json> {
    return assign(Assign::append, dynamodb::List{nested_value(u)});
  }

  // ---- conditions
  template <class U> Q<T> operator==(const U& u) const { return leaf(Op::eq, value(u)); }
  template <class U> Q<T> operator!=(const U& u) const { return !(*this == u); }
  template <class U> Q<T> operator<(const U& u) const { return leaf(Op::lt, value(u)); }
  template <class U> Q<T> operator<=(const U& u) const { return leaf(Op::le, value(u)); }
  template <class U> Q<T> operator>(const U& u) const { return leaf(Op::gt, value(u)); }
  template <class U> Q<T> operator>=(const U& u) const { return leaf(Op::ge, value(u)); }
  template <class U> Q<T> contains(const U& u) const { return leaf(Op::contains, nested_value(u)); }
  Q<T> startswith(std::string_view s) const { return leaf(Op::startswith, s); }
  Q<T> isnull(bool yes = true) const { return leaf(Op::isnull, yes); }

 private:
  // DynamoDB looks neither at fractions nor at what fewer bits hold: the list could not be read any more.
  template <class U> static void check_sum([[maybe_unused]] U n) {
    static_assert(std::same_as<V, Json> || std::floating_point<V> || std::same_as<V, Decimal> ||
                      (std::signed_integral<V> && sizeof(V) == sizeof(std::int64_t) && std::integral<U>),
                  "sums in a list are of std::int64_t and whole numbers, of double or of Decimal");
    if constexpr (std::signed_integral<V> && std::integral<U>) {
      if (!holds<V>(n)) throw FieldError("the list's integers do not hold this value.");
    }
  }
  // As std::in_range, which takes no characters.
  template <class W, class U> static bool holds(U u) {
    return std::cmp_greater_equal(+u, +std::numeric_limits<W>::min()) &&
           std::cmp_less_equal(+u, +std::numeric_limits<W>::max());
  }

  template <class U> static Value stored(const U& u) {
    if constexpr (std::integral<V> && std::integral<U> && !std::same_as<V, bool> && !std::same_as<U, bool>) {
      if (!holds<V>(u)) throw FieldError("the list's integers do not hold this value.");
    }
    return value(u);
  }
  template <class U> static Value value(const U& u) {
    if constexpr (std::same_as<V, Json>) return nested_value(u);
    else if constexpr (std::integral<V> && std::integral<U> && !std::same_as<V, bool> && !std::same_as<U, bool>) return Value(u);
    else {
      static_assert(std::convertible_to<const U&, V> && !(std::floating_point<U> && std::integral<V>),
                    "the value is not of the type of the list's elements");
      return Codec<V>::encode(static_cast<V>(u));
    }
  }
  template <class W> NestedRef<T, W> step(std::variant<std::string, std::uint32_t> next) const {
    PathSteps steps = steps_;
    steps.push_back(std::move(next));
    return {path_, std::move(steps)};
  }
  NestedRef plus(Value delta) const {
    NestedRef sum = *this;
    sum.delta_ = std::move(delta);
    return sum;
  }
  Assignment<T> assign(Assign op, Value v) const {
    if (path_.size() != 1)
      throw FieldError("update(): a row across a relation takes part in conditions alone; update() changes the model's own members.");
    Assignment<T> a;
    a.member = path_.front();
    a.op = op;
    a.value = std::move(v);
    a.source = path_.front();
    a.steps = steps_;
    return a;
  }
  Q<T> leaf(Op op, Value v) const {
    return Q<T>{std::make_shared<const Node>(Node{.op = op, .path = path_, .values = {std::move(v)}, .steps = steps_})};
  }

  std::vector<std::string_view> path_;  // members; of an update one
  PathSteps steps_;
  std::optional<Value> delta_{};
};

}  // namespace dynamo_backend
