// Tags and continuous backups as JSON.
#include "dynamodb/arn.h"
#include "dynamodb/wire_tables.h"

namespace dynamodb::wire {
namespace {

using base::JsonWriter;

void refuse_null(const Reader& reader, std::string_view member, std::string_view camel) {
  if (reader.has(member)) return;
  reader.errors().add(validation_error("1 validation error detected: Value null at '" +
                                       std::string(camel) +
                                       "' failed to satisfy constraint: Member must not be null"));
}

std::string read_arn(const Reader& reader) {
  refuse_null(reader, "ResourceArn", "resourceArn");
  return reader.text("ResourceArn");
}

}  // namespace

void write_tags(JsonWriter& json, const Tags& tags) {
  json.key("Tags");
  json.begin_array();
  for (const auto& [key, value] : tags) {
    json.begin_object();
    json.member("Key", key);
    json.member("Value", value);
    json.end_object();
  }
  json.end_array();
}

Tags read_tags(const Reader& reader) {
  Tags tags;
  for (const JsonElement& json : reader.elements("Tags")) {
    const Reader tag(json, reader.errors());
    const std::string key = tag.text("Key");
    if (!tag.has("Value")) {
      reader.errors().add(validation_error("The Tag Value provided is invalid, Value: null"));
    }
    if (!tags.emplace(key, tag.text("Value")).second) {
      reader.errors().add(
          validation_error("Duplicate Tag Keys provided as input: Duplicate Tag Key found " + key));
    }
  }
  return tags;
}

std::string encode(const TagResourceRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.member("ResourceArn", request.arn);
  write_tags(json, request.tags);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const UntagResourceRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.member("ResourceArn", request.arn);
  json.key("TagKeys");
  json.begin_array();
  for (const auto& key : request.keys) json.value(key);
  json.end_array();
  json.end_object();
  return std::move(json).text();
}

std::string encode(const ListTagsOfResourceRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.member("ResourceArn", request.arn);
  if (!request.next_token.empty()) json.member("NextToken", request.next_token);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const ListTagsOfResourceResult& result) {
  JsonWriter json;
  json.begin_object();
  write_tags(json, result.tags);
  if (!result.next_token.empty()) json.member("NextToken", result.next_token);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const EmptyResult&) { return {}; }

std::string encode(const UpdateContinuousBackupsRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.member("TableName", request.table);
  json.key("PointInTimeRecoverySpecification");
  json.begin_object();
  json.member("PointInTimeRecoveryEnabled", request.point_in_time_recovery);
  if (request.recovery_period_days)
    json.member("RecoveryPeriodInDays", std::uint64_t{*request.recovery_period_days});
  json.end_object();
  json.end_object();
  return std::move(json).text();
}

std::string encode(const ContinuousBackups& backups) {
  JsonWriter json;
  json.begin_object();
  json.key("ContinuousBackupsDescription");
  json.begin_object();
  json.member("ContinuousBackupsStatus", "ENABLED");  // DynamoDB: of every table
  json.key("PointInTimeRecoveryDescription");
  json.begin_object();
  json.member("PointInTimeRecoveryStatus", backups.point_in_time_recovery ? "ENABLED" : "DISABLED");
  if (backups.point_in_time_recovery)
    json.member("RecoveryPeriodInDays", std::uint64_t{backups.recovery_period_days});
  if (backups.earliest) write_time(json, "EarliestRestorableDateTime", *backups.earliest);
  if (backups.latest) write_time(json, "LatestRestorableDateTime", *backups.latest);
  json.end_object();
  json.end_object();
  json.end_object();
  return std::move(json).text();
}

template <>
Result<TagResourceRequest> decode(std::string_view json) {
  return decode_root<TagResourceRequest>(json, [](const Reader& reader) {
    TagResourceRequest request{.arn = read_arn(reader)};
    refuse_null(reader, "Tags", "tags");
    request.tags = read_tags(reader);
    return request;
  });
}
template <>
Result<UntagResourceRequest> decode(std::string_view json) {
  return decode_root<UntagResourceRequest>(json, [](const Reader& reader) {
    UntagResourceRequest request{.arn = read_arn(reader)};
    refuse_null(reader, "TagKeys", "tagKeys");
    request.keys = reader.texts("TagKeys");
    return request;
  });
}
template <>
Result<ListTagsOfResourceRequest> decode(std::string_view json) {
  return decode_root<ListTagsOfResourceRequest>(json, [](const Reader& reader) {
    return ListTagsOfResourceRequest{read_arn(reader), reader.text("NextToken")};
  });
}
template <>
Result<ListTagsOfResourceResult> decode(std::string_view json) {
  return decode_root<ListTagsOfResourceResult>(json, [](const Reader& reader) {
    return ListTagsOfResourceResult{read_tags(reader), reader.text("NextToken")};
  });
}
template <>
Result<EmptyResult> decode(std::string_view) {
  return EmptyResult{};  // AWS's answer has no body
}
template <>
Result<UpdateContinuousBackupsRequest> decode(std::string_view json) {
  return decode_root<UpdateContinuousBackupsRequest>(json, [](const Reader& reader) {
    UpdateContinuousBackupsRequest request{.table = read_table_name(reader)};
    refuse_null(reader, "PointInTimeRecoverySpecification", "pointInTimeRecoverySpecification");
    const Reader recovery = reader.object("PointInTimeRecoverySpecification");
    refuse_null(recovery, "PointInTimeRecoveryEnabled",
                "pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled");
    request.point_in_time_recovery = recovery.boolean("PointInTimeRecoveryEnabled");
    request.recovery_period_days = recovery.limited(
        "RecoveryPeriodInDays", "pointInTimeRecoverySpecification.recoveryPeriodInDays", 1);
    return request;
  });
}
template <>
Result<ContinuousBackups> decode(std::string_view json) {
  return decode_root<ContinuousBackups>(json, [](const Reader& reader) {
    const Reader recovery =
        reader.object("ContinuousBackupsDescription").object("PointInTimeRecoveryDescription");
    ContinuousBackups backups;
    backups.point_in_time_recovery = recovery.text("PointInTimeRecoveryStatus") == "ENABLED";
    if (const auto days = recovery.limited("RecoveryPeriodInDays", "recoveryPeriodInDays", 1))
      backups.recovery_period_days = *days;
    backups.earliest = read_time(recovery, "EarliestRestorableDateTime");
    backups.latest = read_time(recovery, "LatestRestorableDateTime");
    return backups;
  });
}

}  // namespace dynamodb::wire
