#include "dynamo_backend/plan_reader.h"

#include <algorithm>

#include "base/call_ledger.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/plan_merge.h"
#include "dynamo_backend/plan_text.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/scan_pages.h"

namespace dynamo_backend {
Position position_of(const ModelInfo& model, const Plan& plan, dynamodb::ItemView row) {
  Position position;
  const auto add = [&](const FieldInfo* field) {
    if (const auto value = row.find(field->attribute))
      position.insert_or_assign(std::string(field->attribute), dynamodb::unpack(*value));
  };
  for (const FieldInfo* f : key_fields(model, plan)) add(f);
  for (const OrderTerm& term : plan.sort_terms) add(term.field);
  return position;
}

bool is_unwanted_scan(const Query& query, const Predicate& where, const Plan& plan) {
  if (plan.access != Plan::Access::scan || query.scan_reason) return false;
  const bool whole_table_is_meant =
      (where.type == Predicate::Type::always || where.implicit) && query.order.empty();
  return query.strict || !whole_table_is_meant;
}

void check_scan(const Connection& connection, const Query& query, const Predicate& where,
                const Plan& plan) {
  if (!is_unwanted_scan(query, where, plan)) return;
  if (query.strict)
    throw ScanForbidden("A strict queryset was given conditions that no index serves: " +
                        scan_advice(query, where));
  const ScanPolicy policy = connection.options().scan_policy;
  if (policy == ScanPolicy::allow && !base::CallLedger::on()) return;
  const std::string advice = scan_advice(query, where);
  base::CallLedger::warn("scan: " + advice);
  if (policy == ScanPolicy::allow) return;
  if (policy == ScanPolicy::forbid) throw ScanForbidden("scan_policy is forbid: " + advice);
  connection.warn_once("scan: " + advice);
}

PlanReader::PlanReader(const Connection& connection, const ModelInfo& model, Plan&& plan,
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
  if (!plan_.sort_terms.empty()) return;  // all rows are looked at
  if (options_.limit || !options_.whole)
    sizes_ = PageSizes::until(options_.limit ? std::optional(options_.offset + *options_.limit)
                                             : options_.likely);
  if (options_.after) resume();
}

PlanReader::~PlanReader() = default;

std::optional<std::string_view> PlanReader::next() {
  if (options_.limit && handed_out_ >= *options_.limit) return std::nullopt;
  for (; options_.offset > 0; --options_.offset) {
    if (!next_row()) return std::nullopt;
  }
  const auto row = next_row();
  if (!row) return std::nullopt;
  ++handed_out_;
  return given_ = *row;
}

std::string PlanReader::place() const {
  if (merge_) return merge_->place();
  if (!plan_.sort_terms.empty() || plan_.rows != Plan::Rows::by_batch) return std::string(given_);
  const dynamodb::ItemView entry = entries_[behind_[at_ - 1]];
  dynamodb::Item place = dynamodb::unpack(dynamodb::ItemView(given_));
  for (const FieldInfo* f : key_fields(model_, plan_)) {
    if (const auto value = entry.find(f->attribute))
      place.insert_or_assign(std::string(f->attribute), dynamodb::unpack(*value));
  }
  return dynamodb::PackedItem(place).bytes();
}

std::size_t PlanReader::at_hand() const {
  const std::size_t read = sorted_ ? rows_.size() - row_ : page_->size() - at_;
  return options_.limit ? std::min(read, *options_.limit - handed_out_) : read;
}

StoredItem::Page PlanReader::page() const {
  const bool as_read = !merge_ && plan_.sort_terms.empty() && plan_.rows != Plan::Rows::by_batch;
  return as_read && plan_.residual.type == Predicate::Type::always ? page_ : nullptr;
}

std::optional<std::string_view> PlanReader::next_row() {
  if (merge_) {
    const auto row = merge_->next();
    if (!row) stopped_at_ = merge_->stopped_at();
    return row;
  }
  if (plan_.sort_terms.empty()) return next_matching();
  if (!sorted_) sort_rows();
  if (row_ == rows_.size()) return std::nullopt;
  return rows_[row_++].packed;
}

std::optional<std::string_view> PlanReader::next_matching() {
  // A row that was fetched behind an entry may have changed since the entry was made.
  const Predicate& check = plan_.rows == Plan::Rows::by_batch ? *plan_.whole : plan_.residual;
  for (;;) {
    while (at_ < page_->size()) {
      const std::string_view packed = page_->packed(at_++);
      if (matches(check, dynamodb::ItemView(packed))) return packed;
    }
    if (!read_page()) return std::nullopt;
  }
}

void PlanReader::renew_budget() {
  consumed_ = 0;
  stopped_at_.reset();
}

std::size_t PlanReader::count() {
  const bool by_database =
      plan_.residual.type == Predicate::Type::always && plan_.rows != Plan::Rows::by_batch &&
      options_.offset == 0 && !options_.limit &&
      (plan_.access == Plan::Access::query || plan_.access == Plan::Access::scan);
  std::size_t n = 0;
  if (!by_database) {
    plan_.sort_terms.clear();  // no order changes how many there are
    while (next()) ++n;
    return n;
  }
  counting_ = true;
  while (read_page()) {
  }
  return counted_;
}

// ---- going on behind a position

dynamodb::Item PlanReader::resume_key() const {
  dynamodb::Item key;
  for (const FieldInfo* f : key_fields(model_, plan_)) {
    const auto at = options_.after->find(f->attribute);
    if (at == options_.after->end())
      throw StaleCursor(
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

// The place before the first row of a partition: its key alone.
Position PlanReader::beginning_of(const Value& partition) const {
  return {{std::string(plan_.hash->attribute), partition}};
}

// The partition of the position, or where it is gone from the condition (a relation's keys change)
// the next one.
void PlanReader::resume_partition() {
  const auto hash = options_.after->find(plan_.hash->attribute);
  const bool at_beginning =
      hash != options_.after->end() && *options_.after == beginning_of(hash->second);
  start_key_ = at_beginning ? *options_.after : resume_key();
  const std::string wanted =
      dynamodb::pack_value(start_key_.at(std::string(plan_.hash->attribute)));
  const auto at =
      std::find_if(plan_.partitions.begin(), plan_.partitions.end(), [&](const Value& v) {
        const std::string packed = dynamodb::pack_value(v);
        return options_.backwards ? packed <= wanted : packed >= wanted;
      });
  part_ = static_cast<std::size_t>(at - plan_.partitions.begin());
  if (at_beginning || at == plan_.partitions.end() || dynamodb::pack_value(*at) != wanted)
    start_key_.clear();
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
