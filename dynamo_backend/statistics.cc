#include "dynamo_backend/statistics.h"

#include <algorithm>
#include <unordered_map>

#include "dynamo_backend/connection.h"
#include "dynamodb/client.h"
#include "dynamodb/item_view.h"

namespace dynamo_backend {
namespace {

using Conjuncts = std::vector<const Predicate*>;

constexpr double kAssumedRows = 1'000'000;
constexpr double kAssumedRowBytes = 1024;
constexpr double kAssumedAttributeBytes = 60;
// So many rows of the sample make a share that is better than a product of several.
constexpr double kEnoughRows = 10;
// So many rows of one value are no chance: of values that are alike, about one in 500 is met so
// often where one row of it was to be expected.
constexpr double kNoChance = 5;

double assumed_matches(const ModelInfo& model, const FieldInfo& f, double rows) {
  if (f.unique || (f.key && !model.sort)) return 1;
  switch (f.kind) {
    case Kind::slug:
    case Kind::email:
    case Kind::url:
    case Kind::uuid:
    case Kind::datetime:
      return 2;
    case Kind::foreign_key:
      return 200;
    case Kind::boolean:
      return rows / 2;
    case Kind::computed:
      return 10'000;
    default:
      return 1000;
  }
}

bool has_subquery(const Predicate& p) {
  return !p.subquery.empty() || std::any_of(p.children.begin(), p.children.end(), has_subquery);
}

double values_of(const Predicate& p) {
  return p.subquery.empty() ? static_cast<double>(p.values.size()) : p.expected_values;
}

std::size_t entry_size(const IndexInfo& index, dynamodb::ItemView row, const ModelInfo& model) {
  if (index.projection == dynamodb::ProjectionType::all) return dynamodb::item_size(row);
  std::size_t size = 0;
  for (const FieldInfo* f : model.by_attribute) {
    if (!index.holds(*f)) continue;
    if (const auto value = row.find(f->attribute))
      size += f->attribute.size() + dynamodb::value_size(*value);
  }
  return size;
}

bool in_index(const IndexInfo& index, dynamodb::ItemView row) {
  const auto there = [&](const FieldInfo* f) { return stored_value(*f, row).has_value(); };
  const auto hash = index.hash_keys(), sort = index.sort_keys();
  return std::all_of(hash.begin(), hash.end(), there) &&
         std::all_of(sort.begin(), sort.end(), there);
}

}  // namespace

Statistics::Statistics(const ModelInfo& model) : model_(model), rows_(kAssumedRows) {}

Statistics::Statistics(const ModelInfo& model, double rows, std::vector<std::string> sample,
                       bool complete, base::Timestamp at)
    : model_(model),
      assumed_(false),
      complete_(complete),
      at_(at),
      rows_(complete ? static_cast<double>(sample.size())
                     : std::max(rows, static_cast<double>(sample.size()))),
      sample_(std::move(sample)) {}

double Statistics::matching(const Conjuncts& parts) const {
  return static_cast<double>(std::count_if(sample_.begin(), sample_.end(), [&](const auto& row) {
    return std::all_of(parts.begin(), parts.end(),
                       [&](const Predicate* p) { return matches(*p, dynamodb::ItemView(row)); });
  }));
}

double Statistics::share(const Conjuncts& parts) const {
  if (parts.empty()) return 1;
  Conjuncts plain, others;
  for (const Predicate* p : parts) (assumed_ || has_subquery(*p) ? others : plain).push_back(p);
  double share = 1;
  if (!plain.empty() && !sample_.empty()) {
    const double found = matching(plain), n = static_cast<double>(sample_.size());
    if (complete_ || found >= kEnoughRows)
      share = found / n;
    else
      for (const Predicate* p : plain) share *= share_of(*p);
  }
  for (const Predicate* p : others) share *= share_of(*p);
  return share;
}

double Statistics::share_of(const Predicate& p) const {
  switch (p.type) {
    case Predicate::Type::always:
      return 1;
    case Predicate::Type::never:
      return 0;
    case Predicate::Type::all: {
      double share = 1;
      for (const Predicate& c : p.children) share *= share_of(c);
      return share;
    }
    case Predicate::Type::any: {
      double missed = 1;
      for (const Predicate& c : p.children) missed *= 1 - share_of(c);
      return 1 - missed;
    }
    case Predicate::Type::leaf:
      break;
  }
  if (assumed_) return assumed_share(p);
  if (sample_.empty()) return 0;
  const double n = static_cast<double>(sample_.size());
  const bool equality = p.op == Op::eq || p.op == Op::in;
  double share = 0;
  if (p.subquery.empty()) {
    const double found = matching({&p});
    if (complete_ || found >= kNoChance || !equality || p.negated) return found / n;
  }
  share = std::min(1.0, values_of(p) / std::max(1.0, distinct(*p.field)));
  return p.negated ? 1 - share : share;
}

double Statistics::assumed_share(const Predicate& p) const {
  double share = 0.1;
  switch (p.op) {
    case Op::eq:
    case Op::in:
      share = std::min(1.0, values_of(p) * assumed_matches(model_, *p.field, rows_) / rows_);
      break;
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
      share = 1.0 / 3;
      break;
    case Op::startswith:
      share = 0.05;
      break;
    default:
      break;
  }
  return p.negated ? 1 - share : share;
}

// Duj1 of Haas and Stokes, as PostgreSQL has it: values that are in the sample once tell how many
// there are that it lacks.
double Statistics::distinct(const FieldInfo& field) const {
  if (assumed_) return std::max(1.0, rows_ / assumed_matches(model_, field, rows_));
  std::unordered_map<std::string_view, int> seen;
  double n = 0;
  for (const std::string& row : sample_) {
    if (const auto value = stored_value(field, dynamodb::ItemView(row))) {
      ++seen[value->packed()];
      ++n;
    }
  }
  if (n == 0) return 1;
  const double d = static_cast<double>(seen.size());
  if (complete_) return d;
  const double once = static_cast<double>(
      std::count_if(seen.begin(), seen.end(), [](const auto& v) { return v.second == 1; }));
  const double all = rows_ * n / static_cast<double>(sample_.size());  // rows that have a value
  return n * d / (n - once + once * n / std::max(all, n));
}

double Statistics::entries(const IndexInfo* index) const {
  if (!index) return rows_;
  const auto keys = index->hash_keys();
  if (assumed_) {
    const bool sparse = std::any_of(keys.begin(), keys.end(),
                                    [](const FieldInfo* f) { return f->may_be_absent(); });
    return sparse ? rows_ / 2 : rows_;
  }
  if (sample_.empty()) return 0;
  const auto held = std::count_if(sample_.begin(), sample_.end(), [&](const auto& row) {
    return in_index(*index, dynamodb::ItemView(row));
  });
  return rows_ * static_cast<double>(held) / static_cast<double>(sample_.size());
}

double Statistics::bytes(const IndexInfo* index, const Conjuncts& parts) const {
  if (sample_.empty()) {
    if (!index || index->projection == dynamodb::ProjectionType::all) return kAssumedRowBytes;
    const auto held = std::count_if(model_.fields.begin(), model_.fields.end(),
                                    [&](const auto& f) { return f.stored() && index->holds(f); });
    return kAssumedAttributeBytes * static_cast<double>(held);
  }
  double of_parts = 0, rows_of_parts = 0, of_all = 0, all = 0;
  for (const std::string& packed : sample_) {
    const dynamodb::ItemView row(packed);
    if (index && !in_index(*index, row)) continue;
    const double size =
        static_cast<double>(index ? entry_size(*index, row, model_) : dynamodb::item_size(row));
    of_all += size;
    ++all;
    if (std::all_of(parts.begin(), parts.end(),
                    [&](const Predicate* p) { return has_subquery(*p) || matches(*p, row); })) {
      of_parts += size;
      ++rows_of_parts;
    }
  }
  if (rows_of_parts >= 5 || (complete_ && rows_of_parts > 0)) return of_parts / rows_of_parts;
  return all > 0 ? of_all / all : kAssumedRowBytes;
}

const Statistics& assumptions(const ModelInfo& model) {
  static std::mutex mutex;
  static std::map<const ModelInfo*, std::unique_ptr<const Statistics>> known;
  const std::lock_guard lock(mutex);
  auto& statistics = known[&model];
  if (!statistics) statistics = std::make_unique<const Statistics>(model);
  return *statistics;
}

// ---- reading

namespace {

struct Sample {
  std::vector<std::string> rows{};
  bool complete = true;
};

// Rows of several places of the table: rows of one partition are alike.
std::optional<Sample> read_sample(const Connection& connection, const std::string& table) {
  Sample sample;
  for (unsigned i = 0; i < Statistics::kSampleSegments; ++i) {
    const auto page = connection.client().scan(
        {.table = table,
         .limit = static_cast<std::uint32_t>(Statistics::kSampleRows / Statistics::kSampleSegments),
         .segment = i,
         .total_segments = Statistics::kSampleSegments});
    if (!page) return std::nullopt;
    for (std::size_t r = 0; r < page->items.size(); ++r)
      sample.rows.emplace_back(page->items.packed(r));
    if (page->last_evaluated_key) sample.complete = false;
  }
  return sample;
}

StatisticsPtr read_statistics(const Connection& connection, const ModelInfo& model,
                              const std::string& table) {
  const auto described = connection.client().describe_table(table);
  if (!described) return std::make_shared<const Statistics>(model);
  auto sample = read_sample(connection, table);
  if (!sample) return std::make_shared<const Statistics>(model);
  return std::make_shared<const Statistics>(model, static_cast<double>(described->item_count),
                                            std::move(sample->rows), sample->complete,
                                            connection.now());
}

}  // namespace

StatisticsPtr StatisticsCache::get(const Connection& connection, const ModelInfo& model,
                                   std::chrono::seconds age) {
  const std::string table = connection.table(model.table);
  const std::pair key(table, &model);
  {
    const std::lock_guard lock(mutex_);
    const auto at = tables_.find(key);
    if (at != tables_.end() && !at->second->assumed() && connection.now() - at->second->at() < age)
      return at->second;
  }
  StatisticsPtr read = read_statistics(connection, model, table);
  const std::lock_guard lock(mutex_);
  return tables_[key] = std::move(read);
}

}  // namespace dynamo_backend
