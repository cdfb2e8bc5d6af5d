#include "dynamodb/request_size.h"

#include <variant>

namespace dynamodb {
namespace {

std::size_t json_size(const AttributeValue& value);

std::size_t json_size(std::string_view text) {
  std::size_t size = text.size() + 4;
  for (const char c : text) {
    if (c == '"' || c == '\\') size += 1;
    if (static_cast<unsigned char>(c) < 0x20) size += 5;
  }
  return size;
}
std::size_t json_size(const std::string& text) { return json_size(std::string_view(text)); }
std::size_t json_size(const Number& number) { return number.text().size() + 4; }
std::size_t json_size(const Binary& binary) { return binary.bytes.size() / 3 * 4 + 8; }
std::size_t json_size(bool) { return 5; }
std::size_t json_size(Null) { return 4; }
std::size_t json_size(const Map& map) {
  std::size_t size = 2;
  for (const auto& [name, value] : map) size += json_size(name) + json_size(value);
  return size;
}
std::size_t json_size(const List& list) {
  std::size_t size = 2;
  for (const AttributeValue& element : list) size += json_size(element) + 1;
  return size;
}
std::size_t json_size(const StringSet& set) {
  std::size_t size = 2;
  for (const std::string& member : set.members) size += json_size(member);
  return size;
}
std::size_t json_size(const NumberSet& set) {
  std::size_t size = 2;
  for (const Number& member : set.members) size += json_size(member);
  return size;
}
std::size_t json_size(const BinarySet& set) {
  std::size_t size = 2;
  for (const std::string& member : set.members) size += member.size() / 3 * 4 + 8;
  return size;
}
std::size_t json_size(const AttributeValue& value) {
  constexpr std::size_t kAround = 9;  // {"BOOL":…}
  return kAround + std::visit([](const auto& v) { return json_size(v); }, value.variant());
}

std::size_t json_size(const PutRequest& put) { return json_size(put.item) + 40; }
std::size_t json_size(const DeleteRequest& remove) { return json_size(remove.key) + 40; }

}  // namespace

std::size_t request_size(const WriteRequest& write) {
  return std::visit([](const auto& w) { return json_size(w); }, write);
}

std::size_t request_size(const Item& key) { return json_size(key); }

}  // namespace dynamodb
