// Attribute values and items written as DynamoDB's JSON. Pages of items are written by this.
#include <algorithm>
#include <cassert>
#include <cstring>
#include <type_traits>

#include "base/json_text.h"
#include "dynamodb/packed_form.h"
#include "dynamodb/wire_json.h"

namespace dynamodb::wire {
namespace {

using namespace packed_form;
using base::JsonText;

// Writes packed bytes behind what a string holds. Room is looked at once a text, for what stands
// around it as well; finish() cuts off what was not used.
template <JsonText kText>
class ItemWriter {
 public:
  explicit ItemWriter(std::string& out) : out_(out), to_(out.data() + out.size()), end_(to_) {}
  void finish() { out_.resize(static_cast<std::size_t>(to_ - out_.data())); }

  void item(ItemView item) {
    const char* at = item.packed().data();
    read_end_ = at + item.packed().size();
    make_room(kAround);
    entries(at, item.size());
  }
  void value(ValueView whole) {
    const char* at = whole.packed().data();
    read_end_ = at + whole.packed().size();
    make_room(kAround);
    value(at);
  }
  void items(const ItemList& items) {
    make_room(kAround);
    put("[");
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) put(",");
      make_room(kAround);
      const char* at = items[i].packed().data();
      read_end_ = items.packed(0).data() + items.bytes();  // they stand behind one another
      entries(at, items[i].size());
    }
    put("]");
  }

 private:
  // Room that is left behind each text and value: for what is written before the next one.
  static constexpr std::size_t kAround = 64;
  // Of longer texts the room for the worst case is not made at once.
  static constexpr std::size_t kShort = 2048;

  void entries(const char*& at, std::size_t count) {
    put("{");
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) put(",");
      if (kText == JsonText::utf8 && short_entry(at)) continue;
      put("\"");
      text(read_text(at));
      put("\":");
      value(at);
    }
    put("}");
  }

  // An entry whose name and text are short: most are. False: it is another one.
  //
  // Its place in what is read and written is kept in registers: a character that is written might
  // be a member's for all that the compiler knows, so that it would have to look there again.
  bool short_entry(const char*& entry) {
    constexpr std::size_t kLongest = 64;
    const char* at = entry;
    const std::string_view name = read_text(at);
    const char tag = *at++;
    const bool is_string = tag == static_cast<char>(Type::S);
    if (!is_string && tag != static_cast<char>(Type::N)) return false;
    const std::string_view text = read_text(at);
    if (name.size() > kLongest || text.size() > kLongest || !is_block_readable_behind(text))
      return false;
    make_room(2 * kLongest * base::kLongestJsonEscape + base::kJsonBlock + 2 * kAround);
    char* to = put(to_, "\"");
    to = base::put_readable_utf8(to, name);
    to = is_string ? put(to, R"(":{"S":")") : put(to, R"(":{"N":")");
    to = base::put_readable_utf8(to, text);
    to_ = put(to, R"("})");
    entry = at;
    return true;
  }

  void value(const char*& at) {
    const char tag = *at++;
    switch (tag) {
      case kTrue:
        put(R"({"BOOL":true})");
        return make_room(kAround);
      case kFalse:
        put(R"({"BOOL":false})");
        return make_room(kAround);
      case kNull:
        put(R"({"NULL":true})");
        return make_room(kAround);
      default:
        break;
    }
    switch (static_cast<Type>(tag)) {
      case Type::S:
        put(R"({"S":")");
        text(read_text(at));
        return put(R"("})");
      case Type::N:
        put(R"({"N":")");
        text(read_text(at));
        return put(R"("})");
      case Type::B:
        put(R"({"B":")");
        base64(read_text(at));
        return put(R"("})");
      default:
        return container(static_cast<Type>(tag), at);
    }
  }

  void container(Type type, const char*& at) {
    make_room(kAround);  // no text comes between the lists of a list
    read_varint(at);
    const std::size_t count = read_varint(at);
    if (type == Type::M) {
      put(R"({"M":)");
      entries(at, count);
    } else if (type == Type::L) {
      put(R"({"L":)");
      elements(count, [&] { value(at); });
    } else {
      put(type == Type::SS ? R"({"SS":)" : type == Type::NS ? R"({"NS":)" : R"({"BS":)");
      elements(count, [&] {
        put("\"");
        type == Type::BS ? base64(read_text(at)) : text(read_text(at));
        put("\"");
      });
    }
    put("}");
    make_room(kAround);
  }

  template <class Write>
  void elements(std::size_t count, Write write) {
    put("[");
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) put(",");
      write();
    }
    put("]");
  }

  // Within kAround of the last text or value.
  template <std::size_t N>
  void put(const char (&json)[N]) {
    to_ = put(to_, json);
  }
  template <std::size_t N>
  static char* put(char* to, const char (&json)[N]) {
    std::memcpy(to, json, N - 1);
    return to + N - 1;
  }

  void text(std::string_view text) {
    if (kText == JsonText::utf8 && text.size() <= kShort && is_block_readable_behind(text)) {
      make_room(text.size() * base::kLongestJsonEscape + base::kJsonBlock + kAround);
      to_ = base::put_readable_utf8(to_, text);
      return;
    }
    do {
      make_room(base::kJsonTextRoom);
      to_ = kText == JsonText::utf8 ? base::put_json_utf8(to_, end_, text)
                                    : base::put_json_text(to_, end_, text);
    } while (!text.empty());
    make_room(kAround);
  }

  void base64(std::string_view bytes) {
    std::string digits;
    append_base64(digits, bytes);
    make_room(digits.size() + kAround);
    std::memcpy(to_, digits.data(), digits.size());
    to_ += digits.size();
  }

  bool is_block_readable_behind(std::string_view text) const {
    return read_end_ - (text.data() + text.size()) >= static_cast<std::ptrdiff_t>(base::kJsonBlock);
  }

  void make_room(std::size_t bytes) {
    assert(to_ <= end_);
    if (static_cast<std::size_t>(end_ - to_) < bytes) grow(bytes);
  }
  void grow(std::size_t bytes) {
    constexpr std::size_t kStep = 2 * 1024;
    const auto used = static_cast<std::size_t>(to_ - out_.data());
    out_.resize(used + std::max(bytes, kStep));
    to_ = out_.data() + used;
    end_ = out_.data() + out_.size();
  }

  std::string& out_;
  char* to_;
  char* end_;
  const char* read_end_ = nullptr;  // of what is being written
};

template <JsonText kText, class Packed>
void append(std::string& out, const Packed& packed) {
  ItemWriter<kText> writer(out);
  if constexpr (std::is_same_v<Packed, ValueView>)
    writer.value(packed);
  else if constexpr (std::is_same_v<Packed, ItemView>)
    writer.item(packed);
  else
    writer.items(packed);
  writer.finish();
}

}  // namespace

void append_json(std::string& out, ValueView value) { append<JsonText::any>(out, value); }
void append_json(std::string& out, ItemView item) { append<JsonText::any>(out, item); }
void append_checked_json(std::string& out, const ItemList& items) {
  append<JsonText::utf8>(out, items);
}
void append_json(std::string& out, const AttributeValue& value) {
  const std::string packed = pack_value(value);
  append_json(out, ValueView(packed));
}
void append_json(std::string& out, const Item& item) {
  const PackedItem packed(item);
  append_json(out, packed.view());
}

}  // namespace dynamodb::wire
