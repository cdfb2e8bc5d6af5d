// Attribute values and items written as DynamoDB's JSON. Pages of items are written by this.
#include <algorithm>
#include <cstring>

#include "dynamodb/wire_json.h"

namespace dynamodb::wire {
namespace {

// Writes behind what a string holds: a text's end is looked at once for several characters.
// finish() cuts off the room that was not used. Texts are written by `put_text`.
template <auto put_text>
class ItemWriter {
 public:
  explicit ItemWriter(std::string& out) : out_(out), to_(out.data() + out.size()), end_(to_) {}
  void finish() { out_.resize(static_cast<std::size_t>(to_ - out_.data())); }

  void item(ItemView item) {
    if (item.empty()) return raw("{}");
    bool first = true;
    for (const auto& [name, value] : item) {
      first ? raw("{\"") : raw(",\"");
      first = false;
      text(name);
      raw("\":");
      this->value(value);
    }
    raw("}");
  }

  void value(ValueView value) {
    switch (value.type()) {
      case Type::S:
        raw(R"({"S":")");
        text(value.text());
        return raw(R"("})");
      case Type::N:
        raw(R"({"N":")");
        text(value.text());
        return raw(R"("})");
      case Type::B:
        raw(R"({"B":")");
        base64(value.text());
        return raw(R"("})");
      case Type::BOOL:
        return value.boolean() ? raw(R"({"BOOL":true})") : raw(R"({"BOOL":false})");
      case Type::NUL:
        return raw(R"({"NULL":true})");
      case Type::M:
        raw(R"({"M":)");
        item(value.map());
        return raw("}");
      case Type::L:
        raw(R"({"L":)");
        array(value.list(), [&](ValueView element) { this->value(element); });
        return raw("}");
      case Type::SS:
      case Type::NS:
      case Type::BS:
        raw("{\"");
        text(type_name(value.type()));
        raw("\":");
        array(value.set(), [&](std::string_view member) {
          raw("\"");
          value.type() == Type::BS ? base64(member) : text(member);
          raw("\"");
        });
        return raw("}");
    }
  }

 private:
  template <class Elements, class Write>
  void array(const Elements& elements, Write write) {
    raw("[");
    bool first = true;
    for (const auto& element : elements) {
      if (!first) raw(",");
      first = false;
      write(element);
    }
    raw("]");
  }

  template <std::size_t N>
  void raw(const char (&json)[N]) {
    if (room() < N - 1) make_room(N - 1);
    std::memcpy(to_, json, N - 1);
    to_ += N - 1;
  }

  void text(std::string_view text) {
    for (;;) {
      to_ = put_text(to_, end_, text);
      if (text.empty()) return;
      make_room(base::kJsonTextRoom);
    }
  }

  void base64(std::string_view bytes) {
    std::string digits;
    append_base64(digits, bytes);
    text(digits);
  }

  std::size_t room() const { return static_cast<std::size_t>(end_ - to_); }
  void make_room(std::size_t bytes) {
    constexpr std::size_t kStep = 1024;
    const auto used = static_cast<std::size_t>(to_ - out_.data());
    out_.resize(used + std::max(bytes, kStep));
    to_ = out_.data() + used;
    end_ = out_.data() + out_.size();
  }

  std::string& out_;
  char* to_;
  char* end_;
};

}  // namespace

void append_json(std::string& out, ValueView value) {
  ItemWriter<base::put_json_text> writer(out);
  writer.value(value);
  writer.finish();
}
void append_json(std::string& out, ItemView item) {
  ItemWriter<base::put_json_text> writer(out);
  writer.item(item);
  writer.finish();
}
void append_checked_json(std::string& out, ItemView item) {
  ItemWriter<base::put_json_utf8> writer(out);
  writer.item(item);
  writer.finish();
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
