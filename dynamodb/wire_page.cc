// The answer to a Query or Scan in one pass: simdjson finds where the tokens are (on demand), and
// attributes go from the text straight into packed bytes. simdjson's tree (wire_packed.cc) still
// reads what is unusual here.
//
// Strictness: whatever is not quite the usual form makes the whole page be read again the other
// way, which knows every rule and message. So nothing may be taken here that would be refused
// there: names are unique, each value has one type, every token is looked at.
#include "dynamodb/wire_page.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <vector>

#include <simdjson.h>

#include "dynamodb/limits.h"
#include "dynamodb/packed_form.h"
#include "dynamodb/wire_json.h"

namespace dynamodb::wire {
namespace {

namespace ondemand = simdjson::ondemand;
using namespace packed_form;

// ---- tokens

// The text after a token's opening quote up to its closing one, as written. Keys are short: by
// bytes. nullopt: it holds an escape.
std::optional<std::string_view> plain_key(ondemand::raw_json_string key) {
  const char* const begin = key.raw();
  const char* end = begin;
  while (*end != '"') {  // the tokeniser has seen it
    if (*end++ == '\\') return std::nullopt;
  }
  return std::string_view(begin, static_cast<std::size_t>(end - begin));
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// A string's token without its quotes; what follows it in the text may be spaces.
std::optional<std::string_view> inside_quotes(std::string_view token) {
  while (!token.empty() && is_space(token.back())) token.remove_suffix(1);
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return std::nullopt;
  return token.substr(1, token.size() - 2);
}

int hex(std::string_view digits) {
  int value = 0;
  if (digits.size() < 4) return -1;
  for (const char c : digits.substr(0, 4)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

void append_utf8(std::string& out, unsigned code) {
  const auto byte = [&out](unsigned bits) { out += static_cast<char>(bits); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xE0 | code >> 12);
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
    }
    byte(0x80 | (code >> 6 & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

// Appends one escape, whose backslash is taken off `rest` already; false: it is none.
bool append_escape(std::string& out, std::string_view& rest) {
  if (rest.empty()) return false;
  const char c = rest.front();
  rest.remove_prefix(1);
  constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
  if (const std::size_t at = kFrom.find(c); at != std::string_view::npos) {
    out += kTo[at];
    return true;
  }
  if (c != 'u') return false;
  int code = hex(rest);
  if (code < 0 || (code >= 0xDC00 && code < 0xE000)) return false;
  rest.remove_prefix(4);
  if (code >= 0xD800 && code < 0xDC00) {  // a pair of surrogates, or nothing
    if (!rest.starts_with("\\u")) return false;
    const int low = hex(rest.substr(2));
    if (low < 0xDC00 || low >= 0xE000) return false;
    rest.remove_prefix(6);
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(out, static_cast<unsigned>(code));
  return true;
}

// Copies eight bytes at a time up to the next escape. REQUIRES: seven bytes can be read behind
// `text`, as simdjson's padding allows.
bool unescape(std::string_view text, std::string& out) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ull, kHighs = 0x8080808080808080ull;
  constexpr std::uint64_t kBackslashes = kOnes * '\\';
  static_assert(std::endian::native == std::endian::little);
  const std::size_t begin = out.size();
  out.resize(begin + text.size() + sizeof(std::uint64_t));  // an escape is longer than what it says
  char* to = out.data() + begin;
  const char* from = text.data();
  const char* const end = from + text.size();
  std::string resolved;  // short: no allocation
  while (from < end) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    std::memcpy(to, &word, sizeof word);
    const std::uint64_t other = word ^ kBackslashes;
    const std::uint64_t found = (other - kOnes) & ~other & kHighs;  // the lowest bit set is right
    const auto clean = static_cast<std::ptrdiff_t>(
        found == 0 ? sizeof word : static_cast<std::size_t>(std::countr_zero(found)) / 8);
    const std::ptrdiff_t step = std::min(clean, end - from);
    from += step;
    to += step;
    if (found == 0 || from >= end) continue;
    std::string_view rest(from + 1, static_cast<std::size_t>(end - from - 1));
    resolved.clear();
    if (!append_escape(resolved, rest)) return false;
    to = std::copy(resolved.begin(), resolved.end(), to);
    from = rest.data();
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return true;
}

// ---- names

// The names of a page's items, which are mostly the same: sorted once, then found by hashing, so
// that items need no sorting of their own.
class Names {
 public:
  static constexpr std::size_t kMost = 64;

  // The rank of the name in the order of names; nullopt: it is not known.
  std::optional<std::size_t> rank(std::string_view name) const {
    for (std::size_t slot = hash(name);; slot = (slot + 1) % kSlots) {
      const std::uint8_t rank = slots_[slot];
      if (rank == kFree) return std::nullopt;
      const std::string& known = names_[rank];
      if (known.size() == name.size() && std::memcmp(known.data(), name.data(), name.size()) == 0)
        return rank;
    }
  }
  // False: there are too many. Ranks change.
  bool learn(std::string_view name) {
    if (names_.size() == kMost) return false;
    names_.insert(std::lower_bound(names_.begin(), names_.end(), name), std::string(name));
    slots_.fill(kFree);
    for (std::size_t rank = 0; rank < names_.size(); ++rank) {
      std::size_t slot = hash(names_[rank]);
      while (slots_[slot] != kFree) slot = (slot + 1) % kSlots;
      slots_[slot] = static_cast<std::uint8_t>(rank);
    }
    return true;
  }
  const std::string& operator[](std::size_t rank) const { return names_[rank]; }

 private:
  static constexpr std::size_t kSlots = 256;
  static constexpr std::uint8_t kFree = 0xFF;

  static std::size_t hash(std::string_view name) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(name.size(), sizeof word);
    std::memcpy(&word, name.data(), size);
    if (name.size() > sizeof word) {  // the end too: names begin alike
      std::uint64_t last = 0;
      std::memcpy(&last, name.data() + name.size() - sizeof last, sizeof last);
      word ^= std::rotl(last, 27);
    }
    return (word + name.size()) * 0x9E3779B97F4A7C15ull >> 56;
  }

  std::vector<std::string> names_{};
  std::array<std::uint8_t, kSlots> slots_ = [] {
    std::array<std::uint8_t, kSlots> free{};
    free.fill(kFree);
    return free;
  }();
};

// ---- values

class ItemsReader {
 public:
  bool items(ondemand::array array, ItemList& out) {
    for (auto element : array) {
      ondemand::object object;
      if (element.get_object().get(object) != simdjson::SUCCESS) return false;
      if (!item(object)) return false;
      out.add_with([this](std::string& bytes) { write(bytes); });
    }
    return true;
  }

 private:
  // A value that was read: its bytes behind the tag, in the text or, where that holds escapes or
  // the value is packed already, in scratch_.
  struct Value {
    char tag = 0;
    bool packed = false;  // whole, tag and all
    bool in_scratch = false;
    std::string_view text{};
    std::size_t begin = 0, size = 0;  // in scratch_
  };

  bool item(ondemand::object object) {
    present_ = 0;
    scratch_.clear();
    for (auto field : object) {
      ondemand::raw_json_string key;
      ondemand::value json;
      if (field.key().get(key) != simdjson::SUCCESS) return false;
      const auto name = plain_key(key);
      if (!name) return false;
      auto rank = names_.rank(*name);
      if (!rank) rank = learn(*name);
      if (!rank || (present_ >> *rank & 1) != 0) return false;  // twice, or too many
      if (field.value().get(json) != simdjson::SUCCESS || !value(json, values_[*rank], 1))
        return false;
      present_ |= std::uint64_t{1} << *rank;
    }
    return true;
  }

  // Makes room for one more name among those of the item at hand.
  std::optional<std::size_t> learn(std::string_view name) {
    if (!names_.learn(name)) return std::nullopt;
    const std::size_t rank = *names_.rank(name);
    std::move_backward(values_.begin() + static_cast<std::ptrdiff_t>(rank), values_.end() - 1,
                       values_.end());
    const std::uint64_t below = (std::uint64_t{1} << rank) - 1;
    present_ = (present_ & below) | (present_ & ~below) << 1;
    return rank;
  }

  std::string_view bytes_of(const Value& value) const {
    return value.in_scratch ? std::string_view(scratch_).substr(value.begin, value.size)
                            : value.text;
  }

  // Room is made once for an item, then written to without looking.
  void write(std::string& out) const {
    constexpr std::size_t kVarint = 10;
    std::size_t room = 1 + kVarint;
    for (std::uint64_t left = present_; left != 0; left &= left - 1) {
      const auto rank = static_cast<std::size_t>(std::countr_zero(left));
      room += names_[rank].size() + bytes_of(values_[rank]).size() + 2 * kVarint;
    }
    const std::size_t begin = out.size();
    out.resize(begin + room);
    char* to = out.data() + begin;
    *to++ = kVersion;
    put_varint(to, static_cast<std::size_t>(std::popcount(present_)));
    for (std::uint64_t left = present_; left != 0; left &= left - 1) {
      const auto rank = static_cast<std::size_t>(std::countr_zero(left));
      const Value& value = values_[rank];
      const std::string_view bytes = bytes_of(value);
      put_varint(to, names_[rank].size());
      put(to, names_[rank]);
      if (!value.packed) {
        *to++ = value.tag;
        put_varint(to, bytes.size());
      }
      put(to, bytes);
    }
    out.resize(static_cast<std::size_t>(to - out.data()));
  }

  static void put(char*& to, std::string_view bytes) {
    std::memcpy(to, bytes.data(), bytes.size());
    to += bytes.size();
  }
  static void put_varint(char*& to, std::size_t value) {
    for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
    *to++ = static_cast<char>(value);
  }

  bool value(ondemand::value json, Value& out, std::size_t level) {
    out = {};
    const char* text = json.raw_json_token().data();  // its '{'
    if (level > kMaxNesting || *text != '{') return false;
    while (is_space(*++text)) {
    }
    if (*text != '"') return false;
    if (text[1] == '"' || text[2] != '"') return other(json, text + 1, out);
    switch (text[1]) {
      case 'S':
        out.tag = static_cast<char>(Type::S);
        return only_member(json, [&](ondemand::value payload) { return string(payload, out); });
      case 'N':
        out.tag = static_cast<char>(Type::N);
        return only_member(json, [&](ondemand::value payload) { return number(payload, out); });
      case 'L':
        return only_member(json,
                           [&](ondemand::value payload) { return list(payload, out, level); });
      default:
        return by_tree(json, out);
    }
  }

  bool other(ondemand::value json, const char* type, Value& out) {
    if (std::memcmp(type, "BOOL\"", 5) != 0) return by_tree(json, out);
    return only_member(json, [&](ondemand::value payload) {
      bool truth = false;
      if (payload.get_bool().get(truth) != simdjson::SUCCESS) return false;
      out.packed = true;
      out.text = truth ? std::string_view(&kTrue, 1) : std::string_view(&kFalse, 1);
      return true;
    });
  }

  template <class Read>
  static bool only_member(ondemand::value json, Read read) {
    ondemand::object object;
    if (json.get_object().get(object) != simdjson::SUCCESS) return false;
    bool seen = false;
    for (auto field : object) {
      ondemand::value payload;
      if (seen || field.value().get(payload) != simdjson::SUCCESS || !read(payload)) return false;
      seen = true;
    }
    return seen;
  }

  bool string(ondemand::value payload, Value& out) {
    const auto text = inside_quotes(payload.raw_json_token());
    ondemand::raw_json_string consumed;
    if (!text || payload.get_raw_json_string().get(consumed) != simdjson::SUCCESS) return false;
    if (std::memchr(text->data(), '\\', text->size()) == nullptr) {
      out.text = *text;
      return true;
    }
    out.in_scratch = true;
    out.begin = scratch_.size();
    const bool valid = unescape(*text, scratch_);
    out.size = scratch_.size() - out.begin;
    return valid;
  }

  bool number(ondemand::value payload, Value& out) {
    if (!string(payload, out) || out.in_scratch) return false;
    if (is_plain_integer(out.text)) return true;
    const auto number = Number::parse(out.text);
    if (!number) return false;
    out.in_scratch = true;
    out.begin = scratch_.size();
    scratch_ += number->text();
    out.size = number->text().size();
    return true;
  }

  // Elements are packed behind what scratch_ holds.
  bool list(ondemand::value payload, Value& out, std::size_t level) {
    ondemand::array array;
    if (payload.get_array().get(array) != simdjson::SUCCESS) return false;
    std::string elements;
    elements.swap(spare_);
    elements.clear();
    std::size_t count = 0;
    for (auto element : array) {
      ondemand::value json;
      Value read;
      if (element.get(json) != simdjson::SUCCESS || !value(json, read, level + 1)) return false;
      const std::string_view bytes = bytes_of(read);
      if (!read.packed) {
        elements += read.tag;
        append_varint(elements, bytes.size());
      }
      elements += bytes;
      ++count;
    }
    out.packed = out.in_scratch = true;
    out.begin = scratch_.size();
    scratch_ += static_cast<char>(Type::L);
    std::string size;  // short: no allocation
    append_varint(size, count);
    append_varint(scratch_, size.size() + elements.size());
    scratch_ += size;
    scratch_ += elements;
    out.size = scratch_.size() - out.begin;
    spare_.swap(elements);
    return true;
  }

  // Maps, sets, binaries: what rows seldom hold.
  bool by_tree(ondemand::value json, Value& out) {
    ondemand::object object;
    std::string_view text;
    if (json.get_object().get(object) != simdjson::SUCCESS ||
        object.raw_json().get(text) != simdjson::SUCCESS)
      return false;
    const auto tree = decode_value(text);
    if (!tree) return false;
    out.packed = out.in_scratch = true;
    out.begin = scratch_.size();
    scratch_ += pack_value(*tree);
    out.size = scratch_.size() - out.begin;
    return true;
  }

  Names names_{};
  std::array<Value, Names::kMost> values_{};
  std::uint64_t present_ = 0;  // which of values_ the item at hand has
  std::string scratch_{};      // of the item at hand
  std::string spare_{};        // memory for lists
};

// ---- the page

// A parser and room for a text with the padding that simdjson reads past it; a thread keeps them.
struct Workplace {
  ondemand::parser parser{};
  std::unique_ptr<char[]> text{};
  std::size_t capacity = 0;
};

bool split(ondemand::document& document, SplitPage& page, std::size_t bytes) {
  ondemand::object root;
  if (document.get_object().get(root) != simdjson::SUCCESS) return false;
  page.rest = "{";
  for (auto field : root) {
    ondemand::raw_json_string key;
    ondemand::value json;
    if (field.key().get(key) != simdjson::SUCCESS || field.value().get(json) != simdjson::SUCCESS)
      return false;
    const auto name = plain_key(key);
    if (!name) return false;
    if (*name == "Items") {
      ondemand::array array;
      if (page.has_items || json.get_array().get(array) != simdjson::SUCCESS) return false;
      page.has_items = true;
      page.items.reserve(0, bytes);
      if (!ItemsReader().items(array, page.items)) return false;
      continue;
    }
    std::string_view text = json.raw_json_token();
    if (text.starts_with('{')) {
      ondemand::object object;
      if (json.get_object().get(object) != simdjson::SUCCESS ||
          object.raw_json().get(text) != simdjson::SUCCESS)
        return false;
    } else if (text.front() == '"' || text.front() == '[') {
      return false;  // no such member is known
    }
    if (page.rest.size() > 1) page.rest += ',';
    page.rest.append("\"").append(*name).append("\":").append(text);
  }
  page.rest += '}';
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;  // nothing follows
}

}  // namespace

std::optional<SplitPage> split_page(std::string_view json) {
  constexpr std::size_t kKeptCapacity = 4 << 20;
  static thread_local std::unique_ptr<Workplace> kept;
  auto place = std::move(kept);
  if (!place) place = std::make_unique<Workplace>();
  const std::size_t needed = json.size() + simdjson::SIMDJSON_PADDING;
  if (place->capacity < needed) {
    place->text.reset(new char[needed]);
    place->capacity = needed;
  }
  std::memcpy(place->text.get(), json.data(), json.size());
  std::memset(place->text.get() + json.size(), 0, simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  std::optional<SplitPage> page;
  if (place->parser.iterate(place->text.get(), json.size(), place->capacity).get(document) ==
      simdjson::SUCCESS) {
    if (!split(document, page.emplace(), json.size())) page.reset();
  }
  if (place->capacity <= kKeptCapacity) kept = std::move(place);
  return page;
}

}  // namespace dynamodb::wire
