// strict::f<&Post::slug> == "x": a condition whose type also says which members it asks about, for
// strict querysets (strict.h).
//
// It says all that f<…> says, and is a Q<Post> wherever one is taken; `&&`, `||`, `!` of such
// conditions keep their shapes. f<…> itself gives the one type Q<Post>, so that conditions can
// stand in one variable and on both sides of a `?:`. Thread safety: immutable values.
#pragma once
#include "dynamo_backend/field_ref.h"

// Version 14 takes requires clauses and chains of if constexpr apart.
// clang-format off
namespace dynamo_backend {

// What a condition asks of which member, as types without values.
namespace shape {
template <auto M> struct Equal {};  // `==`
template <auto M> struct OneOf {};  // in()
template <auto M> struct Has {};  // any other that rows without a value do not meet: `<`, startswith()
template <auto M> struct Null {};
template <auto M> struct Maybe {};  // what it asks is known when it runs: isnull(bool), `== optional`
template <auto M> struct Linked {};  // contains() of a many-to-many
template <auto M, class S> struct Across {};  // the rows behind the relation M meet S
template <auto M> struct Subquery {};  // in() of a queryset whose conditions are not known here
template <class S> struct Not {};
template <class A, class B> struct And {};
template <class A, class B> struct Or {};

// Leaf<M>, seen from the first model of a path.
template <template <auto> class Leaf, auto First, auto... Rest>
struct on_path {
  using type = Across<First, typename on_path<Leaf, Rest...>::type>;
};
template <template <auto> class Leaf, auto M>
struct on_path<Leaf, M> {
  using type = Leaf<M>;
};
}  // namespace shape

template <class T, class Shape>
class TypedQ : public Q<T> {
 public:
  explicit TypedQ(NodePtr node) : Q<T>(std::move(node)) {}
  TypedQ(const TypedQ&) = default;
  TypedQ(TypedQ&&) noexcept = default;
  TypedQ& operator=(const TypedQ&) = default;
  TypedQ& operator=(TypedQ&&) noexcept = default;
  ~TypedQ() = default;
  // auto q = …; q = q && …; From here on the type may promise too much: a strict queryset that
  // would scan by it throws ScanForbidden.
  TypedQ& operator=(const Q<T>& other) {
    Q<T>::operator=(other);
    return *this;
  }
};

template <class T, class A, class B>
TypedQ<T, shape::And<A, B>> operator&&(const TypedQ<T, A>& a, const TypedQ<T, B>& b) {
  return TypedQ<T, shape::And<A, B>>(make_and(a.node(), b.node()));
}
template <class T, class A, class B>
TypedQ<T, shape::Or<A, B>> operator||(const TypedQ<T, A>& a, const TypedQ<T, B>& b) {
  return TypedQ<T, shape::Or<A, B>>(make_or(a.node(), b.node()));
}
template <class T, class A>
TypedQ<T, shape::Not<A>> operator!(const TypedQ<T, A>& a) {
  return TypedQ<T, shape::Not<A>>(make_not(a.node()));
}

template <class T, class S> class StrictQuerySet;

namespace strict {

// Orders and assignments are the plain one's.
template <auto... Path>
struct FieldRef : dynamo_backend::FieldRef<Path...> {
  using Plain = dynamo_backend::FieldRef<Path...>;
  using typename Plain::T;
  using typename Plain::V;
  using Plain::operator=;
  template <template <auto> class Leaf> using Typed = TypedQ<T, typename shape::on_path<Leaf, Path...>::type>;

  template <class U> auto operator==(U&& u) const {
    using X = std::remove_cvref_t<U>;
    const Q<T> q = plain == std::forward<U>(u);
    if constexpr (std::same_as<X, std::nullopt_t>) return Typed<shape::Null>(q.node());
    else if constexpr (nullable_v<X>) return Typed<shape::Maybe>(q.node());
    else return Typed<shape::Equal>(q.node());
  }
  template <class U> auto operator!=(U&& u) const { return !(*this == std::forward<U>(u)); }
  template <class U> Typed<shape::Has> operator<(U&& u) const { return has(plain < std::forward<U>(u)); }
  template <class U> Typed<shape::Has> operator<=(U&& u) const { return has(plain <= std::forward<U>(u)); }
  template <class U> Typed<shape::Has> operator>(U&& u) const { return has(plain > std::forward<U>(u)); }
  template <class U> Typed<shape::Has> operator>=(U&& u) const { return has(plain >= std::forward<U>(u)); }
  Typed<shape::Has> startswith(std::string_view s) const { return has(plain.startswith(s)); }
  Typed<shape::Has> istartswith(std::string_view s) const { return has(plain.istartswith(s)); }
  Typed<shape::Has> iexact(std::string_view s) const { return has(plain.iexact(s)); }
  Typed<shape::Has> icontains(std::string_view s) const { return has(plain.icontains(s)); }
  template <class A, class B> Typed<shape::Has> between(A&& low, B&& high) const {
    return has(plain.between(std::forward<A>(low), std::forward<B>(high)));
  }
  template <class U> auto contains(const U& u) const {
    if constexpr (is_many_v<V>) return Typed<shape::Linked>(plain.contains(u).node());
    else return has(plain.contains(u));
  }
  Typed<shape::Null> isnull() const { return Typed<shape::Null>(plain.isnull().node()); }
  Typed<shape::Maybe> isnull(bool yes) const { return Typed<shape::Maybe>(plain.isnull(yes).node()); }
  template <class R> Typed<shape::OneOf> in(const R& range) const { return Typed<shape::OneOf>(plain.in(range).node()); }
  Typed<shape::OneOf> in(std::initializer_list<V> values) const { return Typed<shape::OneOf>(plain.in(values).node()); }
  template <class O> Typed<shape::Subquery> in(const QuerySet<O>& others) const {
    return Typed<shape::Subquery>(plain.in(others).node());
  }
  // A strict queryset's rows are found without a Scan, or queryset() does not compile.
  template <class O, class S> Typed<shape::OneOf> in(const StrictQuerySet<O, S>& others) const {
    return Typed<shape::OneOf>(plain.in(others.queryset()).node());
  }

 private:
  static constexpr Plain plain{};
  static Typed<shape::Has> has(const Q<T>& q) { return Typed<shape::Has>(q.node()); }
};
template <auto... Path> inline constexpr FieldRef<Path...> f{};

}  // namespace strict
}  // namespace dynamo_backend
