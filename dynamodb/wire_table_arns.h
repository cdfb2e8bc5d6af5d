// TableArns: the tables that a request names by their ARN, so that its answer does so too.
//
// DynamoDB: ConsumedCapacity.TableName "will be the ARN" where the request gave it (API reference),
// and so are the keys of Responses, UnprocessedKeys, UnprocessedItems and ItemCollectionMetrics.
// Requests and results in memory hold names only. Thread safety: functions without state.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/requests.h"

namespace dynamodb::wire {

using TableArns = std::map<std::string, std::string>;  // by name

// Of the body of a request on items. Nearly all name none, and are not parsed for it.
TableArns decode_table_arns(std::string_view request_json);

// ---- what puts them into a result
void put_arns(const TableArns& arns, ConsumedCapacity& consumed);
void put_arns(const TableArns& arns, std::vector<ConsumedCapacity>& consumed);

template <class T>
void put_arns(const TableArns& arns, std::map<std::string, T>& by_table) {
  for (const auto& [name, arn] : arns) {
    auto entry = by_table.extract(name);
    if (entry.empty()) continue;
    entry.key() = arn;
    by_table.insert(std::move(entry));
  }
}

template <class Result>
void put_arns(const TableArns& arns, Result& result) {
  if (arns.empty()) return;
  if constexpr (requires { result.consumed; }) put_arns(arns, result.consumed);
  if constexpr (requires { result.unprocessed; }) put_arns(arns, result.unprocessed);
  if constexpr (requires { result.collections; }) put_arns(arns, result.collections);
  if constexpr (std::is_same_v<Result, BatchGetItemResult>) put_arns(arns, result.items);
}

}  // namespace dynamodb::wire
