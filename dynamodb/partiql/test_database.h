// A database in memory with a table of each kind, and statements run on it with answers as text.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "dynamodb/local/engine.h"
#include "dynamodb/partiql/statements.h"
#include "dynamodb/wire.h"

namespace dynamodb::partiql::testing {

inline std::string text_of(const Error& error) {
  std::string text = std::string(error_name(error.code)) + ": " + error.message;
  for (const CancellationReason& reason : error.reasons)
    text += " {" + reason.code + (reason.message.empty() ? "" : ": " + reason.message) + '}';
  return text;
}

// {"a":{"N":"1"}} as {a:1}: only what tests have in their items.
inline std::string text_of(ValueView value);
inline std::string text_of(ItemView item) {
  std::string text;
  for (const auto& [name, value] : item)
    text += (text.empty() ? "" : ",") + std::string(name) + ':' + text_of(value);
  return '{' + text + '}';
}
inline std::string text_of(ValueView value) {
  std::string text;
  switch (value.type()) {
    case Type::BOOL:
      return value.boolean() ? "true" : "false";
    case Type::NUL:
      return "null";
    case Type::M:
      return text_of(value.map());
    case Type::L:
      for (const ValueView element : value.list())
        text += (text.empty() ? "" : ",") + text_of(element);
      return '[' + text + ']';
    case Type::SS:
    case Type::NS:
    case Type::BS:
      for (const std::string_view member : value.set())
        text += (text.empty() ? "" : ",") + std::string(member);
      return '<' + text + '>';
    default:
      return std::string(value.text());
  }
}
inline std::string text_of(const ItemList& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) text += (i == 0 ? "" : " ") + text_of(items[i]);
  return text;
}

class Database {
 public:
  // table: pk, sk (number); GSI gsi: g, sk, with `extra`; LSI lsi: pk, l, keys only. hash: pk.
  Database() : engine_(local::Engine::open({})) {
    const KeyAttribute pk{"pk", Type::S}, sk{"sk", Type::N};
    engine_
        ->create_table(
            {.name = "table",
             .key = {.partition = pk, .sort = sk},
             .global_indexes = {{.name = "gsi",
                                 .key = {.partition = {"g", Type::S}, .sort = sk},
                                 .projection = ProjectionType::include,
                                 .non_key_attributes = {"extra"}}},
             .local_indexes = {{.name = "lsi",
                                .key = {.partition = pk, .sort = KeyAttribute{"l", Type::N}},
                                .projection = ProjectionType::keys_only}}})
        .value();
    engine_->create_table({.name = "hash", .key = {.partition = pk}}).value();
  }

  Client& client() { return *engine_; }

  void put(Item item, const std::string& table = "table") {
    engine_->put_item({.table = table, .item = std::move(item)}).value();
  }
  // The stored item, "" for none.
  std::string stored(Item key, const std::string& table = "table") {
    const auto got = engine_->get_item({.table = table, .key = std::move(key)}).value();
    return got.item ? text_of(got.item->view()) : "";
  }

  // The items, or the error.
  std::string run(const std::string& statement, std::vector<AttributeValue> parameters = {}) {
    const auto result = execute(statement, std::move(parameters));
    return result ? text_of(result->items) : text_of(result.error());
  }
  Result<ExecuteStatementResult> execute(const std::string& statement,
                                         std::vector<AttributeValue> parameters = {}) {
    return execute_statement(
        *engine_, {.statement = {.statement = statement, .parameters = std::move(parameters)}});
  }

 private:
  std::unique_ptr<local::Engine> engine_;
};

}  // namespace dynamodb::partiql::testing
