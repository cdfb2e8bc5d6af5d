#include "dynamodb/local/table_extras.h"

#include "dynamodb/arn.h"

namespace dynamodb::local {
namespace {

constexpr char kInvalid[] = "One or more parameter values were invalid: ";

// DynamoDB: what can be restored ends about five minutes ago.
constexpr std::chrono::minutes kRecoveryLag{5};

}  // namespace

Result<std::string> tagged_table(const std::string& arn) {
  if (!arn.starts_with("arn:"))
    return validation_error(kInvalid + ("ARNs must start with 'arn:': " + arn));
  const auto resource = resource_of_arn(arn);
  if (!resource)
    return validation_error(kInvalid + ("Provided Arn is not a DynamoDB resource arn: " + arn));
  if (resource->find('/') != std::string_view::npos) {
    return validation_error(kInvalid +
                            ("Invalid resource arn provided, only table or stream is accepted. "
                             "Provided resource arn: " +
                             arn));
  }
  if (check_table_name(*resource))
    return validation_error("Invalid TableArn: Invalid ResourceArn provided as input " + arn);
  return std::string(*resource);
}

ListTagsOfResourceResult page_of_tags(const Tags& tags, const std::string& next_token) {
  constexpr std::size_t kPage = 10;
  ListTagsOfResourceResult page;
  auto at = next_token.empty() ? tags.begin() : tags.upper_bound(next_token);
  for (; at != tags.end() && page.tags.size() < kPage; ++at) page.tags.insert(*at);
  if (at != tags.end()) page.next_token = page.tags.rbegin()->first;
  return page;
}

bool is_local_arn(std::string_view arn) { return arn == table_arn(table_name_of(arn)); }

std::optional<Error> check_tag_request(const TagResourceRequest& request) {
  if (request.tags.empty())
    return validation_error("Atleast one Tag needs to be provided as Input.");
  if (auto problem = check_tags(request.tags)) return validation_error(*problem);
  return std::nullopt;
}

std::optional<Error> check_untag_request(const UntagResourceRequest& request) {
  if (request.keys.empty())
    return validation_error("Atleast one Tag Key needs to be provided as Input.");
  for (const auto& key : request.keys) {
    if (auto problem = check_tags({{key, ""}})) return validation_error(*problem);
  }
  return std::nullopt;
}

Error no_access_to_tags(const std::string& arn) {
  return {
      ErrorCode::access_denied,
      "User: arn:aws:iam::" + std::string(kLocalAccount) +
          ":user/local is not authorized to perform: dynamodb:ListTagsOfResource on resource: " +
          arn};
}

Error tagged_table_not_found(const std::string& arn) {
  return resource_not_found("Requested resource not found: ResourcArn: " + arn + " not found");
}

std::optional<Error> check_backups_request(const UpdateContinuousBackupsRequest& request) {
  if (auto problem = check_table_name(request.table)) return validation_error(*problem);
  const auto days = request.recovery_period_days;
  if (days && *days >= 1 && *days <= 35 && !request.point_in_time_recovery) {
    return validation_error(
        "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time "
        "recovery.");
  }
  if (!days || (*days >= 1 && *days <= 35)) return std::nullopt;
  return validation_error(
      "1 validation error detected: Value '" + std::to_string(*days) +
      "' at 'pointInTimeRecoverySpecification.recoveryPeriodInDays' failed to satisfy constraint: "
      "Member must have value " +
      (*days < 1 ? "greater than or equal to 1" : "less than or equal to 35"));
}

TableState with_backups(TableState table, const UpdateContinuousBackupsRequest& request,
                        base::Timestamp now) {
  if (!request.point_in_time_recovery) {
    table.recovery_since.reset();
  } else if (!table.recovery_since) {
    table.recovery_since = now;
  }
  table.recovery_period_days = request.recovery_period_days.value_or(
      request.point_in_time_recovery ? table.recovery_period_days : 35);
  return table;
}

ContinuousBackups describe_backups(const TableState& table, base::Timestamp now) {
  ContinuousBackups backups{.point_in_time_recovery = table.recovery_since.has_value(),
                            .recovery_period_days = table.recovery_period_days};
  if (!table.recovery_since) return backups;
  backups.earliest = std::max(*table.recovery_since,
                              now - std::chrono::hours(24) * int(table.recovery_period_days));
  backups.latest = std::max(*backups.earliest, now - kRecoveryLag);
  return backups;
}

Error backup_table_not_found(const std::string& table) {
  return {ErrorCode::table_not_found, "Table not found: " + table};
}

}  // namespace dynamodb::local
