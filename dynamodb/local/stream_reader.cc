#include "dynamodb/local/stream_reader.h"

#include <algorithm>

#include "dynamodb/limits.h"
#include "dynamodb/local/key_codec.h"
#include "dynamodb/local/shard_iterator.h"
#include "dynamodb/local/stream_record.h"

namespace dynamodb::local {
namespace {

constexpr std::chrono::minutes kIteratorLifetime{15};
constexpr std::uint32_t kMaxStreams = 100;  // and shards of a description
constexpr std::uint32_t kMaxRecords = 1000;

struct Length {
  std::size_t min = 0;
  std::size_t max = 0;
};
constexpr Length kArnLength{37, 1024}, kShardIdLength{28, 65}, kSequenceLength{21, 40},
    kIteratorLength{1, 2048};

std::optional<Error> check_length(const std::string& value, const char* member, Length length) {
  if (value.size() >= length.min && value.size() <= length.max) return std::nullopt;
  const bool is_short = value.size() < length.min;
  return validation_error("1 validation error detected: Value '" + value + "' at '" + member +
                          "' failed to satisfy constraint: Member must have length " +
                          (is_short ? "greater" : "less") + " than or equal to " +
                          std::to_string(is_short ? length.min : length.max));
}

std::optional<Error> check_limit(std::uint32_t limit, std::uint32_t max, const char* too_large) {
  if (limit >= 1 && limit <= max) return std::nullopt;
  if (limit > max)
    return validation_error(std::string("One or more parameter values were invalid: ") + too_large);
  return validation_error(
      "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must "
      "have value greater than or equal to 1");
}
std::optional<Error> check_list_limit(std::uint32_t limit) {
  return check_limit(limit, kMaxStreams,
                     "Limit cannot be greater than the maximum allowed size: 100");
}

Error stream_not_found(const std::string& arn) {
  return resource_not_found("Requested resource not found: Stream: " + arn + " not found");
}
Error trimmed() {
  return {ErrorCode::trimmed_data_access,
          "The operation attempted to read past the oldest stream record in a shard."};
}
Error expired() {
  return {ErrorCode::expired_iterator,
          "The shard iterator has expired and can no longer be used to retrieve stream records. A "
          "shard iterator expires 15 minutes after it is retrieved using the GetShardIterator "
          "action."};
}

const ShardState* find_shard(const StreamState& stream, std::uint64_t number) {
  const auto found = std::find_if(stream.shards.begin(), stream.shards.end(),
                                  [number](const auto& shard) { return shard.number == number; });
  return found == stream.shards.end() ? nullptr : &*found;
}

Shard describe(const ShardState& shard) {
  return {.id = shard.id,
          .parent_id = shard.parent_id,
          .starting_sequence_number = sequence_number_text(shard.number),
          .ending_sequence_number = shard.is_open() ? "" : sequence_number_text(shard.end)};
}

bool takes_sequence_number(ShardIteratorType type) {
  return type == ShardIteratorType::at_sequence_number ||
         type == ShardIteratorType::after_sequence_number;
}

std::optional<Error> check(const GetShardIteratorRequest& request) {
  if (auto error = check_length(request.shard_id, "shardId", kShardIdLength)) return error;
  if (!takes_sequence_number(request.type)) {
    if (request.sequence_number.empty()) return std::nullopt;
    return validation_error("SequenceNumber should not be passed for this iterator type");
  }
  if (request.sequence_number.empty()) return validation_error("Invalid SequenceNumber");
  return check_length(request.sequence_number, "sequenceNumber", kSequenceLength);
}

// Where an iterator starts. `end`: every record that was answered for has a smaller number.
Result<std::uint64_t> start_of(const GetShardIteratorRequest& request, const ShardState& shard,
                               std::uint64_t end) {
  if (request.type == ShardIteratorType::trim_horizon) return shard.trimmed_before;
  if (request.type == ShardIteratorType::latest) return shard.is_open() ? end : shard.end;
  const auto number = parse_sequence_number(request.sequence_number);
  if (!number || *number < shard.number || *number > (shard.is_open() ? end : shard.end))
    return validation_error("Invalid SequenceNumber for the shard");
  const auto start = request.type == ShardIteratorType::at_sequence_number ? *number : *number + 1;
  if (start < shard.trimmed_before && shard.trimmed_before > shard.number) return trimmed();
  return start;
}

}  // namespace

Result<StreamPtr> StreamReader::find(const std::string& arn) const {
  if (auto error = check_length(arn, "streamArn", kArnLength)) return std::move(*error);
  const auto name = parse_stream_arn(arn);
  if (!name) return validation_error("Invalid StreamArn");
  auto stream = streams_.find(*name);
  if (stream == nullptr) return stream_not_found(arn);
  return stream;
}

Result<ListStreamsResult> StreamReader::list_streams(const ListStreamsRequest& request) const {
  if (auto error = check_list_limit(request.limit)) return std::move(*error);
  StreamName after;
  if (!request.exclusive_start_stream_arn.empty()) {
    auto name = parse_stream_arn(request.exclusive_start_stream_arn);
    if (!name) return validation_error("Invalid StreamArn");
    after = std::move(*name);
  }
  ListStreamsResult result;
  for (const auto& stream : streams_.after(after, request.table, request.limit + 1)) {
    if (result.streams.size() == request.limit) {
      result.last_evaluated_stream_arn = result.streams.back().arn;
      break;
    }
    result.streams.push_back({stream_arn(stream->name), stream->name.table, stream->name.label});
  }
  return result;
}

Result<StreamDescription> StreamReader::describe_stream(
    const DescribeStreamRequest& request) const {
  if (auto error = check_list_limit(request.limit)) return std::move(*error);
  const std::string& start = request.exclusive_start_shard_id;
  if (!start.empty()) {
    if (auto error = check_length(start, "exclusiveStartShardId", kShardIdLength))
      return std::move(*error);
  }
  const auto found = find(request.stream_arn);
  if (found.has_error()) return found.error();
  const StreamState& stream = **found;
  StreamDescription description{
      .arn = stream_arn(stream.name),
      .label = stream.name.label,
      .status = stream.is_open() ? StreamStatus::enabled : StreamStatus::disabled,
      .view_type = stream.view_type,
      .created_at = stream.created_at,
      .table = stream.name.table,
      .key = stream.key};
  for (const auto& shard : stream.shards) {
    if (shard.id <= start) continue;
    if (!request.children_of.empty() && shard.parent_id != request.children_of) continue;
    if (description.shards.size() == request.limit) {
      description.last_evaluated_shard_id = description.shards.back().id;
      break;
    }
    description.shards.push_back(describe(shard));
  }
  return description;
}

Result<GetShardIteratorResult> StreamReader::get_shard_iterator(
    const GetShardIteratorRequest& request) const {
  if (auto error = check(request)) return std::move(*error);
  // Before the stream is looked at: a shard that is open then takes what comes after.
  const std::uint64_t end = streams_.committed_end();
  const auto found = find(request.stream_arn);
  if (found.has_error()) return found.error();
  const auto& shards = (*found)->shards;
  const auto shard = std::find_if(shards.begin(), shards.end(), [&](const ShardState& each) {
    return each.id == request.shard_id;
  });
  if (shard == shards.end()) {
    return resource_not_found("Requested resource not found: Shard: " + request.shard_id +
                              " in Stream: " + request.stream_arn + " not found");
  }
  const auto start = start_of(request, *shard, end);
  if (start.has_error()) return start.error();
  return GetShardIteratorResult{encode(ShardIterator{
      .stream = (*found)->name, .shard = shard->number, .position = *start, .issued_at = now_()})};
}

Result<GetRecordsResult> StreamReader::get_records(const GetRecordsRequest& request) const {
  if (auto error = check_length(request.shard_iterator, "shardIterator", kIteratorLength))
    return std::move(*error);
  auto iterator = parse_shard_iterator(request.shard_iterator);
  if (!iterator) return validation_error("Invalid ShardIterator");
  if (auto error =
          check_limit(request.limit, kMaxRecords, "Limit should be less than or equal to 1000")) {
    return std::move(*error);
  }
  const auto now = now_();
  if (now - iterator->issued_at > kIteratorLifetime) return expired();

  // What is not answered for yet is not told either. The state of before: where the shard is closed
  // in it, all its records can be seen.
  const std::uint64_t end = streams_.committed_end();
  const auto stream = streams_.find(iterator->stream);
  if (stream == nullptr) return stream_not_found(stream_arn(iterator->stream));
  const ShardState* shard = find_shard(*stream, iterator->shard);
  if (shard == nullptr) return trimmed();
  GetRecordsResult result;
  const std::string upper_key = record_key(shard->number, end);
  const rocksdb::Slice upper(upper_key);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  const auto it = storage_.iterate(options);
  std::size_t bytes = 0;
  std::uint64_t position = iterator->position;
  for (it->Seek(record_key(shard->number, position)); it->Valid(); it->Next()) {
    if (result.records.size() == request.limit || bytes >= kMaxPageSize) break;
    const std::uint64_t number = record_number(it->key().ToStringView());
    result.records.push_back(read_stream_record(*stream, number, it->value().ToStringView()));
    bytes += result.records.back().size_bytes;
    position = number + 1;
  }
  if (!it->status().ok()) return storage_error(it->status());

  // The state of after: what was trimmed until then may be missing.
  const auto after = streams_.find(iterator->stream);
  const ShardState* shard_after = after == nullptr ? nullptr : find_shard(*after, iterator->shard);
  if (shard_after == nullptr || iterator->position < shard_after->trimmed_before) return trimmed();
  if (it->Valid() || shard->is_open()) {
    result.next_shard_iterator = encode(ShardIterator{.stream = iterator->stream,
                                                      .shard = iterator->shard,
                                                      .position = position,
                                                      .issued_at = now});
  }
  return result;
}

}  // namespace dynamodb::local
