// A Client with a stream of several shards side by side, as DynamoDB has them and the embedded
// engine does not: for tests. Everything else goes to the engine.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "dynamo_backend/test_client.h"

namespace test_changes {

class StreamClient : public test_blog::RecordingClient {
 public:
  explicit StreamClient(dynamodb::Client& inner) : RecordingClient(inner) {}

  struct FakeShard {
    std::string parent{};
    std::vector<dynamodb::StreamRecord> records{};
    bool closed = false, listed = true;
    std::size_t trimmed = 0;  // records that are gone
  };
  std::map<std::string, FakeShard> shards{};  // by id
  std::string label = "2026-01-01T00:00:00.000";
  std::size_t page_size = 1000;
  int reads = 0, descriptions = 0, expire_next = 0;

  static std::string id(int n) { return "shardId-" + std::to_string(n); }

  void add(int shard, const std::string& key, std::int64_t n, base::Timestamp at) {
    dynamodb::StreamRecord record{.created_at = at};
    record.keys = dynamodb::PackedItem(dynamodb::Item{{"pk", key}});
    record.new_image = dynamodb::PackedItem(dynamodb::Item{{"pk", key}, {"n", n}});
    // Longer numbers are greater, whatever their first digits.
    record.sequence_number = std::to_string(95 + ++numbered_);
    shards[id(shard)].records.push_back(std::move(record));
  }

  dynamodb::Result<dynamodb::TableDescription> describe_table(const std::string& table) override {
    auto description = RecordingClient::describe_table(table);
    if (description) description->latest_stream_label = label;
    return description;
  }
  dynamodb::Result<dynamodb::StreamDescription> describe_stream(
      const dynamodb::DescribeStreamRequest& r) override {
    ++descriptions;
    dynamodb::StreamDescription description;
    for (const auto& [name, shard] : shards) {
      if (!shard.listed || name <= r.exclusive_start_shard_id) continue;
      if (description.shards.size() == 2) {  // pages of two
        description.last_evaluated_shard_id = description.shards.back().id;
        break;
      }
      description.shards.push_back({.id = name, .parent_id = shard.parent});
    }
    return description;
  }
  dynamodb::Result<dynamodb::GetShardIteratorResult> get_shard_iterator(
      const dynamodb::GetShardIteratorRequest& r) override {
    const FakeShard& shard = shards.at(r.shard_id);
    std::size_t from = shard.trimmed;
    if (r.type == dynamodb::ShardIteratorType::after_sequence_number) {
      from = 0;
      while (shard.records.at(from++).sequence_number != r.sequence_number) {
      }
      if (from <= shard.trimmed) return trimmed_error();
    }
    return dynamodb::GetShardIteratorResult{r.shard_id + "@" + std::to_string(from)};
  }
  dynamodb::Result<dynamodb::GetRecordsResult> get_records(
      const dynamodb::GetRecordsRequest& r) override {
    ++reads;
    if (expire_next > 0 && expire_next-- > 0)
      return dynamodb::Error{.code = dynamodb::ErrorCode::expired_iterator};
    const auto at = r.shard_iterator.find('@');
    const std::string name = r.shard_iterator.substr(0, at);
    const FakeShard& shard = shards.at(name);
    std::size_t from = std::stoul(r.shard_iterator.substr(at + 1));
    if (from < shard.trimmed) return trimmed_error();
    dynamodb::GetRecordsResult result;
    while (from < shard.records.size() &&
           result.records.size() < std::min<std::size_t>(page_size, r.limit))
      result.records.push_back(shard.records[from++]);
    if (from < shard.records.size() || !shard.closed)
      result.next_shard_iterator = name + "@" + std::to_string(from);
    return result;
  }

 private:
  static dynamodb::Error trimmed_error() {
    return {.code = dynamodb::ErrorCode::trimmed_data_access};
  }
  int numbered_ = 0;
};

}  // namespace test_changes
