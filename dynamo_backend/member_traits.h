// What a member pointer as template argument tells: owner, type and name of the member, without a
// macro.
//
// Names come from __PRETTY_FUNCTION__ (g++, clang); `.attribute = "name"` in a field pins the name
// outside C++.
#pragma once
#include <concepts>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "dynamo_backend/types.h"

// Version 14 takes requires clauses and chains of if constexpr apart.
// clang-format off
namespace dynamo_backend {

template <class T> class ModelBase;
template <class T> struct DynamoModel;
template <class T> struct DynamoTable;
template <class T> struct Ref;
template <class T, class Through> class Many;

// ---- the type of a member pointer, or of the function of a ComputedIndex
template <class> struct member_traits;
template <class C, class V> struct member_traits<V C::*> { using owner = C; using value = V; };
template <class R, class C> struct member_traits<R (*)(const C&)> { using owner = C; using value = R; };
template <class R, class C> struct member_traits<R (*)(const C&) noexcept> { using owner = C; using value = R; };

// The model that a member belongs to: a member of a base template belongs to the model that
// inherits it.
template <class C> struct model_of { using type = C; };
template <class T> struct model_of<DynamoModel<T>> { using type = T; };
template <class T> struct model_of<DynamoTable<T>> { using type = T; };
template <template <class> class B, class T>
  requires std::derived_from<B<T>, ModelBase<T>>
struct model_of<B<T>> { using type = T; };

template <auto M> using traits_of = member_traits<std::remove_cv_t<decltype(M)>>;
template <auto M> using owner_of = typename model_of<typename traits_of<M>::owner>::type;
template <auto M> using value_of = typename traits_of<M>::value;
template <auto M> inline constexpr bool is_computed_v = !std::is_member_pointer_v<std::remove_cv_t<decltype(M)>>;

template <auto M>
consteval std::string_view member_name() {
  std::string_view s = __PRETTY_FUNCTION__;
  s.remove_prefix(s.find("M = ") + 4);
  s = s.substr(0, s.find_first_of(";]"));
  return s.substr(s.rfind(':') + 1);
}
template <class T>
consteval std::string_view type_name() {
  std::string_view s = __PRETTY_FUNCTION__;
  s.remove_prefix(s.find("T = ") + 4);
  return s.substr(0, s.find_first_of(";]"));
}

// ---- the types that members have
template <class V> struct unwrap_optional {
  using type = V;
  static constexpr bool nullable = false;
};
template <class V> struct unwrap_optional<std::optional<V>> {
  using type = V;
  static constexpr bool nullable = true;
};
template <class V> using bare_t = typename unwrap_optional<V>::type;
template <class V> inline constexpr bool nullable_v = unwrap_optional<V>::nullable;

template <class V> inline constexpr bool is_ref_v = false;
template <class T> inline constexpr bool is_ref_v<Ref<T>> = true;
template <class V> inline constexpr bool is_many_v = false;
template <class T, class R> inline constexpr bool is_many_v<Many<T, R>> = true;
template <class V> inline constexpr bool is_vector_v = false;
template <class T> inline constexpr bool is_vector_v<std::vector<T>> = true;
template <class V> inline constexpr bool is_set_v = false;
template <class T, class C> inline constexpr bool is_set_v<std::set<T, C>> = true;

template <class V> struct many_traits;
template <class T, class R> struct many_traits<Many<T, R>> { using through = R; };

template <class V> struct element_of;
template <class T> struct element_of<std::vector<T>> { using type = T; };
template <class T, class C> struct element_of<std::set<T, C>> { using type = T; };
template <class T> struct element_of<Ref<T>> { using type = T; };
template <class T, class R> struct element_of<Many<T, R>> { using type = T; };
template <class V> using element_t = typename element_of<bare_t<V>>::type;

template <class V> concept Text = std::same_as<bare_t<V>, std::string>;
template <class V> concept Integer = std::integral<bare_t<V>> && !std::same_as<bare_t<V>, bool>;
template <class V> concept Numeric = Integer<V> || std::floating_point<bare_t<V>> || std::same_as<bare_t<V>, Decimal>;
// What `<` means something for. A BOOL has no order worth a condition.
template <class V>
concept Ordered = Text<V> || Numeric<V> || std::same_as<bare_t<V>, Timestamp> || std::same_as<bare_t<V>, Uuid> ||
                  std::same_as<bare_t<V>, Binary>;

template <auto First, auto... Rest> inline constexpr auto first_of = First;
template <auto First, auto... Rest> inline constexpr auto last_of = last_of<Rest...>;
template <auto Only> inline constexpr auto last_of<Only> = Only;

}  // namespace dynamo_backend
