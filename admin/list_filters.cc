#include "admin/list_filters.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "admin/values.h"
#include "dynamo_backend/connection.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search/index_definition.h"
#include "dynamo_backend/search/query_text.h"
#include "dynamo_backend/search/service.h"

namespace admin {
namespace {

using base::Timestamp;
using dynamo_backend::FieldError;
using dynamo_backend::Kind;
using dynamo_backend::Lookup;
namespace chrono = std::chrono;
namespace search = dynamo_backend::search;

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kPeriods{
    {{"today", "Today"}, {"week", "Past 7 days"}, {"month", "This month"}, {"year", "This year"}}};

Timestamp midnight(chrono::year_month_day day) { return Timestamp(chrono::sys_days(day)); }

chrono::year_month_day today() {
  return chrono::floor<chrono::days>(dynamo_backend::Connection::current().now());
}

struct Range {
  Timestamp from{}, to{};
};
Range period(std::string_view name) {
  const auto day = today();
  const Timestamp tomorrow = midnight(chrono::sys_days(day) + chrono::days(1));
  if (name == "today") return {midnight(day), tomorrow};
  if (name == "week") return {midnight(chrono::sys_days(day) - chrono::days(6)), tomorrow};
  if (name == "month") return {midnight(day.year() / day.month() / 1), tomorrow};
  if (name == "year") return {midnight(day.year() / 1 / 1), tomorrow};
  throw FieldError("'" + std::string(name) + "' is no period: today, week, month or year.");
}

Range range_of(const DateLevel& level) {
  const chrono::year year(level.year.value_or(1));
  if (!level.month) return {midnight(year / 1 / 1), midnight((year + chrono::years(1)) / 1 / 1)};
  const auto month = year / chrono::month(static_cast<unsigned>(*level.month));
  if (!level.day) return {midnight(month / 1), midnight((month + chrono::months(1)) / 1)};
  const auto day = month / chrono::day(static_cast<unsigned>(*level.day));
  if (!day.ok()) throw FieldError("There is no such day.");
  return {midnight(day), Timestamp(chrono::sys_days(day) + chrono::days(1))};
}

void add_range(std::vector<Lookup>& lookups, const FieldInfo& field, const Range& range) {
  const std::string name(field.attribute);
  lookups.push_back({name + "__gte", range.from});
  lookups.push_back({name + "__lt", range.to});
}

std::optional<int> number(const Parameters& filters, const std::string& name, int low, int high) {
  for (const auto& [key, text] : filters) {
    if (key != name) continue;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
      throw FieldError("'" + text + "' is no " + name + ".");
    return value;
  }
  return std::nullopt;
}

const Filter* find_filter(const ModelAdmin& admin, std::string_view parameter) {
  for (const Filter& filter : admin.options.list_filter) {
    if (filter.name == parameter) return &filter;
    const FieldInfo* field = filter.choices.empty() ? admin.field(filter.name) : nullptr;
    if (field && field->attribute == parameter) return &filter;
  }
  return nullptr;
}

std::string parameter_of(const ModelAdmin& admin, const Filter& filter) {
  const FieldInfo* field = filter.choices.empty() ? admin.field(filter.name) : nullptr;
  return field ? std::string(field->attribute) : filter.name;
}

void add_field(std::vector<Lookup>& lookups, const FieldInfo& field, const std::string& text) {
  const std::string name(field.attribute);
  if (text == "none" && field.nullable()) {
    lookups.push_back({name + "__isnull", true});
  } else if (field.kind == Kind::datetime || field.kind == Kind::ttl) {
    add_range(lookups, field, period(text));
  } else if (field.kind == Kind::boolean) {
    if (text != "true" && text != "false")
      throw FieldError("'" + text + "' is no choice for " + name + ": true or false.");
    lookups.push_back({name, text == "true"});
  } else if (field.kind == Kind::list || field.kind == Kind::set) {
    lookups.push_back({name + "__contains", std::string_view(text)});
  } else {
    lookups.push_back({name, std::string_view(text)});
  }
}

std::vector<FilterChoice> field_choices(const FieldInfo& field) {
  std::vector<FilterChoice> choices{{.label = "All"}};
  if (field.kind == Kind::boolean) {
    choices.push_back({.label = "Yes", .value = "true"});
    choices.push_back({.label = "No", .value = "false"});
  }
  if (field.kind == Kind::datetime || field.kind == Kind::ttl) {
    for (const auto& [value, label] : kPeriods)
      choices.push_back({.label = std::string(label), .value = std::string(value)});
  }
  if (field.nullable()) choices.push_back({.label = "Empty", .value = "none"});
  return choices;
}

}  // namespace

DateLevel date_level(const ModelAdmin& admin, const Parameters& filters) {
  DateLevel level;
  if (admin.options.date_hierarchy.empty()) return level;
  const std::string& name = admin.options.date_hierarchy;
  level.year = number(filters, name + "__year", 1, 9998);
  if (level.year) level.month = number(filters, name + "__month", 1, 12);
  if (level.month) level.day = number(filters, name + "__day", 1, 31);
  return level;
}

bool is_filter(const ModelAdmin& admin, std::string_view parameter) {
  const std::string& date = admin.options.date_hierarchy;
  if (!date.empty() && parameter.starts_with(date)) {
    const std::string_view rest = parameter.substr(date.size());
    if (rest == "__year" || rest == "__month" || rest == "__day") return true;
  }
  return find_filter(admin, parameter) != nullptr;
}

std::vector<Lookup> filter_lookups(const ModelAdmin& admin, const Parameters& filters) {
  std::vector<Lookup> lookups;
  for (const auto& [name, text] : filters) {
    const Filter* filter = find_filter(admin, name);
    if (!filter || text.empty()) continue;
    if (filter->choices.empty()) {
      const FieldInfo* field = admin.field(filter->name);
      if (field) add_field(lookups, *field, text);
      continue;
    }
    const auto choice =
        std::find_if(filter->choices.begin(), filter->choices.end(),
                     [&value = text](const Filter::Choice& c) { return c.value == value; });
    if (choice == filter->choices.end())
      throw FieldError("'" + text + "' is no choice of the filter '" + name + "'.");
    lookups.insert(lookups.end(), choice->lookups.begin(), choice->lookups.end());
  }
  if (const DateLevel level = date_level(admin, filters); level.year)
    add_range(lookups, *admin.field(admin.options.date_hierarchy), range_of(level));
  return lookups;
}

NodePtr words_condition(const ModelAdmin& admin, std::string_view words) {
  (void)search::parse_query_text(words);  // the index's limits, and its way to count words
  NodePtr all;
  while (!words.empty()) {
    const bool quoted = words.front() == '"' && words.find('"', 1) != std::string_view::npos;
    if (quoted) words.remove_prefix(1);
    const std::size_t end = std::min(words.find(quoted ? '"' : ' '), words.size());
    const std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    if (word.empty()) continue;
    NodePtr any = dynamo_backend::make_nothing();
    for (std::string_view name : admin.options.search_fields) {
      const char mode = name.front();
      if (mode == '^' || mode == '=') name.remove_prefix(1);
      const FieldInfo* field = admin.field(name);
      if (!field) continue;
      const std::string lookup = std::string(field->attribute) + (mode == '^'   ? "__istartswith"
                                                                  : mode == '=' ? "__exact"
                                                                                : "__icontains");
      const std::array<Lookup, 1> one{Lookup{lookup, word}};
      any = make_or(any, make_lookups(admin.model, one));
    }
    all = make_and(all, any);
  }
  return all;
}

namespace {

// What a request's search finds in the search fields that the search index does not have, and an
// index of the table does ("a slug"): rows that have its whole text there, where these are few.
// They come before those that the search index gives, and not among them again. Reads the table.
class ExactSearch {
 public:
  ExactSearch(const ModelAdmin& admin, const ListRequest& request);
  const std::vector<std::string>& rows() const { return rows_; }  // packed
  bool has(std::string_view row) const;

 private:
  const std::string text_;
  std::vector<const FieldInfo*> fields_{};
  std::vector<std::string> rows_{};
};

ExactSearch::ExactSearch(const ModelAdmin& admin, const ListRequest& request)
    : text_(request.search) {
  constexpr std::size_t kMost = 20;
  const NodePtr filters = make_lookups(admin.model, filter_lookups(admin, request.filters));
  for (std::string_view name : admin.options.search_fields) {
    if (name.starts_with('^') || name.starts_with('=')) name.remove_prefix(1);
    const FieldInfo* field = admin.field(name);
    if (!field || field->searchable || text_.empty()) continue;
    const std::array<Lookup, 1> whole{
        Lookup{std::string(field->attribute), std::string_view(text_)}};
    const ListPlan plan =
        plan_list(admin.model, make_and(filters, make_lookups(admin.model, whole)), {}, 0);
    if (plan.kind != ListPlan::Kind::served && plan.kind != ListPlan::Kind::filtered) continue;
    auto found = dynamo_backend::fetch_rows(plan.query.sliced(0, kMost + 1));
    if (found.size() > kMost) continue;  // what so many have distinguishes none of them
    fields_.push_back(field);
    for (std::string& row : found)
      if (std::find(rows_.begin(), rows_.end(), row) == rows_.end())
        rows_.push_back(std::move(row));
  }
}

bool ExactSearch::has(std::string_view row) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](const FieldInfo* field) {
    const auto value = dynamodb::ItemView(row).find(field->attribute);
    return value && value->type() == dynamodb::Type::S && value->text() == text_;
  });
}

}  // namespace

bool has_search(const ModelAdmin& admin) {
  return admin.model.meta.opensearch_sync && search::Service::find_current() != nullptr;
}

search::PackedSearchPage found_page(const ModelAdmin& admin, const ListRequest& request,
                                    const FoundPageOptions& options) {
  search::SearchQuery query{
      .model = &admin.model,
      .text = request.search,
      .where = make_lookups(admin.model, filter_lookups(admin, request.filters)),
      .facets = options.facets,
      .limit = options.rows,
      .hidden_too = true};
  const bool ordered = !request.order.empty();
  if (ordered) {
    const OrderTerm first = order_of(admin, request).front();
    const std::string field(first.field->attribute);
    if (options.by_rank)
      (void)search::index_definition(dynamo_backend::Connection::current(), admin.model)
          .filter(field);
    else
      query.order = {field, first.descending};
  }
  search::PackedSearchPage page = search_page(query, request.cursor);
  // They have no place in an order that was chosen.
  if (ordered && page.total > 0) return page;
  const ExactSearch exact(admin, request);
  std::erase_if(page.rows, [&](const std::string& row) { return exact.has(row); });
  const auto& first = exact.rows();
  if (request.cursor.empty()) page.rows.insert(page.rows.begin(), first.begin(), first.end());
  return page;
}

std::optional<search::PackedSearchPage> found_rows(const ModelAdmin& admin,
                                                   const ListRequest& request,
                                                   std::string_view cursor, bool by_rank) {
  if (request.search.empty() || !has_search(admin)) return std::nullopt;
  ListRequest at = chosen_by(request);
  at.cursor = cursor;
  try {
    return found_page(admin, at, {.by_rank = by_rank});
  } catch (const FieldError&) {
    return std::nullopt;
  }
}

std::vector<FilterPane> filter_panes(const ModelAdmin& admin, const ListRequest& request) {
  std::vector<FilterPane> panes;
  for (const Filter& filter : admin.options.list_filter) {
    FilterPane pane{.title = filter.title, .parameter = parameter_of(admin, filter)};
    for (const auto& [name, value] : request.filters)
      if (name == pane.parameter) pane.value = value;
    if (!filter.choices.empty()) {
      pane.choices.push_back({.label = "All"});
      for (const auto& choice : filter.choices)
        pane.choices.push_back({.label = choice.label, .value = choice.value});
    } else if (const FieldInfo* field = admin.field(filter.name)) {
      if (pane.title.empty()) pane.title = label_of(*field);
      pane.choices = field_choices(*field);
      pane.is_input = pane.choices.size() == 1 || (pane.choices.size() == 2 && field->nullable());
    }
    for (FilterChoice& choice : pane.choices) choice.selected = choice.value == pane.value;
    panes.push_back(std::move(pane));
  }
  return panes;
}

// ---- the date hierarchy

static std::optional<int> outermost_year(const ModelAdmin& admin, const FieldInfo& field,
                                         bool latest) {
  const ListPlan plan = plan_list(admin.model, {}, {{&field, latest}}, 0);
  if (!plan.order_refused.empty()) return std::nullopt;  // no index knows
  const auto rows = dynamo_backend::fetch_rows(plan.query.sliced(0, 1));
  if (rows.empty()) return std::nullopt;
  const auto value = dynamodb::ItemView(rows[0]).find(field.attribute);
  const auto time = value ? base::parse_iso(value->text()) : std::nullopt;
  if (!time) return std::nullopt;
  return static_cast<int>(chrono::year_month_day(chrono::floor<chrono::days>(*time)).year());
}

void add_dates(const ModelAdmin& admin, const ListRequest& request, ChangeList& list) {
  const std::string& name = admin.options.date_hierarchy;
  const FieldInfo* field = name.empty() ? nullptr : admin.field(name);
  if (!field) return;
  static constexpr std::array<const char*, 12> kMonths{
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  const DateLevel level = date_level(admin, request.filters);
  if (!level.year) {
    const auto first = outermost_year(admin, *field, false);
    const auto last = first ? outermost_year(admin, *field, true) : std::nullopt;
    if (!first || !last) return;
    for (int year = std::max(*first, *last - 49); year <= *last; ++year)
      list.dates.push_back({std::to_string(year), {{name + "__year", std::to_string(year)}}});
    return;
  }
  const Parameters year{{name + "__year", std::to_string(*level.year)}};
  if (!level.month) {
    list.date_back = "All dates";
    for (std::size_t m = 0; m < kMonths.size(); ++m) {
      Parameters p = year;
      p.emplace_back(name + "__month", std::to_string(m + 1));
      list.dates.push_back({kMonths[m], std::move(p)});
    }
    return;
  }
  list.date_back =
      level.day ? kMonths[static_cast<std::size_t>(*level.month - 1)] : std::to_string(*level.year);
  if (level.day) return;
  const auto last =
      chrono::year_month_day_last(chrono::year(*level.year) /
                                  chrono::month(static_cast<unsigned>(*level.month)) / chrono::last)
          .day();
  for (unsigned d = 1; d <= static_cast<unsigned>(last); ++d) {
    Parameters p = year;
    p.emplace_back(name + "__month", std::to_string(*level.month));
    p.emplace_back(name + "__day", std::to_string(d));
    list.dates.push_back({std::to_string(d), std::move(p)});
  }
}

}  // namespace admin
