// Any table, with or without a model: a Query or Scan put together from a form, with its plan and
// price before it runs; items as DynamoDB's typed JSON, which loses nothing.
// Thread safety: functions of their arguments.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "admin/ledger.h"
#include "dynamodb/client.h"

namespace admin {

struct TableForm {
  std::string index{};      // empty: the table itself
  std::string partition{};  // empty: a Scan
  std::string sort_op{};    // "=", "<", "<=", ">", ">=", "begins_with", "between"
  std::string sort{}, sort_high{};
  std::string filter{};     // an attribute; empty: none
  std::string filter_op{};  // "=", "<>", "<", …, "begins_with", "contains", "exists", "not_exists"
  std::string filter_type = "S", filter_value{};
  bool backwards = false, consistent = false;
  std::uint32_t limit = 25;  // 1 to 100
  std::string start{};       // where to go on: a packed key in base64url
};

struct TablePlan {
  bool is_scan = false;
  dynamodb::QueryRequest query{};
  dynamodb::ScanRequest scan{};
  std::string text{};    // "Query on index feed: feed = :v0 …"
  Cost least{}, most{};  // of a page, of everything
};
// Throws FieldError for an index that there is not, and values that do not fit.
TablePlan plan_table(const dynamodb::TableDescription& table, const TableForm& form);

struct TablePage {
  std::vector<dynamodb::PackedItem> items{};
  std::string next{};  // empty: this was the end
  std::uint64_t scanned = 0;
};
TablePage run_table(dynamodb::Client& client, const TablePlan& plan);  // throws DatabaseError

std::string key_url(const dynamodb::KeySchema& schema, dynamodb::ItemView item);
// nullopt: no key of this table.
std::optional<dynamodb::Item> table_key(const dynamodb::KeySchema& schema, std::string_view text);

// {"pk": {"S": "…"}}, a member a line.
std::string item_text(dynamodb::ItemView item);
dynamodb::Item item_of_text(std::string_view text);  // throws FieldError

enum class ItemWrite : std::uint8_t { written, conflict };
// Writes the attributes that differ from `base` (absent: the whole item, where there is none), on
// condition that these are still as in `base`: what others changed besides stays.
ItemWrite write_item_over(dynamodb::Client& client, const dynamodb::TableDescription& table,
                          const std::optional<dynamodb::Item>& base, const dynamodb::Item& item);
// Deletes the item where it is `base`, which a read before tells. What changes after the read is
// noticed in the first 150 attributes of `base`: a condition takes no more.
ItemWrite delete_item_as(dynamodb::Client& client, const dynamodb::TableDescription& table,
                         const dynamodb::Item& base);

}  // namespace admin
