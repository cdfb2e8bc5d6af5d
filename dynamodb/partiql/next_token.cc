// token    = the bytes below in hexadecimal
// bytes    = version (1) binding (8) read (2) start check (8)      numbers are big-endian
// binding  = hash of the statement and its parameters
// start    = a packed item, or nothing
// check    = hash of everything before it: a token that was cut or changed is not one
#include "dynamodb/partiql/next_token.h"

#include "dynamodb/item_view.h"

namespace dynamodb::partiql {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kHeader = 11, kCheck = 8;
constexpr char kDigits[] = "0123456789abcdef";

// FNV-1a, 64 bits: for mistakes, not against forgery, which would gain nothing: whatever a token
// says is checked as an ExclusiveStartKey is.
std::uint64_t hash(std::string_view bytes, std::uint64_t seed = 0xcbf29ce484222325) {
  for (const char c : bytes) {
    seed ^= static_cast<unsigned char>(c);
    seed *= 0x100000001b3;
  }
  return seed;
}

void append_number(std::string& out, std::uint64_t number, std::size_t bytes) {
  for (; bytes > 0; --bytes) out += static_cast<char>(number >> (8 * (bytes - 1)) & 0xFF);
}

std::uint64_t read_number(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

std::uint64_t binding_of(const StatementRequest& statement) {
  std::uint64_t result = hash(statement.statement);
  for (const AttributeValue& parameter : statement.parameters) {
    const std::string packed = pack_value(parameter);
    std::string size;
    append_number(size, packed.size(), 8);
    result = hash(packed, hash(size, result));
  }
  return result;
}

std::optional<std::string> from_hexadecimal(std::string_view text) {
  std::string bytes;
  if (text.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto* const high = std::char_traits<char>::find(kDigits, 16, text[i]);
    const auto* const low = std::char_traits<char>::find(kDigits, 16, text[i + 1]);
    if (high == nullptr || low == nullptr) return std::nullopt;
    bytes += static_cast<char>((high - kDigits) * 16 + (low - kDigits));
  }
  return bytes;
}

}  // namespace

std::string encode_next_token(const StatementRequest& statement, const Position& position) {
  std::string bytes(1, kVersion);
  append_number(bytes, binding_of(statement), 8);
  append_number(bytes, position.read, 2);
  if (!position.start.empty()) bytes += PackedItem(position.start).bytes();
  append_number(bytes, hash(bytes), kCheck);
  std::string token;
  for (const char c : bytes) {
    token += kDigits[static_cast<unsigned char>(c) >> 4];
    token += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return token;
}

Result<Position> decode_next_token(const StatementRequest& statement, std::string_view token) {
  const auto bytes = from_hexadecimal(token);
  const Error invalid = validation_error("Invalid NextToken");
  if (!bytes || bytes->size() < kHeader + kCheck || bytes->front() != kVersion) return invalid;
  const std::string_view all = *bytes, checked = all.substr(0, all.size() - kCheck);
  if (read_number(all.substr(checked.size())) != hash(checked)) return invalid;
  if (read_number(checked.substr(1, 8)) != binding_of(statement))
    return validation_error("NextToken does not match request");
  Position position{.read = static_cast<std::size_t>(read_number(checked.substr(9, 2)))};
  const std::string_view start = checked.substr(kHeader);
  if (start.empty()) return position;
  if (!is_packed_item(start)) return invalid;
  position.start = unpack(ItemView(start));
  return position;
}

}  // namespace dynamodb::partiql
