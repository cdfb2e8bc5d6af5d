#include "dynamo_backend/migrations/row_claims.h"

#include <algorithm>

namespace dynamo_backend::migrations {
namespace {

std::optional<Value> end_of(const ModelState& model, dynamodb::ItemView row) {
  const auto at = model.ttl.empty() ? std::nullopt : row.find(model.ttl);
  if (!at || at->type() != dynamodb::Type::N) return std::nullopt;
  return dynamodb::unpack(*at);
}

}  // namespace

std::vector<Claim> claims_of(const ModelInfo& compiled, const ModelState& model,
                             dynamodb::ItemView row) {
  auto claims = dynamo_backend::claims_of(compiled, row);
  std::erase_if(claims, [&](const Claim& c) {
    const UniqueState set{attribute_names(*c.unique), c.unique->fold_case};
    return std::find(model.unique.begin(), model.unique.end(), set) == model.unique.end();
  });
  for (Claim& c : claims) {
    c.expires = end_of(model, row);
    c.may_expire = !model.ttl.empty();
  }
  return claims;
}

bool has_expired(const ModelState& model, dynamodb::ItemView row, base::Timestamp now) {
  const auto end = end_of(model, row);
  return end && end->as<dynamodb::Number>() <= codec::encode_epoch(now).as<dynamodb::Number>();
}

dynamodb::Condition as_read(dynamodb::ItemView row, std::string_view attribute) {
  const auto stored = row.find(attribute);
  return stored ? dynamodb::equal(dynamodb::Path(attribute), dynamodb::unpack(*stored))
                : dynamodb::attribute_not_exists(dynamodb::Path(attribute));
}

}  // namespace dynamo_backend::migrations
