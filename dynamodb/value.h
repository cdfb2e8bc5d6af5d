// AttributeValue: a DynamoDB value as a tree, and Item: an item as a map of them.
//
// For building requests, for expressions and for tests. Rows that are read travel as ItemView
// (item_view.h), which decodes without building a tree. Thread safety: values.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "dynamodb/number.h"

namespace dynamodb {

// Persisted in packed items and index definitions: do not renumber.
enum class Type : std::uint8_t {
  S = 1,
  N = 2,
  B = 3,
  BOOL = 4,
  NUL = 5,
  M = 6,
  L = 7,
  SS = 8,
  NS = 9,
  BS = 10
};

std::string_view type_name(Type type);  // "S", "N", …, "NULL"
std::optional<Type> parse_type(std::string_view name);

class AttributeValue;
using Map = std::map<std::string, AttributeValue, std::less<>>;
using Item = Map;
using List = std::vector<AttributeValue>;

struct Null {
  friend bool operator==(Null, Null) = default;
};
struct Binary {
  std::string bytes{};
  // By bytes from 0 to 255, as DynamoDB compares them.
  friend auto operator<=>(const Binary&, const Binary&) = default;
};
// Sets keep their members sorted and without repeats. make() drops repeats; wire readers refuse
// them before (DynamoDB does).
struct StringSet {
  std::vector<std::string> members{};
  static StringSet make(std::vector<std::string> members);
  friend bool operator==(const StringSet&, const StringSet&) = default;
};
struct NumberSet {
  std::vector<Number> members{};
  static NumberSet make(std::vector<Number> members);
  friend bool operator==(const NumberSet&, const NumberSet&) = default;
};
struct BinarySet {
  std::vector<std::string> members{};
  static BinarySet make(std::vector<std::string> members);
  friend bool operator==(const BinarySet&, const BinarySet&) = default;
};

class AttributeValue {
 public:
  // In the order of Type, so that type() is the index.
  using Variant = std::variant<std::string, Number, Binary, bool, Null, Map, List, StringSet,
                               NumberSet, BinarySet>;

  AttributeValue() : value_(Null{}) {}
  AttributeValue(std::string s) : value_(std::move(s)) {}         // NOLINT: a string is an S
  AttributeValue(std::string_view s) : value_(std::string(s)) {}  // NOLINT
  AttributeValue(const char* s) : value_(std::string(s)) {}       // NOLINT
  AttributeValue(Number n) : value_(std::move(n)) {}              // NOLINT: a number is an N
  template <std::same_as<bool> Bool>
  AttributeValue(Bool b) : value_(b) {}  // NOLINT: exactly bool, nothing that converts to it
  template <std::integral I>
  requires(!std::same_as<I, bool>) AttributeValue(I i) : value_(Number(i)) {}  // NOLINT
  AttributeValue(Binary b) : value_(std::move(b)) {}                           // NOLINT
  AttributeValue(Null) : value_(Null{}) {}                                     // NOLINT
  AttributeValue(Map m) : value_(std::move(m)) {}                              // NOLINT
  AttributeValue(List l) : value_(std::move(l)) {}                             // NOLINT
  AttributeValue(StringSet s) : value_(std::move(s)) {}                        // NOLINT
  AttributeValue(NumberSet s) : value_(std::move(s)) {}                        // NOLINT
  AttributeValue(BinarySet s) : value_(std::move(s)) {}                        // NOLINT

  Type type() const { return static_cast<Type>(value_.index() + 1); }
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(value_);
  }
  template <class T>
  const T* get_if() const {
    return std::get_if<T>(&value_);
  }
  template <class T>
  T* get_if() {
    return std::get_if<T>(&value_);
  }
  // Throws std::bad_variant_access for another type.
  template <class T>
  const T& as() const {
    return std::get<T>(value_);
  }
  template <class T>
  T& as() {
    return std::get<T>(value_);
  }
  const Variant& variant() const { return value_; }

  // Equality as DynamoDB's `=`: numbers by value, sets without order.
  friend bool operator==(const AttributeValue&, const AttributeValue&) = default;

 private:
  Variant value_;
};

// What is wrong with a value that DynamoDB would not store, in AWS's words: empty sets, names of 0
// or over 65535 bytes, nesting deeper than 32 levels, invalid UTF-8. nullopt when it is fine. Sizes
// are checked where the item is whole.
std::optional<std::string> check_value(const AttributeValue& value);
std::optional<std::string> check_item(const Item& item);
// The part of check_item() that DynamoDB does before it knows the table: names, then depth.
std::optional<std::string> check_nesting(const Item& item);

}  // namespace dynamodb
