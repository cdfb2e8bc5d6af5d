// The packed form (on disk and between processes: do not change, add a version instead):
//   item    := 0x01 varint(count) entry{count}   0x01 is the version; entries in order of name,
//                                                each name once
//   entry   := varint(size) name value
//   value   := 0x01 text                             S, UTF-8
//            | 0x02 text                             N, canonical text (number.h)
//            | 0x03 text                             B
//            | 0x04 | 0x0B                           BOOL: false | true
//            | 0x05                                  NULL
//            | 0x06 varint(bytes) varint(count) entry{count}   M; `bytes` counts what follows it
//            | 0x07 varint(bytes) varint(count) value{count}   L
//            | 0x08 varint(bytes) varint(count) text{count}    SS, at least one member, each once,
//                                                              in order of bytes
//            | 0x09 varint(bytes) varint(count) text{count}    NS, in order of value
//            | 0x0A varint(bytes) varint(count) text{count}    BS, in order of bytes
//   text    := varint(size) bytes
//   varint  := LEB128, in as few bytes as it needs
// One item has one packed form, so that equality of items and of values is equality of bytes.
#include "dynamodb/item_view.h"

#include <algorithm>

#include "dynamodb/packed_form.h"

namespace dynamodb {
namespace {

using namespace packed_form;

// Takes what `read` reads off the front of `bytes`.
template <class Read>
auto take(std::string_view& bytes, Read read) {
  const char* at = bytes.data();
  const auto taken = read(at);
  bytes.remove_prefix(static_cast<std::size_t>(at - bytes.data()));
  return taken;
}
std::size_t take_varint(std::string_view& bytes) { return take(bytes, read_varint); }
std::string_view take_text(std::string_view& bytes) { return take(bytes, read_text); }
std::string_view take_value(std::string_view& bytes) { return take(bytes, read_value); }

// What follows a container's tag and byte length, as its range.
template <class View>
View open_container(std::string_view packed) {
  packed.remove_prefix(1);
  take_varint(packed);
  const std::size_t count = take_varint(packed);
  return View(packed, count);
}

// ---- writing

void append_value(std::string& out, const AttributeValue& value);

void append_entries(std::string& out, const Map& map) {
  append_varint(out, map.size());
  for (const auto& [name, value] : map) {
    append_text(out, name);
    append_value(out, value);
  }
}

std::string_view member_text(const std::string& member) { return member; }
std::string_view member_text(const Number& member) { return member.text(); }

void append_payload(std::string& out, const std::string& s) { append_text(out, s); }
void append_payload(std::string& out, const Number& n) { append_text(out, n.text()); }
void append_payload(std::string& out, const Binary& b) { append_text(out, b.bytes); }
void append_payload(std::string& out, bool b) { out.back() = b ? kTrue : kFalse; }
void append_payload(std::string&, Null) {}
void append_payload(std::string& out, const Map& map) {
  const std::size_t begin = out.size();
  append_entries(out, map);
  close_container(out, begin);
}
void append_payload(std::string& out, const List& list) {
  const std::size_t begin = out.size();
  append_varint(out, list.size());
  for (const auto& element : list) append_value(out, element);
  close_container(out, begin);
}
template <class Set>
void append_payload(std::string& out, const Set& set) {
  const std::size_t begin = out.size();
  append_varint(out, set.members.size());
  for (const auto& member : set.members) append_text(out, member_text(member));
  close_container(out, begin);
}

void append_value(std::string& out, const AttributeValue& value) {
  out += static_cast<char>(value.type());
  std::visit([&](const auto& v) { append_payload(out, v); }, value.variant());
}

// ---- sizes, which are taken of each item that is read: without a view of each value

std::size_t size_of_value(const char*& at);

std::size_t size_of_entries(const char*& at, std::size_t count) {
  std::size_t size = 0;
  for (; count > 0; --count) {
    size += read_text(at).size();
    size += size_of_value(at);
  }
  return size;
}

std::size_t size_of_container(Type type, const char*& at) {
  read_varint(at);  // its bytes
  const std::size_t count = read_varint(at);
  if (type == Type::M) return 3 + count + size_of_entries(at, count);
  std::size_t size = type == Type::L ? 3 + count : 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (type == Type::L)
      size += size_of_value(at);
    else
      size += type == Type::NS ? number_size(read_text(at)) : read_text(at).size();
  }
  return size;
}

std::size_t size_of_value(const char*& at) {
  const char tag = *at++;
  if (tag == kFalse || tag == kTrue || tag == kNull) return 1;
  const auto type = static_cast<Type>(tag);
  if (type == Type::S || type == Type::B) return read_text(at).size();
  if (type == Type::N) return number_size(read_text(at));
  return size_of_container(type, at);
}

std::string_view entry_name(std::string_view entries, std::size_t start) {
  entries.remove_prefix(start);
  return take_text(entries);
}

}  // namespace

ItemView ValueView::map() const { return open_container<ItemView>(packed_); }
ListView ValueView::list() const { return open_container<ListView>(packed_); }
SetView ValueView::set() const { return open_container<SetView>(packed_); }

std::optional<ValueView> ListView::at(std::size_t index) const {
  if (index >= count_) return std::nullopt;
  std::string_view rest = elements_;
  for (; index > 0; --index) take_value(rest);
  return ValueView(take_value(rest));
}

bool SetView::contains(std::string_view member) const {
  std::string_view rest = elements_;
  for (std::size_t i = 0; i < count_; ++i) {
    if (take_text(rest) == member) return true;
  }
  return false;
}

std::optional<ValueView> ItemView::find(std::string_view name) const {
  const char* at = elements_.data();
  for (std::size_t left = count_; left > 0; --left) {
    const bool found = read_text(at) == name;
    const std::string_view value = read_value(at);
    if (found) return ValueView(value);
  }
  return std::nullopt;
}

PackedItem::PackedItem(const Item& item) {
  bytes_ += kVersion;
  append_entries(bytes_, item);
}

void ItemPacker::begin_entry(std::string_view name) {
  starts_.push_back(entries_.size());
  append_text(entries_, name);
}
void ItemPacker::add_string(std::string_view name, std::string_view text) {
  begin_entry(name);
  entries_ += static_cast<char>(Type::S);
  append_text(entries_, text);
}
void ItemPacker::add_number(std::string_view name, std::string_view canonical) {
  begin_entry(name);
  entries_ += static_cast<char>(Type::N);
  append_text(entries_, canonical);
}
void ItemPacker::add_binary(std::string_view name, std::string_view bytes) {
  begin_entry(name);
  entries_ += static_cast<char>(Type::B);
  append_text(entries_, bytes);
}
void ItemPacker::add_bool(std::string_view name, bool value) {
  begin_entry(name);
  entries_ += value ? kTrue : kFalse;
}
void ItemPacker::add_null(std::string_view name) {
  begin_entry(name);
  entries_ += kNull;
}
void ItemPacker::add(std::string_view name, const AttributeValue& value) {
  begin_entry(name);
  append_value(entries_, value);
}
void ItemPacker::add(std::string_view name, ValueView value) {
  begin_entry(name);
  entries_ += value.packed();
}

PackedItem ItemPacker::finish() && {
  std::string bytes(1, kVersion);
  append_varint(bytes, starts_.size());
  const auto name_of = [&](std::size_t start) { return entry_name(entries_, start); };
  const auto by_name = [&](std::size_t a, std::size_t b) { return name_of(a) < name_of(b); };
  if (std::is_sorted(starts_.begin(), starts_.end(), by_name)) {
    entries_.insert(0, bytes);
    return PackedItem(std::move(entries_));
  }
  std::sort(starts_.begin(), starts_.end(), by_name);
  bytes.reserve(bytes.size() + entries_.size());
  for (const std::size_t start : starts_) {
    std::string_view rest = std::string_view(entries_).substr(start);
    append_text(bytes, take_text(rest));
    bytes += take_value(rest);
  }
  return PackedItem(std::move(bytes));
}

std::string pack_value(const AttributeValue& value) {
  std::string out;
  append_value(out, value);
  return out;
}

namespace {

template <class Set>
Set unpack_set(SetView view) {
  Set set;
  set.members.reserve(view.size());
  for (const std::string_view member : view) {
    if constexpr (std::is_same_v<Set, NumberSet>) {
      set.members.push_back(Number::from_canonical(member));
    } else {
      set.members.emplace_back(member);
    }
  }
  return set;
}

List unpack_list(ListView view) {
  List list;
  list.reserve(view.size());
  for (const ValueView element : view) list.push_back(unpack(element));
  return list;
}

}  // namespace

AttributeValue unpack(ValueView value) {
  switch (value.type()) {
    case Type::S:
      return value.text();
    case Type::N:
      return Number::from_canonical(value.text());
    case Type::B:
      return Binary{std::string(value.text())};
    case Type::BOOL:
      return value.boolean();
    case Type::NUL:
      return Null{};
    case Type::M:
      return unpack(value.map());
    case Type::L:
      return unpack_list(value.list());
    case Type::SS:
      return unpack_set<StringSet>(value.set());
    case Type::NS:
      return unpack_set<NumberSet>(value.set());
    case Type::BS:
      return unpack_set<BinarySet>(value.set());
  }
  return Null{};
}

Item unpack(ItemView item) {
  Item result;
  for (const auto& [name, value] : item) result.emplace_hint(result.end(), name, unpack(value));
  return result;
}

std::size_t item_size(ItemView item) {
  const char* at = item.packed().data();
  return size_of_entries(at, item.size());
}

std::size_t value_size(ValueView value) {
  const char* at = value.packed().data();
  return size_of_value(at);
}

}  // namespace dynamodb
