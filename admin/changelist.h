// The changelist: rows of a model, chosen by what a URL says, as text.
//
// Nothing here knows of the web or of who asks: the views check that before.
// Thread safety: functions of their arguments.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/list_plan.h"
#include "admin/site.h"

namespace admin {

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct ListRequest {
  std::string search{};  // as typed
  Parameters filters{};  // by their names in the URL: {"published", "true"}
  std::string order{};   // "-created_at,title", by field; empty: as configured
  std::string cursor{};
  // The cursors of the pages before, "." between them, "-" for the first: the way back where the
  // database has none.
  std::string back{};
  bool count = false;  // exactly, at its price
  bool scan = false;   // a page may read the table, for conditions that no index serves
  // Rows beside each value of a filter are counted, in a table of any size.
  bool facets = false;
};
// Of a URL's parameters; unknown ones are left out of `filters` where the model has no such filter.
ListRequest list_request(const ModelAdmin& admin, const Parameters& parameters);
Parameters list_parameters(const ListRequest& request);
// Names that no filter may have: a list's own parameters.
bool is_list_parameter(std::string_view name);
// What of a request says which rows its list has. The order does: where the search index does not
// have it, the search is made in the table.
ListRequest chosen_by(const ListRequest& request);
// Throws FieldError for an order of what has none.
std::vector<OrderTerm> order_of(const ModelAdmin& admin, const ListRequest& request);

struct Cell {
  enum class Kind : std::uint8_t { text, yes, no, empty };
  Kind kind = Kind::text;
  std::string text{};
  std::string link{};   // of a foreign key: "demo_app/author/<key>"; empty: none
  std::string input{};  // of a column that can be edited in the list: its value in a form
};
struct ListRow {
  std::string key{};  // in URLs
  std::string text{};
  std::vector<Cell> cells{};
  std::shared_ptr<void> row{};
};
struct ColumnHead {
  std::string title{};
  std::string field{};                  // that it is sorted by; empty: it cannot be
  const FieldInfo* editable = nullptr;  // in the list
  int sorted = 0;                       // 1: ascending; -1: descending
  std::string order{};                  // what a click asks for
};
struct FilterChoice {
  std::string label{}, value{};
  bool selected = false;
  std::optional<std::uint64_t> count{};  // by the search index
};
struct FilterPane {
  std::string title{}, parameter{};
  std::vector<FilterChoice> choices{};
  bool is_input = false;  // a value is typed; it has no choices
  std::string value{};
};
struct DateStep {
  std::string label{};
  Parameters parameters{};  // in place of the request's own of the hierarchy
};

struct ChangeList {
  std::vector<ColumnHead> columns{};
  std::vector<ListRow> rows{};
  std::optional<ListRequest> next{}, prev{};
  std::vector<FilterPane> panes{};
  std::vector<DateStep> dates{};
  std::string date_back{};               // the label of the level above; empty: this is the highest
  std::uint64_t estimate = 0;            // rows of the table, by DescribeTable
  std::optional<std::uint64_t> count{};  // exact, of what is listed
  bool can_count = true;
  double count_units = 0;              // what an exact count would read
  bool facets_left_out = false;        // they would be counted over a large table
  std::string suggestion{};            // for the search's words
  std::vector<std::string> notices{};  // an order that was refused; search is down
  // Why nothing was read: it would be a scan of a large table, or each page would read as much. Ask
  // again with `scan`.
  std::string blocked{};
  double blocked_units = 0;
  bool blocked_in_pieces = true;  // a page would read a piece of it; false: each would read it all
  // The operations that add the index that is missing for the order or the conditions, as a
  // migration's file has them; empty: none is missing.
  std::string migration{};
  bool ranked = false;  // by relevance
  // The table was searched instead: other rows may be found when the index answers again.
  bool search_is_down = false;
};

struct ListLimits {
  double scan_units = 100;
  // Of a table of more rows, facets are counted where they are asked for.
  std::uint64_t facet_rows = 10'000;
  // Other rows are left out; empty: all may be seen.
  std::function<bool(const void* row)> may_see{};
  // False where counts, facets and suggested words would tell of rows that are left out.
  bool counts = true;
};
// Throws dynamo_backend::InvalidCursor, FieldError, DatabaseError.
ChangeList change_list(const ModelAdmin& admin, const ListRequest& request,
                       const ListLimits& limits = {});

// Everything that the request chooses, in any order: for actions on all of it, and exports. Throws
// FieldError.
NodePtr list_condition(const ModelAdmin& admin, const ListRequest& request);
Query list_query(const ModelAdmin& admin, const ListRequest& request);

}  // namespace admin
