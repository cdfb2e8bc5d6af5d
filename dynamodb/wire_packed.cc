// Items from DynamoDB's JSON straight into packed bytes, without a tree of values and without
// allocations of their own: what pages of rows are read by.
//
// The usual forms are read here. Whatever is odd (sets, binaries, numbers that are not canonical,
// wrong types, more than one type) is left to the reader of trees in wire_values.cc, which knows
// DynamoDB's messages.
#include <algorithm>
#include <bit>
#include <cstring>

#include <simdjson.h>

#include "dynamodb/packed_form.h"
#include "dynamodb/wire_json.h"
#include "dynamodb/wire_page.h"

namespace dynamodb::wire {
namespace {

using namespace packed_form;
using Element = simdjson::dom::element;

JsonElement wrap(Element element) { return {std::bit_cast<std::array<std::byte, 16>>(element)}; }
Element unwrap(const JsonElement& json) { return std::bit_cast<Element>(json.bytes); }

// The first eight bytes of a name as a number that sorts as they do: most names differ in them.
std::uint64_t prefix_of(std::string_view name) {
  std::uint64_t prefix = 0;
  if (name.size() >= sizeof prefix) {
    std::memcpy(&prefix, name.data(), sizeof prefix);
  } else {
    std::memcpy(&prefix, name.data(), name.size());
  }
  static_assert(std::endian::native == std::endian::little);
  return __builtin_bswap64(prefix);
}

class PackedReader {
 public:
  explicit PackedReader(Errors& errors) : errors_(errors) {}

  void item(Element json, std::string& out) {
    simdjson::dom::object object;
    if (json.get(object) != simdjson::SUCCESS) {
      read_item(wrap(json), errors_);  // for its message
      return;
    }
    out += kVersion;
    entries(object, out);
  }

 private:
  struct Entry {
    std::string_view name;
    Element value;
  };
  struct Order {
    std::uint64_t prefix;
    std::size_t entry;
  };

  // Sorted before they are written, so that they are written once.
  void entries(simdjson::dom::object object, std::string& out) {
    const std::size_t first = entries_.size();
    for (const auto& [name, value] : object) {
      order_.push_back({prefix_of(name), entries_.size()});
      entries_.push_back({name, value});
    }
    const auto before = [this](const Order& a, const Order& b) {
      return a.prefix != b.prefix ? a.prefix < b.prefix
                                  : entries_[a.entry].name < entries_[b.entry].name;
    };
    std::sort(order_.begin() + static_cast<std::ptrdiff_t>(first), order_.end(), before);
    const std::size_t end = order_.size();
    append_varint(out, end - first);
    for (std::size_t i = first; i < end; ++i) {
      const Entry entry = entries_[order_[i].entry];  // a copy: maps inside it move the vector
      if (i > first && entries_[order_[i - 1].entry].name == entry.name)
        errors_.serialization("Duplicate key: " + std::string(entry.name));
      append_text(out, entry.name);
      value(entry.value, out);
    }
    entries_.resize(first);
    order_.resize(first);
  }

  void value(Element json, std::string& out) {
    if (!usual(json, out)) unusual(json, out);
  }

  // Whether the value was of a usual form, and is written; nothing is written where it was not.
  bool usual(Element json, std::string& out) {
    simdjson::dom::object object;
    if (json.get(object) != simdjson::SUCCESS) return false;
    auto member = object.begin();
    if (member == object.end()) return false;
    const std::string_view type = member.key();
    const Element payload = member.value();
    if (++member != object.end()) return false;
    if (type.size() == 1) return one_letter(type.front(), payload, out);
    if (type == "BOOL") return boolean(payload, out);
    return type == "NULL" && null(payload, out);
  }

  bool one_letter(char type, Element payload, std::string& out) {
    switch (type) {
      case 'S':
        return string(payload, out);
      case 'N':
        return number(payload, out);
      case 'M':
        return map(payload, out);
      case 'L':
        return list(payload, out);
      default:
        return false;
    }
  }

  static bool string(Element payload, std::string& out) {
    std::string_view text;
    if (payload.get(text) != simdjson::SUCCESS) return false;
    out += static_cast<char>(Type::S);
    append_text(out, text);
    return true;
  }

  static bool number(Element payload, std::string& out) {
    std::string_view text;
    if (payload.get(text) != simdjson::SUCCESS || !is_plain_integer(text)) return false;
    out += static_cast<char>(Type::N);
    append_text(out, text);
    return true;
  }

  static bool boolean(Element payload, std::string& out) {
    bool truth = false;
    if (payload.get(truth) != simdjson::SUCCESS) return false;
    out += truth ? kTrue : kFalse;
    return true;
  }

  static bool null(Element payload, std::string& out) {
    bool truth = false;
    if (payload.get(truth) != simdjson::SUCCESS || !truth) return false;
    out += kNull;
    return true;
  }

  bool map(Element payload, std::string& out) {
    simdjson::dom::object object;
    if (payload.get(object) != simdjson::SUCCESS) return false;
    out += static_cast<char>(Type::M);
    const std::size_t begin = out.size();
    entries(object, out);
    close_container(out, begin);
    return true;
  }

  bool list(Element payload, std::string& out) {
    simdjson::dom::array array;
    if (payload.get(array) != simdjson::SUCCESS) return false;
    out += static_cast<char>(Type::L);
    const std::size_t begin = out.size();
    std::size_t count = 0;
    append_varint(out, array.size());
    for (const Element element : array) {
      value(element, out);
      ++count;
    }
    // simdjson's size() ends at 0xFFFFFF; no text that holds so many is read.
    if (count != array.size()) errors_.serialization("A list is too long");
    close_container(out, begin);
    return true;
  }

  void unusual(Element json, std::string& out) {
    check_keys(wrap(json), errors_);
    out += pack_value(read_value(wrap(json), errors_));
  }

  Errors& errors_;
  std::vector<Entry> entries_{};  // of the open maps, innermost last
  std::vector<Order> order_{};    // of the same, by name
};

}  // namespace

bool is_plain_integer(std::string_view text) {
  constexpr std::size_t kMaxDigits = 38;
  if (text == "0") return true;
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || text.size() > kMaxDigits || text.front() == '0') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

ItemList read_packed_items(const Reader& reader, std::string_view name, std::size_t bytes) {
  ItemList items;
  const auto json = reader.member(name);
  if (!json) return items;
  simdjson::dom::array array;
  if (unwrap(*json).get(array) != simdjson::SUCCESS) {
    reader.elements(name);  // for its message
    return items;
  }
  items.reserve(array.size(), bytes);
  PackedReader packed(reader.errors());
  for (const Element element : array)
    items.add_with([&](std::string& out) { packed.item(element, out); });
  return items;
}

}  // namespace dynamodb::wire
