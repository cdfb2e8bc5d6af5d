// The answer to a Query, Scan or BatchGetItem: simdjson finds where the tokens are (its first
// stage), and items go from the text straight into packed bytes, without a tree in between and
// without a copy of the text.
//
// Strictness: whatever is not quite the usual form (a name with an escape, any error) makes the
// whole text be read again by simdjson's tree (wire_json.cc), which knows every rule and message.
// So nothing may be taken here that would be refused there: names are unique, each value has one
// type, every token is looked at. That a text is UTF-8, that strings end and hold no control
// characters is checked by simdjson's first stage.
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
#include "dynamodb/wire_packed_writer.h"
#include "dynamodb/wire_tokens.h"

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
  static constexpr std::size_t kReadable = 8;
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
  // False: there are too many. Ranks change.
  bool learn(std::string_view name) {
    if (names_.size() == kMost) return false;
    names_.insert(std::lower_bound(names_.begin(), names_.end(), name), std::string(name));
    slots_.fill(kFree);
    for (std::size_t rank = 0; rank < names_.size(); ++rank) {
      std::string readable = names_[rank];
      readable.resize(std::max(readable.size(), kReadable));
      keys_[rank] = Key({readable.data(), names_[rank].size()});
      std::size_t slot = keys_[rank].slot();
      while (slots_[slot] != kFree) slot = (slot + 1) % kSlots;
      slots_[slot] = static_cast<std::uint8_t>(rank);
    }
    return true;
  }
  // Whether that is the name of this rank. REQUIRES: as for rank()
  bool is(std::size_t rank, std::string_view name) const {
    return rank < names_.size() && keys_[rank] == Key(name) &&
           (name.size() <= Key::kWhole || names_[rank] == name);
  }
  std::string_view operator[](std::size_t rank) const { return names_[rank]; }

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

// Items whose names ascend, as ddb-local writes them, are read in one pass. Of other maps the names
// are read first and their values stepped over; then the values are read in the order of names.
class ItemsReader {
 public:
  ItemsReader(Tokens& tokens, std::string_view text)
      : tokens_(tokens), text_end_(text.data() + text.size()) {}

  // `bytes`: of the JSON from here to the list's end, at least.
  bool items(ItemList& out, std::size_t bytes) {
    std::string packed;
    std::vector<std::size_t> ends;
    PackedWriter writer(packed, bytes);
    if (!tokens_.take('[')) return false;
    if (!tokens_.take(']')) {
      do {
        if (!item(writer)) return false;
        ends.push_back(writer.size());
      } while (tokens_.take(','));
      if (!tokens_.take(']')) return false;
    }
    writer.finish();
    out = ItemList(std::move(packed), std::move(ends));
    return true;
  }

 private:
  struct Entry {
    std::string_view name;
    Tokens::Position value;
  };

  bool item(PackedWriter& out) {
    const Tokens::Position begin = tokens_.position();
    const std::size_t size = out.size();
    out.byte(kVersion);
    if (ascending_) {
      if (ascending_entries(out)) return true;
      ascending_ = false;  // AWS's names come in any order
      tokens_.go_to(begin);
      out.go_to(size + 1);
      entries_.clear();  // of maps that were given up
    }
    const bool ranked = rank();
    if (!ranked) {
      tokens_.go_to(begin);
      if (!tokens_.skip()) return false;
    }
    const Tokens::Position end = tokens_.position();
    if (ranked) {
      if (!ranked_entries(out)) return false;
    } else {
      tokens_.go_to(begin);
      if (!read_entries()) return false;
      out.varint(entries_.size());
      if (!sorted_entries(out, 0, 0)) return false;
    }
    tokens_.go_to(end);
    return true;
  }

  // False: names do not ascend, are too many or are unusual, or the item is malformed.
  bool ascending_entries(PackedWriter& out) {
    const std::size_t count_at = out.size();
    std::size_t count = 0, next = 0;  // the least rank that the next name may have
    out.byte(0);
    if (!tokens_.take('{')) return false;
    if (tokens_.take('}')) return true;
    do {
      const auto name = tokens_.name();
      if (!name || !is_readable(*name)) return false;
      if (!names_.is(next, *name)) {
        std::size_t rank = names_.rank(*name);
        if (rank == Names::kUnknown) rank = learn(*name);
        if (rank == Names::kUnknown || rank < next) return false;
        next = rank;
      }
      out.readable_text(*name);
      ++next;
      if (!value(out, 1)) return false;
      ++count;
    } while (tokens_.take(','));
    out.byte_at(count_at, static_cast<char>(count));
    return tokens_.take('}');
  }

  // The item's names into present_ and values_. False: it is malformed or has names of its own.
  bool rank() {
    present_ = 0;
    if (!tokens_.take('{')) return false;
    if (tokens_.take('}')) return true;
    do {
      const auto name = tokens_.string();
      if (!name || !is_readable(*name) || !tokens_.take(':')) return false;
      std::size_t rank = names_.rank(*name);
      if (rank == Names::kUnknown) rank = learn(*name);
      if (rank == Names::kUnknown || (present_ >> rank & 1) != 0) return false;  // or it is twice
      present_ |= std::uint64_t{1} << rank;
      values_[rank] = tokens_.position();
      if (!tokens_.skip()) return false;
    } while (tokens_.take(','));
    return tokens_.take('}');
  }

  // Makes room for one more name among those of the item at hand. kUnknown: there is none.
  std::size_t learn(std::string_view name) {
    if (has_escape(name) || !names_.learn(name)) return Names::kUnknown;
    const std::size_t rank = names_.rank(name);
    std::move_backward(values_.begin() + static_cast<std::ptrdiff_t>(rank), values_.end() - 1,
                       values_.end());
    const std::uint64_t below = (std::uint64_t{1} << rank) - 1;
    present_ = (present_ & below) | (present_ & ~below) << 1;
    return rank;
  }

  bool ranked_entries(PackedWriter& out) {
    out.varint(static_cast<std::size_t>(std::popcount(present_)));
    for (std::uint64_t left = present_; left != 0; left &= left - 1) {
      const auto rank = static_cast<std::size_t>(std::countr_zero(left));
      out.text(names_[rank]);
      tokens_.go_to(values_[rank]);
      if (!value(out, 1)) return false;
    }
    return true;
  }

  // A map's names and where its values are, onto entries_.
  bool read_entries() {
    if (!tokens_.take('{')) return false;
    if (tokens_.take('}')) return true;
    do {
      const auto name = tokens_.string();
      if (!name || has_escape(*name) || !tokens_.take(':')) return false;
      entries_.push_back({*name, tokens_.position()});
      if (!tokens_.skip()) return false;
    } while (tokens_.take(','));
    return tokens_.take('}');
  }

  // Writes what entries_ holds from `first` on, and takes it off.
  bool sorted_entries(PackedWriter& out, std::size_t first, std::size_t level) {
    const auto by_name = [](const Entry& a, const Entry& b) { return a.name < b.name; };
    std::sort(entries_.begin() + static_cast<std::ptrdiff_t>(first), entries_.end(), by_name);
    for (std::size_t i = first, end = entries_.size(); i < end; ++i) {
      const Entry entry = entries_[i];  // a copy: maps inside it move the vector
      if (i > first && entries_[i - 1].name == entry.name) return false;
      out.text(entry.name);
      tokens_.go_to(entry.value);
      if (!value(out, level + 1)) return false;
    }
    entries_.resize(first);
    return true;
  }

  // Names at the text's very end are not looked up.
  bool is_readable(std::string_view name) const {
    return !name.empty() && static_cast<std::size_t>(text_end_ - name.data()) >= kReadable;
  }

  static bool has_escape(std::string_view text) {
    return text.find('\\') != std::string_view::npos;
  }

  bool value(PackedWriter& out, std::size_t level) {
    if (level > kMaxNesting) return false;
    const Tokens::Position begin = tokens_.position();
    if (const auto typed = tokens_.typed_text()) {
      if (typed->type == 'S') return string(out, typed->text);
      if (typed->type == 'N') return number(out, typed->text);
      tokens_.go_to(begin);
    }
    return any_value(out, level);
  }

  bool any_value(PackedWriter& out, std::size_t level) {
    const Tokens::Position begin = tokens_.position();
    if (!tokens_.take('{')) return false;
    const auto type = tokens_.string();
    if (!type || !tokens_.take(':')) return false;
    if (type->size() == 1) {
      switch (type->front()) {
        case 'S':
          return string(out, tokens_.string()) && tokens_.take('}');
        case 'N':
          return number(out, tokens_.string()) && tokens_.take('}');
        case 'L':
          return list(out, level) && tokens_.take('}');
        case 'M':
          return map(out, level) && tokens_.take('}');
        default:
          break;
      }
    }
    if (*type == "BOOL") return truth(out, kTrue, kFalse) && tokens_.take('}');
    if (*type == "NULL") return truth(out, kNull, std::nullopt) && tokens_.take('}');
    return by_tree(out, begin);
  }

  bool string(PackedWriter& out, std::optional<std::string_view> text) {
    if (!text) return false;
    out.byte(static_cast<char>(Type::S));
    return out.unescaped(*text, text_end_);
  }

  bool number(PackedWriter& out, std::optional<std::string_view> text) {
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
    if (tokens_.at_end()) return false;
    const std::string_view token = tokens_.scalar();
    if (token == "true") {
      out.byte(if_true);
      return true;
    }
    if (token != "false" || !if_false) return false;
    out.byte(*if_false);
    return true;
  }

  bool list(PackedWriter& out, std::size_t level) {
    if (!tokens_.take('[')) return false;
    out.byte(static_cast<char>(Type::L));
    const std::size_t begin = out.open_container();
    std::size_t count = 0;
    if (!tokens_.take(']')) {
      do {
        if (!value(out, level + 1)) return false;
        ++count;
      } while (tokens_.take(','));
      if (!tokens_.take(']')) return false;
    }
    out.close_container(begin, count);
    return true;
  }

  bool map(PackedWriter& out, std::size_t level) {
    const std::size_t first = entries_.size();
    if (!read_entries()) return false;
    const Tokens::Position end = tokens_.position();
    const std::size_t count = entries_.size() - first;
    out.byte(static_cast<char>(Type::M));
    const std::size_t begin = out.open_container();
    if (!sorted_entries(out, first, level)) return false;
    out.close_container(begin, count);
    tokens_.go_to(end);
    return true;
  }

  // Sets and binaries: what rows seldom hold.
  bool by_tree(PackedWriter& out, Tokens::Position begin) {
    tokens_.go_to(begin);
    if (!tokens_.skip()) return false;
    const auto tree = decode_value(tokens_.from(begin));
    if (!tree) return false;
    out.insert(pack_value(*tree), tokens_.from(begin).size());
    return true;
  }

  static constexpr std::size_t kReadable = std::max(Names::kReadable, PackedWriter::kReadable);

  Tokens& tokens_;
  const char* text_end_;
  Names names_{};
  bool ascending_ = true;      // the names of the items so far
  std::uint64_t present_ = 0;  // which of values_ the item at hand has
  std::array<Tokens::Position, Names::kMost> values_{};
  std::vector<Entry> entries_{};  // of the open maps, innermost last
};

// ---- the answer

bool split_tables(Tokens& tokens, std::string_view text, std::map<std::string, ItemList>& tables) {
  if (!tokens.take('{')) return false;
  if (tokens.take('}')) return true;
  do {
    const auto name = tokens.string();
    if (!name || name->find('\\') != std::string_view::npos || !tokens.take(':')) return false;
    const auto [table, is_new] = tables.try_emplace(std::string(*name));
    if (!is_new) return false;
    const Tokens::Position begin = tokens.position();
    if (!tokens.skip()) return false;
    const std::size_t bytes = tokens.from(begin).size();
    tokens.go_to(begin);
    if (!ItemsReader(tokens, text).items(table->second, bytes)) return false;
  } while (tokens.take(','));
  return tokens.take('}');
}

bool split(Tokens& tokens, std::string_view text, SplitPage& page) {
  page.rest = "{";
  if (!tokens.take('{')) return false;
  if (tokens.peek() != '}') {
    do {
      const auto name = tokens.string();
      if (!name || name->find('\\') != std::string_view::npos || !tokens.take(':')) return false;
      if (*name == "Items") {
        if (page.items) return false;
        if (!ItemsReader(tokens, text).items(page.items.emplace(), text.size())) return false;
      } else if (*name == "Responses") {
        if (page.tables || !split_tables(tokens, text, page.tables.emplace())) return false;
      } else {
        const Tokens::Position begin = tokens.position();
        if (!tokens.skip()) return false;
        if (page.rest.size() > 1) page.rest += ',';
        page.rest.append("\"").append(*name).append("\":").append(tokens.from(begin));
      }
    } while (tokens.take(','));
  }
  page.rest += '}';
  return tokens.take('}') && tokens.at_end();
}

// simdjson's first stage and its memory, which a thread keeps.
using Tokeniser = std::unique_ptr<simdjson::internal::dom_parser_implementation>;

}  // namespace

bool is_plain_integer(std::string_view text) {
  constexpr std::size_t kMaxDigits = 38;
  if (text == "0") return true;
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || text.size() > kMaxDigits || text.front() == '0') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<SplitPage> split_page(std::string_view json) {
  constexpr std::size_t kLeastCapacity = 64 << 10, kKeptCapacity = 4 << 20;
  static thread_local Tokeniser kept;
  Tokeniser tokeniser = std::move(kept);
  if (!tokeniser || tokeniser->capacity() < json.size()) {
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(
            std::max(json.size(), kLeastCapacity), 1, tokeniser) != simdjson::SUCCESS)
      return std::nullopt;
  }
  std::optional<SplitPage> page;
  if (tokeniser->stage1(reinterpret_cast<const std::uint8_t*>(json.data()), json.size(),
                        simdjson::stage1_mode::regular) == simdjson::SUCCESS) {
    std::uint32_t* const starts = tokeniser->structural_indexes.get();
    const std::size_t count = tokeniser->n_structural_indexes;
    starts[count] = static_cast<std::uint32_t>(json.size());
    Tokens tokens(json, starts, count);
    if (!split(tokens, json, page.emplace())) page.reset();
  }
  if (tokeniser->capacity() <= kKeptCapacity) kept = std::move(tokeniser);
  return page;
}

}  // namespace dynamodb::wire
