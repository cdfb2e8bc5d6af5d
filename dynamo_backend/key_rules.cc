#include "dynamo_backend/key_rules.h"

#include "base/base64.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {

bool may_exist(const ModelInfo& model, const dynamodb::Item& key) {
  for (const auto& [name, value] : key) {
    const auto* text = value.get_if<std::string>();
    const auto* binary = value.get_if<Binary>();
    if (!text && !binary) continue;
    const std::size_t size = text ? text->size() : binary->bytes.size();
    const std::size_t most = name == model.partition->attribute ? dynamodb::kMaxPartitionKeySize
                                                                : dynamodb::kMaxSortKeySize;
    if (size == 0 || size > most) return false;
  }
  return true;
}

std::string text_of_key_value(const Value& value) {
  if (const auto* text = value.get_if<std::string>()) return *text;
  if (const auto* number = value.get_if<dynamodb::Number>()) return number->text();
  return base::base64_encode(value.as<Binary>().bytes);
}

}  // namespace dynamo_backend
