#include "dynamo_backend/query.h"

#include <algorithm>
#include <limits>
#include <set>
#include <stdexcept>

#include "dynamo_backend/cursor.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/plan_text.h"
#include "dynamo_backend/request_scope.h"
#include "dynamo_backend/rows.h"

namespace dynamo_backend {

Query Query::filtered(const NodePtr& condition) const {
  if (offset != 0 || limit) {
    throw std::logic_error(
        model->name +
        ": cannot filter a query once a slice has been taken; filter before limit() and slice().");
  }
  Query q = *this;
  q.where = make_and(where, condition);
  if (condition) q.fetched = nullptr;  // rows that were fetched before are not looked through
  return q;
}

Query Query::ordered(std::vector<OrderTerm> terms) const {
  Query q = *this;
  q.order = std::move(terms);
  return q;
}

Query Query::reversed() const {
  if (offset != 0 || limit) {
    throw std::logic_error(
        model->name +
        ": cannot reverse a query once a slice has been taken; call reverse() before limit().");
  }
  Query q = *this;
  if (q.order.empty()) {
    q.order.push_back({model->partition, false});
    if (model->sort) q.order.push_back({model->sort, false});
  }
  for (OrderTerm& term : q.order) term.descending = !term.descending;
  return q;
}

Query Query::sliced(std::size_t begin, std::optional<std::size_t> end) const {
  // No table has more rows; an offset and a limit, and one more, are still a number.
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max() / 4;
  begin = std::min(begin, kMost);
  if (end) end = std::clamp(*end, begin, kMost);
  Query q = *this;
  if (limit) {
    begin = std::min(begin, *limit);
    end = end ? std::min(*end, *limit) : *limit;
  }
  q.offset = std::min(offset + begin, kMost);
  q.limit = end ? std::optional(*end - begin) : std::nullopt;
  return q;
}

Query Query::budgeted(double read_units) const {
  if (!(read_units > 0))
    throw FieldError("page_budget() of " + model->name +
                     ": a page needs more than 0 read units; a row costs half a unit at least.");
  Query q = *this;
  q.page_budget = read_units;
  return q;
}

Query all_rows(const ModelInfo& model) { return {.model = &model, .order = model.ordering}; }

std::shared_ptr<const Query> make_subquery(Query query, const FieldInfo& field) {
  if (query.offset != 0 || query.limit)
    throw std::logic_error("in(queryset): a slice of a queryset cannot be a condition.");
  query.order.clear();
  query.related.clear();
  query.fetched = nullptr;  // it is asked for when the condition is used
  query.fields = {&field};
  return std::make_shared<const Query>(std::move(query));
}

std::shared_ptr<const Query> make_subquery(const ModelInfo& model, const NodePtr& where,
                                           const FieldInfo& field) {
  return make_subquery(Query{.model = &model, .where = where}, field);
}

OrderTerm order_term(const ModelInfo& model, std::string_view text) {
  const std::vector<OrderTerm> terms = parse_ordering(model, text);
  if (terms.size() != 1)
    throw FieldError("order_by() of " + model.name + " takes one field in each argument, not '" +
                     std::string(text) + "'.");
  return terms[0];
}

// ---- running

namespace {

// A query made ready: conditions resolved, access chosen, the policy on scans asked.
struct Prepared {
  explicit Prepared(const Query& query, Reading reading = Reading::at_once)
      : connection(Connection::current()),
        where(resolve(query)),
        plan(plan_query(query, where, reading)) {
    // A look-up by key alone is counted where it is no more than that.
    const bool by_key = query.where && query.where->op == Op::eq && !query.consistent;
    if (by_key && plan.access == Plan::Access::get_item && query.fields.empty())
      note_look_up(*query.model, connection.table(query.model->table), plan.keys.at(0));
    else
      note_query(query);
    check_scan(connection, query, where, plan);
  }
  const Connection& connection;
  Predicate where;
  Plan plan;
};

}  // namespace

struct RowStream::Impl {
  Impl(const Query& query, ReadOptions options) : model(query.model), served(served_rows(query)) {
    if (served) return;
    Prepared prepared(query);
    options.offset = query.offset;
    options.limit = query.limit;
    reader.emplace(prepared.connection, *query.model, std::move(prepared.plan), std::move(options));
  }
  std::optional<std::string_view> next() {
    if (reader) return reader->next();
    if (at == served->size()) return std::nullopt;
    return model->row.state(const_cast<void*>((*served)[at++].get())).packed();
  }
  std::size_t at_hand() const { return reader ? reader->at_hand() : served->size() - at; }
  const ModelInfo* model;
  std::optional<FetchedRows> served;
  std::size_t at = 0;
  std::optional<PlanReader> reader{};
};

RowStream::RowStream(const Query& query, bool whole)
    : impl_(std::make_unique<Impl>(query, ReadOptions{.whole = whole})) {}
RowStream::RowStream(const Query& query, InAnyOrder) {
  Query unordered = query;
  const bool all = !query.limit && query.offset == 0;
  if (all) unordered.order.clear();
  impl_ = std::make_unique<Impl>(unordered, ReadOptions{.whole = true, .any_order = all});
}
RowStream::RowStream(RowStream&&) noexcept = default;
RowStream& RowStream::operator=(RowStream&&) noexcept = default;
RowStream::~RowStream() = default;
std::optional<std::string_view> RowStream::next() { return impl_->next(); }
std::size_t RowStream::at_hand() const { return impl_->at_hand(); }
std::shared_ptr<const dynamodb::ItemList> RowStream::page() const {
  return impl_->reader ? impl_->reader->page() : nullptr;
}

std::vector<std::string> fetch_rows(const Query& query) {
  std::vector<std::string> rows;
  RowStream stream(query, /*whole=*/true);
  while (const auto packed = stream.next()) rows.emplace_back(*packed);
  return rows;
}

std::size_t count_rows(const Query& query) {
  Query unordered = query;
  unordered.order.clear();
  unordered.fields = {query.model->partition};  // any index that the condition needs will do
  if (const auto served = served_rows(unordered)) return served->size();
  Prepared prepared(unordered);
  return PlanReader(prepared.connection, *query.model, std::move(prepared.plan),
                    {.offset = query.offset,
                     .limit = query.limit,
                     .whole = true,
                     .any_order = !query.limit})
      .count();
}

bool any_row(const Query& query) {
  Query unordered = query.sliced(0, 1);
  unordered.order.clear();
  unordered.fields = {query.model->partition};
  return RowStream(unordered).next().has_value();
}

// One key may be what is left of a list of keys: its row is compared with the cursor's in the
// list's order.
static void sort_as_list(const Query& query, Prepared& prepared) {
  auto& terms = prepared.plan.sort_terms = complete_order(query, prepared.where);
  if (terms.empty()) return;
  const bool descending = query.order.back().descending;
  for (const FieldInfo* key : {query.model->partition, query.model->sort}) {
    if (key && std::none_of(terms.begin(), terms.end(),
                            [&](const OrderTerm& t) { return t.field == key; }))
      terms.push_back({key, descending});
  }
}

// Where only some attributes are read: those of the order, too, which cursors carry.
static void read_order(const Query& query, Plan& plan) {
  for (Plan& branch : plan.branches) read_order(query, branch);
  if (plan.attributes.empty()) return;
  for (const OrderTerm& term : query.order) {
    if (std::find(plan.attributes.begin(), plan.attributes.end(), term.field->attribute) ==
        plan.attributes.end())
      plan.attributes.push_back(term.field->attribute);
  }
}

// The cursor was made when the rows were read in another way: all rows are read, and those behind
// its place in the order are the ones that are left.
static void go_on_by_order(const Query& query, Prepared& prepared, ReadOptions& options) {
  if (query.order.empty())
    throw StaleCursor(
        "The cursor is of a list without an order, whose rows are read in another way "
        "by now: start from the first page.");
  const auto lacks = [&](const FieldInfo* key) {
    return key && options.after && !options.after->contains(std::string(key->attribute));
  };
  if (lacks(query.model->partition) || lacks(query.model->sort))
    throw StaleCursor(
        "The cursor stands between partitions of an index by which the rows are not read any "
        "more: start from the first page.");
  if (prepared.plan.access == Plan::Access::merge) return;  // goes on by its order anyway
  prepared.plan.sort_terms = complete_order(query, {});
  options.budget.reset();
}

Sum sum_rows(const Query& query, const FieldInfo& field, bool near_will_do) {
  Sum sum;
  RowStream stream(query, in_any_order);
  while (const auto packed = stream.next()) {
    const auto value = stored_value(field, dynamodb::ItemView(*packed));
    if (!value || value->type() != dynamodb::Type::N) continue;
    ++sum.count;
    if (!sum.near) {
      const auto total = dynamodb::add(sum.total, dynamodb::Number::from_canonical(value->text()));
      if (total) {
        sum.total = *total;
        continue;
      }
      if (!near_will_do)
        throw FieldError(query.model->name + ": the sum of '" + std::string(field.attribute) +
                         "' needs more than the 38 digits of DynamoDB's numbers.");
      sum.near = codec::real(dynamodb::ValueView(dynamodb::pack_value(Value(sum.total))));
    }
    *sum.near += codec::real(*value);
  }
  return sum;
}

std::vector<std::string> distinct_rows(const Query& query) {
  std::vector<std::string> rows;
  std::set<std::string> seen;
  RowStream stream(query, /*whole=*/true);
  while (const auto packed = stream.next()) {
    std::string values;
    for (const FieldInfo* f : query.fields) {
      const auto value = stored_value(*f, dynamodb::ItemView(*packed));
      values += value ? value->packed() : std::string_view("-");
    }
    if (seen.insert(std::move(values)).second) rows.emplace_back(*packed);
  }
  return rows;
}

PackedPage fetch_page(const Query& query, std::string_view cursor_text) {
  if (query.offset != 0)
    throw std::logic_error(query.model->name +
                           ": page() goes on by cursors; it takes limit(), not an offset.");
  Prepared prepared(query, Reading::by_pages);
  const bool by_key = prepared.plan.access == Plan::Access::get_item;
  if (by_key) sort_as_list(query, prepared);
  read_order(query, prepared.plan);
  const Plan plan = prepared.plan;
  const CursorBinding binding = cursor_binding(prepared.connection, query, plan);
  Cursor from;
  if (!cursor_text.empty()) from = open_cursor(prepared.connection, binding, cursor_text);

  if (query.page_budget && plan.sorts())
    throw FieldError("page_budget() of " + query.model->name +
                     (query.order.empty()
                          ? ": the pages of an `or` over several indexes are in the order of "
                            "keys, so that all its rows must be read for one page."
                          : ": no index serves the order, so that all rows must be read for "
                            "one page."));
  const std::size_t size = query.limit.value_or(kDefaultPageSize);
  ReadOptions options{.limit = size + 1, .backwards = from.backwards, .budget = query.page_budget};
  if (by_key) options.budget.reset();  // one row at most
  // A cursor without a position leads to the list's first page, or backwards to its last.
  const bool has_position = !from.position.empty();
  if (has_position) options.after = from.position;
  if (!from.same_path && plan.access != Plan::Access::nothing)
    go_on_by_order(query, prepared, options);
  PlanReader reader(prepared.connection, *query.model, std::move(prepared.plan),
                    std::move(options));
  PackedPage page;
  std::vector<std::string> places;
  while (const auto packed = reader.next()) {
    page.rows.emplace_back(*packed);
    places.push_back(reader.place());
  }

  const bool more =
      page.rows.size() > size;  // one row beyond the page tells whether there is another
  for (auto* list : {&page.rows, &places}) {
    if (more) list->pop_back();
    if (from.backwards) std::reverse(list->begin(), list->end());
  }
  if (!more && reader.stopped_at()) {
    (from.backwards ? page.prev : page.next) =
        seal_cursor(prepared.connection, binding, {from.backwards, *reader.stopped_at()});
  }
  // DynamoDB scans in one direction only: a scan in its own order has no way back.
  const bool reversible = plan.access != Plan::Access::scan || !plan.sort_terms.empty();
  if (page.rows.empty()) {
    // All that was there is gone. Who joins pages has them all; who turns round sees the last page,
    // or the first.
    const bool at_the_end = !(from.backwards ? page.prev : page.next);
    if (has_position && at_the_end && reversible)
      (from.backwards ? page.next : page.prev) =
          seal_cursor(prepared.connection, binding, {.backwards = !from.backwards});
    return page;
  }
  const auto seal = [&](const std::string& place, bool backwards) {
    const dynamodb::ItemView item(place);
    Position position = position_of(*query.model, plan, item);
    for (const OrderTerm& term : query.order) {
      if (const auto value = item.find(term.field->attribute))
        position.insert_or_assign(std::string(term.field->attribute), dynamodb::unpack(*value));
    }
    return seal_cursor(prepared.connection, binding, {backwards, std::move(position)});
  };
  const bool has_next = from.backwards ? has_position : more;
  const bool has_prev = reversible && (from.backwards ? more : has_position);
  if (has_next && !page.next) page.next = seal(places.back(), false);
  if (has_prev && !page.prev) page.prev = seal(places.front(), true);
  return page;
}

dynamodb::Client& raw_client() { return Connection::current().client(); }
std::string raw_table(const ModelInfo& model) { return Connection::current().table(model.table); }
std::string repacked(dynamodb::ItemView item) {
  dynamodb::ItemPacker packer;
  for (const auto& [name, value] : item) packer.add(name, value);
  return std::move(packer).finish().bytes();
}

std::string plan_line(const Query& query) {
  const Predicate where = resolve(query, Subqueries::describe);
  const Plan plan = plan_query(query, where);
  std::string text = query.model->name + " where " + describe(where) + ": " + describe(plan, query);
  if (query.offset != 0) text += "; from row " + std::to_string(query.offset);
  if (query.limit) text += "; at most " + std::to_string(*query.limit) + " rows";
  return text;
}

}  // namespace dynamo_backend
