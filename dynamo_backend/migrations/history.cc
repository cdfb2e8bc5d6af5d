#include "dynamo_backend/migrations/history.h"

#include <algorithm>

#include "base/json.h"
#include "dynamo_backend/migrations/table_change.h"

namespace dynamo_backend::migrations {
namespace {

using dynamodb::AttributeValue;
using dynamodb::Item;
using dynamodb::Path;

constexpr std::string_view kPhases[] = {"applied", "applying", "reverting"};

Value phase_text(MigrationPhase phase) { return Value(kPhases[static_cast<std::size_t>(phase)]); }

std::uint64_t number(const Item& item, std::string_view name) {
  const auto at = item.find(name);
  const auto* n = at == item.end() ? nullptr : at->second.get_if<dynamodb::Number>();
  return n ? n->to_uint64().value_or(0) : 0;
}
std::string text(const Item& item, std::string_view name) {
  const auto at = item.find(name);
  const auto* s = at == item.end() ? nullptr : at->second.get_if<std::string>();
  return s ? *s : "";
}

Value segment_value(const SegmentProgress& progress) {
  dynamodb::Map map{{"rows", Value(progress.rows)}, {"written", Value(progress.written)}};
  if (progress.refused > 0) map.emplace("refused", Value(progress.refused));
  if (progress.done)
    map.emplace("done", Value(true));
  else if (!progress.key.empty())
    map.emplace("key", Value(dynamodb::Map(progress.key)));
  return Value(std::move(map));
}
SegmentProgress segment_from(const Value& value) {
  SegmentProgress progress;
  const auto* map = value.get_if<dynamodb::Map>();
  if (!map) return progress;
  progress.rows = number(*map, "rows");
  progress.written = number(*map, "written");
  progress.refused = number(*map, "refused");
  progress.done = map->count("done") > 0;
  if (const auto key = map->find("key"); key != map->end()) {
    if (const auto* parts = key->second.get_if<dynamodb::Map>()) progress.key = *parts;
  }
  return progress;
}
Value segments_value(const std::vector<SegmentProgress>& segments) {
  dynamodb::Map map;
  for (std::size_t i = 0; i < segments.size(); ++i)
    map.emplace(std::to_string(i), segment_value(segments[i]));
  return Value(std::move(map));
}

std::vector<SegmentProgress> segments_from(const Item& item) {
  const auto at = item.find("segments");
  const auto* map = at == item.end() ? nullptr : at->second.get_if<dynamodb::Map>();
  if (!map) return {};
  std::vector<SegmentProgress> segments(map->size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (const auto one = map->find(std::to_string(i)); one != map->end())
      segments[i] = segment_from(one->second);
  }
  return segments;
}

MigrationRecord record_from(const Item& item) {
  MigrationRecord record;
  record.id = parse_id(text(item, "pk"));
  const std::string phase = text(item, "state");
  for (std::size_t i = 0; i < std::size(kPhases); ++i)
    if (kPhases[i] == phase) record.phase = static_cast<MigrationPhase>(i);
  record.applied_at = base::parse_iso(text(item, "applied_at")).value_or(base::Timestamp{});
  record.fence = number(item, "fence");
  record.operation = number(item, "operation");
  record.done_hash = text(item, "done_hash");
  record.work_hash = text(item, "work_hash");
  record.part = number(item, "part");
  record.segments = segments_from(item);
  if (const auto at = item.find("building"); at != item.end()) {
    if (const auto* set = at->second.get_if<dynamodb::StringSet>()) record.building = set->members;
  }
  return record;
}

Item item_of(const MigrationRecord& record) {
  Item item{{"pk", Value(record.id.str())},
            {"state", phase_text(record.phase)},
            {"applied_at", Value(base::to_iso(record.applied_at))},
            {"fence", Value(record.fence)}};
  if (record.phase == MigrationPhase::applied) return item;
  item.emplace("operation", Value(record.operation));
  item.emplace("done_hash", Value(record.done_hash));
  if (!record.work_hash.empty()) item.emplace("work_hash", Value(record.work_hash));
  item.emplace("part", Value(record.part));
  item.emplace("segments", segments_value(record.segments));
  if (!record.building.empty())
    item.emplace("building", Value(dynamodb::StringSet::make(record.building)));
  return item;
}

Item key_of(const MigrationRecord& record) { return {{"pk", Value(record.id.str())}}; }

[[noreturn]] void throw_lost() {
  throw LeaseLost(
      "Another runner has taken over the migrations; this one stops. What it did is recorded.");
}

template <class Scan>
std::vector<MigrationRecord> read_records(const Connection& connection, const Scan& scan) {
  std::vector<MigrationRecord> records;
  dynamodb::ScanRequest request{.table = connection.table(kHistoryTable), .consistent_read = true};
  for (;;) {
    const auto page = scan(request);
    if (!page && page.error().code == dynamodb::ErrorCode::resource_not_found) return {};
    if (!page) throw DatabaseError(page.error(), "Scan of the history of migrations");
    for (std::size_t i = 0; i < page->items.size(); ++i) {
      const Item item = dynamodb::unpack(page->items[i]);
      if (!text(item, "pk").starts_with('#')) records.push_back(record_from(item));
    }
    if (!page->last_evaluated_key) break;
    request.exclusive_start_key = *page->last_evaluated_key;
  }
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return records;
}

}  // namespace

// A start-up's first word with its database: one that does not answer (a Client has tried some
// times) is to be told of at once, not waited for.
std::vector<MigrationRecord> read_history(const Connection& connection) {
  return read_records(
      connection, [&](const auto& request) { return connection.stored_client().scan(request); });
}

std::vector<MigrationRecord> read_history(const RunControl& control) {
  return read_records(control.connection(), [&](const auto& request) {
    return control.call({}, true, [&] { return control.client().scan(request); });
  });
}

void make_history_table(const RunControl& control) {
  create_table(control, {.name = std::string(kHistoryTable),
                         .key = {.partition = {"pk", dynamodb::Type::S}}});
}

// FNV-1a over the operations as they stand in the file, without its spaces.
std::string hash_of(const Migration& migration, std::size_t count) {
  std::uint64_t hash = 14695981039346656037u;
  for (std::size_t i = 0; i < count && i < migration.operations.size(); ++i) {
    for (const char c : to_json(migration.operations[i]).dump() + "\n")
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  return std::to_string(hash);
}

MigrationRecord Record::current() const {
  const std::lock_guard lock(mutex_);
  return record_;
}

double Record::units() const {
  const dynamodb::PackedItem packed(item_of(record_));
  return write_units(dynamodb::item_size(packed.view()));
}

dynamodb::Condition Record::mine() const {
  return dynamodb::equal(Path("fence"), Value(lease_.fence()));
}

void Record::begin() {
  record_.fence = lease_.fence();
  dynamodb::TransactWriteItemsRequest request;
  request.actions.emplace_back(lease_.condition());
  request.actions.emplace_back(
      dynamodb::PutItemRequest{.table = control_.connection().table(kHistoryTable),
                               .item = item_of(record_),
                               // Again after an answer that was lost on its way: it is there.
                               .condition = dynamodb::attribute_not_exists(Path("pk")) || mine()});
  const auto result = control_.call({.write = 2 * (1 + units())}, false, [&] {
    return control_.client().transact_write_items(request);
  });
  if (result) {
    stored_units_ = units();
    return;
  }
  if (condition_failed(result.error(), 0) || condition_failed(result.error(), 1)) throw_lost();
  throw DatabaseError(result.error(), "TransactWriteItems of the history of migrations");
}

void Record::claim(MigrationPhase phase) {
  stored_units_ = units();
  record_.fence = lease_.fence();
  // In the same write: a walk's progress one way is none the other way.
  if (std::exchange(record_.phase, phase) != phase) {
    record_.part = 0;
    record_.segments.clear();
    record_.building.clear();
  }
  dynamodb::UpdateExpression update;
  if (record_.building.empty()) update.remove.emplace_back("building");
  Item item = item_of(record_);
  item.erase("pk");
  for (auto& [name, value] : item) update.set.push_back({name, {value}});
  write(std::move(update),
        dynamodb::compare(dynamodb::ConditionOp::less_equal, Path("fence"), Value(lease_.fence())));
}

void Record::enter(std::size_t operation, std::string done_hash, WorkPart work) {
  dynamodb::UpdateExpression update;
  {
    const std::lock_guard lock(mutex_);
    record_.operation = operation;
    record_.done_hash = std::move(done_hash);
    record_.work_hash = std::move(work.hash);
    record_.part = work.part;
    record_.segments.assign(work.segments, {});
    record_.building = std::move(work.building);
    update.set = {{"operation", {Value(record_.operation)}},
                  {"done_hash", {Value(record_.done_hash)}},
                  {"part", {Value(record_.part)}},
                  {"segments", {segments_value(record_.segments)}}};
    if (record_.building.empty())
      update.remove.emplace_back("building");
    else
      update.set.push_back({"building", {Value(dynamodb::StringSet::make(record_.building))}});
    if (record_.work_hash.empty())
      update.remove.emplace_back("work_hash");
    else
      update.set.push_back({"work_hash", {Value(record_.work_hash)}});
  }
  write(std::move(update), mine());
}

void Record::save(std::size_t segment, const SegmentProgress& progress) {
  {
    const std::lock_guard lock(mutex_);
    record_.segments.at(segment) = progress;
  }
  write({.set = {{Path("segments").child(std::to_string(segment)), {segment_value(progress)}}}},
        mine());
}

void Record::finish() {
  dynamodb::UpdateExpression update{
      .set = {{"state", {phase_text(MigrationPhase::applied)}},
              {"applied_at", {Value(base::to_iso(control_.connection().now()))}}}};
  for (const char* name : {"operation", "done_hash", "work_hash", "part", "segments", "building"})
    update.remove.emplace_back(name);
  write(std::move(update), mine());
}

void Record::remove() {
  const dynamodb::DeleteItemRequest request{
      .table = control_.connection().table(kHistoryTable),
      .key = key_of(record_),
      .condition = mine() || dynamodb::attribute_not_exists(Path("pk"))};
  const auto result = control_.call({.write = units()}, false,
                                    [&] { return control_.client().delete_item(request); });
  if (result) return;
  if (result.error().code == dynamodb::ErrorCode::conditional_check_failed) throw_lost();
  throw DatabaseError(result.error(), "DeleteItem of the history of migrations");
}

void Record::write(dynamodb::UpdateExpression update, const dynamodb::Condition& condition) {
  // DynamoDB: of the larger of the two, before and after.
  double most = 0;
  {
    const std::lock_guard lock(mutex_);
    const double after = units();
    most = std::max(after, std::exchange(stored_units_, after));
  }
  const dynamodb::UpdateItemRequest request{.table = control_.connection().table(kHistoryTable),
                                            .key = key_of(record_),
                                            .update = std::move(update),
                                            .condition = condition};
  const auto result =
      control_.call({.write = most}, false, [&] { return control_.client().update_item(request); });
  if (result) return;
  if (result.error().code == dynamodb::ErrorCode::conditional_check_failed) throw_lost();
  throw DatabaseError(result.error(), "UpdateItem of the history of migrations");
}

}  // namespace dynamo_backend::migrations
