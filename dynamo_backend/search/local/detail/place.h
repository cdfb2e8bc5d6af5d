// Place: where a document stands in the order of a search: by score or by a value, ties by key. Its
// text is what Results::next holds.
//
//   place := ('s' score:16 hex digits | 'i' integer | 't' size ':' text | 'b' size ':' bytes | 'n')
//   ';' key
// Thread safety: a value.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "dynamo_backend/search/local/detail/sqlite.h"

namespace dynamo_backend::search::detail {

struct Place {
  double score = 0;  // of an order by relevance: higher ones are first
  SqlValue value{};  // of an order by a field: NULL is last
  std::string key{};

  std::string text(bool by_score) const;
  static Place parse(std::string_view text);  // throws InvalidCursor
};

struct PlaceOrder {
  bool by_score = true, descending = false;
  // Negative: `a` stands before `b`, whatever their keys; 0: the keys decide.
  int compare(double score, const SqlValue& value, const Place& other) const;
  bool before(const Place& a, const Place& b) const;
};

}  // namespace dynamo_backend::search::detail
