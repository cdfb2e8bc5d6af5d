// FacetCounter: how often each value of a filter stands in the documents that match.
// Thread safety: one thread at a time.
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "dynamo_backend/search/backend.h"
#include "dynamo_backend/search/local/detail/sqlite.h"

namespace dynamo_backend::search::detail {

class FacetCounter {
 public:
  FacetCounter(const FilterField& field, std::size_t limit) : field_(field), limit_(limit) {}
  // One document's column.
  void add(const Statement& row, int column);
  // The most frequent ones, ties in order of value.
  std::vector<FacetValue> take() const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  void add_text(std::string_view text);

  const FilterField& field_;
  std::size_t limit_;
  // Of texts and of decimals by their bytes; of all others by their integer.
  std::unordered_map<std::string, std::uint64_t, TextHash, std::equal_to<>> texts_{};
  std::unordered_map<std::int64_t, std::uint64_t> integers_{};
};

}  // namespace dynamo_backend::search::detail
