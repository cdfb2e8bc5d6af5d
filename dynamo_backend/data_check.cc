#include "dynamo_backend/data_check.h"

#include <algorithm>
#include <map>
#include <set>

#include "dynamo_backend/computed.h"
#include "dynamo_backend/data_repair.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/tables.h"

namespace dynamo_backend {
namespace {

using dynamodb::ItemList;
using dynamodb::ItemView;
using dynamodb::PackedItem;
using State = DataProblem::State;

std::string packed_key(const ModelInfo& model, ItemView item) {
  return PackedItem(key_of(model, item)).bytes();
}

// What is looked at together: the rows of a page that can be decoded.
struct Rows {
  const ItemList& items;
  std::vector<std::size_t> good{};
  std::set<std::size_t> gone{};  // that were deleted on the way
};

class DataChecker {
 public:
  DataChecker(const Registry& registry, const DataCheckOptions& options)
      : connection_(Connection::current()),
        registry_(registry),
        options_(options),
        repair_(registry, options.repair) {}

  DataCheckResult run() {
    for (const ModelInfo* model : options_.models) {
      if (has_table(*model)) check_rows(*model);
    }
    if (has_claims_table()) check_claims();
    return result_;
  }

 private:
  // A repair that needs it makes it.
  bool has_claims_table() {
    if (!has_claims_) has_claims_ = described(connection_.table(kClaimsTable));
    return *has_claims_;
  }

  void report(std::string id, State state, std::string text) {
    const DataProblem problem{std::move(id), state, std::move(text)};
    if (!problem.is_error()) {
      ++result_.warnings;
    } else {
      ++result_.problems;
      result_.repaired += state == State::repaired ? 1 : 0;
    }
    if (options_.report) options_.report(problem);
  }
  // `text` says what is wrong.
  void report(std::string id, const RepairResult& repair, const std::string& text) {
    if (repair.outcome == Repair::none) return;
    const State state = repair.outcome == Repair::done     ? State::repaired
                        : repair.outcome == Repair::needed ? State::found
                                                           : State::left;
    const std::string& more = repair.outcome == Repair::done ? repair.done : repair.why;
    report(std::move(id), state, text + (more.empty() ? "" : ": " + more));
  }

  bool described(const std::string& table) {
    const auto description = connection_.client().describe_table(table);
    if (description) return true;
    if (description.error().code == dynamodb::ErrorCode::resource_not_found) return false;
    throw DatabaseError(description.error(), "DescribeTable " + table);
  }

  bool has_table(const ModelInfo& model) {
    const auto [at, asked] = has_table_.try_emplace(&model, false);
    if (!asked) return at->second;
    const std::string table = connection_.table(model.table);
    at->second = described(table);
    if (!at->second)
      report("data.W002", State::found,
             model.label() + ": there is no table " + table +
                 "; its rows and what points to them are not looked at");
    return at->second;
  }

  void check_rows(const ModelInfo& model) {
    dynamodb::ScanRequest request{.table = connection_.table(model.table), .consistent_read = true};
    for (;;) {
      const auto page = take(connection_.client().scan(request), "Scan");
      Rows rows{page.items};
      for (std::size_t i = 0; i < page.items.size(); ++i) {
        if (decodes(model, page.items, i)) rows.good.push_back(i);
      }
      for (const FieldInfo& field : model.fields) {
        if (is_relation(field.kind) && field.target && has_table(field.target()))
          check_links(model, rows, field);
      }
      if (!model.computed.empty()) check_computed(model, rows);
      if (!model.unique.empty()) check_claims_of(model, rows);
      result_.rows += page.items.size();
      if (options_.progress) options_.progress(page.items.size());
      if (!page.last_evaluated_key) return;
      request.exclusive_start_key = *page.last_evaluated_key;
    }
  }

  bool decodes(const ModelInfo& model, const ItemList& items, std::size_t i) {
    std::string key = "?";
    try {
      key = key_text(model, key_of(model, items[i]));
      if (model.row.make) {
        const auto row = model.row.make();
        load_row(model, row.get(), items.packed(i));
        computed_values(model, items.packed(i));  // a function may throw for what is stored
        return true;
      }
      for (const FieldInfo* field : model.by_attribute) {
        const auto value = stored_value(*field, items[i]);
        if (value && (value->type() != dynamodb::Type::S || !Uuid::parse(value->text())))
          throw DatabaseError("the stored attribute '" + std::string(field->attribute) +
                              "' is no UUID");
      }
      return true;
    } catch (const std::exception& error) {
      report("data.E001", options_.repair ? State::left : State::found,
             model.label() + " " + key + " cannot be decoded: " + error.what());
      return false;
    }
  }

  void check_links(const ModelInfo& model, Rows& rows, const FieldInfo& field) {
    const ModelInfo& target = field.target();
    std::map<std::string, std::vector<std::size_t>> pointing;  // by the packed key of the target
    std::vector<dynamodb::Item> keys;
    for (const std::size_t i : rows.good) {
      // No query finds an expired row; DynamoDB deletes it.
      if (rows.gone.count(i) > 0 || has_expired(model, rows.items[i], connection_.now())) continue;
      const auto link = stored_value(field, rows.items[i]);
      if (!link) continue;
      dynamodb::Item key{{std::string(target.partition->attribute), dynamodb::unpack(*link)}};
      auto& list = pointing[PackedItem(key).bytes()];
      if (list.empty()) keys.push_back(std::move(key));
      list.push_back(i);
    }
    for (const auto& found : present(target, std::move(keys))) pointing.erase(found);
    for (const auto& [key, list] : pointing) {
      for (const std::size_t i : list) broken_link(model, rows, i, field);
    }
  }

  void broken_link(const ModelInfo& model, Rows& rows, std::size_t i, const FieldInfo& field) {
    const ItemView row = rows.items[i];
    const std::string key = key_text(model, key_of(model, row));
    const auto repair = repair_.orphan(model, PackedItem(std::string(rows.items.packed(i))), field);
    if (repair.outcome == Repair::done && field.on_delete != OnDelete::set_null)
      rows.gone.insert(i);
    report(model.row.make ? "data.E002" : "data.E003", repair,
           model.label() + " " + key + ": its " + std::string(field.attribute) +
               " points to no row of " + field.target().label() + " (" +
               std::string(stored_value(field, row)->text()) + ")");
  }

  void check_computed(const ModelInfo& model, const Rows& rows) {
    for (const std::size_t i : rows.good) {
      if (rows.gone.count(i) > 0) continue;
      const ItemView row = rows.items[i];
      const auto values = computed_values(model, rows.items.packed(i));
      const bool same = std::all_of(values.begin(), values.end(), [&](const auto& v) {
        const auto stored = row.find(v.first);
        return (stored ? dynamodb::unpack(*stored) : Value()) == v.second;
      });
      if (same) continue;
      const dynamodb::Item key = key_of(model, row);
      report("data.E007", repair_.computed(model, key),
             model.label() + " " + key_text(model, key) +
                 ": attributes of its computed indexes are not what their functions give");
    }
  }

  void check_claims_of(const ModelInfo& model, const Rows& rows) {
    std::vector<std::pair<Claim, std::size_t>> claims;
    std::vector<dynamodb::Item> keys;
    std::set<std::string> asked;
    for (const std::size_t i : rows.good) {
      // An expired row holds its values no longer.
      if (rows.gone.count(i) > 0 || has_expired(model, rows.items[i], connection_.now())) continue;
      for (Claim& claim : claims_of(model, rows.items[i])) {
        if (asked.insert(claim.key).second) keys.push_back({{"pk", claim.key}});
        claims.emplace_back(std::move(claim), i);
      }
    }
    if (!claims.empty() && !has_claims_table() && options_.repair) {
      ensure_claims_table(connection_);
      has_claims_ = true;
    }
    std::map<std::string, PackedItem> stored;
    if (has_claims_table()) {
      read_each(connection_.table(kClaimsTable), std::move(keys), {}, [&](std::string_view claim) {
        stored.emplace(ItemView(claim).find("pk")->text(), PackedItem(std::string(claim)));
      });
    }
    for (const auto& [claim, i] : claims) {
      const dynamodb::Item key = key_of(model, rows.items[i]);
      const std::string owner = claim_owner(model, key);
      if (!has_claims_table()) {
        report("data.E004", {.outcome = Repair::needed},
               model.label() + " " + owner + ": its unique value " + claim.key + " is not claimed");
        continue;
      }
      const auto at = stored.find(claim.key);
      if (at != stored.end() && is_as_wanted(claim, owner, at->second.view())) continue;
      std::string id = "data.E004";
      const auto repair = repair_.lost_claim(model, key, claim.key, id);
      const char* const what = id == "data.E004"   ? " is not claimed"
                               : id == "data.E005" ? " is another row's too"
                                                   : " is claimed by a row that does not have it";
      report(id, repair, model.label() + " " + owner + ": its unique value " + claim.key + what);
    }
  }

  // Claims whose owner is gone, or has another value.
  void check_claims() {
    std::map<std::string, const ModelInfo*, std::less<>> by_table;
    for (const ModelInfo* model : registry_.models()) by_table.emplace(model->table, model);
    std::map<std::string, std::uint64_t> strangers;
    dynamodb::ScanRequest request{.table = connection_.table(kClaimsTable),
                                  .consistent_read = true};
    for (;;) {
      const auto page = take(connection_.client().scan(request), "Scan");
      std::map<const ModelInfo*, std::vector<std::pair<std::string, std::string>>> of_models;
      for (std::size_t i = 0; i < page.items.size(); ++i) {
        const ItemView claim = page.items[i];
        const std::string key(claim.find("pk")->text());
        const auto model = by_table.find(std::string_view(key).substr(0, key.find('#')));
        // It holds nobody back, and DynamoDB deletes it.
        if (model != by_table.end() && model->second->ttl && has_passed(claim)) continue;
        if (model == by_table.end())
          ++strangers[key.substr(0, key.find('#'))];
        else
          of_models[model->second].emplace_back(key, claim_owner_in(claim));
      }
      for (const auto& [model, claims] : of_models) check_claims_in(*model, claims);
      if (!page.last_evaluated_key) break;
      request.exclusive_start_key = *page.last_evaluated_key;
    }
    if (options_.models.size() < registry_.models().size()) return;
    for (const auto& [table, count] : strangers)
      report("data.W001", State::found,
             std::to_string(count) + " claims of unique values are of the table " + table +
                 ", which no model has");
  }

  bool has_passed(ItemView claim) const {
    const auto end = claim.find(kClaimExpires);
    if (!end || end->type() != dynamodb::Type::N) return false;
    const Value now = codec::encode_epoch(connection_.now());
    return dynamodb::Number::from_canonical(end->text()) <= now.as<dynamodb::Number>();
  }

  void check_claims_in(const ModelInfo& model,
                       const std::vector<std::pair<std::string, std::string>>& claims) {
    const auto& models = options_.models;
    if (std::find(models.begin(), models.end(), &model) == models.end()) return;
    result_.claims += claims.size();
    if (options_.progress) options_.progress(claims.size());
    std::set<std::string> held;
    if (has_table(model)) {
      std::vector<dynamodb::Item> keys;
      std::set<std::string> asked;
      for (const auto& [claim, owner] : claims) {
        auto key = key_of_owner(model, owner);
        if (key && asked.insert(owner).second) keys.push_back(*std::move(key));
      }
      read_each(connection_.table(model.table), std::move(keys), {}, [&](std::string_view row) {
        for (const Claim& claim : claims_of(model, ItemView(row)))
          held.insert(claim.key + '\0' + claim_owner(model, key_of(model, ItemView(row))));
      });
    }
    for (const auto& [claim, owner] : claims) {
      if (held.count(claim + '\0' + owner) > 0 || !has_table(model)) continue;
      report("data.E006", repair_.stale_claim(model, claim, owner),
             model.label() + ": the unique value " + claim + " is claimed by " +
                 (owner.empty() ? "nobody" : owner) + ", which does not have it");
    }
  }

  // Items of any number of keys.
  template <class Visit>
  void read_each(const std::string& table, std::vector<dynamodb::Item> keys,
                 dynamodb::Projection projection, const Visit& visit) {
    if (keys.empty()) return;
    const auto found = dynamodb::get_all(
        connection_.client(),
        {{table,
          {.keys = std::move(keys), .consistent_read = true, .projection = std::move(projection)}}},
        connection_.batch_options());
    if (!found.not_read.empty()) throw DatabaseError(found.not_read.front().why, "BatchGetItem");
    const auto pages = found.items.find(table);
    if (pages == found.items.end()) return;
    for (const auto& page : pages->second) {
      for (std::size_t i = 0; i < page.size(); ++i) visit(page.packed(i));
    }
  }

  // The packed keys of those rows that are there.
  std::vector<std::string> present(const ModelInfo& model, std::vector<dynamodb::Item> keys) {
    std::vector<std::string> found;
    read_each(connection_.table(model.table), std::move(keys),
              {dynamodb::Path(model.partition->attribute)},
              [&](std::string_view row) { found.push_back(packed_key(model, ItemView(row))); });
    return found;
  }

  const Connection& connection_;
  const Registry& registry_;
  const DataCheckOptions& options_;
  DataRepair repair_;
  DataCheckResult result_{};
  std::optional<bool> has_claims_{};  // as last asked
  std::map<const ModelInfo*, bool> has_table_{};
};

}  // namespace

DataCheckResult check_data(const Registry& registry, const DataCheckOptions& options) {
  return DataChecker(registry, options).run();
}

}  // namespace dynamo_backend
