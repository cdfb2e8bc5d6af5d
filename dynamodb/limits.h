// DynamoDB's limits, from the developer guide's "Quotas" unless said.
#pragma once
#include <cstddef>

namespace dynamodb {

inline constexpr std::size_t kMaxItemSize = 400 * 1024;
inline constexpr std::size_t kMaxPageSize = 1024 * 1024;  // Query and Scan: evaluated bytes
inline constexpr std::size_t kMaxBatchGetSize = 16 * 1024 * 1024;
inline constexpr std::size_t kMaxBatchGetKeys = 100;
inline constexpr std::size_t kMaxBatchWrites = 25;
inline constexpr std::size_t kMaxTransactionActions = 100;
inline constexpr std::size_t kMaxTransactionSize = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxPartitionKeySize = 2048;
inline constexpr std::size_t kMaxSortKeySize = 1024;
inline constexpr std::size_t kMaxKeyNameSize = 255;
inline constexpr std::size_t kMaxAttributeNameSize = 65535;
inline constexpr std::size_t kMaxExpressionSize = 4096;
// ExpressionAttributeNames and ExpressionAttributeValues together.
inline constexpr std::size_t kMaxSubstitutionSize = 2 * 1024 * 1024;
inline constexpr std::size_t kMaxExpressionOperators = 300;
inline constexpr std::size_t kMaxInCandidates = 100;
inline constexpr std::size_t kMaxNesting = 32;
inline constexpr std::size_t kMaxGlobalIndexes = 20;
inline constexpr std::size_t kMaxLocalIndexes = 5;
inline constexpr std::size_t kMaxProjectedAttributes = 100;
inline constexpr std::size_t kMaxKeyAttributes =
    4;  // of a GSI's partition key, and of its sort key
inline constexpr std::size_t kMaxTags = 50;
inline constexpr std::size_t kMaxTokenSize = 36;

}  // namespace dynamodb
