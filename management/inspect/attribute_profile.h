// AttributeProfile: what the values of one attribute have in common, in the rows that were looked
// at. Thread safety: one thread at a time.
#pragma once
#include <array>
#include <cstdint>
#include <set>
#include <string>

#include "dynamodb/item_view.h"

namespace management {

// What a member may be.
enum class Member : std::uint8_t {
  text,
  timestamp,
  uuid,
  integer,           // std::int64_t
  unsigned_integer,  // std::uint64_t, where a value needs it
  decimal,
  boolean,
  binary,
  list_of_text,
  list_of_integers,
  list_of_decimals,
  list_of_booleans,
  set_of_text,
  set_of_integers,
  set_of_decimals,
  set_of_binary,
  json,  // maps, other lists, mixtures that JSON can say exactly
  none,  // what no member holds exactly: bytes or sets inside a map, say
};

class AttributeProfile {
 public:
  void add(dynamodb::ValueView value);

  std::uint64_t count() const { return count_; }  // of values, NULL among them
  std::uint64_t nulls() const { return of(dynamodb::Type::NUL); }
  std::uint64_t of(dynamodb::Type type) const { return types_[static_cast<std::size_t>(type)]; }
  bool has_empty_text() const { return empty_texts_ > 0; }
  // `key`: a table's or an index's, which must be stored in the library's own form.
  Member member(bool key) const;
  // Texts that are times, and not all in the library's own form: conditions compare with that.
  bool has_foreign_times() const { return times_ > own_times_; }
  // Seconds that a time to live may be: whole numbers above 0, up to the year 9999.
  bool all_seconds() const;
  // A few different values, where all are UUIDs.
  const std::set<std::string>& some_uuids() const { return some_uuids_; }
  std::string types() const;  // "S in 3 rows, N in 2"

 private:
  static constexpr std::size_t kUuidsKept = 10;

  void add_text(std::string_view text);
  void add_element(dynamodb::ValueView element);
  Member list_member() const;

  std::array<std::uint64_t, 11> types_{};  // by dynamodb::Type
  std::uint64_t count_ = 0;
  std::uint64_t empty_texts_ = 0, times_ = 0, own_times_ = 0, uuids_ = 0;
  std::uint64_t int64s_ = 0, uint64s_ = 0;  // of N, or of the numbers in NS
  std::uint64_t seconds_ = 0;               // of N
  std::uint64_t set_numbers_ = 0;
  std::uint64_t elements_ = 0, text_elements_ = 0, number_elements_ = 0, int_elements_ = 0,
                bool_elements_ = 0;
  bool json_exact_ = true;
  std::set<std::string> some_uuids_{};
};

}  // namespace management
