// Validation of packed bytes that come from outside: every length is checked before it is used, and
// every rule of the grammar in item_view.cc that the unchecked readers, equality and sizes rely on.
#include <optional>

#include <simdjson.h>

#include "dynamodb/item_view.h"
#include "dynamodb/limits.h"

namespace dynamodb {
namespace {

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

bool is_canonical_number(std::string_view text) {
  // The longest canonical text: a sign, "0.", 129 zeros and 38 digits.
  if (text.size() > 170) return false;
  const auto number = Number::parse(text);
  return number && number->text() == text;
}

class Checker {
 public:
  explicit Checker(std::string_view bytes) : rest_(bytes) {}

  bool item() { return byte() == 1 && entries(1) && rest_.empty(); }

 private:
  // -1 at the end.
  int byte() {
    if (rest_.empty()) return -1;
    const int value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  // nullopt for one that is cut off, padded with zeros, or past 2^35: nothing here is near so
  // large.
  std::optional<std::size_t> varint() {
    std::size_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      const int part = byte();
      if (part < 0) return std::nullopt;
      value |= static_cast<std::size_t>(part & 0x7F) << shift;
      if (part < 0x80) return part == 0 && shift > 0 ? std::nullopt : std::optional(value);
    }
    return std::nullopt;
  }

  std::optional<std::string_view> text() {
    const auto size = varint();
    if (!size || *size > rest_.size()) return std::nullopt;
    const std::string_view taken = rest_.substr(0, *size);
    rest_.remove_prefix(*size);
    return taken;
  }

  bool entries(std::size_t level) {
    const auto count = varint();
    if (!count) return false;
    std::string_view previous;
    for (std::size_t i = 0; i < *count; ++i) {
      const auto name = text();
      if (!name || name->empty() || name->size() > kMaxAttributeNameSize || !is_utf8(*name))
        return false;
      if (i > 0 && *name <= previous) return false;
      previous = *name;
      if (!value(level)) return false;
    }
    return true;
  }

  bool elements(std::size_t level) {
    const auto count = varint();
    if (!count) return false;
    for (std::size_t i = 0; i < *count; ++i) {
      if (!value(level)) return false;
    }
    return true;
  }

  bool members(Type type) {
    const auto count = varint();
    if (!count || *count == 0) return false;
    std::string_view previous;
    for (std::size_t i = 0; i < *count; ++i) {
      const auto member = text();
      if (!member || !scalar_is_valid(type, *member)) return false;
      if (i > 0 && !in_order(type, previous, *member)) return false;
      previous = *member;
    }
    return true;
  }

  static bool in_order(Type type, std::string_view a, std::string_view b) {
    return type == Type::NS ? compare_numbers(a, b) < 0 : a < b;
  }

  static bool scalar_is_valid(Type type, std::string_view text) {
    switch (type) {
      case Type::S:
      case Type::SS:
        return is_utf8(text);
      case Type::N:
      case Type::NS:
        return is_canonical_number(text);
      default:
        return true;
    }
  }

  bool container(Type type, std::size_t level) {
    const auto bytes = varint();
    if (!bytes || *bytes > rest_.size()) return false;
    const std::string_view after = rest_.substr(*bytes);
    rest_ = rest_.substr(0, *bytes);
    const bool valid = type == Type::M   ? entries(level + 1)
                       : type == Type::L ? elements(level + 1)
                                         : members(type);
    if (!valid || !rest_.empty()) return false;
    rest_ = after;
    return true;
  }

  bool value(std::size_t level) {
    if (level > kMaxNesting) return false;
    const int tag = byte();
    if (tag == 0x0B) return true;
    if (tag < 1 || tag > 10) return false;
    const auto type = static_cast<Type>(tag);
    if (type == Type::BOOL || type == Type::NUL) return true;
    if (type >= Type::M) return container(type, level);
    const auto bytes = text();
    return bytes && scalar_is_valid(type, *bytes);
  }

  std::string_view rest_;
};

}  // namespace

bool is_packed_item(std::string_view bytes) { return Checker(bytes).item(); }

}  // namespace dynamodb
