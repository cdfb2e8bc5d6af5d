// Rules of tags and of point-in-time recovery, without storage.
#pragma once
#include <optional>
#include <string>

#include "dynamodb/local/catalog.h"
#include "dynamodb/requests.h"

namespace dynamodb::local {

// ---- tags
// The table that an ARN names; a validation error where it names none. DynamoDB: indexes have ARNs
// but no tags.
Result<std::string> tagged_table(const std::string& arn);
// Whether an ARN is of this database, not of some region and account of AWS's.
bool is_local_arn(std::string_view arn);
// DynamoDB: ten at a time. The token is a page's last key.
ListTagsOfResourceResult page_of_tags(const Tags& tags, const std::string& next_token);
std::optional<Error> check_tag_request(const TagResourceRequest& request);
std::optional<Error> check_untag_request(const UntagResourceRequest& request);
// DynamoDB: for a table that is not there, listing is denied and changing is "not found".
Error no_access_to_tags(const std::string& arn);
Error tagged_table_not_found(const std::string& arn);

// ---- point-in-time recovery: told as AWS does, but nothing can be restored
std::optional<Error> check_backups_request(const UpdateContinuousBackupsRequest& request);
TableState with_backups(TableState table, const UpdateContinuousBackupsRequest& request,
                        base::Timestamp now);
ContinuousBackups describe_backups(const TableState& table, base::Timestamp now);
Error backup_table_not_found(const std::string& table);

}  // namespace dynamodb::local
