// Reads a stream as consumers do: shard by shard, parents before their children.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "dynamodb/client.h"

namespace tests {

// All shards, over all pages of the description.
inline std::vector<dynamodb::Shard> shards_of(dynamodb::Client& db, const std::string& arn) {
  std::vector<dynamodb::Shard> shards;
  dynamodb::DescribeStreamRequest request{.stream_arn = arn};
  for (;;) {
    const auto page = db.describe_stream(request).value();
    shards.insert(shards.end(), page.shards.begin(), page.shards.end());
    if (!page.last_evaluated_shard_id) return shards;
    request.exclusive_start_shard_id = *page.last_evaluated_shard_id;
  }
}

// From an iterator to the end of its shard, or to the end of what there is.
inline std::vector<dynamodb::StreamRecord> read_shard(dynamodb::Client& db,
                                                      std::optional<std::string> iterator,
                                                      std::uint32_t limit = 1000) {
  std::vector<dynamodb::StreamRecord> records;
  while (iterator) {
    auto page = db.get_records({*iterator, limit}).value();
    if (page.records.empty() && page.next_shard_iterator) return records;
    for (auto& record : page.records) records.push_back(std::move(record));
    iterator = std::move(page.next_shard_iterator);
  }
  return records;
}

inline std::vector<dynamodb::StreamRecord> read_stream(dynamodb::Client& db, const std::string& arn,
                                                       std::uint32_t limit = 1000) {
  std::vector<dynamodb::StreamRecord> records;
  for (const auto& shard : shards_of(db, arn)) {
    auto iterator = db.get_shard_iterator({arn, shard.id, dynamodb::ShardIteratorType::trim_horizon,
                                           /*sequence_number=*/""})
                        .value();
    for (auto& record : read_shard(db, std::move(iterator.shard_iterator), limit))
      records.push_back(std::move(record));
  }
  return records;
}

// The stream that a table has, or had last.
inline std::string stream_of(dynamodb::Client& db, const std::string& table) {
  return dynamodb::stream_arn({table, db.describe_table(table).value().latest_stream_label});
}

}  // namespace tests
