// SearchQuerySet<T>: `Post::objects.search("words")`, a lazy, immutable search for rows of T.
//
//   auto page = Post::objects.search("single table \"access patterns\" dyn*")
//                   .filter(f<&Post::tags>.contains("DynamoDB")).facets("tags").limit(10).page(cursor);
// Rows come by rank, those that search_visible() of the model hides never. When no row has every
// word, rows that have all of them but for typos are found, and then rows that have any.
// Not for reading a whole table: a page has 100 rows at most, and the index may be a moment behind.
// Thread safety: a value.
#pragma once
#include <map>

#include "dynamo_backend/models.h"
#include "dynamo_backend/search/search_query.h"

namespace dynamo_backend::search {

template <class T>
struct SearchPage {
  std::vector<T> items{};
  // Of each item: its texts in which something matched, by field, as HTML.
  std::vector<std::vector<Highlight>> highlights{};
  std::uint64_t total = 0;  // of all pages
  std::vector<Facet> facets{};
  std::string suggestion{};           // what may have been meant; empty: none
  std::optional<std::string> next{};  // a cursor; nullopt: there is no more
};

template <class T>
class SearchQuerySet {
  static_assert(T::schema.meta.opensearch_sync,
                "objects.search() needs a model with .opensearch_sync = true");

 public:
  explicit SearchQuerySet(std::string_view text)
      : query_{.model = &model_info<T>(), .text = std::string(text)} {}

  // By .filterable fields: equality, membership, ranges of numbers and times, presence.
  [[nodiscard]] SearchQuerySet filter(const Q<T>& q) const { return narrowed(q.node()); }
  [[nodiscard]] SearchQuerySet filter(std::initializer_list<Lookup> l) const {
    return narrowed(make_lookups(model_info<T>(), {l.begin(), l.size()}));
  }
  [[nodiscard]] SearchQuerySet filter(const std::vector<Lookup>& l) const {
    return narrowed(make_lookups(model_info<T>(), l));
  }
  [[nodiscard]] SearchQuerySet exclude(const Q<T>& q) const { return narrowed(make_not(q.node())); }

  // Counts the values of these fields over all that is found: the ten most frequent of each.
  template <std::convertible_to<std::string_view>... Names>
  requires(sizeof...(Names) > 0) [[nodiscard]] SearchQuerySet facets(const Names&... names) const {
    SearchQuerySet out = *this;
    (out.query_.facets.push_back({std::string(attribute(names))}), ...);
    return out;
  }
  template <auto... M>
  requires(sizeof...(M) > 0) [[nodiscard]] SearchQuerySet facets() const {
    return facets(model_info<T>().by_member(member_name<M>()).attribute...);
  }
  // "-created_at": by a filterable field instead of relevance.
  [[nodiscard]] SearchQuerySet order_by(std::string_view term) const {
    SearchQuerySet out = *this;
    const bool descending = term.starts_with('-');
    if (descending) term.remove_prefix(1);
    out.query_.order = Order{std::string(attribute(term)), descending};
    return out;
  }
  [[nodiscard]] SearchQuerySet limit(std::size_t n) const {  // 1 to 100
    SearchQuerySet out = *this;
    out.query_.limit = n;
    return out;
  }

  // Throws InvalidQuery (too long, too many words, not UTF-8), FieldError, InvalidCursor,
  // Unavailable (search is down, or the index is being built).
  SearchPage<T> page(std::string_view cursor = {}) const {
    PackedSearchPage packed = search_page(query_, cursor);
    SearchPage<T> page{.highlights = std::move(packed.highlights),
                       .total = packed.total,
                       .facets = std::move(packed.facets),
                       .suggestion = std::move(packed.suggestion),
                       .next = std::move(packed.next)};
    for (const std::string& row : packed.rows) page.items.push_back(row_from<T>(row));
    return page;
  }
  std::uint64_t count() const { return search_page(limit(1).query_, {}).total; }
  const SearchQuery& query() const { return query_; }

 private:
  static std::string_view attribute(std::string_view name) {
    return model_info<T>().field(name).attribute;
  }
  SearchQuerySet narrowed(const NodePtr& where) const {
    SearchQuerySet out = *this;
    out.query_.where = make_and(query_.where, where);
    return out;
  }
  SearchQuery query_;
};

}  // namespace dynamo_backend::search
