// Random values and items for property tests. Seeds are printed by the tests that use them.
#pragma once
#include <random>
#include <string>

#include "dynamodb/value.h"

namespace dynamodb::testing {

class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_);
  }
  bool coin() { return below(2) == 0; }

  // Few different ones, so that comparisons often find equals.
  Number number() {
    const auto small = Number(static_cast<std::int64_t>(below(7)) - 3);
    if (coin()) return small;
    std::string text = coin() ? "-" : "";
    for (std::size_t i = 1 + below(38); i > 0; --i) text += static_cast<char>('0' + below(10));
    text += "e" + std::to_string(static_cast<int>(below(200)) - 120);
    return Number::parse(text).value_or(small);
  }
  std::string bytes() {
    std::string result(below(coin() ? 4 : 300), '\0');
    for (char& c : result) c = static_cast<char>(below(256));
    return result;
  }
  std::string text() {
    constexpr const char* kPieces[] = {"a", "b",    "\"", "\\", "\n",   "é",
                                       "😀", "\x01", "0",  "<",  "\x7f", "ab"};
    std::string result;
    for (std::size_t i = below(coin() ? 4 : 80); i > 0; --i)
      result += kPieces[below(std::size(kPieces))];
    return result;
  }
  std::string name() {
    constexpr const char* kNames[] = {"a", "b", "c", "d.e", "pk", "é", "A", "z9", "name"};
    return coin() ? kNames[below(std::size(kNames))] : "n" + text();
  }

  AttributeValue value(std::size_t depth = 3) {
    switch (static_cast<Type>(1 + below(10))) {
      case Type::S:
        return text();
      case Type::N:
        return number();
      case Type::B:
        return Binary{bytes()};
      case Type::BOOL:
        return coin();
      case Type::NUL:
        return Null{};
      case Type::M:
        return depth == 0 ? AttributeValue(Map{}) : AttributeValue(item(depth - 1));
      case Type::L:
        return list(depth);
      case Type::SS:
        return StringSet::make(members<std::string>([this] { return text(); }));
      case Type::NS:
        return NumberSet::make(members<Number>([this] { return number(); }));
      case Type::BS:
        return BinarySet::make(members<std::string>([this] { return bytes(); }));
    }
    return Null{};
  }
  Item item(std::size_t depth = 3) {
    Item result;
    for (std::size_t i = below(8); i > 0; --i) result.insert_or_assign(name(), value(depth));
    return result;
  }

 private:
  AttributeValue list(std::size_t depth) {
    List result;
    for (std::size_t i = depth == 0 ? 0 : below(5); i > 0; --i) result.push_back(value(depth - 1));
    return result;
  }
  template <class Member, class Make>
  std::vector<Member> members(Make make) {
    std::vector<Member> result;
    for (std::size_t i = 1 + below(4); i > 0; --i) result.push_back(make());
    return result;
  }

  std::mt19937_64 engine_;
};

// Another seed in every run, shown when the test fails.
inline std::uint64_t new_seed() { return std::random_device{}(); }

}  // namespace dynamodb::testing
