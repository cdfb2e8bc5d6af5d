// Tags and continuous backups as JSON.
#include "dynamodb/arn.h"
#include "dynamodb/wire_shapes.h"
#include "dynamodb/wire_tables.h"

namespace dynamodb::wire {
namespace {

using base::JsonWriter;

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
    if (!tag.has("Key"))
      reader.errors().add(validation_error("The Tag Key provided is invalid, Key: null"));
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
  return decode_request<TagResourceRequest>(
      json, Operation::tag_resource, [](const Reader& reader) {
        return TagResourceRequest{reader.text("ResourceArn"), read_tags(reader)};
      });
}
template <>
Result<UntagResourceRequest> decode(std::string_view json) {
  return decode_request<UntagResourceRequest>(
      json, Operation::untag_resource, [](const Reader& reader) {
        return UntagResourceRequest{reader.text("ResourceArn"), reader.texts("TagKeys")};
      });
}
template <>
Result<ListTagsOfResourceRequest> decode(std::string_view json) {
  return decode_request<ListTagsOfResourceRequest>(
      json, Operation::list_tags_of_resource, [](const Reader& reader) {
        return ListTagsOfResourceRequest{reader.text("ResourceArn"), reader.text("NextToken")};
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
  return decode_request<UpdateContinuousBackupsRequest>(
      json, Operation::update_continuous_backups, [](const Reader& reader) {
        UpdateContinuousBackupsRequest request{.table = read_table_name(reader)};
        const Reader recovery = reader.object("PointInTimeRecoverySpecification");
        request.point_in_time_recovery = recovery.boolean("PointInTimeRecoveryEnabled");
        if (const auto days = recovery.integer("RecoveryPeriodInDays"))
          request.recovery_period_days = static_cast<std::uint32_t>(*days);
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
