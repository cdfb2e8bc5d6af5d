// Attribute values and items read from DynamoDB's JSON. Numbers are JSON strings; binaries are
// base64.
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <limits>
#include <unordered_set>

#include <simdjson.h>

#include "dynamodb/expression_tokens.h"
#include "dynamodb/limits.h"
#include "dynamodb/wire_json.h"

namespace dynamodb::wire {
namespace {

using Element = simdjson::dom::element;

// ---- base64 (RFC 4648, section 4)

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 64; ++i) digits[static_cast<std::uint8_t>(kAlphabet[i])] = i;
  return digits;
}();

// Strict: padded, no other characters, no bits set past the last byte.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  const std::string_view digits = text.substr(0, text.size() - padding);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : digits) {
    const std::uint8_t digit = kDigits[static_cast<std::uint8_t>(c)];
    if (digit == kNoDigit) return std::nullopt;
    bits = (bits << 6 | digit) & 0xFFFF;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>(bits >> held & 0xFF);
    }
  }
  if ((bits & ((1U << held) - 1)) != 0) return std::nullopt;
  return bytes;
}

bool is_base64(char c) { return c == '=' || kDigits[static_cast<std::uint8_t>(c)] != kNoDigit; }

// ---- reading

constexpr char kEmptyValue[] =
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
constexpr char kManyTypes[] =
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
    "supported datatypes";
constexpr char kInvalid[] = "One or more parameter values were invalid: ";
// The two spaces are AWS's.
constexpr char kEmptyStrings[] = "An string set  may not be empty";
constexpr char kEmptyNumbers[] = "An number set  may not be empty";
constexpr char kTooDeep[] =
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
    "beyond supported limit";
constexpr char kEmptyBinaries[] = "Binary sets should not be empty";

class ValueReader {
 public:
  explicit ValueReader(Errors& errors) : errors_(errors) {}

  AttributeValue value(Element json) {
    if (errors_.first) return Null{};
    ++level_;
    const auto found = typed(json);
    if (level_ > kMaxNesting && errors_.of_depth) errors_.add(validation_error(kTooDeep));
    AttributeValue result = found ? read(found->first, found->second) : Null{};
    --level_;
    return result;
  }

  AttributeValue read(Type type, Element payload) {
    switch (type) {
      case Type::S:
        return text(payload);
      case Type::N:
        return number(payload);
      case Type::B:
        return Binary{binary(payload)};
      case Type::BOOL:
        return boolean(payload);
      case Type::NUL:
        return null(payload);
      case Type::M:
        return map(payload);
      case Type::L:
        return list(payload);
      case Type::SS:
        return StringSet::make(members(payload, type));
      case Type::NS:
        return numbers(payload);
      case Type::BS:
        return BinarySet::make(members(payload, type));
    }
    return Null{};
  }

  Map map(Element json) {
    simdjson::dom::object object;
    if (json.get(object) != simdjson::SUCCESS) return wrong_type("an object"), Map{};
    Map result;
    for (const auto& [name, member] : object) result.emplace(name, value(member));
    return result;
  }

  // Scalars go straight into the packed form; containers, which are rare in rows, by way of a tree.
  PackedItem packed(Element json) {
    simdjson::dom::object object;
    if (json.get(object) != simdjson::SUCCESS) return wrong_type("an object"), PackedItem();
    ItemPacker packer;
    for (const auto& [name, member] : object) {
      const auto found = errors_.first ? std::nullopt : typed(member);
      if (!found) break;
      const auto [type, payload] = *found;
      switch (type) {
        case Type::S:
          packer.add_string(name, text(payload));
          break;
        case Type::N:
          packer.add_number(name, number(payload).text());
          break;
        case Type::B:
          packer.add_binary(name, binary(payload));
          break;
        case Type::BOOL:
          packer.add_bool(name, boolean(payload));
          break;
        case Type::NUL:
          null(payload);
          packer.add_null(name);
          break;
        default:
          packer.add(name, value(member));
      }
    }
    return std::move(packer).finish();
  }

 private:
  // The one type of an attribute value and what it holds, which is unread; nullopt after an error.
  std::optional<std::pair<Type, Element>> typed(Element json) {
    std::optional<std::pair<Type, Element>> found;
    if (json.is_null()) {
      errors_.add(validation_error(kEmptyValue));
      return found;
    }
    simdjson::dom::object object;
    if (json.get(object) != simdjson::SUCCESS) {
      wrong_type("an object");
      return found;
    }
    bool many = false;
    for (const auto& [name, payload] : object) {
      const auto type = parse_type(name);
      if (!type || payload.is_null()) continue;
      many = many || found;
      if (!found) found.emplace(*type, payload);
    }
    if (!found) errors_.add(validation_error(kEmptyValue));
    if (!many) return found;
    // DynamoDB: each of the types is looked at before their number is.
    for (const auto& [name, payload] : object) {
      const auto type = parse_type(name);
      if (type && !payload.is_null()) read(*type, payload);
    }
    errors_.add(validation_error(kManyTypes));
    return std::nullopt;
  }

  void wrong_type(std::string_view expected) {
    errors_.serialization("An attribute value holds something else than " + std::string(expected));
  }

  std::string_view text(Element json) {
    std::string_view text;
    if (json.get(text) != simdjson::SUCCESS) wrong_type("a string");
    return text;
  }

  Number number(Element json) {
    std::string_view digits;
    if (json.get(digits) != simdjson::SUCCESS) return wrong_type("a number as a string"), Number();
    std::string problem;
    auto number = Number::parse(digits, &problem);
    if (number) return std::move(*number);
    if (errors_.wording == Wording::old) {
      if (auto other = big_decimal_problem(digits)) problem = std::move(*other);
    } else if (digits.empty()) {
      problem += ": ";
    }
    errors_.add(validation_error(std::move(problem)));
    return Number();
  }

  // DynamoDB's old layer reads numbers as Java's BigDecimal does, whose exponents have 32 bits.
  static std::optional<std::string> big_decimal_problem(std::string_view digits) {
    const std::size_t e = digits.find_first_of("eE");
    if (e == std::string_view::npos) return std::nullopt;
    std::string_view text = digits.substr(e + 1);
    if (text.starts_with('+')) text.remove_prefix(1);
    std::int64_t exponent = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    if (exponent > kMost || exponent < -kMost)
      return "The parameter cannot be converted to a numeric value: " + std::string(digits);
    // The largest one overflows when the digits before it are added.
    if (exponent < kMost) return std::nullopt;
    return "Number underflow. Attempting to store a number with magnitude smaller than supported "
           "range";
  }

  std::string binary(Element json) {
    std::string_view base64;
    if (json.get(base64) != simdjson::SUCCESS)
      return wrong_type("base64 as a string"), std::string();
    auto bytes = decode_base64(base64);
    if (!bytes) errors_.serialization(base64_problem(base64).value_or(""));
    return bytes ? std::move(*bytes) : std::string();
  }

  bool boolean(Element json) {
    bool value = false;
    if (json.get(value) == simdjson::SUCCESS) return value;
    std::string_view text;
    const auto read = json.get(text) == simdjson::SUCCESS ? boolean_text(text) : std::nullopt;
    if (!read) wrong_type("true or false");
    return read.value_or(false);
  }

  Null null(Element json) {
    if (!boolean(json)) {
      errors_.add(validation_error(std::string(kInvalid) +
                                   "Null attribute value types must have the value of true"));
    }
    return {};
  }

  List list(Element json) {
    simdjson::dom::array elements;
    if (json.get(elements) != simdjson::SUCCESS) return wrong_type("a list"), List{};
    List result;
    for (const Element element : elements) result.push_back(value(element));
    return result;
  }

  std::vector<std::string> members(Element json, Type type) {
    std::vector<std::string> result, sent;
    each_member(json, [&](Element element) {
      sent.emplace_back(text(element));
      result.push_back(type == Type::BS ? binary(element) : sent.back());
    });
    if (result.empty()) {
      errors_.add(validation_error(std::string(kInvalid) +
                                   (type == Type::BS ? kEmptyBinaries : kEmptyStrings)));
    }
    auto sorted = result;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
      const bool is_old = errors_.wording == Wording::old;
      errors_.add(validation_error(std::string(kInvalid) + "Input collection [" +
                                   (is_old ? joined(sent, ", ") : members_read(result, type)) +
                                   "]" + (type == Type::BS ? "of type BS" : "") +
                                   " contains duplicates."));
    }
    return sorted;
  }

  static std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
    std::string all;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (i > 0) all += separator;
      all += texts[i];
    }
    return all;
  }

  // As DynamoDB's new layer lists the members of a set that it could not read: in order up to the
  // first that is there already, as sent from it on. REQUIRES: one is.
  static std::string members_read(std::vector<std::string> members, Type type) {
    auto end = members.begin();
    for (std::unordered_set<std::string> seen; seen.insert(*end).second;) ++end;
    std::sort(members.begin(), end);
    std::string list;
    for (const std::string& member : members) {
      if (!list.empty()) list += type == Type::BS ? "," : ", ";
      list += '"';
      type == Type::BS ? append_base64(list, member) : void(list += member);
      list += '"';
    }
    return list;
  }

  NumberSet numbers(Element json) {
    std::vector<Number> result;
    each_member(json, [&](Element element) { result.push_back(number(element)); });
    const std::size_t sent = result.size();
    if (sent == 0) errors_.add(validation_error(std::string(kInvalid) + kEmptyNumbers));
    NumberSet set = NumberSet::make(std::move(result));
    if (set.members.size() != sent) {
      constexpr char kRepeats[] = "Input collection contains duplicates";
      const bool is_old = errors_.wording == Wording::old;
      errors_.add(validation_error(is_old ? kRepeats : std::string(kInvalid) + kRepeats + "."));
    }
    return set;
  }

  template <class Use>
  void each_member(Element json, Use use) {
    simdjson::dom::array elements;
    if (json.get(elements) != simdjson::SUCCESS) return wrong_type("a list");
    for (const Element element : elements) use(element);
  }

  Errors& errors_;
  std::size_t level_ = 0;
};

Element unwrap(const JsonElement& json) { return std::bit_cast<Element>(json.bytes); }

template <class T, class Read>
Result<T> decode_document(std::string_view json, Read read) {
  Errors errors;
  const JsonDocument document(json, errors);
  if (errors.first) return std::move(*errors.first);
  T value = read(document.root(), errors);
  if (errors.first) return std::move(*errors.first);
  return value;
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  const auto at = [&](std::size_t i) {
    return i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : 0U;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    out += kAlphabet[group >> 18];
    out += kAlphabet[group >> 12 & 63];
    out += i + 1 < bytes.size() ? kAlphabet[group >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kAlphabet[group & 63] : '=';
  }
}

std::optional<bool> boolean_text(std::string_view text) {
  for (const auto& [name, value] : {std::pair("true", true),
                                    {"yes", true},
                                    {"1", true},
                                    {"false", false},
                                    {"no", false},
                                    {"0", false}}) {
    if (expression_parsing::same_word(text, name)) return value;
  }
  return std::nullopt;
}

std::optional<std::string> base64_problem(std::string_view text) {
  if (text.size() % 4 != 0) {
    return "Base64 encoded length is expected a multiple of 4 bytes but found: " +
           std::to_string(text.size());
  }
  const auto wrong = std::find_if_not(text.begin(), text.end(), is_base64);
  if (wrong != text.end()) {
    // A whole UTF-8 character, so that the message is text.
    const auto end = std::find_if_not(wrong + 1, text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    });
    return "Invalid Base64 character: '" + std::string(wrong, end) + "'";
  }
  if (decode_base64(text)) return std::nullopt;
  return "Invalid last non-pad Base64 character dectected";  // AWS's spelling
}

AttributeValue read_value(JsonElement json, Errors& errors) {
  return ValueReader(errors).value(unwrap(json));
}
Item read_item(JsonElement json, Errors& errors) { return ValueReader(errors).map(unwrap(json)); }
PackedItem read_packed_item(JsonElement json, Errors& errors) {
  return ValueReader(errors).packed(unwrap(json));
}

Item read_item(const Reader& reader, std::string_view name) {
  const auto json = reader.member(name);
  return json ? read_item(*json, reader.errors()) : Item{};
}
std::optional<PackedItem> read_packed_item(const Reader& reader, std::string_view name) {
  const auto json = reader.member(name);
  if (!json) return std::nullopt;
  return read_packed_item(*json, reader.errors());
}

void write_item(base::JsonWriter& json, std::string_view name, ItemView item) {
  json.key(name);
  append_json(json.begin_raw(), item);
}
void write_item(base::JsonWriter& json, std::string_view name, const Item& item) {
  const PackedItem packed(item);
  write_item(json, name, packed.view());
}

Result<AttributeValue> decode_value(std::string_view json) {
  return decode_document<AttributeValue>(
      json, [](JsonElement root, Errors& errors) { return read_value(root, errors); });
}
Result<Item> decode_item(std::string_view json) {
  return decode_document<Item>(
      json, [](JsonElement root, Errors& errors) { return read_item(root, errors); });
}
Result<PackedItem> decode_packed_item(std::string_view json) {
  return decode_document<PackedItem>(
      json, [](JsonElement root, Errors& errors) { return read_packed_item(root, errors); });
}

}  // namespace dynamodb::wire
