#include "dynamodb/local/reader.h"

#include <set>

#include <rocksdb/snapshot.h>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/limits.h"
#include "dynamodb/local/capacity.h"
#include "dynamodb/local/key_codec.h"
#include "dynamodb/local/page_reader.h"
#include "dynamodb/local/validation.h"

namespace dynamodb::local {
namespace {

std::optional<Error> check_expressions(const Condition& filter, const Projection& projection) {
  if (auto problem = check_condition(filter, "FilterExpression")) return validation_error(*problem);
  if (auto problem = check_projection(projection)) return validation_error(*problem);
  return std::nullopt;
}

// The index that a request names, null for none; an error where there is none of that name that can
// be read.
Result<const IndexState*> find_index(const TableState& table, const std::string& name) {
  if (name.empty()) return nullptr;
  const IndexState* index = table.index(name);
  if (index == nullptr)
    return validation_error("The table does not have the specified index: " + name);
  if (index->status != IndexStatus::active) {
    return validation_error("Cannot read from backfilling global secondary index: " + name);
  }
  return index;
}

PackedItem returned(std::string_view packed, const Projection& projection) {
  return projection.empty() ? PackedItem(std::string(packed))
                            : project(ItemView(packed), projection);
}

// Leaves out of `range` what was read before `start`, which must be in it.
Result<void> start_after(const std::string& start, bool forward, KeyRange& range,
                         std::string_view outside) {
  if (!range.contains(start)) return validation_error(std::string(outside));
  if (forward) {
    range.begin = start + '\0';  // the smallest key after it
  } else {
    range.end = start;
  }
  return {};
}

// The comparisons of a key condition that are of the partition key, or the others.
Condition part_of(const Condition& key_condition, const KeySchema& key, bool partition) {
  const auto is_partition = [&key](const Condition& part) {
    const auto* path = std::get_if<Path>(&part->operands.front());
    return path != nullptr &&
           (path->top() == key.partition.name ||
            std::any_of(key.more_partition.begin(), key.more_partition.end(),
                        [path](const KeyAttribute& more) { return more.name == path->top(); }));
  };
  std::vector<Condition> parts = key_condition->children;
  if (key_condition->op != ConditionOp::and_) parts = {key_condition};
  Condition all;
  for (const Condition& part : parts) {
    if (is_partition(part) == partition) all = all && part;
  }
  return all;
}

// Whether a query could have given its start key. REQUIRES: query_range() took the key condition.
std::optional<Error> check_start_in_query(const Source& source, const QueryRequest& request) {
  const PackedItem start(request.exclusive_start_key);
  const Condition of_sort_key = part_of(request.key_condition, source.key(), false);
  const bool same_partition =
      evaluate(part_of(request.key_condition, source.key(), true), start.view());
  if (!evaluate(of_sort_key, start.view()))
    return validation_error("The provided starting key does not match the range key predicate");
  if (same_partition) return std::nullopt;
  if (!of_sort_key.empty()) {
    return validation_error("The query can return at most one row and cannot be restarted");
  }
  return validation_error(
      "The provided starting key is outside query boundaries based on provided conditions");
}

// The database as it was at one moment.
class View {
 public:
  explicit View(const Storage& storage) : db_(storage.db()), snapshot_(&db_) {
    options_.snapshot = snapshot_.snapshot();
  }
  // As Storage::read().
  Result<bool> read(const std::string& key, rocksdb::PinnableSlice& value) const {
    const auto status = db_.Get(options_, db_.DefaultColumnFamily(), key, &value);
    if (status.IsNotFound()) return false;
    if (!status.ok()) return storage_error(status);
    return true;
  }

 private:
  rocksdb::DB& db_;
  rocksdb::ManagedSnapshot snapshot_;
  rocksdb::ReadOptions options_;
};

// What no table is needed for.
template <class Request>
std::optional<Error> check_page(const Request& request) {
  if (request.limit && *request.limit == 0) {
    return validation_error(
        "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member "
        "must have value greater than or equal to 1");
  }
  const std::string_view projection = request.projection.empty() ? "" : "ProjectionExpression";
  if (auto problem = check_select(request.select, !request.index.empty(), projection))
    return validation_error(*problem);
  return std::nullopt;
}

// What a Query or Scan reads.
template <class Request>
Result<Source> find_source(const TableState& table, const Request& request) {
  const auto index = find_index(table, request.index);
  if (index.has_error()) return index.error();
  if (*index != nullptr && (*index)->global && request.consistent_read)
    return validation_error("Consistent reads are not supported on global secondary indexes");
  return Source{table, *index};
}

template <class Request>
PageRequest page_request(const Source& source, KeyRange range, const Request& request) {
  return {.source = source,
          .range = std::move(range),
          .filter = request.filter,
          .projection = request.projection,
          .select = request.select,
          .consistent_read = request.consistent_read,
          .limit = request.limit};
}

// The first of a scan's two looks at its start key: at what is read. DynamoDB says less of an
// index.
std::optional<Error> check_scan_start(const Source& source, const Item& key) {
  auto error = check_start_key(key, source.key(), start_key_size(source));
  if (!error || source.index != nullptr) return error;
  return validation_error("The provided starting key is invalid: " + key_mismatch().message);
}

// The rows that a transaction reads. DynamoDB: a key that does not fit its table cancels the
// transaction.
Result<std::vector<std::string>> transacted_keys(const Catalog& catalog,
                                                 const TransactGetItemsRequest& request) {
  std::vector<TablePtr> tables;
  for (const auto& get : request.gets) {
    if (auto problem = check_projection(get.projection)) return validation_error(*problem);
    if (auto problem = check_item(get.key)) return validation_error(*problem);
  }
  for (const auto& get : request.gets) {
    tables.push_back(catalog.find(get.table));
    if (tables.back() == nullptr) return table_not_found();
  }
  std::vector<std::string> keys;
  std::vector<CancellationReason> reasons(request.gets.size());
  std::set<std::string> seen;
  bool canceled = false;
  for (std::size_t i = 0; i < request.gets.size(); ++i) {
    auto key = row_key_of(*tables[i], request.gets[i].key);
    auto error = key.has_error() ? std::optional(key.error())
                                 : check_scalar_keys(*tables[i], request.gets[i].projection);
    if (error && is_impossible_key(*error)) return std::move(*error);
    if (error) {
      reasons[i] = {"ValidationError", error->message, {}};
      canceled = true;
      continue;
    }
    if (!seen.insert(*key).second)
      return validation_error("Transaction request cannot include multiple operations on one item");
    keys.push_back(std::move(*key));
  }
  if (canceled) return transaction_canceled(std::move(reasons));
  return keys;
}

}  // namespace

Result<GetItemResult> Reader::get_item(const GetItemRequest& request) const {
  if (auto problem = check_projection(request.projection)) return validation_error(*problem);
  if (auto problem = check_item(request.key)) return validation_error(*problem);
  const TablePtr table = catalog_.find(request.table);
  if (table == nullptr) return table_not_found();
  const auto key = row_key_of(*table, request.key);
  if (key.has_error()) return key.error();
  if (auto error = check_scalar_keys(*table, request.projection)) return *error;
  rocksdb::PinnableSlice row;
  const auto found = storage_.read(*key, row);
  if (found.has_error()) return found.error();
  GetItemResult result{.consumed = {.table = request.table}};
  const std::size_t size = *found ? item_size(ItemView(row.ToStringView())) : 0;
  result.consumed.table_units = read_units(size, request.consistent_read);
  if (*found) result.item = returned(row.ToStringView(), request.projection);
  return result;
}

Result<QueryResult> Reader::query(const QueryRequest& request) const {
  if (auto problem = check_condition(request.key_condition, "KeyConditionExpression"))
    return validation_error(*problem);
  if (auto error = check_expressions(request.filter, request.projection)) return *error;
  if (auto error = check_page(request)) return *error;
  const TablePtr table = catalog_.find(request.table);
  if (table == nullptr) return table_not_found();
  const auto found = find_source(*table, request);
  if (found.has_error()) return found.error();
  const Source& source = *found;
  const Item& start_key = request.exclusive_start_key;
  if (!start_key.empty()) {
    if (auto error = check_start_key(start_key, source.key(), start_key_size(source)))
      return *error;
  }
  auto range = query_range(source, request.key_condition);
  if (range.has_error()) return range.error();
  if (!start_key.empty()) {
    const auto start = start_position(source, start_key);
    if (start.has_error()) return start.error();
    if (auto error = check_start_in_query(source, request)) return *error;
    const auto done = start_after(
        *start, request.forward, *range,
        "The provided starting key is outside query boundaries based on provided conditions");
    if (done.has_error()) return done.error();
  }
  if (auto error = check_scalar_keys(*table, request.projection)) return *error;
  const bool is_legacy = !request.filter.empty() && request.filter->legacy;
  if (auto error = check_filter(request.filter, source.key(),
                                is_legacy ? "QueryFilter" : "Filter Expression")) {
    return *error;
  }
  if (source.index != nullptr) {
    if (auto error = check_projected(*table, *source.index, request.select, request.projection))
      return *error;
    if (auto error = check_filter_projected(*table, *source.index, request.filter)) return *error;
  }
  if (auto error = check_scalar_keys(*table, request.filter)) return *error;
  PageRequest page = page_request(source, std::move(*range), request);
  page.forward = request.forward;
  return read_page(storage_, page);
}

Result<ScanResult> Reader::scan(const ScanRequest& request) const {
  if (auto error = check_expressions(request.filter, request.projection)) return *error;
  if (auto problem = check_segments(request)) return validation_error(*problem);
  if (auto error = check_page(request)) return *error;
  const TablePtr table = catalog_.find(request.table);
  if (table == nullptr) return table_not_found();
  const auto found = find_source(*table, request);
  if (found.has_error()) return found.error();
  const Source& source = *found;
  const Item& start_key = request.exclusive_start_key;
  if (!start_key.empty()) {
    if (auto error = check_scan_start(source, start_key)) return *error;
  }
  if (source.index != nullptr) {
    if (auto error = check_projected(*table, *source.index, request.select, request.projection))
      return *error;
  }
  const std::uint32_t segment = request.segment.value_or(0),
                      total_segments = request.total_segments.value_or(1);
  KeyRange range = scan_range(source, segment, total_segments);
  if (!start_key.empty()) {
    const auto start = start_position(source, start_key);
    if (start.has_error()) return start.error();
    const auto done =
        start_after(*start, /*forward=*/true, range,
                    "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
                    "ExclusiveStartKey with correct Segment. TotalSegments: " +
                        std::to_string(total_segments) + " Segment: " + std::to_string(segment));
    if (done.has_error()) return done.error();
  }
  if (auto error = check_scalar_keys(*table, request.projection)) return *error;
  if (auto error = check_scalar_keys(*table, request.filter)) return *error;
  return read_page(storage_, page_request(source, std::move(range), request));
}

Result<BatchGetItemResult> Reader::batch_get_item(const BatchGetItemRequest& request) const {
  struct Lookup {
    const std::string& table;
    const KeysAndAttributes& keys;
    const Item& key;
    std::string row_key;
  };
  std::size_t count = 0;
  bool has_empty = request.tables.empty();
  for (const auto& [name, keys] : request.tables) {
    count += keys.keys.size();
    has_empty = has_empty || keys.keys.empty();
  }
  if (has_empty) {
    return validation_error(
        "1 validation error detected: Value at 'requestItems' failed to satisfy constraint: Member "
        "must have length greater than or equal to 1");
  }
  if (count > kMaxBatchGetKeys)
    return validation_error("Too many items requested for the BatchGetItem call");
  for (const auto& [name, keys] : request.tables) {
    if (auto problem = check_projection(keys.projection)) return validation_error(*problem);
    std::set<std::string> seen;
    for (const auto& key : keys.keys) {
      if (auto problem = check_item(key)) return validation_error(*problem);
      if (!seen.insert(PackedItem(key).bytes()).second)
        return validation_error("Provided list of item keys contains duplicates");
    }
  }
  std::vector<Lookup> lookups;
  for (const auto& [name, keys] : request.tables) {
    const TablePtr table = catalog_.find(name);
    if (table == nullptr) return table_not_found();
    for (const auto& key : keys.keys) {
      auto row_key = row_key_of(*table, key);
      if (row_key.has_error()) return row_key.error();
      lookups.push_back({name, keys, key, std::move(*row_key)});
    }
    if (auto error = check_scalar_keys(*table, keys.projection)) return *error;
  }
  const View view(storage_);
  BatchGetItemResult result;
  std::size_t bytes = 0;
  bool full = false;
  for (const auto& lookup : lookups) {
    if (result.consumed.empty() || result.consumed.back().table != lookup.table) {
      result.consumed.push_back({.table = lookup.table});
    }
    auto& found = result.items[lookup.table];
    rocksdb::PinnableSlice row;
    std::size_t size = 0;
    if (!full) {
      const auto there = view.read(lookup.row_key, row);
      if (there.has_error()) return there.error();
      if (*there) size = item_size(ItemView(row.ToStringView()));
      full = bytes + size > kMaxBatchGetSize;
    }
    if (full) {
      auto& rest = result.unprocessed[lookup.table];
      rest.consistent_read = lookup.keys.consistent_read;
      rest.projection = lookup.keys.projection;
      rest.keys.push_back(lookup.key);
      continue;
    }
    result.consumed.back().table_units += read_units(size, lookup.keys.consistent_read);
    if (size == 0) continue;  // not there: an item has a key at least
    bytes += size;
    found.add(lookup.keys.projection.empty()
                  ? row.ToStringView()
                  : std::string_view(returned(row.ToStringView(), lookup.keys.projection).bytes()));
  }
  return result;
}

Result<TransactGetItemsResult> Reader::transact_get_items(
    const TransactGetItemsRequest& request) const {
  if (request.gets.empty() || request.gets.size() > kMaxTransactionActions) {
    return validation_error(
        "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "
        "Member must have length between 1 and 100");
  }
  const auto keys = transacted_keys(catalog_, request);
  if (keys.has_error()) return keys.error();
  const View view(storage_);
  TransactGetItemsResult result;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < request.gets.size(); ++i) {
    const GetItemRequest& get = request.gets[i];
    rocksdb::PinnableSlice row;
    const auto there = view.read((*keys)[i], row);
    if (there.has_error()) return there.error();
    const std::size_t size = *there ? item_size(ItemView(row.ToStringView())) : 0;
    bytes += size;
    if (bytes > kMaxTransactionSize)
      return validation_error(
          "The aggregated size of items in the transaction exceeds the limit of 4 MB");
    auto arm = std::find_if(result.consumed.begin(), result.consumed.end(),
                            [&](const auto& c) { return c.table == get.table; });
    if (arm == result.consumed.end()) arm = result.consumed.insert(arm, {.table = get.table});
    arm->table_units += 2 * read_units(size, /*consistent=*/true);
    auto& item = result.items.emplace_back();
    if (*there) item = returned(row.ToStringView(), get.projection);
    // DynamoDB: other than GetItem, which answers an empty item.
    if (item && item->view().empty()) item.reset();
  }
  return result;
}

}  // namespace dynamodb::local
