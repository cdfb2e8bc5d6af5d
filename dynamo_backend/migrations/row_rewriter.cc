#include "dynamo_backend/migrations/row_rewriter.h"

#include <algorithm>
#include <set>

#include "dynamo_backend/expiry.h"
#include "dynamo_backend/migrations/row_claims.h"
#include "dynamo_backend/migrations/table_change.h"
#include "dynamo_backend/row_actions.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search_version.h"
#include "dynamo_backend/unique.h"

namespace dynamo_backend::migrations {
namespace {

using dynamodb::Path;

// DynamoDB takes 300 operators in an expression; a row of more attributes is guarded by its version
// and by what is changed.
constexpr std::size_t kMostGuards = 100;

bool same(const std::optional<dynamodb::ValueView>& a,
          const std::optional<dynamodb::ValueView>& b) {
  return a.has_value() == b.has_value() && (!a || *a == *b);
}

}  // namespace

struct RowRewriter::Change {
  std::map<std::string, std::optional<Value>, std::less<>> values{};
  dynamodb::PackedItem after{};
};

RowRewriter::RowRewriter(const RunControl& control, RewriteOptions options)
    : control_(control), options_(std::move(options)) {
  const auto d = describe_table(control, options_.table);
  if (!d) throw MigrationError("Table " + control.connection().table(options_.table) + " is gone.");
  for (const auto& i : d->global_indexes) indexes_.push_back(i.definition);
  for (const auto& i : d->local_indexes) indexes_.push_back(i.definition);
}

Visit RowRewriter::visit(dynamodb::ItemView row) const {
  const Change first = change_of(row);
  if (first.values.empty()) return Visit::unchanged;
  auto now = write(row, first);
  for (int attempt = 1; now; ++attempt) {
    if (now->view().empty()) return Visit::unchanged;  // deleted meanwhile
    const Change again = change_of(now->view());
    if (again.values.empty()) return Visit::unchanged;
    if (attempt > 2) control_.connection().back_off(attempt);
    now = write(now->view(), again);
  }
  return Visit::written;
}

RowRewriter::Change RowRewriter::change_of(dynamodb::ItemView row) const {
  MigrationRow changed(row);
  try {
    options_.change(changed);
  } catch (const std::exception& error) {
    throw MigrationError(control_.connection().table(options_.table) + ", row " + show_key(row) +
                         ": " + error.what());
  }
  Change change{.values = changed.changes()};
  if (change.values.empty()) return change;
  for (const std::string& key : {options_.partition, options_.sort}) {
    if (change.values.count(key) > 0)
      throw MigrationError(control_.connection().table(options_.table) + ", row " + show_key(row) +
                           ": a migration cannot change the key of a row ('" + key + "').");
  }
  if (!options_.version.empty() && change.values.count(options_.version) == 0) {
    const auto version = row.find(options_.version);
    const bool counts = version && version->type() == dynamodb::Type::N;
    change.values[options_.version] =
        counts
            ? *dynamodb::add(dynamodb::unpack(*version).as<dynamodb::Number>(), dynamodb::Number(1))
            : dynamodb::Number(1);
  }
  dynamodb::Item after = dynamodb::unpack(row);
  for (const auto& [name, value] : change.values) {
    if (value)
      after.insert_or_assign(name, *value);
    else
      after.erase(name);
  }
  // As large as the one that write() raises.
  if (options_.compiled)
    start_search_version(*options_.compiled, control_.connection().now(), after);
  change.after = dynamodb::PackedItem(after);
  return change;
}

std::optional<dynamodb::PackedItem> RowRewriter::write(dynamodb::ItemView row,
                                                       const Change& change) const {
  const Connection& connection = control_.connection();
  dynamodb::UpdateItemRequest request{
      .table = connection.table(options_.table),
      .key = key_of(row),
      .condition = dynamodb::attribute_exists(Path(options_.partition)),
      .return_old_on_condition_failure = true};
  std::set<std::string, std::less<>> guarded{"", options_.partition, options_.sort};
  const auto guard = [&](std::string_view name) {
    if (guarded.emplace(name).second) request.condition = request.condition && unchanged(name, row);
  };
  for (const auto& [name, value] : change.values) {
    if (value)
      request.update.set.push_back({name, {*value}});
    else
      request.update.remove.emplace_back(name);
    guard(name);
  }
  if (options_.model) {  // what claims are made of
    for (const UniqueState& unique : options_.model->unique)
      for (const std::string& field : unique.fields) guard(field);
    guard(options_.model->ttl);
  }
  if (options_.compiled) raise_search_version(*options_.compiled, connection.now(), request.update);
  if (options_.reads_whole_row && row.size() <= kMostGuards) {
    for (const auto& [name, value] : row) guard(name);
  }

  std::vector<dynamodb::TransactWriteAction> claims;
  const auto has_values = [&](dynamodb::ItemView of) {
    return !has_expired(options_.model->ttl, of, connection.now());
  };
  if (options_.model && (has_values(row) || has_values(change.after.view()))) {
    const auto claims_in = [&](dynamodb::ItemView of) {
      return claims_of(*options_.compiled, *options_.model, of);
    };
    const std::string owner = claim_owner(*options_.compiled, request.key);
    const auto before = has_values(row) ? claims_in(row) : std::vector<Claim>();
    const auto after = claims_in(change.after.view());
    const auto find = [](const std::vector<Claim>& in, const Claim& claim) {
      return std::find_if(in.begin(), in.end(), [&](const Claim& c) { return c.key == claim.key; });
    };
    for (const Claim& c : after) {
      const auto had = find(before, c);
      if (had == before.end() || had->expires != c.expires)  // a claim goes when its row does
        claims.emplace_back(claim_put(connection, c, owner));
    }
    for (const Claim& c : before)
      if (find(after, c) == after.end()) claims.emplace_back(claim_delete(connection, c, owner));
  }

  double most = units(row, change.after.view());
  std::optional<dynamodb::Error> error;
  if (claims.empty()) {
    const auto result = control_.call({.write = most}, false,
                                      [&] { return control_.client().update_item(request); });
    if (!result) error = result.error();
  } else {
    most = 2 * (most + 2 * static_cast<double>(claims.size()));
    claims.insert(claims.begin(), request);
    const auto result = control_.call({.write = most}, false, [&] {
      return control_.client().transact_write_items({.actions = claims});
    });
    if (!result) error = result.error();
  }
  if (!error) return std::nullopt;
  const bool row_differs =
      error->code == dynamodb::ErrorCode::conditional_check_failed || condition_failed(*error, 0);
  if (!row_differs) {
    bool taken = false;
    for (std::size_t i = 1; i < error->reasons.size(); ++i) taken |= condition_failed(*error, i);
    if (taken)
      throw MigrationError(request.table + ", row " + show_key(row) +
                           ": another row has the unique value that the migration gives to it.");
    throw DatabaseError(*error, "Row " + show_key(row) + " of " + request.table);
  }
  if (error->item) return std::move(error->item);
  if (!error->reasons.empty() && error->reasons[0].item) return std::move(error->reasons[0].item);
  // Gone, or a database that does not send the row along: some versions of DynamoDB Local.
  auto now = control_.call({.read = 100}, true, [&] {
    return control_.client().get_item(
        {.table = request.table, .key = request.key, .consistent_read = true});
  });
  if (!now) throw DatabaseError(now.error(), "GetItem");
  return now->item ? std::move(*now->item) : dynamodb::PackedItem();
}

// DynamoDB: a write takes a unit for each KB of the larger of the two rows; an index whose entry
// changes as much again, twice where its key changes.
double RowRewriter::units(dynamodb::ItemView before, dynamodb::ItemView after) const {
  const double row = write_units(std::max(dynamodb::item_size(before), dynamodb::item_size(after)));
  double most = row;
  for (const auto& index : indexes_) {
    bool key_changes = false, in_it_before = true, in_it_after = true;
    index.key.for_each([&](const dynamodb::KeyAttribute& k, bool) {
      const auto old_value = before.find(k.name), new_value = after.find(k.name);
      key_changes = key_changes || !same(old_value, new_value);
      in_it_before = in_it_before && old_value.has_value();
      in_it_after = in_it_after && new_value.has_value();
    });
    if (!in_it_before && !in_it_after) continue;
    most += key_changes ? 2 * row : row;
  }
  return most;
}

dynamodb::Item RowRewriter::key_of(dynamodb::ItemView row) const {
  dynamodb::Item key;
  for (const std::string& name : {options_.partition, options_.sort}) {
    if (name.empty()) continue;
    if (const auto value = row.find(name)) key.emplace(name, dynamodb::unpack(*value));
  }
  return key;
}

std::string RowRewriter::show_key(dynamodb::ItemView row) const {
  std::string text;
  for (const auto& [name, value] : key_of(row)) {
    text += text.empty() ? "" : ", ";
    if (const auto* s = value.get_if<std::string>())
      text += *s;
    else if (const auto* n = value.get_if<dynamodb::Number>())
      text += n->text();
    else
      text += name;
  }
  return text;
}

}  // namespace dynamo_backend::migrations
