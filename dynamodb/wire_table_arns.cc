#include "dynamodb/wire_table_arns.h"

#include "dynamodb/arn.h"
#include "dynamodb/wire_json.h"

namespace dynamodb::wire {
namespace {

constexpr std::string_view kActions[] = {"Get", "Put", "Update", "Delete", "ConditionCheck"};

void add(TableArns& arns, std::string_view name_or_arn) {
  const std::string_view name = table_name_of(name_or_arn);
  if (name != name_or_arn) arns.emplace(name, name_or_arn);
}

}  // namespace

TableArns decode_table_arns(std::string_view request_json) {
  TableArns arns;
  if (request_json.find("\"arn:") == std::string_view::npos) return arns;
  Errors errors;  // what is wrong with the request, its own decoding tells
  const JsonDocument document(request_json, errors);
  if (errors.first) return arns;
  const Reader request(document.root(), errors);
  add(arns, request.text("TableName"));
  for (const auto& [table, json] : request.members("RequestItems")) add(arns, table);
  for (const JsonElement& json : request.elements("TransactItems")) {
    const Reader item(json, errors);
    for (const std::string_view action : kActions) add(arns, item.object(action).text("TableName"));
  }
  return arns;
}

void put_arns(const TableArns& arns, ConsumedCapacity& consumed) {
  if (const auto arn = arns.find(consumed.table); arn != arns.end()) consumed.table = arn->second;
}

void put_arns(const TableArns& arns, std::vector<ConsumedCapacity>& consumed) {
  for (ConsumedCapacity& of_table : consumed) put_arns(arns, of_table);
}

}  // namespace dynamodb::wire
