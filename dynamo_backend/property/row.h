// The rows of the property test: one wide struct, of which random models are made, and its members
// as data: names, types, random access.
#pragma once
#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dynamo_backend/models.h"

namespace property {
using namespace dynamo_backend;

struct Group : DynamoModel<Group> {
  std::string name{};
  std::int64_t size = 0;
  std::optional<std::string> nick{};
  static constexpr auto schema =
      define<Group>(CharField<&Group::name>{.index = true}, IntegerField<&Group::size>{},
                    CharField<&Group::nick>{});
};

struct Row {
  Uuid pk{};
  std::string text{};
  std::string word{};
  std::int64_t number = 0;
  std::int64_t rank = 0;
  double real = 0;
  Decimal price{};
  Timestamp at{};
  bool flag = false;
  Binary bytes{};
  Uuid token{};
  std::optional<std::string> nick{};
  std::optional<std::int64_t> level{};
  std::optional<bool> maybe{};
  std::optional<Timestamp> seen{};
  std::optional<Decimal> fee{};
  std::vector<std::string> tags{};
  std::set<std::string> marks{};
  std::set<std::int64_t> digits{};
  Ref<Group> group{};
  std::optional<Ref<Group>> other{};
  bool null_stored =
      false;  // nullable members without a value are stored as NULL, as the original does

  // Of computed indexes.
  static std::optional<std::string> bucket(const Row& r) {
    return r.flag ? std::optional<std::string>(r.number < 0 ? "low" : "high") : std::nullopt;
  }
  static std::optional<std::int64_t> third(const Row& r) {
    return r.level ? std::optional<std::int64_t>(*r.level % 3) : std::nullopt;
  }
};

struct Bytes {
  std::string text{};
  auto operator<=>(const Bytes&) const = default;
};
// A value of a member, comparable with others of its type. Not the library's comparisons but for
// Decimal's.
using Cell = std::variant<std::string, std::int64_t, double, Decimal, bool, Timestamp, Uuid, Bytes>;
enum class Type : std::uint8_t { text, integer, real, decimal, boolean, time, uuid, bytes };

Value to_value(const Cell& cell);
std::string to_text(const Cell& cell);  // as C++

struct Member {
  std::string_view name{};
  Type type = Type::text;
  FieldInfo field{};  // without its part in a model
  bool many = false;  // a list or a set of such values
  bool nullable = false;
  bool relation = false;
  bool computed = false;
  std::optional<Cell> (*get)(const Row&) = nullptr;
  std::vector<Cell> (*elements)(const Row&) = nullptr;  // of many
  void (*set)(Row&, std::optional<Cell>) = nullptr;     // not of many, nor of computed

  bool key_type() const { return !many && type != Type::boolean; }
  bool ordered() const { return key_type() && !relation; }
};
const std::vector<Member>& members();  // the key `pk` first
const Member& member(std::string_view name);

}  // namespace property
