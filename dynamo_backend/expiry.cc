#include "dynamo_backend/expiry.h"

#include "dynamo_backend/exceptions.h"

namespace dynamo_backend {

bool has_expired(const ModelInfo& model, dynamodb::ItemView item, base::Timestamp now) {
  return model.ttl && has_expired(model.ttl->attribute, item, now);
}

std::optional<Value> end_of(std::string_view attribute, dynamodb::ItemView item) {
  const auto at = item.find(attribute);
  if (!at || at->type() != dynamodb::Type::N) return std::nullopt;
  return dynamodb::unpack(*at);
}

bool has_expired(std::string_view attribute, dynamodb::ItemView item, base::Timestamp now) {
  const auto at = item.find(attribute);
  return at && at->type() == dynamodb::Type::N &&
         dynamodb::Number::from_canonical(at->text()) <=
             codec::encode_epoch(now).as<dynamodb::Number>();
}

dynamodb::Condition expired(std::string_view attribute, base::Timestamp now) {
  return dynamodb::compare(dynamodb::ConditionOp::less_equal, dynamodb::Path(attribute),
                           codec::encode_epoch(now));
}

Predicate not_expired(const ModelInfo& model, base::Timestamp now) {
  Value seconds = codec::encode_epoch(now);
  Predicate p{.type = Predicate::Type::leaf, .op = Op::le, .negated = true, .field = model.ttl};
  p.packed.push_back(dynamodb::pack_value(seconds));
  p.values.push_back(std::move(seconds));
  p.implicit = true;
  return p;
}

void ensure_time_to_live(const Connection& connection, const std::string& table,
                         std::string_view attribute) {
  const auto found = take(connection.client().describe_time_to_live(table), "DescribeTimeToLive");
  if (found.attribute == attribute) return;
  if (!found.attribute.empty())
    throw ImproperlyConfigured("Table " + table + " has its time to live on '" + found.attribute +
                               "'; the model's TTLField is '" + std::string(attribute) +
                               "'. Switch the table's off, or give the field that attribute.");
  const auto done = connection.client().update_time_to_live(
      {table, {.attribute = std::string(attribute), .enabled = true}});
  if (done) return;
  // Another process may have done it at this moment.
  const auto now = connection.client().describe_time_to_live(table);
  if (!now || now->attribute != attribute) throw DatabaseError(done.error(), "UpdateTimeToLive");
}

}  // namespace dynamo_backend
