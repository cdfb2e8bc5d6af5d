// ItemView: an item read in place from its packed bytes, and PackedItem and ItemList that own such
// bytes.
//
// The packed form is what the embedded engine stores and what every Client hands rows on in:
// members of a model are decoded straight from it. One item is one string; a page of items is one
// string and its offsets. The grammar is at the top of item_view.cc; it is an on-disk format.
// Thread safety: views are values; what they look at must outlive them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dynamodb/packed_form.h"
#include "dynamodb/value.h"

namespace dynamodb {

class ItemView;
class ListView;
class SetView;

// One value inside packed bytes.
class ValueView {
 public:
  // REQUIRES: `packed` is one value, tag included, from pack_value() or an ItemView.
  explicit ValueView(std::string_view packed) : packed_(packed) {}

  Type type() const {
    const char tag = packed_.front();
    return tag == packed_form::kTrue ? Type::BOOL : static_cast<Type>(tag);
  }
  // S and B: the bytes; N: the canonical text. REQUIRES: one of these types
  std::string_view text() const {
    const char* at = packed_.data() + 1;
    return packed_form::read_text(at);
  }
  bool boolean() const { return packed_.front() == packed_form::kTrue; }  // REQUIRES: BOOL
  ItemView map() const;                                                   // REQUIRES: M
  ListView list() const;                                                  // REQUIRES: L
  SetView set() const;  // REQUIRES: SS, NS or BS; members as text() of their kind, sorted
  std::string_view packed() const { return packed_; }
  // DynamoDB's equality; packed bytes are canonical, so this compares bytes.
  friend bool operator==(ValueView a, ValueView b) { return a.packed_ == b.packed_; }

 private:
  std::string_view packed_;
};

// A forward range of the elements of a container inside packed bytes.
template <class Element>
class PackedRange {
 public:
  class iterator {
   public:
    using value_type = Element;
    using difference_type = std::ptrdiff_t;
    iterator() = default;
    iterator(std::string_view rest, std::size_t left) : rest_(rest), left_(left) { read(); }
    const Element& operator*() const { return *element_; }
    const Element* operator->() const { return &*element_; }
    iterator& operator++() {
      --left_;
      read();
      return *this;
    }
    iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) { return a.left_ == b.left_; }

   private:
    void read() {  // takes the next element off rest_
      if (left_ == 0) return;
      const char* at = rest_.data();
      if constexpr (std::is_same_v<Element, std::string_view>) {
        element_.emplace(packed_form::read_text(at));
      } else if constexpr (std::is_same_v<Element, ValueView>) {
        element_.emplace(packed_form::read_value(at));
      } else {
        const std::string_view name = packed_form::read_text(at);
        element_.emplace(name, ValueView(packed_form::read_value(at)));
      }
      rest_.remove_prefix(static_cast<std::size_t>(at - rest_.data()));
    }
    std::string_view rest_{};
    std::size_t left_ = 0;
    std::optional<Element> element_{};
  };

  PackedRange() = default;
  PackedRange(std::string_view elements, std::size_t count) : elements_(elements), count_(count) {}
  iterator begin() const { return {elements_, count_}; }
  iterator end() const { return {}; }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::string_view packed() const { return elements_; }  // the elements alone

 protected:
  std::string_view elements_{};
  std::size_t count_ = 0;
};

class ListView : public PackedRange<ValueView> {
 public:
  using PackedRange::PackedRange;
  std::optional<ValueView> at(std::size_t index) const;
};

class SetView : public PackedRange<std::string_view> {
 public:
  using PackedRange::PackedRange;
  bool contains(std::string_view member) const;
};

// An item, or a map inside one: its attributes in order of name.
class ItemView : public PackedRange<std::pair<std::string_view, ValueView>> {
 public:
  using PackedRange::PackedRange;
  ItemView() = default;  // no attributes
  // REQUIRES: `packed` is a whole packed item.
  explicit ItemView(std::string_view packed) {
    if (packed.empty()) return;
    const char* at = packed.data() + 1;
    count_ = packed_form::read_varint(at);
    elements_ = packed.substr(static_cast<std::size_t>(at - packed.data()));
  }
  std::optional<ValueView> find(std::string_view name) const;
};

class PackedItem {
 public:
  PackedItem() = default;
  explicit PackedItem(std::string bytes) : bytes_(std::move(bytes)) {}
  explicit PackedItem(const Item& item);
  ItemView view() const& { return bytes_.empty() ? ItemView() : ItemView(bytes_); }
  ItemView view() && = delete;
  const std::string& bytes() const& { return bytes_; }
  std::string bytes() && { return std::move(bytes_); }
  friend bool operator==(const PackedItem&, const PackedItem&) = default;

 private:
  std::string bytes_;
};

// Items in one buffer, in the order added.
class ItemList {
 public:
  ItemList() = default;
  // Items behind one another in `packed`, and where each ends.
  ItemList(std::string packed, std::vector<std::size_t> ends)
      : buffer_(std::move(packed)), ends_(std::move(ends)) {}
  void add(std::string_view packed_item) {
    ends_.push_back(buffer_.size() + packed_item.size());
    buffer_.append(packed_item);
  }
  void reserve(std::size_t items, std::size_t bytes) {
    ends_.reserve(items);
    buffer_.reserve(bytes);
  }
  // Gives room back that is more than what is used: of a list that is kept.
  void trim() {
    if (buffer_.capacity() / 2 > buffer_.size()) buffer_.shrink_to_fit();
    if (ends_.capacity() / 2 > ends_.size()) ends_.shrink_to_fit();
  }
  std::size_t size() const { return ends_.size(); }
  std::size_t bytes() const { return buffer_.size(); }
  bool empty() const { return ends_.empty(); }
  ItemView operator[](std::size_t i) const& { return ItemView(packed(i)); }
  ItemView operator[](std::size_t i) && = delete;
  std::string_view packed(std::size_t i) const& {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(buffer_).substr(begin, ends_[i] - begin);
  }

 private:
  std::string buffer_;
  std::vector<std::size_t> ends_;
};

// Builds one packed item attribute by attribute. Names may come in any order (in order is faster),
// each once.
class ItemPacker {
 public:
  void add_string(std::string_view name, std::string_view text);
  void add_number(std::string_view name, std::string_view canonical);
  void add_binary(std::string_view name, std::string_view bytes);
  void add_bool(std::string_view name, bool value);
  void add_null(std::string_view name);
  void add(std::string_view name, const AttributeValue& value);
  void add(std::string_view name, ValueView value);
  PackedItem finish() &&;

 private:
  void begin_entry(std::string_view name);
  std::string entries_{};
  std::vector<std::size_t> starts_{};
};

std::string pack_value(const AttributeValue& value);
AttributeValue unpack(ValueView value);
Item unpack(ItemView item);

// Whether bytes are a well-formed packed item: for bytes from outside this process (sockets,
// cursors, damaged files).
bool is_packed_item(std::string_view bytes);

// An item's size as DynamoDB counts it towards 400 KB and capacity units.
// DynamoDB: names + values; M and L take 3 bytes + 1 per entry; BOOL and NULL 1; numbers as
// number_size().
std::size_t item_size(ItemView item);
std::size_t value_size(ValueView value);

}  // namespace dynamodb
