#include "dynamo_backend/upgrading_client.h"

#include <algorithm>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/forwarding_client.h"

namespace dynamo_backend {
namespace {

using namespace dynamodb;

bool names_any(const Condition& condition, const RowUpgrade& upgrade) {
  if (condition.empty()) return false;
  if (upgrade.any_attribute) return true;
  const auto changes = [&](const Operand& operand) {
    const Path* path = std::get_if<Path>(&operand);
    if (const auto* size = std::get_if<SizeOf>(&operand)) path = &size->path;
    return path && upgrade.attributes.count(path->top()) > 0;
  };
  return std::any_of(condition->operands.begin(), condition->operands.end(), changes) ||
         std::any_of(condition->children.begin(), condition->children.end(),
                     [&](const Condition& c) { return names_any(c, upgrade); });
}

// A stored row as the request wants to see it.
Result<PackedItem> shown(const RowUpgrade& upgrade, const std::string& table, PackedItem row,
                         const Projection& projection) {
  auto changed = upgrade.of(table, row.view());
  if (!changed) return changed.error();
  if (*changed) row = **std::move(changed);
  return projection.empty() ? std::move(row) : project(row.view(), projection);
}

class UpgradingClient : public ForwardingClient {
 public:
  UpgradingClient(Client& inner, const RowUpgrades& upgrades)
      : ForwardingClient(inner), upgrades_(upgrades) {}

  // ---- reads: whole rows, since what changes may be made of anything
  Result<GetItemResult> get_item(const GetItemRequest& r) override {
    const auto upgrade = upgrades_.find(r.table);
    if (!upgrade) return inner_.get_item(r);
    GetItemRequest whole = r;
    whole.projection.clear();
    auto result = inner_.get_item(whole);
    if (!result || !result->item) return result;
    auto row = shown(*upgrade, r.table, *std::move(result->item), r.projection);
    if (!row) return row.error();
    result->item = *std::move(row);
    return result;
  }
  Result<QueryResult> query(const QueryRequest& r) override {
    const auto upgrade = upgrades_.find(r.table);
    return upgrade ? page(*upgrade, r, [&](const auto& q) { return inner_.query(q); })
                   : inner_.query(r);
  }
  Result<ScanResult> scan(const ScanRequest& r) override {
    const auto upgrade = upgrades_.find(r.table);
    return upgrade ? page(*upgrade, r, [&](const auto& q) { return inner_.scan(q); })
                   : inner_.scan(r);
  }
  Result<BatchGetItemResult> batch_get_item(const BatchGetItemRequest& r) override {
    if (std::none_of(r.tables.begin(), r.tables.end(),
                     [&](const auto& table) { return upgrades_.find(table.first); }))
      return inner_.batch_get_item(r);
    BatchGetItemRequest whole = r;
    for (auto& [table, asked] : whole.tables)
      if (upgrades_.find(table)) asked.projection.clear();
    auto result = inner_.batch_get_item(whole);
    if (!result) return result;
    for (auto& [table, asked] : result->unprocessed)
      asked.projection = r.tables.at(table).projection;
    for (auto& [table, items] : result->items) {
      const auto upgrade = upgrades_.find(table);
      if (!upgrade) continue;
      ItemList all;
      for (std::size_t i = 0; i < items.size(); ++i) {
        const auto row = shown(*upgrade, table, PackedItem(std::string(items.packed(i))),
                               r.tables.at(table).projection);
        if (!row) return row.error();
        all.add(row->bytes());
      }
      items = std::move(all);
    }
    return result;
  }
  Result<TransactGetItemsResult> transact_get_items(const TransactGetItemsRequest& r) override {
    TransactGetItemsRequest whole = r;
    for (auto& get : whole.gets)
      if (upgrades_.find(get.table)) get.projection.clear();
    auto result = inner_.transact_get_items(whole);
    for (std::size_t i = 0; result && i < result->items.size(); ++i) {
      const auto upgrade = upgrades_.find(r.gets[i].table);
      auto& item = result->items[i];
      if (!upgrade || !item) continue;
      auto row = shown(*upgrade, r.gets[i].table, *std::move(item), r.gets[i].projection);
      if (!row) return row.error();
      item = *std::move(row);
    }
    return result;
  }

  // ---- writes: the row is changed first, so that conditions and arithmetic meet what was shown
  void put_item(PutItemRequest r, Completion<PutItemResult> done) override {
    if (auto error = bring_up(r)) return done(*std::move(error));
    inner_.put_item(std::move(r), std::move(done));
  }
  void update_item(UpdateItemRequest r, Completion<UpdateItemResult> done) override {
    if (auto error = bring_up(r)) return done(*std::move(error));
    inner_.update_item(std::move(r), std::move(done));
  }
  void delete_item(DeleteItemRequest r, Completion<DeleteItemResult> done) override {
    if (auto error = bring_up(r)) return done(*std::move(error));
    inner_.delete_item(std::move(r), std::move(done));
  }
  void transact_write_items(TransactWriteItemsRequest r,
                            Completion<TransactWriteItemsResult> done) override {
    for (const TransactWriteAction& action : r.actions) {
      if (auto error = std::visit([&](const auto& a) { return bring_up(a); }, action))
        return done(*std::move(error));
    }
    inner_.transact_write_items(std::move(r), std::move(done));
  }

 private:
  template <class Request, class Read>
  Result<PageResult> page(const RowUpgrade& upgrade, const Request& asked, const Read& read) const {
    if (upgrade.partial_indexes.count(asked.index) > 0) return read(asked);
    const bool filters = names_any(asked.filter, upgrade);
    if (asked.select == Select::count && !filters) return read(asked);
    Request whole = asked;
    if (filters) whole.filter = {};
    whole.projection.clear();
    whole.select = Select::all_attributes;
    auto result = read(whole);
    if (!result) return result;
    ItemList items;
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < result->items.size(); ++i) {
      const ItemView stored = result->items[i];
      const auto changed = upgrade.of(asked.table, stored);
      if (!changed) return changed.error();
      const ItemView row = *changed ? (*changed)->view() : stored;
      if (filters && !evaluate(asked.filter, row)) continue;
      ++count;
      if (asked.select == Select::count) continue;
      if (!asked.projection.empty())
        items.add(project(row, asked.projection).bytes());
      else
        items.add(*changed ? std::string_view((*changed)->bytes()) : result->items.packed(i));
    }
    result->items = std::move(items);
    result->count = count;
    return result;
  }

  template <class Write>
  std::optional<Error> bring_up(const Write& write) const {
    const auto upgrade = upgrades_.find(write.table);
    if (!upgrade) return std::nullopt;
    if constexpr (requires { write.item; }) {
      Item key;
      for (const std::string& name : upgrade->key)
        if (const auto at = write.item.find(name); at != write.item.end()) key.insert(*at);
      return bring_up(*upgrade, write.table, key);
    } else {
      return bring_up(*upgrade, write.table, write.key);
    }
  }

  // Writes what the row lacks, on condition that it is as it was read. Its VersionField stays: who
  // read the row was shown what it becomes.
  std::optional<Error> bring_up(const RowUpgrade& upgrade, const std::string& table,
                                const Item& key) const {
    constexpr int kMostTries = 100;  // each has met another's write of this row
    for (int i = 0; i < kMostTries; ++i) {
      const auto stored =
          inner_.get_item({.table = table, .key = key, .consistent_read = true, .projection = {}});
      if (!stored) return stored.error();
      if (!stored->item) return std::nullopt;
      const ItemView row = stored->item->view();
      const auto changes = upgrade.changes_of(table, row);
      if (!changes) return changes.error();
      if (changes->empty()) return std::nullopt;
      UpdateItemRequest request{.table = table, .key = key};
      for (const std::string& name : upgrade.key)
        request.condition = request.condition && attribute_exists(Path(name));
      for (const auto& [name, value] : *changes) {
        if (value)
          request.update.set.push_back({Path(name), {*value}});
        else
          request.update.remove.emplace_back(name);
        const auto before = row.find(name);
        request.condition = request.condition && (before ? equal(Path(name), unpack(*before))
                                                         : attribute_not_exists(Path(name)));
      }
      const auto written = inner_.update_item(std::move(request));
      if (written) return std::nullopt;
      if (written.error().code != ErrorCode::conditional_check_failed) return written.error();
    }
    return unavailable("a row of table " + table +
                       " cannot be brought up to its migrations: it changes all the while");
  }

  const RowUpgrades& upgrades_;
};

}  // namespace

std::unique_ptr<Client> make_upgrading_client(Client& inner, const RowUpgrades& upgrades) {
  return std::make_unique<UpgradingClient>(inner, upgrades);
}

}  // namespace dynamo_backend
