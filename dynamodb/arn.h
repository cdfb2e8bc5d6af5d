// ARNs of tables of databases that have no region and no account: DynamoDB Local's.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace dynamodb {

inline constexpr std::string_view kLocalRegion = "ddblocal";
inline constexpr std::string_view kLocalAccount = "000000000000";

// "arn:aws:dynamodb:ddblocal:000000000000:table/posts"
std::string table_arn(std::string_view table);

// What stands after "table/" in a DynamoDB ARN of any region and account: a table's name, or a name
// with "/index/…" or "/stream/…" behind it. nullopt: not such an ARN.
std::optional<std::string_view> resource_of_arn(std::string_view arn);

// DynamoDB: operations take a table's ARN where they take its name. Any other text comes back as it
// is, for the check of names.
std::string_view table_name_of(std::string_view name_or_arn);

}  // namespace dynamodb
