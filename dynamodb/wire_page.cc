// The answer to a Query, Scan or BatchGetItem: items go from the text straight into packed bytes,
// in one pass, without a tree in between and without a copy of the text.
//
// Strictness: whatever is not quite the usual form (a name with an escape, any error) makes the
// whole text be read again by simdjson's tree (wire_json.cc), which knows every rule and message.
// So nothing may be taken here that would be refused there: names are unique, each value has one
// type, every character is looked at. That a text is UTF-8 is asked first.
#include "dynamodb/wire_page.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <vector>

#include <simdjson.h>

#include "dynamodb/limits.h"
#include "dynamodb/packed_form.h"
#include "dynamodb/wire_json.h"
#include "dynamodb/wire_packed_writer.h"
#include "dynamodb/wire_scanner.h"

namespace dynamodb::wire {
namespace {

using namespace packed_form;

static_assert(std::endian::native == std::endian::little);

// ---- names

// The names of a page's items, which are mostly the same: sorted once, then found by hashing, so
// that items need no sorting of their own.
class Names {
 public:
  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kReadable = PackedWriter::kReadable;
  static constexpr std::size_t kUnknown = ~std::size_t{0};

  // The rank of the name in the order of names; kUnknown: there is none. Known names hold no
  // backslash. REQUIRES: not empty; kReadable bytes can be read there.
  std::size_t rank(std::string_view name) const {
    const Key key(name);
    for (std::size_t slot = key.slot();; slot = (slot + 1) % kSlots) {
      const std::uint8_t rank = slots_[slot];
      if (rank == kFree) return kUnknown;
      if (keys_[rank] == key && (name.size() <= Key::kWhole || names_[rank] == name)) return rank;
    }
  }
  // False: there are too many. Ranks change. REQUIRES: as for rank(); it is not known
  bool learn(std::string_view name) {
    if (names_.size() == kMost) return false;
    const auto at = std::lower_bound(names_.begin(), names_.end(), name);
    const auto key = keys_.begin() + (at - names_.begin());
    std::move_backward(key, keys_.begin() + static_cast<std::ptrdiff_t>(names_.size()),
                       keys_.begin() + static_cast<std::ptrdiff_t>(names_.size()) + 1);
    *key = Key(name);
    names_.insert(at, std::string(name));
    slots_.fill(kFree);
    for (std::size_t rank = 0; rank < names_.size(); ++rank) {
      std::size_t slot = keys_[rank].slot();
      while (slots_[slot] != kFree) slot = (slot + 1) % kSlots;
      slots_[slot] = static_cast<std::uint8_t>(rank);
    }
    return true;
  }
  // The name of this rank as the text has it, if that is what comes next, with a colon. Empty:
  // nothing is taken.
  [[gnu::always_inline]] std::string_view take(std::size_t rank, Scanner& in) const {
    if (rank >= names_.size()) return {};
    const std::size_t size = keys_[rank].size;
    const char* const quote = in.at();
    if (static_cast<std::size_t>(in.end() - quote) < size + kAround) return {};
    const std::string_view name(quote + 1, size);
    if (*quote != '"' || quote[size + 1] != '"' || quote[size + 2] != ':' ||
        keys_[rank] != Key(name) || (size > Key::kWhole && names_[rank] != name))
      return {};
    in.go_to(quote + size + 3);
    return name;
  }

 private:
  // A name's size, first and last bytes: all there is to a short one.
  struct Key {
    static constexpr std::size_t kWhole = 2 * sizeof(std::uint64_t);

    Key() = default;
    // Without branches: names come in any order. REQUIRES: not empty; kReadable bytes can be read.
    explicit Key(std::string_view name) : size(name.size()) {
      const std::size_t part = std::min(size, sizeof first);
      const std::uint64_t mask = ~std::uint64_t{0} >> (64 - 8 * part);
      std::memcpy(&first, name.data(), sizeof first);
      std::memcpy(&last, name.data() + size - part, sizeof last);
      first &= mask;
      last &= mask;
    }
    std::size_t slot() const {
      return ((first ^ std::rotl(last, 27)) + size) * 0x9E3779B97F4A7C15ull >> 56;
    }
    bool operator==(const Key&) const = default;

    std::size_t size = 0;
    std::uint64_t first = 0, last = 0;
  };
  static constexpr std::size_t kAround = 3 + kReadable;  // quotes, the colon, what can be read
  static constexpr std::size_t kSlots = 256;
  static constexpr std::uint8_t kFree = 0xFF;

  std::vector<std::string> names_{};
  std::array<Key, kMost> keys_{};
  std::array<std::uint8_t, kSlots> slots_ = [] {
    std::array<std::uint8_t, kSlots> free{};
    free.fill(kFree);
    return free;
  }();
};

// ---- items

// Values are read in the order in which they come. Where their names do not ascend, as AWS's do
// not, what is written of a map is put in order when it ends.
class ItemsReader {
 public:
  explicit ItemsReader(Scanner& in) : in_(in) {}

  // `bytes`: of the JSON from here to the list's end, at least.
  bool items(ItemList& out, std::size_t bytes) {
    std::string packed;
    std::vector<std::size_t> ends;
    PackedWriter writer(packed, bytes);
    if (!in_.take('[')) return false;
    if (!in_.take(']')) {
      do {
        if (!item(writer)) return false;
        ends.push_back(writer.size());
      } while (in_.take(','));
      if (!in_.take(']')) return false;
    }
    writer.finish();
    out = ItemList(std::move(packed), std::move(ends));
    return true;
  }

 private:
  // Where what is written of a name and its value stands.
  struct Part {
    std::size_t begin = 0, end = 0;
  };
  struct Entry {
    std::string_view name;
    Part part;
  };

  bool item(PackedWriter& out) {
    out.byte(kVersion);
    const char* const begin = in_.at();
    const std::size_t size = out.size();
    bool too_many = false;
    if (ranked_entries(out, too_many)) return true;
    if (!too_many) return false;
    in_.go_to(begin);
    out.go_to(size);
    const std::size_t entries_at = out.leave_head();
    const auto count = entries(out, 0);
    if (count) out.item_head(entries_at, *count);
    return count.has_value();
  }

  // False: the item is malformed, or has too many names for the page's.
  bool ranked_entries(PackedWriter& out, bool& too_many) {
    const std::size_t begin = out.size();
    std::size_t next = 0;  // the rank behind the last name's
    bool ascending = true;
    present_ = 0;
    out.byte(0);
    if (!in_.take('{')) return false;
    if (in_.take('}')) return true;
    do {
      const std::size_t place = out.size();
      if (!usual_entry(out, next)) {
        const auto name = in_.plain_string();
        if (!name || !in_.take(':')) return false;
        const std::size_t rank = rank_of(*name);
        if (rank == Names::kUnknown) {
          too_many = true;
          return false;
        }
        ascending = ascending && rank >= next;
        next = rank;
        out.readable_text(*name);
        if (!value(out, 1)) return false;
      }
      if ((present_ >> next & 1) != 0) return false;  // it is twice
      present_ |= std::uint64_t{1} << next;
      parts_[next++] = {place, out.size()};
    } while (in_.take(','));
    out.byte_at(begin, static_cast<char>(std::popcount(present_)));
    if (!ascending) {
      take_back(out, begin + 1);
      for (std::uint64_t left = present_; left != 0; left &= left - 1)
        put(out, parts_[static_cast<std::size_t>(std::countr_zero(left))]);
    }
    return in_.take('}');
  }

  // The name of that rank with a plain value, which is what comes next in most items. False:
  // nothing is taken.
  //
  // Scanner and writer are copied, so that where they are can stay in registers: a byte that is
  // written might be theirs for all that the compiler knows, so that it would have to look again.
  bool usual_entry(PackedWriter& out, std::size_t rank) {
    Scanner in = in_;
    PackedWriter writer = out;
    const std::string_view name = names_.take(rank, in);
    if (name.empty()) return false;
    writer.readable_text(name);
    if (!plain_value(in, writer)) return false;
    in_ = in;
    out = writer;
    return true;
  }
  bool usual_value(PackedWriter& out) {
    Scanner in = in_;
    PackedWriter writer = out;
    if (!plain_value(in, writer)) return false;
    in_ = in;
    out = writer;
    return true;
  }

  // A truth, a whole number or a text, without spaces.
  [[gnu::always_inline]] static bool plain_value(Scanner& in, PackedWriter& out) {
    if (in.take(R"({"S":")")) {
      out.byte(static_cast<char>(Type::S));
      return (out.short_string(in) || long_string(in, out)) && in.take("}");
    }
    if (in.take(R"({"N":")")) {
      out.byte(static_cast<char>(Type::N));
      const char* const digits = in.at();
      return out.short_string(in) && in.take("}") &&
             is_plain_integer({digits, in.from(digits).size() - 2});
    }
    if (in.take(R"({"BOOL":true})")) return out.byte(kTrue), true;
    if (in.take(R"({"BOOL":false})")) return out.byte(kFalse), true;
    return false;
  }

  // By copies again, which a call may see without those in registers having to be anywhere else.
  [[gnu::always_inline]] static bool long_string(Scanner& in, PackedWriter& out) {
    Scanner from = in;
    PackedWriter to = out;
    const bool read = to.long_string(from);
    in = from;
    out = to;
    return read;
  }

  // Of a new name, too, for which room is made among those of the item at hand. kUnknown: there are
  // too many names, or this one is empty or too near to the text's end.
  std::size_t rank_of(std::string_view name) {
    if (name.empty() || static_cast<std::size_t>(in_.end() - name.data()) < Names::kReadable)
      return Names::kUnknown;
    const std::size_t known = names_.rank(name);
    if (known != Names::kUnknown || !names_.learn(name)) return known;
    const std::size_t rank = names_.rank(name);
    std::move_backward(parts_.begin() + static_cast<std::ptrdiff_t>(rank), parts_.end() - 1,
                       parts_.end());
    const std::uint64_t below = (std::uint64_t{1} << rank) - 1;
    present_ = (present_ & below) | (present_ & ~below) << 1;
    return rank;
  }

  // Of any map, how many they are.
  std::optional<std::size_t> entries(PackedWriter& out, std::size_t level) {
    const std::size_t begin = out.size(), first = entries_.size();
    bool ascending = true;
    if (!in_.take('{')) return std::nullopt;
    if (in_.take('}')) return 0;
    do {
      const auto name = in_.plain_string();
      if (!name || !in_.take(':')) return std::nullopt;
      ascending = ascending && (entries_.size() == first || entries_.back().name < *name);
      Part part{.begin = out.size()};
      out.text(*name);
      if (!value(out, level + 1)) return std::nullopt;
      part.end = out.size();
      entries_.push_back({*name, part});
    } while (in_.take(','));
    if (!in_.take('}')) return std::nullopt;
    const auto own = std::span(entries_).subspan(first);
    if (!ascending) {
      std::sort(own.begin(), own.end(),
                [](const Entry& a, const Entry& b) { return a.name < b.name; });
      const auto same_name = [](const Entry& a, const Entry& b) { return a.name == b.name; };
      if (std::adjacent_find(own.begin(), own.end(), same_name) != own.end()) return std::nullopt;
      take_back(out, begin);
      for (const Entry& entry : own) put(out, entry.part);
    }
    entries_.resize(first);
    return own.size();
  }

  // Takes off what is written from there on; put() writes parts of it anew.
  void take_back(PackedWriter& out, std::size_t begin) {
    taken_ = out.written_from(begin);
    taken_from_ = begin;
    out.go_to(begin);
  }
  void put(PackedWriter& out, const Part& part) {
    out.bytes({taken_.data() + (part.begin - taken_from_), part.end - part.begin});
  }

  bool value(PackedWriter& out, std::size_t level) {
    if (level > kMaxNesting) return false;
    if (usual_value(out)) return true;
    const char* const begin = in_.at();
    if (!in_.take('{')) return false;
    const auto type = in_.plain_string();
    if (!type || !in_.take(':')) return false;
    if (type->size() == 1) {
      switch (type->front()) {
        case 'S':
          return in_.take('"') && string(out) && in_.take('}');
        case 'N':
          return in_.take('"') && number(out) && in_.take('}');
        case 'L':
          return list(out, level) && in_.take('}');
        case 'M':
          return map(out, level) && in_.take('}');
        default:
          break;
      }
    }
    if (*type == "BOOL") return truth(out, kTrue, kFalse) && in_.take('}');
    if (*type == "NULL") return truth(out, kNull, std::nullopt) && in_.take('}');
    return by_tree(out, begin);
  }

  // Behind its opening quote.
  bool string(PackedWriter& out) {
    out.byte(static_cast<char>(Type::S));
    return out.string(in_);
  }

  // Behind its opening quote.
  bool number(PackedWriter& out) {
    const auto text = in_.plain_text();
    if (!text) return false;
    out.byte(static_cast<char>(Type::N));
    if (is_plain_integer(*text)) {
      out.text(*text);
      return true;
    }
    const auto number = Number::parse(*text);
    if (!number) return false;
    std::string packed;
    append_text(packed, number->text());
    out.insert(packed, text->size() + 2);
    return true;
  }

  bool truth(PackedWriter& out, char if_true, std::optional<char> if_false) {
    if (in_.at_end()) return false;  // or it is behind the spaces now
    if (in_.take("true")) {
      out.byte(if_true);
      return true;
    }
    if (!if_false || !in_.take("false")) return false;
    out.byte(*if_false);
    return true;
  }

  bool list(PackedWriter& out, std::size_t level) {
    if (!in_.take('[')) return false;
    out.byte(static_cast<char>(Type::L));
    const std::size_t begin = out.leave_head();
    std::size_t count = 0;
    if (!in_.take(']')) {
      do {
        if (!value(out, level + 1)) return false;
        ++count;
      } while (in_.take(','));
      if (!in_.take(']')) return false;
    }
    out.container_head(begin, count);
    return true;
  }

  bool map(PackedWriter& out, std::size_t level) {
    out.byte(static_cast<char>(Type::M));
    const std::size_t begin = out.leave_head();
    const auto count = entries(out, level);
    if (count) out.container_head(begin, *count);
    return count.has_value();
  }

  // Sets and binaries: what rows seldom hold. What else comes out has been found behind a type that
  // the tree lets pass, and nobody has counted its levels.
  bool by_tree(PackedWriter& out, const char* begin) {
    in_.go_to(begin);
    if (!in_.skip()) return false;
    const auto tree = decode_value(in_.from(begin));
    if (!tree || tree->type() == Type::L || tree->type() == Type::M) return false;
    out.insert(pack_value(*tree), in_.from(begin).size());
    return true;
  }

  Scanner& in_;
  Names names_{};
  std::uint64_t present_ = 0;               // the ranks that the item at hand has so far
  std::array<Part, Names::kMost> parts_{};  // of these
  std::vector<Entry> entries_{};            // of the open maps, innermost last
  std::string taken_{};
  std::size_t taken_from_ = 0;
};

// ---- the answer

bool split_tables(Scanner& in, std::map<std::string, ItemList>& tables) {
  if (!in.take('{')) return false;
  if (in.take('}')) return true;
  do {
    const auto name = in.plain_string();
    if (!name || !in.take(':')) return false;
    const auto [table, is_new] = tables.try_emplace(std::string(*name));
    if (!is_new) return false;
    const char* const begin = in.at();
    if (!in.skip()) return false;
    const std::size_t bytes = in.from(begin).size();
    in.go_to(begin);
    if (!ItemsReader(in).items(table->second, bytes)) return false;
  } while (in.take(','));
  return in.take('}');
}

bool split(Scanner& in, SplitPage& page) {
  page.rest = "{";
  if (!in.take('{')) return false;
  if (!in.take('}')) {
    do {
      const auto name = in.plain_string();
      if (!name || !in.take(':')) return false;
      if (*name == "Items") {
        const auto bytes = static_cast<std::size_t>(in.end() - in.at());
        if (page.items || !ItemsReader(in).items(page.items.emplace(), bytes)) return false;
      } else if (*name == "Responses") {
        if (page.tables || !split_tables(in, page.tables.emplace())) return false;
      } else {
        const char* const begin = in.at();
        if (!in.skip()) return false;
        if (page.rest.size() > 1) page.rest += ',';
        page.rest.append("\"").append(*name).append("\":").append(in.from(begin));
      }
    } while (in.take(','));
    if (!in.take('}')) return false;
  }
  page.rest += '}';
  return in.at_end();
}

}  // namespace

bool is_plain_integer(std::string_view text) {
  constexpr std::size_t kMaxDigits = 38;
  if (text.size() == 1 && text.front() == '0') return true;
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || text.size() > kMaxDigits || text.front() == '0') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<SplitPage> split_page(std::string_view json) {
  if (!simdjson::validate_utf8(json.data(), json.size())) return std::nullopt;
  Scanner in(json);
  SplitPage page;
  if (!split(in, page)) return std::nullopt;
  return page;
}

}  // namespace dynamodb::wire
