#include "dynamo_backend/plan_reader.h"

#include <algorithm>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/plan_merge.h"
#include "dynamo_backend/rows.h"
#include "dynamodb/batch.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

// Rows of the first page when the reader may stop early; each page is four times as long as the one
// before.
constexpr std::size_t kFirstPage = 100;
constexpr std::size_t kLongestLimit = 5000;  // above this a page's own bound of 1 MB does

}  // namespace

BatchRead batch_get(const Connection& connection, const std::string& table,
                    std::vector<dynamodb::Item> keys, dynamodb::Projection projection) {
  dynamodb::KeysAndAttributes asked{
      .keys = std::move(keys), .consistent_read = true, .projection = std::move(projection)};
  auto result = dynamodb::get_all(connection.client(), {{table, std::move(asked)}},
                                  connection.batch_options());
  if (!result.not_read.empty())
    throw DatabaseError(result.not_read.front().why, "BatchGetItem on " + table + ": " +
                                                         std::to_string(result.not_read.size()) +
                                                         " keys were not read");
  BatchRead read{std::move(result.items[table])};
  for (const auto& consumed : result.consumed) read.consumed += consumed.total();
  return read;
}

Position position_of(const ModelInfo& model, const Plan& plan, dynamodb::ItemView row) {
  Position position;
  const auto add = [&](const FieldInfo* field) {
    if (!field) return;
    if (const auto value = row.find(field->attribute))
      position.insert_or_assign(std::string(field->attribute), dynamodb::unpack(*value));
  };
  for (const FieldInfo* f : {model.partition, model.sort, plan.hash, plan.sort}) add(f);
  for (const OrderTerm& term : plan.sort_terms) add(term.field);
  return position;
}

void check_scan(const Connection& connection, const Query& query, const Predicate& where,
                const Plan& plan) {
  if (plan.access != Plan::Access::scan || query.scan_reason) return;
  if (query.strict)
    throw ScanForbidden("A strict queryset was given conditions that no index serves: " +
                        scan_advice(query, where));
  const bool whole_table_is_meant = where.type == Predicate::Type::always && query.order.empty();
  const ScanPolicy policy = connection.options().scan_policy;
  if (whole_table_is_meant || policy == ScanPolicy::allow) return;
  const std::string advice = scan_advice(query, where);
  if (policy == ScanPolicy::forbid) throw ScanForbidden("scan_policy is forbid: " + advice);
  connection.warn_once("scan: " + advice);
}

PlanReader::PlanReader(const Connection& connection, const ModelInfo& model, Plan plan,
                       ReadOptions options)
    : connection_(connection),
      model_(model),
      plan_(std::move(plan)),
      options_(std::move(options)),
      table_(connection.table(model.table)) {
  if (options_.backwards) {
    plan_.forward = !plan_.forward;
    std::reverse(plan_.partitions.begin(), plan_.partitions.end());
    std::reverse(plan_.keys.begin(), plan_.keys.end());
    for (OrderTerm& term : plan_.sort_terms) term.descending = !term.descending;
  }
  if (plan_.access == Plan::Access::merge) {
    merge_ = std::make_unique<PlanMerge>(connection_, model_, plan_, options_, plan_.sort_terms);
    return;
  }
  wanted_ = kFirstPage;
  if (options_.limit) wanted_ = std::max<std::size_t>(options_.offset + *options_.limit, 1);
  if (!plan_.sort_terms.empty())
    wanted_ = 0;  // all rows are looked at anyway
  else if (options_.after)
    resume();
}

PlanReader::~PlanReader() = default;

std::optional<std::string_view> PlanReader::next() {
  if (options_.limit && handed_out_ >= *options_.limit) return std::nullopt;
  for (; options_.offset > 0; --options_.offset) {
    if (!next_row()) return std::nullopt;
  }
  const auto row = next_row();
  if (row) ++handed_out_;
  return row;
}

std::optional<std::string_view> PlanReader::next_row() {
  if (merge_) return merge_->next();
  if (plan_.sort_terms.empty()) return next_matching();
  if (!sorted_) sort_rows();
  if (row_ == rows_.size()) return std::nullopt;
  return rows_[row_++].packed;
}

std::optional<std::string_view> PlanReader::next_matching() {
  for (;;) {
    while (at_ < page_.size()) {
      const std::string_view packed = page_.packed(at_++);
      if (matches(plan_.residual, dynamodb::ItemView(packed))) return packed;
    }
    if (!read_page()) return std::nullopt;
  }
}

std::size_t PlanReader::count() {
  const bool by_database =
      plan_.residual.type == Predicate::Type::always && options_.offset == 0 && !options_.limit &&
      (plan_.access == Plan::Access::query || plan_.access == Plan::Access::scan);
  std::size_t n = 0;
  if (!by_database) {
    plan_.sort_terms.clear();  // no order changes how many there are
    while (next()) ++n;
    return n;
  }
  counting_ = true;
  wanted_ = 0;
  while (read_page()) {
  }
  return counted_;
}

// ---- pages

bool PlanReader::read_page() {
  if (end_) return false;
  if (options_.budget && consumed_ >= *options_.budget && may_stop()) return false;
  page_ = {};
  at_ = 0;
  switch (plan_.access) {
    case Plan::Access::nothing:
    case Plan::Access::merge:
      return false;
    case Plan::Access::get_item:
      return read_keys();
    case Plan::Access::batch_get:
      return read_batch();
    case Plan::Access::query:
      return read_query();
    case Plan::Access::scan:
      return read_scan();
  }
  return false;
}

// Whether what was read ends at a place from which a cursor can go on; remembers it.
bool PlanReader::may_stop() {
  if (!start_key_.empty()) {
    stopped_at_ = start_key_;
  } else if (plan_.access == Plan::Access::batch_get && part_ > 0 && part_ < plan_.keys.size()) {
    stopped_at_ = plan_.keys[part_ - 1];
  }
  return stopped_at_.has_value();
}

// The attributes that the rows are read of; keys go with them, so that reading can be continued.
dynamodb::Projection PlanReader::projection() const {
  dynamodb::Projection paths;
  for (std::string_view attribute : plan_.attributes) paths.emplace_back(attribute);
  return paths;
}

bool PlanReader::read_keys() {
  end_ = true;
  if (part_ > 0) return false;
  const auto result = take(connection_.client().get_item({.table = table_,
                                                          .key = plan_.keys.at(0),
                                                          .consistent_read = true,
                                                          .projection = projection()}),
                           "GetItem");
  consumed_ += result.consumed.total();
  if (result.item) page_.add(result.item->bytes());
  return true;
}

bool PlanReader::read_batch() {
  if (part_ >= plan_.keys.size()) return false;
  const std::size_t n = std::min(plan_.keys.size() - part_, dynamodb::kMaxBatchGetKeys);
  const auto begin = plan_.keys.begin() + static_cast<std::ptrdiff_t>(part_);
  const std::vector<dynamodb::Item> keys(begin, begin + static_cast<std::ptrdiff_t>(n));
  // Found items come in no order: they are handed on in the order of the keys, so that a page can
  // be continued.
  const auto [pages, consumed] = batch_get(connection_, table_, keys, projection());
  consumed_ += consumed;
  std::map<std::string, std::string_view> found;
  for (const auto& page : pages) {
    for (std::size_t i = 0; i < page.size(); ++i) {
      found.emplace(dynamodb::PackedItem(key_of(model_, page[i])).bytes(), page.packed(i));
    }
  }
  for (const auto& key : keys) {
    const auto at = found.find(dynamodb::PackedItem(key).bytes());
    if (at != found.end()) page_.add(at->second);
  }
  part_ += n;
  return true;
}

std::optional<std::uint32_t> PlanReader::page_limit() {
  // A budget is looked at between pages.
  if (options_.budget) return static_cast<std::uint32_t>(kFirstPage);
  if (wanted_ == 0 || wanted_ > kLongestLimit) return std::nullopt;
  // Where rows are dropped on the way, more must be looked at than are wanted.
  const bool drops = !plan_.filter.empty() || plan_.residual.type != Predicate::Type::always;
  const auto limit =
      static_cast<std::uint32_t>(drops ? std::max(wanted_ * 2, kFirstPage) : wanted_);
  wanted_ = std::max(wanted_, kFirstPage / 4) * 4;
  return limit;
}

bool PlanReader::read_query() {
  if (part_ >= plan_.partitions.size()) return false;
  dynamodb::QueryRequest request;
  request.table = table_;
  if (plan_.index) request.index = plan_.index->name;
  request.key_condition =
      dynamodb::equal(dynamodb::Path(plan_.hash->attribute), plan_.partitions[part_]) &&
      plan_.sort_condition;
  request.filter = plan_.filter;
  request.consistent_read = plan_.consistent;
  request.forward = plan_.forward;
  request.limit = page_limit();
  request.exclusive_start_key = std::move(start_key_);
  if (counting_)
    request.select = dynamodb::Select::count;
  else
    request.projection = projection();
  take_page(take(connection_.client().query(request), "Query"));
  if (start_key_.empty()) ++part_;
  return true;
}

bool PlanReader::read_scan() {
  dynamodb::ScanRequest request;
  request.table = table_;
  request.filter = plan_.filter;
  request.consistent_read = plan_.consistent;
  request.limit = page_limit();
  request.exclusive_start_key = std::move(start_key_);
  if (counting_)
    request.select = dynamodb::Select::count;
  else
    request.projection = projection();
  take_page(take(connection_.client().scan(request), "Scan"));
  end_ = start_key_.empty();
  return true;
}

void PlanReader::take_page(dynamodb::PageResult page) {
  page_ = std::move(page.items);
  counted_ += page.count;
  consumed_ += page.consumed.total();
  start_key_ = page.last_evaluated_key.value_or(dynamodb::Item());
}

// ---- going on behind a position

dynamodb::Item PlanReader::resume_key() const {
  dynamodb::Item key;
  for (const FieldInfo* f : {model_.partition, model_.sort, plan_.hash, plan_.sort}) {
    if (!f) continue;
    const auto at = options_.after->find(f->attribute);
    if (at == options_.after->end()) throw StaleCursor(
          "The cursor lacks a key by which the list is read: start from the first page.");
    key.emplace(at->first, at->second);
  }
  return key;
}

void PlanReader::resume() {
  switch (plan_.access) {
    case Plan::Access::nothing:
    case Plan::Access::merge:
      return;
    case Plan::Access::get_item:
    case Plan::Access::batch_get: {
      // Keys are sorted, and the position's may be gone from the list (a relation's keys change).
      const auto packed = [this](const dynamodb::Item& key) {
        std::vector<std::string> parts;
        for (const FieldInfo* f : {model_.partition, model_.sort}) {
          if (f) parts.push_back(dynamodb::pack_value(key.find(f->attribute)->second));
        }
        return parts;
      };
      const auto after = packed(resume_key());
      const auto at = std::find_if(plan_.keys.begin(), plan_.keys.end(), [&](const auto& key) {
        return options_.backwards ? packed(key) < after : packed(key) > after;
      });
      part_ = static_cast<std::size_t>(at - plan_.keys.begin());
      return;
    }
    case Plan::Access::query:
      resume_partition();
      return;
    case Plan::Access::scan:
      start_key_ = resume_key();
      return;
  }
}

// The partition of the position, or where it is gone from the condition (a relation's keys change)
// the next one.
void PlanReader::resume_partition() {
  start_key_ = resume_key();
  const std::string wanted =
      dynamodb::pack_value(start_key_.at(std::string(plan_.hash->attribute)));
  const auto at =
      std::find_if(plan_.partitions.begin(), plan_.partitions.end(), [&](const Value& v) {
        const std::string packed = dynamodb::pack_value(v);
        return options_.backwards ? packed <= wanted : packed >= wanted;
      });
  part_ = static_cast<std::size_t>(at - plan_.partitions.begin());
  if (at == plan_.partitions.end() || dynamodb::pack_value(*at) != wanted) start_key_.clear();
}

// ---- sorting in memory

// All rows, or the best of them in a heap of the size that is wanted.
void PlanReader::sort_rows() {
  sorted_ = true;
  const RowOrder order(plan_.sort_terms);
  std::optional<SortRow> after;
  if (options_.after) {
    const dynamodb::PackedItem position(*options_.after);
    after = order.row(position.bytes());
  }
  const auto less = [&order](const SortRow& a, const SortRow& b) { return order.less(a, b); };
  const bool bounded = options_.limit.has_value();
  const std::size_t most = options_.offset + options_.limit.value_or(0);
  while (const auto packed = next_matching()) {
    SortRow row = order.row(*packed);
    if (after && order.compare(row, *after) <= 0) continue;
    if (bounded && rows_.size() == most) {
      if (most == 0 || !less(row, rows_.front())) continue;
      std::pop_heap(rows_.begin(), rows_.end(), less);
      rows_.back() = std::move(row);
    } else {
      rows_.push_back(std::move(row));
    }
    if (bounded) std::push_heap(rows_.begin(), rows_.end(), less);
  }
  std::sort(rows_.begin(), rows_.end(), less);
}

}  // namespace dynamo_backend
