#include "admin/table_query.h"

#include <algorithm>
#include <cmath>

#include "admin/values.h"
#include "base/base64.h"
#include "base/json.h"
#include "dynamo_backend/exceptions.h"
#include "dynamodb/expression_printer.h"
#include "dynamodb/wire.h"

namespace admin {
namespace {

using dynamo_backend::FieldError;
using dynamo_backend::take;
using dynamodb::AttributeValue;
using dynamodb::Condition;
using dynamodb::ConditionOp;
using dynamodb::Path;
using dynamodb::TableDescription;
using dynamodb::Type;

AttributeValue value_of(Type type, const std::string& text, const std::string& name) {
  switch (type) {
    case Type::N: {
      const auto number = dynamodb::Number::parse(text);
      if (!number) throw FieldError(name + ": '" + text + "' is no number.");
      return *number;
    }
    case Type::B: {
      const auto bytes = base::base64_decode(text);
      if (!bytes) throw FieldError(name + ": enter the bytes as base64.");
      return dynamodb::Binary{*bytes};
    }
    case Type::BOOL:
      if (text != "true" && text != "false") throw FieldError(name + ": enter true or false.");
      return text == "true";
    case Type::NUL:
      return dynamodb::Null{};
    default:
      return text;
  }
}

std::optional<ConditionOp> comparison(const std::string& op) {
  if (op == "=") return ConditionOp::equal;
  if (op == "<>") return ConditionOp::not_equal;
  if (op == "<") return ConditionOp::less;
  if (op == "<=") return ConditionOp::less_equal;
  if (op == ">") return ConditionOp::greater;
  if (op == ">=") return ConditionOp::greater_equal;
  return std::nullopt;
}

struct Source {
  const dynamodb::KeySchema* key = nullptr;
  double rows = 0, bytes = 0;
};
Source source_of(const TableDescription& table, const std::string& index) {
  if (index.empty())
    return {&table.definition.key, static_cast<double>(table.item_count),
            static_cast<double>(table.size_bytes)};
  for (const auto* list : {&table.global_indexes, &table.local_indexes}) {
    for (const auto& found : *list)
      if (found.definition.name == index)
        return {&found.definition.key, static_cast<double>(found.item_count),
                static_cast<double>(found.size_bytes)};
  }
  throw FieldError("The table has no index '" + index + "'.");
}

Condition sort_condition(const dynamodb::KeyAttribute& key, const TableForm& form) {
  const Path path(key.name);
  const AttributeValue low = value_of(key.type, form.sort, key.name);
  if (form.sort_op == "begins_with") return begins_with(path, low);
  if (form.sort_op == "between")
    return between(path, low, value_of(key.type, form.sort_high, key.name));
  const auto op = comparison(form.sort_op);
  if (!op || *op == ConditionOp::not_equal)
    throw FieldError("A sort key is compared by =, <, <=, >, >=, begins_with or between.");
  return compare(*op, path, low);
}

Condition filter_condition(const TableForm& form) {
  if (form.filter.empty()) return {};
  const Path path(form.filter);
  if (form.filter_op == "exists") return attribute_exists(path);
  if (form.filter_op == "not_exists") return attribute_not_exists(path);
  const auto type = dynamodb::parse_type(form.filter_type);
  if (!type) throw FieldError("'" + form.filter_type + "' is no type of DynamoDB.");
  const AttributeValue value = value_of(*type, form.filter_value, form.filter);
  if (form.filter_op == "begins_with") return begins_with(path, value);
  if (form.filter_op == "contains") return contains(path, value);
  const auto op = comparison(form.filter_op);
  if (!op) throw FieldError("'" + form.filter_op + "' is no operator of a filter.");
  return compare(*op, path, value);
}

std::string with_values(const Condition& condition) {
  dynamodb::ExpressionPrinter printer;
  std::string text = printer.print(condition);
  for (const auto& [name, attribute] : printer.names()) {
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;
         at += attribute.size())
      text.replace(at, name.size(), attribute);
  }
  for (const auto& [name, value] : printer.values()) {
    std::string json;
    dynamodb::wire::append_json(json, value);
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += json.size())
      text.replace(at, name.size(), json);
  }
  return text;
}

// `=` and `AND` are operators, of which a condition may have 300.
constexpr std::size_t kCompared = 150;

// The key attributes of an item.
dynamodb::Item key_in(const dynamodb::KeySchema& schema, const dynamodb::Item& item) {
  dynamodb::Item key;
  const auto add = [&](const dynamodb::KeyAttribute& part) {
    const auto value = item.find(part.name);
    if (value == item.end()) throw FieldError("The item lacks its key '" + part.name + "'.");
    key.insert(*value);
  };
  add(schema.partition);
  if (schema.sort) add(*schema.sort);
  return key;
}

}  // namespace

TablePlan plan_table(const TableDescription& table, const TableForm& form) {
  const Source source = source_of(table, form.index);
  const Condition filter = filter_condition(form);
  const bool global = !form.index.empty() &&
                      std::any_of(table.global_indexes.begin(), table.global_indexes.end(),
                                  [&](const auto& i) { return i.definition.name == form.index; });
  if (form.consistent && global)
    throw FieldError("DynamoDB reads global indexes eventually consistently only.");
  dynamodb::Item start;
  if (!form.start.empty()) {
    const auto bytes = base::base64url_decode(form.start);
    if (!bytes || !dynamodb::is_packed_item(*bytes)) throw FieldError("That page is no more.");
    start = dynamodb::unpack(dynamodb::ItemView(*bytes));
  }
  const std::uint32_t limit = std::clamp<std::uint32_t>(form.limit, 1, 100);
  TablePlan plan{.is_scan = form.partition.empty()};
  const std::string& name = table.definition.name;
  const std::string where = form.index.empty() ? name : "index " + form.index + " of " + name;
  if (plan.is_scan) {
    plan.scan = {.table = name,
                 .index = form.index,
                 .filter = filter,
                 .consistent_read = form.consistent,
                 .limit = limit,
                 .exclusive_start_key = start};
    plan.text = "Scan of " + where;
  } else {
    const auto& partition = source.key->partition;
    Condition key =
        equal(Path(partition.name), value_of(partition.type, form.partition, partition.name));
    if (!form.sort.empty()) {
      if (!source.key->sort) throw FieldError("There is no sort key to compare.");
      key = key && sort_condition(*source.key->sort, form);
    }
    plan.query = {.table = name,
                  .index = form.index,
                  .key_condition = key,
                  .filter = filter,
                  .consistent_read = form.consistent,
                  .forward = !form.backwards,
                  .limit = limit,
                  .exclusive_start_key = start};
    plan.text = "Query on " + where + " where " + with_values(key);
  }
  if (!filter.empty())
    plan.text +=
        "; what is read is filtered by " + with_values(filter) + " (and paid for all the same)";
  plan.text += ". " + std::to_string(limit) + " items are looked at.";
  const double each = source.rows > 0 ? source.bytes / source.rows : 1024;
  const double unit = form.consistent ? 1 : 0.5;
  plan.least = price_of_reading(std::max(unit, each * limit / 4096 * unit));
  plan.most = price_of_reading(std::max(unit, source.bytes / 4096 * unit));
  plan.least.calls = 1;
  plan.most.calls = static_cast<std::size_t>(std::max(1.0, std::ceil(source.rows / limit)));
  return plan;
}

TablePage run_table(dynamodb::Client& client, const TablePlan& plan) {
  auto answer = plan.is_scan ? client.scan(plan.scan) : client.query(plan.query);
  if (!answer && answer.error().code == dynamodb::ErrorCode::validation)
    throw FieldError(answer.error().message);
  const dynamodb::PageResult result = take(std::move(answer), plan.is_scan ? "Scan" : "Query");
  TablePage page{.scanned = result.scanned_count};
  for (std::size_t i = 0; i < result.items.size(); ++i)
    page.items.emplace_back(std::string(result.items.packed(i)));
  if (result.last_evaluated_key)
    page.next = base::base64url_encode(dynamodb::PackedItem(*result.last_evaluated_key).bytes());
  return page;
}

std::string key_url(const dynamodb::KeySchema& schema, dynamodb::ItemView item) {
  dynamodb::Item key;
  const auto add = [&](const dynamodb::KeyAttribute& part) {
    if (const auto value = item.find(part.name)) key.emplace(part.name, dynamodb::unpack(*value));
  };
  add(schema.partition);
  if (schema.sort) add(*schema.sort);
  return base::base64url_encode(dynamodb::PackedItem(key).bytes());
}

std::optional<dynamodb::Item> table_key(const dynamodb::KeySchema& schema, std::string_view text) {
  const auto bytes = base::base64url_decode(text);
  if (!bytes || !dynamodb::is_packed_item(*bytes)) return std::nullopt;
  dynamodb::Item key = dynamodb::unpack(dynamodb::ItemView(*bytes));
  const auto fits = [&](const dynamodb::KeyAttribute& part) {
    const auto at = key.find(part.name);
    return at != key.end() && at->second.type() == part.type;
  };
  const std::size_t parts = schema.sort ? 2 : 1;
  if (key.size() != parts || !fits(schema.partition) || (schema.sort && !fits(*schema.sort)))
    return std::nullopt;
  return key;
}

std::string item_text(dynamodb::ItemView item) {
  std::string text = "{";
  for (const auto& [name, value] : item) {
    std::string member;
    dynamodb::wire::append_json(member, value);
    text +=
        (text.size() > 1 ? ",\n  " : "\n  ") + base::Json(std::string(name)).dump() + ": " + member;
  }
  return text + "\n}";
}

dynamodb::Item item_of_text(std::string_view text) {
  auto item = dynamodb::wire::decode_item(text);
  if (!item) throw FieldError("This is no item: " + item.error().message);
  if (const auto wrong = dynamodb::check_item(*item)) throw FieldError(*wrong);
  return *std::move(item);
}

static ItemWrite outcome(const dynamodb::Result<dynamodb::WriteResult>& result, const char* doing) {
  if (result) return ItemWrite::written;
  if (result.error().code == dynamodb::ErrorCode::conditional_check_failed)
    return ItemWrite::conflict;
  if (result.error().code == dynamodb::ErrorCode::validation)
    throw FieldError(result.error().message);
  throw dynamo_backend::DatabaseError(result.error(), doing);
}

ItemWrite write_item_over(dynamodb::Client& client, const TableDescription& table,
                          const std::optional<dynamodb::Item>& base, const dynamodb::Item& item) {
  const std::string& name_of_table = table.definition.name;
  const Path partition(table.definition.key.partition.name);
  if (!base)
    return outcome(
        client.put_item(
            {.table = name_of_table, .item = item, .condition = attribute_not_exists(partition)}),
        "PutItem");
  dynamodb::UpdateItemRequest request{.table = name_of_table,
                                      .key = key_in(table.definition.key, *base)};
  request.condition = attribute_exists(partition);
  for (const auto& [name, value] : item) {
    const auto before = base->find(name);
    if (before != base->end() && before->second == value) continue;
    request.update.set.push_back({Path(name), dynamodb::SetOperand{value}});
    request.condition =
        request.condition && (before == base->end() ? attribute_not_exists(Path(name))
                                                    : equal(Path(name), before->second));
  }
  for (const auto& [name, value] : *base) {
    if (item.find(name) != item.end()) continue;
    request.update.remove.emplace_back(name);
    request.condition = request.condition && equal(Path(name), value);
  }
  return outcome(client.update_item(std::move(request)), "UpdateItem");
}

ItemWrite delete_item_as(dynamodb::Client& client, const TableDescription& table,
                         const dynamodb::Item& base) {
  const std::string& name = table.definition.name;
  const dynamodb::Item key = key_in(table.definition.key, base);
  const auto stored =
      take(client.get_item({.table = name, .key = key, .consistent_read = true}), "GetItem");
  if (!stored.item || dynamodb::unpack(stored.item->view()) != base) return ItemWrite::conflict;
  Condition same;
  std::size_t compared = 0;
  for (const auto& [attribute, value] : base)
    if (compared++ < kCompared) same = same && equal(Path(attribute), value);
  return outcome(client.delete_item({.table = name, .key = key, .condition = std::move(same)}),
                 "DeleteItem");
}

}  // namespace admin
