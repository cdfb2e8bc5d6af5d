#include "dynamo_backend/search/sync/verify.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/log.h"
#include "dynamo_backend/changes/lease.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/scan_pages.h"
#include "dynamo_backend/search/sync/document_writer.h"
#include "dynamo_backend/search/sync/index_state.h"
#include "dynamo_backend/search/sync/row_version.h"
#include "dynamo_backend/search_version.h"

namespace dynamo_backend::search::sync {
namespace {

using std::chrono::milliseconds;
using Versions = std::map<std::string, std::int64_t>;  // by document key

constexpr milliseconds kLookAgain{200};
// Of versions, which begin as microseconds.
constexpr std::int64_t kFirstStep = 1'000, kFarthestAhead = 86'400'000'000;

int live_version(Backend& backend, const IndexDefinition& index) {
  for (const IndexVersion& version : backend.versions(index))
    if (version.state == IndexVersion::State::live) return version.number;
  throw IndexMissing("There is no index " + index.name + ". Run ./manage opensearch_reindex.");
}

dynamodb::Projection key_and_version(const ModelInfo& model) {
  dynamodb::Projection projection{dynamodb::Path(model.partition->attribute),
                                  dynamodb::Path(kSearchVersion)};
  if (model.sort) projection.emplace_back(model.sort->attribute);
  return projection;
}

// Every row's document key and version. Rows that can have no document are left out.
template <class Visit>
void for_each_row(const Connection& connection, const IndexDefinition& index, unsigned segments,
                  const Visit& visit) {
  ScanPages pages(connection.client(),
                  {.table = table_of(connection, index),
                   .projection = key_and_version(*index.model),
                   .consistent_read = true},
                  std::clamp(segments, 1u, kMostScanSegments), connection.batch_options());
  while (const auto page = pages.next()) {
    for (std::size_t i = 0; i < page->items.size(); ++i) {
      std::string key;
      try {
        key = document_key(*index.model, page->items[i]);
      } catch (const ModelError&) {
        continue;  // too long: the log told when it was written
      }
      visit(std::move(key), row_version(index, page->items[i]));
    }
  }
}

using Sums = std::vector<BucketSum>;

Sums table_sums(const Connection& connection, const IndexDefinition& index, unsigned segments) {
  Sums sums(kBuckets);
  for_each_row(connection, index, segments, [&](const std::string& key, std::int64_t version) {
    BucketSum& bucket = sums.at(bucket_of(key));
    ++bucket.documents;
    bucket.sum += check_of(key, version);
  });
  return sums;
}

std::uint64_t documents_in(const Sums& sums) {
  std::uint64_t count = 0;
  for (const BucketSum& sum : sums) count += sum.documents;
  return count;
}

Versions index_versions(Backend& backend, const IndexDefinition& index, int version,
                        const Buckets& buckets) {
  Versions versions;
  for (auto& entry : backend.entries(index, version, buckets))
    versions.emplace(std::move(entry.key), entry.version);
  return versions;
}

std::vector<Difference> compare(const Versions& table, const Versions& documents) {
  std::vector<Difference> differences;
  const auto value = [](const Versions& in, const std::string& key) {
    const auto it = in.find(key);
    return it == in.end() ? std::nullopt : std::optional(it->second);
  };
  std::set<std::string> keys;
  for (const auto* side : {&table, &documents})
    for (const auto& [key, version] : *side) keys.insert(key);
  for (const std::string& key : keys) {
    Difference difference{key, value(table, key), value(documents, key)};
    if (difference.in_table != difference.in_index) differences.push_back(std::move(difference));
  }
  return differences;
}

// The rows of these keys, strongly consistent; those that are there.
std::map<std::string, dynamodb::PackedItem> read_rows(const Connection& connection,
                                                      const IndexDefinition& index,
                                                      const std::vector<std::string>& keys,
                                                      dynamodb::Projection projection = {}) {
  dynamodb::KeysAndAttributes wanted{.consistent_read = true, .projection = std::move(projection)};
  for (const std::string& key : keys) wanted.keys.push_back(table_key(*index.model, key));
  const auto result = dynamodb::get_all(
      connection.client(), {{table_of(connection, index), wanted}}, connection.batch_options());
  if (!result.not_read.empty())
    throw DatabaseError(result.not_read.front().why, "BatchGetItem " + table_of(connection, index));
  std::map<std::string, dynamodb::PackedItem> rows;
  for (const auto& [table, lists] : result.items)
    for (const dynamodb::ItemList& list : lists)
      for (std::size_t i = 0; i < list.size(); ++i)
        rows.emplace(document_key(*index.model, list[i]),
                     dynamodb::PackedItem(std::string(list.packed(i))));
  return rows;
}

Buckets buckets_of(const std::vector<std::string>& keys) {
  Buckets buckets;
  for (const std::string& key : keys) buckets.set(bucket_of(key));
  return buckets;
}

// The same keys, looked at again.
std::vector<Difference> compare_keys(const Connection& connection, Backend& backend,
                                     const IndexDefinition& index,
                                     const std::vector<std::string>& keys) {
  Versions table, documents;
  const int version = live_version(backend, index);  // another one than before, maybe
  // The index first: a change that comes in between makes the table the newer one, as it is ever.
  const Versions all = index_versions(backend, index, version, buckets_of(keys));
  for (const std::string& key : keys)
    if (const auto it = all.find(key); it != all.end()) documents.insert(*it);
  for (const auto& [key, row] : read_rows(connection, index, keys, key_and_version(*index.model)))
    table.emplace(key, row_version(index, row.view()));
  return compare(table, documents);
}

std::vector<std::string> keys_of(const std::vector<Difference>& differences) {
  std::vector<std::string> keys;
  for (const Difference& difference : differences) keys.push_back(difference.key);
  return keys;
}

void keep_result(const Connection& connection, const IndexDefinition& index,
                 const Verification& result) {
  changes::Lease lease(connection, sync_lease(index) + "/verified");
  lease.note("verified", Value(base::to_iso(connection.now())));
  lease.note("differences", Value(static_cast<std::int64_t>(result.differences.size())));
  if (!lease.hold()) base::log_warning("search: another verify of " + index.name + " is running");
}

Verification compare_all(const Connection& connection, Backend& backend,
                         const IndexDefinition& index, const VerifyOptions& options) {
  const int version = live_version(backend, index);
  const Sums documents = backend.checksums(index, version);
  const Sums rows = table_sums(connection, index, options.segments);
  Verification result{.rows = documents_in(rows), .documents = documents_in(documents)};
  Buckets buckets;
  for (unsigned i = 0; i < kBuckets; ++i)
    if (!(rows[i] == documents.at(i))) buckets.set(i);
  if (buckets.any()) {
    const Versions in_index = index_versions(backend, index, version, buckets);
    Versions in_table;
    for_each_row(connection, index, options.segments, [&](std::string key, std::int64_t number) {
      if (buckets[bucket_of(key)]) in_table.emplace(std::move(key), number);
    });
    result.differences = compare(in_table, in_index);
  }
  result.more = result.differences.size() > options.most;
  if (result.more) result.differences.resize(options.most);
  return result;
}

}  // namespace

Verification verify(const Connection& connection, Backend& backend, const IndexDefinition& index,
                    const VerifyOptions& options, const Wait& wait) {
  Verification result = compare_all(connection, backend, index, options);
  Versions awaited;  // what the table had of a key when it was first seen to differ
  const auto has_arrived = [&](const Difference& d) {
    const auto version = awaited.find(d.key);
    return version != awaited.end() && d.in_index >= version->second && d.in_table > d.in_index;
  };
  for (milliseconds waited(0); !result.differences.empty() && waited < options.patience;
       waited += kLookAgain) {
    for (const Difference& d : result.differences)
      if (d.in_table) awaited.emplace(d.key, *d.in_table);
    if (!wait(kLookAgain)) throw Stopped();
    result.differences = compare_keys(connection, backend, index, keys_of(result.differences));
    // A row that is written all the time differs at every look.
    std::erase_if(result.differences, has_arrived);
    // Those that agree by now tell nothing of those that were left out.
    if (result.differences.empty() && result.more)
      result = compare_all(connection, backend, index, options);
  }
  keep_result(connection, index, result);
  return result;
}

std::size_t repair_keys(const Connection& connection, Backend& backend,
                        const IndexDefinition& index, std::vector<std::string> keys,
                        const Wait& wait) {
  DocumentWriter writer(backend, index, wait);
  const auto write = [&](const Difference& difference,
                         const std::optional<dynamodb::PackedItem>& row) {
    std::vector<Document> documents;
    if (row)
      add_document(index, row->view(), documents);
    else
      documents.push_back(
          {.key = difference.key, .version = difference.in_index.value_or(0) + 1, .deleted = true});
    for (const Target& target : index_state(backend, index).targets)
      writer.write(target.version, documents, {});
  };
  const auto differences = compare_keys(connection, backend, index, keys);
  const auto rows = read_rows(connection, index, keys_of(differences));
  for (const Difference& difference : differences) {
    const auto row = rows.find(difference.key);
    write(difference, row == rows.end() ? std::nullopt : std::optional(row->second));
  }
  // A row may be outranked by a document, or by a tombstone, whose version is not known: a clock
  // that was ahead may have given it.
  for (std::int64_t step = 0; step < kFarthestAhead; step = std::max(kFirstStep, 2 * step)) {
    const auto outranked = writer.take_outranked();
    if (outranked.empty()) break;
    for (const Difference& difference : compare_keys(connection, backend, index, outranked)) {
      const std::int64_t above =
          std::max(difference.in_index.value_or(0), difference.in_table.value_or(0));
      write(difference, raise_version(connection, index, difference.key, above + step));
    }
  }
  return differences.size();
}

}  // namespace dynamo_backend::search::sync
