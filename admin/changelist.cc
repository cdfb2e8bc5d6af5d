#include "admin/changelist.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "admin/list_filters.h"
#include "admin/values.h"
#include "dynamo_backend/connection.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search/errors.h"
#include "dynamo_backend/search/search_query.h"
#include "dynamo_backend/search/service.h"

namespace admin {
namespace {

using dynamo_backend::FieldError;
using dynamo_backend::Kind;
namespace search = dynamo_backend::search;

constexpr std::size_t kMostBack = 20;  // pages that can be gone back where only a trail leads

ListRequest moved(const ListRequest& request, std::string cursor, std::string back) {
  ListRequest out = request;
  out.cursor = std::move(cursor);
  out.back = std::move(back);
  out.count = false;
  return out;
}

// The trail of a page behind this one, and the page before it.
std::string extended(const ListRequest& request) {
  std::string back = request.back + (request.back.empty() ? "" : ".") +
                     (request.cursor.empty() ? "-" : request.cursor);
  while (static_cast<std::size_t>(std::count(back.begin(), back.end(), '.')) >= kMostBack)
    back.erase(0, back.find('.') + 1);
  return back;
}
ListRequest stepped_back(const ListRequest& request) {
  const std::size_t dot = request.back.rfind('.');
  const std::string cursor = request.back.substr(dot == std::string::npos ? 0 : dot + 1);
  return moved(request, cursor == "-" ? "" : cursor,
               dot == std::string::npos ? "" : request.back.substr(0, dot));
}

class Builder {
 public:
  Builder(const ModelAdmin& admin, const ListRequest& request, const ListLimits& limits)
      : admin_(admin),
        model_(admin.model),
        request_(request),
        limits_(limits),
        filters_(make_lookups(admin.model, filter_lookups(admin, request.filters))),
        order_(order_of(admin, request)) {}

  ChangeList build() {
    list_.panes = filter_panes(admin_, request_);
    const TableFacts facts = table_facts(model_);
    list_.estimate = static_cast<std::uint64_t>(facts.rows);
    list_.count_units = facts.units();
    list_.can_count = limits_.counts;
    const bool searched = !request_.search.empty() && has_search(admin_) && search_rows();
    if (!searched) read_rows();
    add_dates(admin_, request_, list_);
    add_columns();
    add_cells();
    add_facets();
    return std::move(list_);
  }

 private:
  // ---- rows, by search
  bool search_rows() {
    const bool chosen = !request_.order.empty();
    try {
      search::PackedSearchPage page = found_page(
          admin_, request_,
          {.rows = std::min<std::size_t>(admin_.options.list_per_page, 100),
           .facets = limits_.counts ? facet_requests() : std::vector<search::FacetRequest>()});
      rows_ = std::move(page.rows);
      if (limits_.counts) {
        list_.count = std::max<std::uint64_t>(page.total, rows_.size());
        list_.suggestion = page.suggestion;
      }
      list_.ranked = !chosen;
      facets_ = std::move(page.facets);
      if (!chosen) order_.clear();
      turn_pages(std::move(page.next), std::nullopt, /*by_trail=*/true);
      return true;
    } catch (const search::InvalidQuery& e) {
      list_.notices.emplace_back(e.what());
      return true;
    } catch (const FieldError& e) {
      list_.notices.push_back(std::string(e.what()) + " The table was read instead of the index.");
    } catch (const search::Unavailable& e) {
      list_.search_is_down = true;
      list_.notices.push_back(std::string("Search is down; the table was read instead. ") +
                              e.what());
    }
    return false;
  }

  // ---- rows, by the table
  void read_rows() {
    NodePtr where = filters_;
    try {
      where = make_and(where, words_condition(admin_, request_.search));
    } catch (const search::InvalidQuery& e) {
      list_.notices.emplace_back(e.what());
      return;
    }
    ListPlan plan = plan_list(model_, where, order_, limits_.scan_units);
    if (!plan.order_refused.empty()) {
      list_.notices.push_back(plan.order_refused);
      list_.migration = plan.migration;
      order_.clear();
    }
    using PlanKind = ListPlan::Kind;
    if (plan.units > limits_.scan_units && !request_.scan) {
      list_.blocked = plan.advice;
      list_.migration = plan.migration;
      list_.blocked_units = plan.units;
      list_.blocked_in_pieces = plan.kind == PlanKind::scanned;
      return;
    }
    const bool piecewise = plan.kind == PlanKind::scanned || plan.kind == PlanKind::filtered;
    if (piecewise) plan.query = plan.query.budgeted(limits_.scan_units);
    auto page = fetch_page(plan.query.sliced(0, admin_.options.list_per_page), request_.cursor);
    rows_ = std::move(page.rows);
    if (request_.count && limits_.counts) list_.count = count_rows(plan.query);
    if (piecewise && rows_.empty() && page.next)
      list_.notices.emplace_back(
          "Nothing in this part of the table fits; the next page looks at the next part.");
    turn_pages(std::move(page.next), std::move(page.prev), !page.prev);
  }

  void turn_pages(std::optional<std::string> next, std::optional<std::string> prev, bool by_trail) {
    if (next) list_.next = moved(request_, *std::move(next), extended(request_));
    if (prev)
      list_.prev = moved(request_, *std::move(prev), "");
    else if (by_trail && !request_.back.empty())
      list_.prev = stepped_back(request_);
  }

  // ---- columns
  void add_columns() {
    for (const Column& column : admin_.options.list_display) {
      const FieldInfo* field = column.text ? nullptr : admin_.field(column.name);
      const FieldInfo* by = column.text || !field ? admin_.field(column.order_by) : field;
      ColumnHead head{.title = column.title};
      if (head.title.empty()) head.title = field ? label_of(*field) : words_of(model_);
      if (by && by->stored() && by->kind != Kind::list && by->kind != Kind::set &&
          by->kind != Kind::json && by->kind != Kind::computed) {
        head.field = by->attribute;
        for (const OrderTerm& term : order_)
          if (term.field == by) head.sorted = term.descending ? -1 : 1;
        head.order = (head.sorted == 1 ? "-" : "") + head.field;
      }
      if (field) {
        for (const std::string& name : admin_.options.list_editable)
          if (admin_.field(name) == field) head.editable = field;
      }
      list_.columns.push_back(std::move(head));
    }
  }

  void add_cells() {
    std::map<const FieldInfo*, std::map<std::string, std::string>> related;
    std::vector<std::shared_ptr<void>> rows;
    for (const std::string& packed : rows_) {
      auto row = row_of(model_, packed);
      if (!limits_.may_see || limits_.may_see(row.get())) rows.push_back(std::move(row));
    }
    for (const Column& column : admin_.options.list_display) {
      const FieldInfo* field = column.text ? nullptr : admin_.field(column.name);
      if (!field || !is_relation(field->kind)) continue;
      std::set<std::string> keys;
      for (const auto& row : rows)
        if (const auto value = field->get(row.get()); value.is<std::string>())
          keys.insert(value.as<std::string>());
      related[field] = row_texts(field->target(), keys);
    }
    for (auto& row : rows) {
      ListRow out{.key = url_key(model_, key_of(model_, static_cast<const void*>(row.get()))),
                  .text = row_text(model_, row.get())};
      for (std::size_t i = 0; i < admin_.options.list_display.size(); ++i) {
        out.cells.push_back(cell(admin_.options.list_display[i], row.get(), related));
        if (list_.columns[i].editable)
          out.cells.back().input =
              input_text(*list_.columns[i].editable, list_.columns[i].editable->get(row.get()));
      }
      out.row = std::move(row);
      list_.rows.push_back(std::move(out));
    }
  }

  using Related = std::map<const FieldInfo*, std::map<std::string, std::string>>;
  Cell cell(const Column& column, const void* row, const Related& related) const {
    if (column.text) return text_cell(column.text(row));
    const FieldInfo* field = admin_.field(column.name);
    if (!field) return text_cell(row_text(model_, row));
    if (field->kind == Kind::many_to_many) return {Cell::Kind::empty};
    const Value value = field->get(row);
    if (value.is<dynamodb::Null>()) return {Cell::Kind::empty};
    if (const auto* flag = value.get_if<bool>())
      return {*flag ? Cell::Kind::yes : Cell::Kind::no, *flag ? "Yes" : "No"};
    const auto of = related.find(field);
    if (of == related.end()) return text_cell(display_text(*field, value));
    const std::string& key = value.as<std::string>();
    const auto text = of->second.find(key);
    const bool gone = text == of->second.end() || text->second.empty();
    Cell out = text_cell(gone ? key + " (gone)" : text->second);
    const ModelAdmin* other = site().find(field->target());
    if (other && !gone) out.link = other->path() + "/" + key;
    return out;
  }
  static Cell text_cell(std::string text) {
    if (text.empty()) return {Cell::Kind::empty};
    constexpr std::size_t kMost = 200;
    if (text.size() > kMost) {
      std::size_t end = kMost;
      while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
      text = text.substr(0, end) + "…";
    }
    return {Cell::Kind::text, std::move(text)};
  }

  // ---- facets
  std::vector<search::FacetRequest> facet_requests() const {
    std::vector<search::FacetRequest> facets;
    for (const Filter& filter : admin_.options.list_filter) {
      const FieldInfo* field = filter.choices.empty() ? admin_.field(filter.name) : nullptr;
      if (field && field->filterable && field->kind != Kind::datetime)
        facets.push_back({std::string(field->attribute), 20});
    }
    return facets;
  }

  void add_facets() {
    if (!limits_.counts) return;
    if (facets_.empty() && request_.search.empty() && has_search(admin_)) {
      search::SearchQuery query{
          .model = &model_, .where = filters_, .limit = 1, .hidden_too = true};
      query.facets = facet_requests();
      if (query.facets.empty()) return;
      // An index counts by looking at every row that fits.
      list_.facets_left_out = !request_.facets && list_.estimate > limits_.facet_rows;
      if (list_.facets_left_out) return;
      try {
        facets_ = search_page(query, {}).facets;
      } catch (const FieldError&) {           // a filter that the index does not have: no counts
      } catch (const search::Unavailable&) {  // the list does not need it
      }
    }
    for (const search::Facet& facet : facets_) {
      const FieldInfo* field = admin_.field(facet.field);
      for (FilterPane& pane : list_.panes)
        if (field && pane.parameter == facet.field) count_choices(*field, facet, pane);
    }
  }

  void count_choices(const FieldInfo& field, const search::Facet& facet, FilterPane& pane) const {
    std::map<std::string, std::string> texts;
    if (is_relation(field.kind)) {
      std::set<std::string> keys;
      for (const auto& value : facet.values)
        if (value.value.is<std::string>()) keys.insert(value.value.as<std::string>());
      texts = row_texts(field.target(), keys);
    }
    for (const auto& [value, count] : facet.values) {
      // A list's facet counts its elements.
      const auto* plain = value.get_if<std::string>();
      const std::string text = plain ? *plain : input_text(field, value);
      auto choice = std::find_if(pane.choices.begin(), pane.choices.end(),
                                 [&t = text](const FilterChoice& c) { return c.value == t; });
      if (choice == pane.choices.end()) {
        const auto related = texts.find(text);
        const bool known = related != texts.end() && !related->second.empty();
        choice = pane.choices.insert(pane.choices.end(),
                                     {.label = known ? related->second : text, .value = text});
        choice->selected = text == pane.value;
      }
      choice->count = count;
    }
    if (field.kind == Kind::boolean) {
      for (FilterChoice& c : pane.choices)
        if (!c.count && (c.value == "true" || c.value == "false")) c.count = 0;
    }
  }

  const ModelAdmin& admin_;
  const ModelInfo& model_;
  const ListRequest& request_;
  const ListLimits& limits_;
  const NodePtr filters_;
  std::vector<OrderTerm> order_;
  std::vector<std::string> rows_{};
  std::vector<search::Facet> facets_{};
  ChangeList list_{};
};

}  // namespace

std::vector<OrderTerm> order_of(const ModelAdmin& admin, const ListRequest& request) {
  if (!request.order.empty()) {
    std::vector<OrderTerm> terms;
    for (OrderTerm term : dynamo_backend::parse_ordering(admin.model, request.order)) {
      if (!term.field->stored())
        throw FieldError("'" + std::string(term.field->attribute) + "' has no order.");
      terms.push_back(term);
    }
    return terms;
  }
  if (!admin.options.ordering.empty())
    return dynamo_backend::parse_ordering(admin.model, admin.options.ordering);
  return admin.model.ordering;
}

ListRequest list_request(const ModelAdmin& admin, const Parameters& parameters) {
  ListRequest request;
  for (const auto& [name, value] : parameters) {
    if (name == "q")
      request.search = value;
    else if (name == "o")
      request.order = value;
    else if (name == "cursor")
      request.cursor = value;
    else if (name == "back")
      request.back = value;
    else if (name == "count")
      request.count = value == "1";
    else if (name == "scan")
      request.scan = value == "1";
    else if (name == "facets")
      request.facets = value == "1";
    else if (is_filter(admin, name) && !value.empty())
      request.filters.emplace_back(name, value);
  }
  return request;
}

bool is_list_parameter(std::string_view name) {
  // Of a page, too: a popup is one, and a file has a format.
  static constexpr std::array<std::string_view, 9> kNames{
      "q", "o", "cursor", "back", "count", "scan", "facets", "format", "_popup"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

ListRequest chosen_by(const ListRequest& request) {
  return {.search = request.search, .filters = request.filters, .order = request.order};
}

Parameters list_parameters(const ListRequest& request) {
  Parameters out;
  if (!request.search.empty()) out.emplace_back("q", request.search);
  out.insert(out.end(), request.filters.begin(), request.filters.end());
  if (!request.order.empty()) out.emplace_back("o", request.order);
  if (!request.cursor.empty()) out.emplace_back("cursor", request.cursor);
  if (!request.back.empty()) out.emplace_back("back", request.back);
  if (request.count) out.emplace_back("count", "1");
  if (request.scan) out.emplace_back("scan", "1");
  if (request.facets) out.emplace_back("facets", "1");
  return out;
}

ChangeList change_list(const ModelAdmin& admin, const ListRequest& request,
                       const ListLimits& limits) {
  return Builder(admin, request, limits).build();
}

NodePtr list_condition(const ModelAdmin& admin, const ListRequest& request) {
  return make_and(make_lookups(admin.model, filter_lookups(admin, request.filters)),
                  words_condition(admin, request.search));
}

Query list_query(const ModelAdmin& admin, const ListRequest& request) {
  constexpr double kAny = std::numeric_limits<double>::infinity();  // nobody asks for its price
  Query query = plan_list(admin.model, list_condition(admin, request), {}, kAny).query;
  query.scan_reason = "all rows that the changelist chose";
  return query;
}

}  // namespace admin
