// PathPattern: "/api/posts/<uuid:pk>/" taken apart, and the converters that a pattern may name.
//
//   str   one segment, not empty          -> std::string, std::string_view
//   slug  letters, digits, '-' and '_'    -> std::string, std::string_view
//   int   digits                          -> any integer type (404 where it does not fit)
//   uuid  dashed, either case             -> base::Uuid
//   path  the rest, with its slashes      -> std::string, std::string_view; last in a pattern
//
// A segment is either literal or one converter. A view's arguments are checked against a literal
// pattern by the compiler.
#pragma once
#include <charconv>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/uuid.h"

namespace web {

class Request;
struct Response;

// A mistake in the routes: a malformed or duplicate pattern, a duplicate name. Thrown while they
// are registered.
struct RouteError : std::logic_error {
  using std::logic_error::logic_error;
};

// In order of precedence where several match a segment.
enum class Converter { uuid, integer, slug, str, path };
inline constexpr std::size_t kConverters = 5;
inline constexpr std::size_t kMaxArguments = 8;

constexpr std::optional<Converter> find_converter(std::string_view name) {
  if (name == "uuid") return Converter::uuid;
  if (name == "int") return Converter::integer;
  if (name == "slug") return Converter::slug;
  if (name == "str") return Converter::str;
  if (name == "path") return Converter::path;
  return std::nullopt;
}

// Whether `text`, percent-decoded, is a value of the converter.
bool converter_accepts(Converter converter, std::string_view text);

struct PathSegment {
  std::string
      literal{};  // decoded; empty with a converter, and for the end of a pattern that ends in '/'
  std::optional<Converter> converter{};
  std::string argument{};  // the converter's name in the pattern
};

// Throws RouteError that quotes the pattern.
std::vector<PathSegment> parse_pattern(std::string_view pattern);

// Turns a segment's text into a view's argument. Specialise it for a type of your own.
template <class T>
struct PathArgument;

template <class T>
requires std::same_as<T, std::string> || std::same_as<T, std::string_view>
struct PathArgument<T> {
  static constexpr bool takes(Converter c) {
    return c == Converter::str || c == Converter::slug || c == Converter::path;
  }
  static std::optional<T> parse(std::string_view text) { return T(text); }
};

template <>
struct PathArgument<base::Uuid> {
  static constexpr bool takes(Converter c) { return c == Converter::uuid; }
  static std::optional<base::Uuid> parse(std::string_view text) { return base::Uuid::parse(text); }
};

template <std::integral T>
requires(!std::same_as<T, bool>) struct PathArgument<T> {
  static constexpr bool takes(Converter c) { return c == Converter::integer; }
  static std::optional<T> parse(std::string_view text) {
    T value{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end ? std::optional<T>(value) : std::nullopt;
  }
};

// Not defined: a call of one of these inside a constant expression is the compiler's message.
void error_unknown_converter_in_the_pattern();
void error_the_pattern_and_the_view_differ_in_their_number_of_arguments();
void error_a_converter_does_not_fit_the_views_argument();

// A pattern that is put together at run time: checked when it is registered.
struct RuntimePattern {
  std::string_view text;
};

// A pattern for a view whose arguments after Request& are Args.
template <class... Args>
class RoutePattern {
 public:
  template <std::size_t N>
  consteval RoutePattern(const char (&literal)[N])
      : text_(literal, N - 1) {  // NOLINT: implicit, as std::format_string is
    check(text_, [](bool fits, auto&& complain) {
      if (!fits) complain();
    });
  }
  RoutePattern(RuntimePattern pattern) : text_(pattern.text) {  // NOLINT: implicit
    check(text_, [this](bool fits, auto&&) {
      if (!fits)
        throw RouteError("the pattern \"" + std::string(text_) +
                         "\" does not fit its view's arguments");
    });
  }
  constexpr std::string_view text() const { return text_; }

 private:
  template <class Report>
  static constexpr void check(std::string_view pattern, const Report& report) {
    constexpr std::size_t count = sizeof...(Args);
    using Takes = bool (*)(Converter);
    constexpr Takes takes[count + 1] = {&PathArgument<std::remove_cvref_t<Args>>::takes...,
                                        nullptr};
    std::size_t found = 0;
    for (std::size_t open = pattern.find('<'); open != std::string_view::npos;
         open = pattern.find('<', open + 1)) {
      const std::size_t close = std::min(pattern.find('>', open), pattern.size());
      const std::size_t colon = std::min(pattern.find(':', open), close);
      const bool named = colon < close;
      const auto converter =
          named ? find_converter(pattern.substr(open + 1, colon - open - 1)) : Converter::str;
      report(converter.has_value(), [] { error_unknown_converter_in_the_pattern(); });
      report(found < count,
             [] { error_the_pattern_and_the_view_differ_in_their_number_of_arguments(); });
      report(takes[found](*converter), [] { error_a_converter_does_not_fit_the_views_argument(); });
      ++found;
    }
    report(found == count,
           [] { error_the_pattern_and_the_view_differ_in_their_number_of_arguments(); });
  }

  std::string_view text_;
};

// The arguments of a view: any callable `Response(Request&, Args...)` that is not overloaded.
template <class Signature>
struct ViewSignature;
template <class Result, class First, class... Args>
struct ViewSignature<std::function<Result(First, Args...)>> {
  static_assert(std::is_convertible_v<Result, Response>, "a view returns web::Response");
  static_assert(std::is_same_v<First, Request&>, "a view's first argument is web::Request&");
  using Pattern = RoutePattern<Args...>;
};
template <class View>
using ViewTraits = ViewSignature<decltype(std::function{std::declval<View>()})>;

}  // namespace web
