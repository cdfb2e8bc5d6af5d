// PackedWriter: packed bytes of what a JSON text says, written behind what a string holds. Internal
// to wire_*.cc. Thread safety: a value.
#pragma once
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "dynamodb/packed_form.h"

namespace dynamodb::wire {

// Room is made once, then written to without looking.
class PackedWriter {
 public:
  static constexpr std::size_t kReadable = 16;
  static constexpr std::size_t kSlack = 64;  // of copies that are rounded up, and containers' heads

  // Room for what `bytes` of JSON say: packed they are shorter, but for what is given to insert().
  PackedWriter(std::string& out, std::size_t bytes) : out_(out), to_(out.data() + out.size()) {
    make_room(bytes);
  }
  // REQUIRES: called once, last
  void finish() { out_.resize(size()); }

  // How much is written, in all that the string holds; what was written behind such a place is
  // taken back by going there.
  std::size_t size() const { return static_cast<std::size_t>(to_ - out_.data()); }
  void go_to(std::size_t size) { to_ = out_.data() + size; }

  void byte(char c) { *to_++ = c; }
  void byte_at(std::size_t place, char c) { out_[place] = c; }
  void varint(std::size_t value) {
    for (; value >= 0x80; value >>= 7) *to_++ = static_cast<char>(value | 0x80);
    *to_++ = static_cast<char>(value);
  }
  void text(std::string_view bytes) {
    varint(bytes.size());
    append(bytes);
  }
  // The same, faster where it is short. REQUIRES: kReadable bytes can be read from its beginning
  // on.
  void readable_text(std::string_view bytes) {
    varint(bytes.size());
    if (bytes.size() > kReadable) return append(bytes);
    std::memcpy(to_, bytes.data(), kReadable);
    to_ += bytes.size();
  }
  // Bytes that may be longer than the `json` bytes they come from, as those of 1E99 are.
  void insert(std::string_view bytes, std::size_t json) {
    const auto left = static_cast<std::size_t>(out_.data() + out_.size() - to_);
    if (bytes.size() > json) make_room(left + bytes.size() - json);
    append(bytes);
  }

  // A string of JSON, of which chunks up to `end` can be read. False: it holds what is no escape.
  bool unescaped(std::string_view json, const char* end);

  // Around the elements of a list or map: their bytes and number go before them.
  std::size_t open_container() {
    to_ += kHead;
    return size();
  }
  void close_container(std::size_t begin, std::size_t count) {
    std::string head;  // short: no allocation
    packed_form::append_varint(head, count);
    std::string sizes;
    packed_form::append_varint(sizes, size() - begin + head.size());
    sizes += head;
    char* const elements = out_.data() + begin;
    if (sizes.size() != kHead)
      std::memmove(elements + sizes.size() - kHead, elements, size() - begin);
    sizes.copy(elements - kHead, sizes.size());
    to_ += sizes.size() - kHead;
  }

 private:
  static constexpr std::size_t kHead = 2;  // enough for short ones

  void make_room(std::size_t bytes) {
    const std::size_t written = size();
    out_.resize(written + bytes + kSlack);
    to_ = out_.data() + written;
  }
  void append(std::string_view bytes) {
    std::memcpy(to_, bytes.data(), bytes.size());
    to_ += bytes.size();
  }

  std::string& out_;
  char* to_;
};

}  // namespace dynamodb::wire
