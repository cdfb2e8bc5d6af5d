// PackedWriter: packed bytes of what a JSON text says, written behind what a string holds. Internal
// to wire_*.cc. Thread safety: a value.
#pragma once
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "base/json_text.h"
#include "dynamodb/packed_form.h"
#include "dynamodb/wire_scanner.h"

namespace dynamodb::wire {

// Room is made once, then written to without looking.
class PackedWriter {
 public:
  static constexpr std::size_t kReadable = 16;
  // Behind what there is room for: copies are rounded up, and containers' heads come first.
  static constexpr std::size_t kSlack = 128;

  // Room for what `bytes` of JSON say: packed they are no longer, but for a few that kSlack has
  // room for, and for what is given to insert().
  PackedWriter(std::string& out, std::size_t bytes) : out_(&out), to_(out.data() + out.size()) {
    make_room(out.size() + bytes + kSlack);
  }
  // REQUIRES: called once, last
  void finish() { out_->resize(size()); }

  // How much is written, in all that the string holds; what was written behind such a place is
  // taken back by going there.
  std::size_t size() const { return static_cast<std::size_t>(to_ - out_->data()); }
  void go_to(std::size_t size) { to_ = out_->data() + size; }
  std::string_view written_from(std::size_t place) const {
    return {out_->data() + place, size() - place};
  }

  void byte(char c) { *to_++ = c; }
  void byte_at(std::size_t place, char c) { (*out_)[place] = c; }
  [[gnu::always_inline]] void varint(std::size_t value) {
    for (; value >= 0x80; value >>= 7) *to_++ = static_cast<char>(value | 0x80);
    *to_++ = static_cast<char>(value);
  }
  void bytes(std::string_view bytes) {
    std::memcpy(to_, bytes.data(), bytes.size());
    to_ += bytes.size();
  }
  void text(std::string_view text) {
    varint(text.size());
    bytes(text);
  }
  // The same, faster where it is short. REQUIRES: kReadable bytes can be read from its beginning
  // on.
  [[gnu::always_inline]] void readable_text(std::string_view text) {
    varint(text.size());
    if (text.size() > kReadable) return bytes(text);
    std::memcpy(to_, text.data(), kReadable);
    to_ += text.size();
  }
  // Bytes that may be longer than the `json` bytes they come from, as those of 1E99 are.
  void insert(std::string_view bytes, std::size_t json) {
    if (bytes.size() > json) make_room(out_->size() + bytes.size() - json);
    this->bytes(bytes);
  }

  // What a string of JSON says, behind its opening quote. False: it has no end, or holds a control
  // character or what is no escape.
  bool string(Scanner& in) { return short_string(in) || long_string(in); }
  // The same where it is short and has no escapes. False: nothing is taken.
  [[gnu::always_inline]] bool short_string(Scanner& in) {
    const char* const text = in.at();
    if (static_cast<std::size_t>(in.end() - text) < base::kJsonWindow) return false;
    std::size_t size = base::special_in<base::JsonText::utf8>(text);
    if (size < base::kJsonBlock) {
      std::memcpy(to_ + 1, text, base::kJsonBlock);
    } else {
      size = base::special_in_window<base::JsonText::utf8>(text);
      if (size >= base::kJsonWindow) return false;
      std::memcpy(to_ + 1, text, base::kJsonWindow);
    }
    if (text[size] != '"') return false;
    *to_ = static_cast<char>(size);
    to_ += 1 + size;
    in.go_to(text + size + 1);
    return true;
  }

  // What string() does, however long it is and with escapes. False: as there; nothing is taken.
  bool long_string(Scanner& in);

  // Before the elements of a list or map goes how many bytes and elements they are, of which both
  // are known at their end.
  std::size_t leave_head() {
    to_ += kHead;
    return size();
  }
  void container_head(std::size_t begin, std::size_t count) {
    std::string head;  // short: no allocation
    packed_form::append_varint(head, count);
    std::string sizes;
    packed_form::append_varint(sizes, size() - begin + head.size());
    put_head(begin, sizes += head);
  }
  // Before those of an item, only their number.
  void item_head(std::size_t begin, std::size_t count) {
    std::string head;
    packed_form::append_varint(head, count);
    put_head(begin, head);
  }

 private:
  static constexpr std::size_t kHead = 2;  // enough for short ones

  // For so much in all.
  void make_room(std::size_t bytes) {
    const std::size_t written = size();
    out_->resize(bytes);
    go_to(written);
  }
  void put_head(std::size_t begin, std::string_view head) {
    char* const elements = out_->data() + begin;
    if (head.size() != kHead)
      std::memmove(elements + head.size() - kHead, elements, size() - begin);
    head.copy(elements - kHead, head.size());
    to_ += head.size();
    to_ -= kHead;
  }

  std::string* out_;
  char* to_;
};

}  // namespace dynamodb::wire
