// The filters of a changelist: their names and choices in URLs, and the conditions that they mean.
// Thread safety: functions of their arguments.
#pragma once
#include "admin/changelist.h"
#include "dynamo_backend/search/search_query.h"

namespace admin {

// Whether a URL's parameter is one of the model's filters, or of its date hierarchy.
bool is_filter(const ModelAdmin& admin, std::string_view parameter);
// Throws FieldError for a value that does not fit.
std::vector<dynamo_backend::Lookup> filter_lookups(const ModelAdmin& admin,
                                                   const Parameters& filters);
// The condition of search_fields where no search index is asked: each word in any of the fields.
// Throws search::InvalidQuery for a text that is too long, or has too many words.
NodePtr words_condition(const ModelAdmin& admin, std::string_view words);
// Whether the model has a search index, and the site a search.
bool has_search(const ModelAdmin& admin);
struct FoundPageOptions {
  std::size_t rows = 100;
  std::vector<dynamo_backend::search::FacetRequest> facets{};
  bool by_rank = false;  // the rows of the order that was chosen, and not in it
};
// The page of a request's search at its cursor: what the index finds, and before it on the first
// page the few rows that have the whole text in a search field that the index lacks. Throws as
// search_page() does.
dynamo_backend::search::PackedSearchPage found_page(const ModelAdmin& admin,
                                                    const ListRequest& request,
                                                    const FoundPageOptions& options);
// The same page by page, for what is done to "all rows of this list". nullopt: the list reads the
// table, since there is no index or it lacks a filter or the order. What saves rows goes
// `by_rank`: a save may move a row in the list's order, behind the cursor and into a later page.
std::optional<dynamo_backend::search::PackedSearchPage> found_rows(const ModelAdmin& admin,
                                                                   const ListRequest& request,
                                                                   std::string_view cursor,
                                                                   bool by_rank = false);
std::vector<FilterPane> filter_panes(const ModelAdmin& admin, const ListRequest& request);

// Where in the date hierarchy a request is.
struct DateLevel {
  std::optional<int> year{}, month{}, day{};
};
DateLevel date_level(const ModelAdmin& admin, const Parameters& filters);
void add_dates(const ModelAdmin& admin, const ListRequest& request, ChangeList& list);

}  // namespace admin
