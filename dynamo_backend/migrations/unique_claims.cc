#include "dynamo_backend/migrations/unique_claims.h"

#include <algorithm>

#include "dynamo_backend/row_commit.h"
#include "dynamo_backend/rows.h"

namespace dynamo_backend::migrations {
namespace {

using dynamodb::Path;

constexpr std::size_t kMostShown = 10;

std::string escape(std::string_view name) {
  std::string out;
  for (char c : name) out += c == '#' ? "%23" : c == '%' ? "%25" : std::string(1, c);
  return out;
}

// What claim_owner() made of a part of a key.
std::string unescape(std::string text) {
  const auto replace = [&text](std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  };
  replace("%2F", "/");
  replace("%25", "%");
  return text;
}

bool of_set(const Claim& claim, const UniqueState& unique) {
  return attribute_names(*claim.unique) == unique.fields;
}

std::string show(const dynamodb::Item& key) {
  std::string text;
  for (const auto& [name, value] : key) {
    text += text.empty() ? "" : ", ";
    if (const auto* s = value.get_if<std::string>()) text += *s;
    if (const auto* n = value.get_if<dynamodb::Number>()) text += n->text();
  }
  return text;
}

}  // namespace

std::vector<std::string> claim_prefixes(const std::string& table) { return {table + "#"}; }

std::vector<std::string> claim_prefixes(const std::string& table,
                                        const std::vector<std::string>& fields) {
  std::string set = table + "#%set" + std::to_string(fields.size()) + "#";
  for (const std::string& f : fields) set += escape(f) + "#";
  std::vector<std::string> prefixes{set};
  if (fields.size() == 1) prefixes.push_back(table + "#" + escape(fields[0]) + "#");
  return prefixes;
}

std::vector<Claim> UniqueClaims::claims(dynamodb::ItemView row) const {
  auto all = claims_of(compiled_, row);
  std::erase_if(all, [&](const Claim& c) { return !of_set(c, unique_); });
  return all;
}

Visit UniqueClaims::claim(dynamodb::ItemView row) {
  dynamodb::PackedItem now(dynamodb::unpack(row));
  const dynamodb::Item key = key_of(compiled_, row);
  const std::string owner = claim_owner(compiled_, key);
  for (int attempt = 1;; ++attempt) {
    const auto wanted = claims(now.view());
    if (wanted.empty()) return Visit::unchanged;
    if (const auto there = get(std::string(kClaimsTable), {{"pk", Value(wanted[0].key)}})) {
      const auto has = there->view().find("owner");
      if (has && has->type() == dynamodb::Type::S && has->text() == owner) return Visit::unchanged;
    }
    const Put result = put(wanted[0], now.view(), owner);
    if (result == Put::done) return Visit::written;
    if (result == Put::row_changed) {
      auto again = get(model_.table, key);
      if (!again) return Visit::unchanged;  // deleted meanwhile
      now = *std::move(again);
    } else if (const std::string other = true_owner(wanted[0].key); !other.empty()) {
      const std::lock_guard lock(mutex_);
      std::string fields;
      for (const std::string& f : unique_.fields) fields += (fields.empty() ? "" : ", ") + f;
      if (duplicates_.size() < kMostShown)
        duplicates_.push_back(model_.name + " " + show(key) + " has the " + fields + " of " +
                              model_.name + " " + other);
      return Visit::refused;
    }
    if (attempt > 2) control_.connection().back_off(attempt);
  }
}

std::vector<std::string> UniqueClaims::duplicates() const {
  const std::lock_guard lock(mutex_);
  return duplicates_;
}

dynamodb::Condition UniqueClaims::unchanged_fields(dynamodb::ItemView row) const {
  dynamodb::Condition condition = dynamodb::attribute_exists(Path(model_.partition));
  for (const std::string& f : unique_.fields) {
    const auto stored = row.find(f);
    condition = condition && (stored ? dynamodb::equal(Path(f), dynamodb::unpack(*stored))
                                     : dynamodb::attribute_not_exists(Path(f)));
  }
  if (compiled_.ttl) condition = condition && unchanged(*compiled_.ttl, row);
  return condition;
}

UniqueClaims::Put UniqueClaims::put(const Claim& claim, dynamodb::ItemView row,
                                    const std::string& owner) const {
  const Connection& connection = control_.connection();
  dynamodb::TransactWriteItemsRequest request;
  request.actions.emplace_back(dynamodb::ConditionCheck{.table = connection.table(model_.table),
                                                        .key = key_of(compiled_, row),
                                                        .condition = unchanged_fields(row)});
  request.actions.emplace_back(claim_put(connection, claim, owner));
  const double most = 2 * (write_units(dynamodb::item_size(row)) + 2);
  const auto result = control_.call(
      {.write = most}, false, [&] { return control_.client().transact_write_items(request); });
  if (result) return Put::done;
  const auto failed = [&](std::size_t i) {
    const auto& reasons = result.error().reasons;
    return i < reasons.size() && reasons[i].code == "ConditionalCheckFailed";
  };
  if (failed(0)) return Put::row_changed;
  if (failed(1)) return Put::taken;
  throw DatabaseError(result.error(), "TransactWriteItems of unique values");
}

Visit UniqueClaims::sweep(dynamodb::ItemView claim) {
  const std::string key(claim.find("pk")->text());
  return true_owner(key).empty() ? Visit::written : Visit::unchanged;
}

std::string UniqueClaims::true_owner(const std::string& claim_key) const {
  const Connection& connection = control_.connection();
  const auto stored = get(std::string(kClaimsTable), {{"pk", Value(claim_key)}});
  if (!stored) return {};  // given up meanwhile
  const auto owner_value = stored->view().find("owner");
  const std::string owner = owner_value ? std::string(owner_value->text()) : "";
  const auto key = key_from(owner);
  if (!key) return owner.empty() ? "unknown" : owner;
  const auto row = get(model_.table, *key);
  if (row) {
    const auto has = claims(row->view());
    if (std::any_of(has.begin(), has.end(), [&](const Claim& c) { return c.key == claim_key; }))
      return owner;
  }
  // Stale: away with it, as long as the row stays so.
  dynamodb::TransactWriteItemsRequest request;
  request.actions.emplace_back(dynamodb::ConditionCheck{
      .table = connection.table(model_.table),
      .key = *key,
      .condition = row ? unchanged_fields(row->view())
                       : dynamodb::attribute_not_exists(Path(model_.partition))});
  request.actions.emplace_back(
      dynamodb::DeleteItemRequest{.table = connection.table(kClaimsTable),
                                  .key = {{"pk", Value(claim_key)}},
                                  .condition = dynamodb::equal(Path("owner"), Value(owner))});
  const double most = 2 * (2 + (row ? write_units(dynamodb::item_size(row->view())) : 1));
  const auto result = control_.call(
      {.write = most}, false, [&] { return control_.client().transact_write_items(request); });
  if (!result && result.error().code != dynamodb::ErrorCode::transaction_canceled)
    throw DatabaseError(result.error(), "TransactWriteItems of unique values");
  return {};  // whoever has it by now: look again
}

std::optional<dynamodb::PackedItem> UniqueClaims::get(const std::string& table,
                                                      const dynamodb::Item& key) const {
  auto result = control_.call({.read = 1}, true, [&] {
    return control_.client().get_item(
        {.table = control_.connection().table(table), .key = key, .consistent_read = true});
  });
  if (!result) throw DatabaseError(result.error(), "GetItem");
  return std::move(result->item);
}

std::optional<dynamodb::Item> UniqueClaims::key_from(const std::string& owner) const {
  dynamodb::Item key;
  const auto add = [&](const std::string& name, const std::string& text) {
    const FieldState* field = model_.find_field(name);
    const auto type = field ? field->shape().stored() : std::nullopt;
    if (type == dynamodb::Type::S) {
      key.emplace(name, Value(text));
      return true;
    }
    const auto number = type == dynamodb::Type::N ? dynamodb::Number::parse(text) : std::nullopt;
    if (number) key.emplace(name, Value(*number));
    return number.has_value();
  };
  if (model_.sort.empty()) return add(model_.partition, owner) ? std::optional(key) : std::nullopt;
  const auto slash = owner.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const bool whole = add(model_.partition, unescape(owner.substr(0, slash))) &&
                     add(model_.sort, owner.substr(slash + 1));
  return whole ? std::optional(key) : std::nullopt;
}

}  // namespace dynamo_backend::migrations
