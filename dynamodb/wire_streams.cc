// Requests and results of DynamoDB Streams and of time to live as JSON.
#include <array>
#include <chrono>
#include <cmath>

#include "dynamodb/wire_json.h"
#include "dynamodb/wire_shapes.h"

namespace dynamodb::wire {
namespace {

using base::JsonWriter;
using std::string_view_literals::operator""sv;

// Names by enumerator.
constexpr std::array kStreamStatuses = {"ENABLING"sv, "ENABLED"sv, "DISABLING"sv, "DISABLED"sv};
constexpr std::array kViewTypes = {"KEYS_ONLY"sv, "NEW_IMAGE"sv, "OLD_IMAGE"sv,
                                   "NEW_AND_OLD_IMAGES"sv};
constexpr std::array kIteratorTypes = {"AT_SEQUENCE_NUMBER"sv, "AFTER_SEQUENCE_NUMBER"sv,
                                       "TRIM_HORIZON"sv, "LATEST"sv};
constexpr std::array kEvents = {"INSERT"sv, "MODIFY"sv, "REMOVE"sv};

template <std::size_t N, class Enum>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

std::string null_member(std::string_view camel) {
  return "1 validation error detected: Value null at '" + std::string(camel) +
         "' failed to satisfy constraint: Member must not be null";
}

// `set`: the allowed values as AWS lists them.
template <class Enum, std::size_t N>
Enum read_name(const std::array<std::string_view, N>& names, const Reader& reader,
               std::string_view member, std::string_view camel, std::string_view set) {
  const auto text = reader.optional_text(member);
  for (std::size_t i = 0; i < N; ++i) {
    if (text == names[i]) return static_cast<Enum>(i);
  }
  reader.errors().add(validation_error(
      text ? "1 validation error detected: Value '" + *text + "' at '" + std::string(camel) +
                 "' failed to satisfy constraint: Member must satisfy enum value set: [" +
                 std::string(set) + "]"
           : null_member(camel)));
  return Enum{};
}

std::string required(const Reader& reader, std::string_view member, std::string_view camel) {
  auto text = reader.optional_text(member);
  if (!text) reader.errors().add(validation_error(null_member(camel)));
  return std::move(text).value_or("");
}

void write_optional(JsonWriter& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.member(name, text);
}

base::Timestamp read_time(const Reader& reader, std::string_view name) {
  return base::Timestamp(std::chrono::microseconds(std::llround(reader.real(name) * 1e6)));
}

// Seconds with three decimals, as AWS writes these dates.
std::string epoch_millis(base::Timestamp time) {
  const auto millis =
      std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
  std::string fraction = std::to_string(std::max<std::int64_t>(millis, 0) % 1000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return std::to_string(std::max<std::int64_t>(millis, 0) / 1000) + '.' + fraction;
}

// ---- streams

void write_shard(JsonWriter& json, const Shard& shard) {
  json.begin_object();
  json.member("ShardId", shard.id);
  json.key("SequenceNumberRange");
  json.begin_object();
  json.member("StartingSequenceNumber", shard.starting_sequence_number);
  write_optional(json, "EndingSequenceNumber", shard.ending_sequence_number);
  json.end_object();
  write_optional(json, "ParentShardId", shard.parent_id);
  json.end_object();
}

Shard read_shard(const Reader& reader) {
  const Reader range = reader.object("SequenceNumberRange");
  return {reader.text("ShardId"), reader.text("ParentShardId"),
          range.text("StartingSequenceNumber"), range.text("EndingSequenceNumber")};
}

StreamDescription read_stream(const Reader& reader) {
  StreamDescription stream{
      .arn = reader.text("StreamArn"),
      .label = reader.text("StreamLabel"),
      .status = read_name<StreamStatus>(kStreamStatuses, reader, "StreamStatus", "streamStatus",
                                        "ENABLING, ENABLED, DISABLING, DISABLED"),
      .view_type = read_name<StreamViewType>(kViewTypes, reader, "StreamViewType", "streamViewType",
                                             "NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, KEYS_ONLY"),
      .created_at = read_time(reader, "CreationRequestDateTime"),
      .table = reader.text("TableName")};
  for (const JsonElement& json : reader.elements("KeySchema"))
    stream.key.push_back(Reader(json, reader.errors()).text("AttributeName"));
  for (const JsonElement& json : reader.elements("Shards"))
    stream.shards.push_back(read_shard(Reader(json, reader.errors())));
  stream.last_evaluated_shard_id = reader.optional_text("LastEvaluatedShardId");
  return stream;
}

void write_record(JsonWriter& json, const StreamRecord& record) {
  json.begin_object();
  json.member("eventID", record.id);
  json.member("eventName", name_of(kEvents, record.event));
  json.member("eventVersion", "1.1");
  json.member("eventSource", "aws:dynamodb");
  json.member("awsRegion", record.region);
  json.key("dynamodb");
  json.begin_object();
  json.member(
      "ApproximateCreationDateTime",
      std::int64_t{
          std::chrono::floor<std::chrono::seconds>(record.created_at).time_since_epoch().count()});
  write_item(json, "Keys", record.keys.view());
  if (record.new_image) write_item(json, "NewImage", record.new_image->view());
  if (record.old_image) write_item(json, "OldImage", record.old_image->view());
  json.member("SequenceNumber", record.sequence_number);
  json.member("SizeBytes", record.size_bytes);
  json.member("StreamViewType", name_of(kViewTypes, record.view_type));
  json.end_object();
  if (record.by_time_to_live) {
    json.key("userIdentity");
    json.begin_object();
    json.member("PrincipalId", "dynamodb.amazonaws.com");
    json.member("Type", "Service");
    json.end_object();
  }
  json.end_object();
}

StreamRecord read_record(const Reader& reader) {
  const Reader body = reader.object("dynamodb");
  return {
      .id = reader.text("eventID"),
      .event = read_name<StreamEvent>(kEvents, reader, "eventName", "eventName",
                                      "INSERT, MODIFY, REMOVE"),
      .region = reader.text("awsRegion"),
      .created_at = read_time(body, "ApproximateCreationDateTime"),
      .keys = read_packed_item(body, "Keys").value_or(PackedItem()),
      .new_image = read_packed_item(body, "NewImage"),
      .old_image = read_packed_item(body, "OldImage"),
      .sequence_number = body.text("SequenceNumber"),
      .size_bytes = body.count("SizeBytes"),
      .view_type = read_name<StreamViewType>(kViewTypes, body, "StreamViewType", "streamViewType",
                                             "NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, KEYS_ONLY"),
      .by_time_to_live =
          reader.object("userIdentity").text("PrincipalId") == "dynamodb.amazonaws.com"};
}

// ---- time to live

void write_specification(JsonWriter& json, const TimeToLiveSpecification& specification) {
  json.key("TimeToLiveSpecification");
  json.begin_object();
  json.member("Enabled", specification.enabled);
  json.member("AttributeName", specification.attribute);
  json.end_object();
}

TimeToLiveSpecification read_specification(const Reader& specification) {
  return {specification.text("AttributeName"), specification.boolean("Enabled")};
}

}  // namespace

std::string encode(const ListStreamsRequest& request) {
  JsonWriter json;
  json.begin_object();
  write_optional(json, "TableName", request.table);
  json.member("Limit", std::uint64_t{request.limit});
  write_optional(json, "ExclusiveStartStreamArn", request.exclusive_start_stream_arn);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const ListStreamsResult& result) {
  JsonWriter json;
  json.begin_object();
  json.key("Streams");
  json.begin_array();
  for (const auto& stream : result.streams) {
    json.begin_object();
    json.member("StreamArn", stream.arn);
    json.member("TableName", stream.table);
    json.member("StreamLabel", stream.label);
    json.end_object();
  }
  json.end_array();
  if (result.last_evaluated_stream_arn)
    json.member("LastEvaluatedStreamArn", *result.last_evaluated_stream_arn);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const DescribeStreamRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.member("StreamArn", request.stream_arn);
  json.member("Limit", std::uint64_t{request.limit});
  write_optional(json, "ExclusiveStartShardId", request.exclusive_start_shard_id);
  if (!request.children_of.empty()) {
    json.key("ShardFilter");
    json.begin_object();
    json.member("Type", "CHILD_SHARDS");
    json.member("ShardId", request.children_of);
    json.end_object();
  }
  json.end_object();
  return std::move(json).text();
}

std::string encode(const StreamDescription& stream) {
  JsonWriter json;
  json.begin_object();
  json.key("StreamDescription");
  json.begin_object();
  json.member("StreamArn", stream.arn);
  json.member("StreamLabel", stream.label);
  json.member("StreamStatus", name_of(kStreamStatuses, stream.status));
  json.member("StreamViewType", name_of(kViewTypes, stream.view_type));
  json.key("CreationRequestDateTime");
  json.raw(epoch_millis(stream.created_at));
  json.member("TableName", stream.table);
  json.key("KeySchema");
  json.begin_array();
  for (std::size_t i = 0; i < stream.key.size(); ++i) {
    json.begin_object();
    json.member("AttributeName", stream.key[i]);
    json.member("KeyType", i == 0 ? "HASH" : "RANGE");
    json.end_object();
  }
  json.end_array();
  json.key("Shards");
  json.begin_array();
  for (const auto& shard : stream.shards) write_shard(json, shard);
  json.end_array();
  if (stream.last_evaluated_shard_id)
    json.member("LastEvaluatedShardId", *stream.last_evaluated_shard_id);
  json.end_object();
  json.end_object();
  return std::move(json).text();
}

std::string encode(const GetShardIteratorRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.member("StreamArn", request.stream_arn);
  json.member("ShardId", request.shard_id);
  json.member("ShardIteratorType", name_of(kIteratorTypes, request.type));
  write_optional(json, "SequenceNumber", request.sequence_number);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const GetShardIteratorResult& result) {
  JsonWriter json;
  json.begin_object();
  json.member("ShardIterator", result.shard_iterator);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const GetRecordsRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.member("ShardIterator", request.shard_iterator);
  json.member("Limit", std::uint64_t{request.limit});
  json.end_object();
  return std::move(json).text();
}

std::string encode(const GetRecordsResult& result) {
  JsonWriter json;
  json.begin_object();
  json.key("Records");
  json.begin_array();
  for (const auto& record : result.records) write_record(json, record);
  json.end_array();
  if (result.next_shard_iterator) json.member("NextShardIterator", *result.next_shard_iterator);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const UpdateTimeToLiveRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.member("TableName", request.table);
  write_specification(json, request.specification);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const TimeToLiveSpecification& specification) {
  JsonWriter json;
  json.begin_object();
  write_specification(json, specification);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const TimeToLiveDescription& description) {
  JsonWriter json;
  json.begin_object();
  json.key("TimeToLiveDescription");
  json.begin_object();
  json.member("TimeToLiveStatus", name_of(kStreamStatuses, description.status));
  write_optional(json, "AttributeName", description.attribute);
  json.end_object();
  json.end_object();
  return std::move(json).text();
}

template <>
Result<ListStreamsRequest> decode(std::string_view json) {
  return decode_root<ListStreamsRequest>(json, [](const Reader& reader) {
    return ListStreamsRequest{std::string(table_name_of(reader.text("TableName"))),
                              reader.limited("Limit", "limit", 1).value_or(100),
                              reader.text("ExclusiveStartStreamArn")};
  });
}
template <>
Result<ListStreamsResult> decode(std::string_view json) {
  return decode_root<ListStreamsResult>(json, [](const Reader& reader) {
    ListStreamsResult result;
    for (const JsonElement& element : reader.elements("Streams")) {
      const Reader stream(element, reader.errors());
      result.streams.push_back(
          {stream.text("StreamArn"), stream.text("TableName"), stream.text("StreamLabel")});
    }
    result.last_evaluated_stream_arn = reader.optional_text("LastEvaluatedStreamArn");
    return result;
  });
}
template <>
Result<DescribeStreamRequest> decode(std::string_view json) {
  return decode_root<DescribeStreamRequest>(json, [](const Reader& reader) {
    return DescribeStreamRequest{required(reader, "StreamArn", "streamArn"),
                                 reader.limited("Limit", "limit", 1).value_or(100),
                                 reader.text("ExclusiveStartShardId"),
                                 reader.object("ShardFilter").text("ShardId")};
  });
}
template <>
Result<StreamDescription> decode(std::string_view json) {
  return decode_root<StreamDescription>(
      json, [](const Reader& reader) { return read_stream(reader.object("StreamDescription")); });
}
template <>
Result<GetShardIteratorRequest> decode(std::string_view json) {
  return decode_root<GetShardIteratorRequest>(json, [](const Reader& reader) {
    return GetShardIteratorRequest{
        required(reader, "StreamArn", "streamArn"), required(reader, "ShardId", "shardId"),
        read_name<ShardIteratorType>(
            kIteratorTypes, reader, "ShardIteratorType", "shardIteratorType",
            "AFTER_SEQUENCE_NUMBER, LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON"),
        reader.text("SequenceNumber")};
  });
}
template <>
Result<GetShardIteratorResult> decode(std::string_view json) {
  return decode_root<GetShardIteratorResult>(json, [](const Reader& reader) {
    return GetShardIteratorResult{reader.text("ShardIterator")};
  });
}
template <>
Result<GetRecordsRequest> decode(std::string_view json) {
  return decode_root<GetRecordsRequest>(json, [](const Reader& reader) {
    return GetRecordsRequest{required(reader, "ShardIterator", "shardIterator"),
                             reader.limited("Limit", "limit", 1).value_or(1000)};
  });
}
template <>
Result<GetRecordsResult> decode(std::string_view json) {
  return decode_root<GetRecordsResult>(json, [](const Reader& reader) {
    GetRecordsResult result;
    for (const JsonElement& record : reader.elements("Records"))
      result.records.push_back(read_record(Reader(record, reader.errors())));
    result.next_shard_iterator = reader.optional_text("NextShardIterator");
    return result;
  });
}
template <>
Result<UpdateTimeToLiveRequest> decode(std::string_view json) {
  return decode_request<UpdateTimeToLiveRequest>(
      json, Operation::update_time_to_live, [](const Reader& reader) {
        return UpdateTimeToLiveRequest{
            read_table_name(reader), read_specification(reader.object("TimeToLiveSpecification"))};
      });
}
template <>
Result<TimeToLiveSpecification> decode(std::string_view json) {
  return decode_root<TimeToLiveSpecification>(json, [](const Reader& reader) {
    return read_specification(reader.object("TimeToLiveSpecification"));
  });
}
template <>
Result<TimeToLiveDescription> decode(std::string_view json) {
  return decode_root<TimeToLiveDescription>(json, [](const Reader& reader) {
    const Reader description = reader.object("TimeToLiveDescription");
    return TimeToLiveDescription{
        read_name<TimeToLiveStatus>(kStreamStatuses, description, "TimeToLiveStatus",
                                    "timeToLiveStatus", "ENABLING, DISABLING, ENABLED, DISABLED"),
        description.text("AttributeName")};
  });
}

}  // namespace dynamodb::wire
