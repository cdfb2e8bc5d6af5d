// Statements of PartiQL: parsing, and translation into conditions, updates and items.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "dynamodb/partiql/parser.h"
#include "dynamodb/partiql/plan.h"
#include "dynamodb/partiql/translate.h"

namespace {

using namespace dynamodb;           // NOLINT(google-build-using-namespace): a program's main file
using namespace dynamodb::partiql;  // NOLINT(google-build-using-namespace)

const KeySchema kKey{.partition = {"pk", Type::S}, .sort = KeyAttribute{"sk", Type::N}};

void translate(Translator& translator, const Select& select) {
  translator.columns(select.columns);
  const Condition where = translator.where(select.where);
  if (translator.error()) return;
  if (auto plan = plan_read(kKey, where)) {
    (void)order_reads(kKey, select.order_by, select.where.has_value(), *plan);  // an answer will do
  }
}
void translate(Translator& translator, const Insert& insert) { translator.item(insert.value); }
void translate(Translator& translator, const Update& update) {
  translator.update(update.actions);
  const Condition where = translator.where(update.where);
  if (!translator.error()) split_key(kKey, where);
}
void translate(Translator& translator, const Delete& del) {
  const Condition where = translator.where(del.where);
  if (!translator.error()) split_key(kKey, where);
}
void translate(Translator& translator, const Exists& exists) {
  translate(translator, exists.select);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto statement =
      parse_statement(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!statement) return 0;
  const std::vector<AttributeValue> parameters(statement->parameters, AttributeValue("value"));
  Translator translator(parameters);
  std::visit([&](const auto& body) { translate(translator, body); }, statement->body);
  return 0;
}
