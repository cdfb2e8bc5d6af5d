// DynamoDB Streams and time to live: requests and results of these operations of Client, named as
// in AWS's API reference. Plain values without invariants: a Client validates.
//
// A stream tells what happened to the items of a table, in order, for 24 hours. It is read shard by
// shard: an iterator says where in a shard to read on.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "dynamodb/arn.h"
#include "dynamodb/item_view.h"
#include "dynamodb/table.h"

namespace dynamodb {

// ---- streams

// A stream is named by its table and its label, the time at which it was made.
struct StreamName {
  std::string table{};
  std::string label{};  // "2015-05-20T20:51:10.252"
  friend auto operator<=>(const StreamName&, const StreamName&) = default;
};
// "arn:aws:dynamodb:ddblocal:000000000000:table/posts/stream/2015-05-20T20:51:10.252"
std::string stream_arn(const StreamName& name);
// Of any region and account; nullopt: not the ARN of a stream.
std::optional<StreamName> parse_stream_arn(std::string_view arn);

struct ListStreamsRequest {
  std::string table{};                       // empty: of all tables
  std::uint32_t limit = 100;                 // 1 to 100
  std::string exclusive_start_stream_arn{};  // empty: from the start
};
struct StreamSummary {
  std::string arn{};
  std::string table{};
  std::string label{};
  friend bool operator==(const StreamSummary&, const StreamSummary&) = default;
};
struct ListStreamsResult {
  std::vector<StreamSummary> streams{};
  std::optional<std::string> last_evaluated_stream_arn{};
};

enum class StreamStatus : std::uint8_t { enabling, enabled, disabling, disabled };

struct Shard {
  std::string id{};
  std::string parent_id{};  // empty: none, or gone
  std::string starting_sequence_number{};
  std::string ending_sequence_number{};  // empty: records are still added
  friend bool operator==(const Shard&, const Shard&) = default;
};
struct DescribeStreamRequest {
  std::string stream_arn{};
  std::uint32_t limit = 100;               // of shards, 1 to 100
  std::string exclusive_start_shard_id{};  // empty: from the start
  std::string children_of{};               // a shard: only those it is the parent of; empty: all
};
struct StreamDescription {
  std::string arn{};
  std::string label{};
  StreamStatus status = StreamStatus::enabled;
  StreamViewType view_type = StreamViewType::keys_only;
  base::Timestamp created_at{};
  std::string table{};
  std::vector<std::string> key{};  // names: the partition key, then the sort key
  std::vector<Shard> shards{};     // parents before children
  std::optional<std::string> last_evaluated_shard_id{};
};

enum class ShardIteratorType : std::uint8_t {
  at_sequence_number,
  after_sequence_number,
  trim_horizon,
  latest
};
struct GetShardIteratorRequest {
  std::string stream_arn{};
  std::string shard_id{};
  ShardIteratorType type = ShardIteratorType::trim_horizon;
  std::string sequence_number{};  // with at_ and after_sequence_number
};
struct GetShardIteratorResult {
  std::string shard_iterator{};  // opaque; good for 15 minutes
};

enum class StreamEvent : std::uint8_t { insert = 0, modify = 1, remove = 2 };  // persisted

struct StreamRecord {
  std::string id{};
  StreamEvent event = StreamEvent::insert;
  std::string region{};
  base::Timestamp created_at{};  // whole seconds
  PackedItem keys{};
  std::optional<PackedItem> new_image{}, old_image{};  // what the stream's view type shows
  std::string sequence_number{};                       // decimal, at least 21 digits
  std::uint64_t size_bytes = 0;
  StreamViewType view_type = StreamViewType::keys_only;
  bool by_time_to_live = false;  // the service deleted the item, because it had expired
};
struct GetRecordsRequest {
  std::string shard_iterator{};
  std::uint32_t limit = 1000;  // 1 to 1000
};
struct GetRecordsResult {
  std::vector<StreamRecord> records{};
  std::optional<std::string> next_shard_iterator{};  // absent: the shard is closed and read
};

// ---- time to live
struct TimeToLiveSpecification {
  std::string attribute{};
  bool enabled = false;
};
struct UpdateTimeToLiveRequest {
  std::string table{};
  TimeToLiveSpecification specification{};
};
using UpdateTimeToLiveResult = TimeToLiveSpecification;  // what was asked for

enum class TimeToLiveStatus : std::uint8_t { enabling, enabled, disabling, disabled };
struct TimeToLiveDescription {
  TimeToLiveStatus status = TimeToLiveStatus::disabled;
  std::string attribute{};  // empty when disabled
};

}  // namespace dynamodb
