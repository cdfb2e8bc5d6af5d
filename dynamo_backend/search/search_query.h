// SearchQuery: what a SearchQuerySet holds, without its type, and how one is run.
// Thread safety: a value; running one from any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/condition.h"
#include "dynamo_backend/search/backend.h"

namespace dynamo_backend::search {

struct SearchQuery {
  const ModelInfo* model = nullptr;
  std::string text{};  // as typed
  NodePtr where{};
  std::optional<Order> order{};
  std::vector<FacetRequest> facets{};
  std::size_t limit = 20;
  bool hidden_too = false;  // rows that search_visible() hides, too: for staff
};

struct Facet {
  std::string field{};
  std::vector<FacetValue> values{};
};
// One text of a row, as HTML with <mark> around what matched.
struct Highlight {
  std::string field{};
  std::string html{};
};

struct PackedSearchPage {
  std::vector<std::string> rows{};                   // packed, in the order of the hits
  std::vector<std::vector<Highlight>> highlights{};  // of each row: where something matched
  std::uint64_t total = 0;                           // of all pages, by the index
  std::vector<Facet> facets{};                       // as asked for
  std::string suggestion{};                          // empty: none
  std::optional<std::string> next{};                 // a cursor
};
// Throws InvalidQuery, FieldError, InvalidCursor, Unavailable.
PackedSearchPage search_page(const SearchQuery& query, std::string_view cursor);

// A resolved condition as a filter of the index. Throws FieldError for a field that is not
// filterable (with the choices), and for what search cannot filter by.
Filter filter_of(const IndexDefinition& index, const ModelInfo& model, const NodePtr& where);

}  // namespace dynamo_backend::search
