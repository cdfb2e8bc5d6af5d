// PlanReader's pages: what is asked of DynamoDB, and rows behind the entries of an index.
#include <algorithm>
#include <map>
#include <set>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/explain.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/request_scope.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/scan_pages.h"
#include "dynamodb/batch.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {

BatchRead batch_get(const Connection& connection, const std::string& table,
                    std::vector<dynamodb::Item> keys, dynamodb::Projection projection,
                    bool consistent) {
  dynamodb::KeysAndAttributes asked{
      .keys = std::move(keys), .consistent_read = consistent, .projection = std::move(projection)};
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

bool PlanReader::read_page() {
  if (out_of_budget()) return false;
  page_ = std::make_shared<dynamodb::ItemList>();
  at_ = 0;
  return plan_.rows == Plan::Rows::by_batch ? read_rows_behind() : read_source();
}

bool PlanReader::read_source() {
  if (end_) return false;
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

// A cursor that stands where it stood before would have its reader turn pages for ever.
bool PlanReader::out_of_budget() {
  return options_.budget && consumed_ > 0 && consumed_ >= *options_.budget && may_stop();
}

// Whether what was read ends at a place from which a cursor can go on; remembers it.
bool PlanReader::may_stop() {
  if (entry_ > 0 && entry_ < entries_.size()) {
    stopped_at_ = position_of(model_, plan_, entries_[entry_ - 1]);
  } else if (!start_key_.empty()) {
    stopped_at_ = start_key_;
  } else if (plan_.access == Plan::Access::batch_get && part_ > 0 && part_ < plan_.keys.size()) {
    stopped_at_ = plan_.keys[part_ - 1];
  } else if (plan_.access == Plan::Access::query && part_ > 0 && part_ < plan_.partitions.size()) {
    stopped_at_ = beginning_of(plan_.partitions[part_]);
  }
  return stopped_at_.has_value();
}

// ---- what is asked for

static dynamodb::Projection paths_of(const std::vector<std::string_view>& attributes) {
  dynamodb::Projection paths;
  for (std::string_view attribute : attributes) paths.emplace_back(attribute);
  return paths;
}

// The attributes that the rows are read of; keys go with them, so that reading can be continued.
dynamodb::Projection PlanReader::projection() const { return paths_of(plan_.attributes); }

dynamodb::Select PlanReader::select() const {
  if (counting_) return dynamodb::Select::count;
  // DynamoDB: without it a local index gives what it projects.
  if (plan_.rows == Plan::Rows::by_database && plan_.attributes.empty())
    return dynamodb::Select::all_attributes;
  return dynamodb::Select::default_;
}

std::optional<std::uint32_t> PlanReader::page_limit() {
  const auto limit = sizes_.next(plan_.drops());
  if (!options_.budget) return limit;
  // A budget is looked at between pages.
  constexpr std::uint32_t longest = PageSizes::kFirstPage;
  return std::min(limit.value_or(longest), longest);
}

bool PlanReader::read_keys() {
  end_ = true;
  if (part_ > 0) return false;
  // What was seen of a row answers for its key; a further condition is for the table to answer.
  const bool by_key_alone =
      plan_.residual.type == Predicate::Type::always || plan_.residual.implicit;
  std::optional<RequestScope::Fresh> fresh;
  if (plan_.consistent || !by_key_alone) fresh.emplace();
  const auto result = take(connection_.client().get_item({.table = table_,
                                                          .key = plan_.keys.at(0),
                                                          .consistent_read = true,
                                                          .projection = projection()}),
                           "GetItem");
  note(1, result.consumed.total());
  if (result.item) page_->add(result.item->bytes());
  return true;
}

bool PlanReader::read_batch() {
  if (part_ >= plan_.keys.size()) return false;
  const std::size_t n = std::min(plan_.keys.size() - part_, dynamodb::kMaxBatchGetKeys);
  const auto begin = plan_.keys.begin() + static_cast<std::ptrdiff_t>(part_);
  const std::vector<dynamodb::Item> keys(begin, begin + static_cast<std::ptrdiff_t>(n));
  if (plan_.consistent) forget_rows(table_, keys);
  fetch_in_order(keys, true);
  part_ += n;
  return true;
}

// Found items come in no order: they are handed on in the order of the keys, so that a page can
// be continued.
std::vector<std::size_t> PlanReader::fetch_in_order(const std::vector<dynamodb::Item>& keys,
                                                    bool consistent) {
  const auto [pages, consumed] = batch_get(connection_, table_, keys, projection(), consistent);
  note(static_cast<double>(keys.size()), consumed);
  std::map<std::string, std::string_view> found;
  for (const auto& page : pages) {
    for (std::size_t i = 0; i < page.size(); ++i) {
      found.emplace(dynamodb::PackedItem(key_of(model_, page[i])).bytes(), page.packed(i));
    }
  }
  std::vector<std::size_t> there;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto at = found.find(dynamodb::PackedItem(keys[i]).bytes());
    if (at == found.end()) continue;
    page_->add(at->second);
    there.push_back(i);
  }
  return there;
}

bool PlanReader::read_query() {
  if (part_ >= plan_.partitions.size()) return false;
  dynamodb::QueryRequest request;
  request.table = table_;
  if (plan_.index) request.index = plan_.index->name;
  request.key_condition =
      dynamodb::equal(dynamodb::Path(plan_.hash->attribute), plan_.partitions[part_]);
  for (const auto& [field, value] : plan_.fixed)
    request.key_condition =
        request.key_condition && dynamodb::equal(dynamodb::Path(field->attribute), value);
  request.key_condition = request.key_condition && plan_.sort_condition;
  request.filter = plan_.filter;
  request.consistent_read = plan_.consistent;
  request.forward = plan_.forward;
  request.limit = page_limit();
  request.exclusive_start_key = std::move(start_key_);
  request.select = select();
  if (!counting_)
    request.projection =
        plan_.rows == Plan::Rows::by_batch ? paths_of(plan_.entry_attributes) : projection();
  take_page(take(connection_.client().query(request), "Query"));
  if (start_key_.empty()) ++part_;
  return true;
}

dynamodb::ScanRequest PlanReader::scan_request() const {
  dynamodb::ScanRequest request;
  request.table = table_;
  if (plan_.index) request.index = plan_.index->name;
  request.filter = plan_.filter;
  request.consistent_read = plan_.consistent;
  request.select = select();
  if (!counting_) request.projection = projection();
  return request;
}

bool PlanReader::read_scan() {
  const bool all_anyway = options_.any_order || !plan_.sort_terms.empty();
  if (all_anyway && !options_.budget && connection_.options().scan_segments > 1)
    return read_parallel_scan();
  dynamodb::ScanRequest request = scan_request();
  request.limit = page_limit();
  request.exclusive_start_key = std::move(start_key_);
  take_page(take(connection_.client().scan(request), "Scan"));
  end_ = start_key_.empty();
  return true;
}

bool PlanReader::read_parallel_scan() {
  if (!pages_) {
    const unsigned segments = std::min(connection_.options().scan_segments, kMostScanSegments);
    pages_ = std::make_unique<ScanPages>(connection_.client(), scan_request(), segments,
                                         connection_.batch_options());
  }
  auto page = pages_->next();
  end_ = !page;
  if (page) take_page(*std::move(page));
  start_key_.clear();  // a place in one segment is none in the table
  return !end_;
}

void PlanReader::take_page(dynamodb::PageResult page) {
  (plan_.rows == Plan::Rows::by_batch ? entries_ : *page_) = std::move(page.items);
  page_->trim();  // rows may share it, for as long as they live
  counted_ += page.count;
  note(static_cast<double>(page.scanned_count), page.consumed.total());
  start_key_ = page.last_evaluated_key.value_or(dynamodb::Item());
}

// Of one call.
void PlanReader::note(double read, double units) {
  consumed_ += units;
  UsageScope::note(1, read, units);
}

// ---- rows behind the entries of an index

bool PlanReader::read_rows_behind() {
  for (;;) {
    const Entries next = next_entries();
    if (!next.keys.empty()) {
      behind_.clear();
      for (const std::size_t i : fetch_in_order(next.keys, plan_.consistent))
        behind_.push_back(next.at[i]);
      return true;
    }
    entry_ = 0;
    entries_ = {};
    if (out_of_budget() || !read_source()) return false;
  }
}

// The keys of the next entries that the condition lets through: no more than rows are wanted.
PlanReader::Entries PlanReader::next_entries() {
  Entries next;
  const std::size_t most = rows_to_fetch();
  std::set<std::string> seen;
  for (; entry_ < entries_.size() && next.keys.size() < most; ++entry_) {
    const dynamodb::ItemView entry = entries_[entry_];
    if (!matches(plan_.entry_residual, entry)) continue;
    dynamodb::Item key = key_of(model_, entry);
    // A row that moves in the index while it is read may be met twice; a batch takes a key once.
    if (!seen.insert(dynamodb::PackedItem(key).bytes()).second) continue;
    next.keys.push_back(std::move(key));
    next.at.push_back(entry_);
  }
  return next;
}

std::size_t PlanReader::rows_to_fetch() const {
  const bool may_be_dropped = plan_.residual.type != Predicate::Type::always;
  if (may_be_dropped || !plan_.sort_terms.empty() || !options_.limit)
    return dynamodb::kMaxBatchGetKeys;
  const std::size_t wanted = options_.offset + *options_.limit - handed_out_;
  return std::clamp<std::size_t>(wanted, 1, dynamodb::kMaxBatchGetKeys);
}

}  // namespace dynamo_backend
