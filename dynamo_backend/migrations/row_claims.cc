#include "dynamo_backend/migrations/row_claims.h"

#include <algorithm>

#include "dynamo_backend/expiry.h"

namespace dynamo_backend::migrations {
std::vector<Claim> claims_of(const ModelInfo& compiled, const ModelState& model,
                             dynamodb::ItemView row) {
  auto claims = dynamo_backend::claims_of(compiled, row);
  std::erase_if(claims, [&](const Claim& c) {
    const UniqueState set{attribute_names(*c.unique), c.unique->fold_case};
    return std::find(model.unique.begin(), model.unique.end(), set) == model.unique.end();
  });
  for (Claim& c : claims) {
    c.expires = end_of(model.ttl, row);
    c.may_expire = !model.ttl.empty();
  }
  return claims;
}

}  // namespace dynamo_backend::migrations
