#include "tests/faults/workload.h"

#include <random>
#include <set>

#include "tests/read_stream.h"

namespace faults {
namespace {

using namespace dynamodb;

const std::string kTable = "workload";

Item row_key(const std::string& name) { return {{"pk", name}}; }

UpdateExpression raise(std::mt19937& random) {
  UpdateExpression update;
  update.add.push_back({"n", 1});
  update.set.push_back({"group", {AttributeValue("g" + std::to_string(random() % 7))}});
  update.set.push_back(
      {"text",
       {AttributeValue(std::string(20 + random() % 300, static_cast<char>('a' + random() % 26)))}});
  // Sometimes absent: the sparse index must follow.
  if (random() % 3 == 0)
    update.remove.emplace_back("flag");
  else
    update.set.push_back({"flag", {AttributeValue(static_cast<int>(random() % 3))}});
  return update;
}

std::int64_t counter(ItemView item) { return std::stoll(std::string(item.find("n")->text())); }

// All items of a table or index.
std::vector<Item> scan_all(Client& client, const std::string& table, const std::string& index) {
  std::vector<Item> items;
  ScanRequest request{.table = table, .index = index};
  for (;;) {
    const auto page = client.scan(request).value();
    for (std::size_t i = 0; i < page.items.size(); ++i) items.push_back(unpack(page.items[i]));
    if (!page.last_evaluated_key) return items;
    request.exclusive_start_key = *page.last_evaluated_key;
  }
}

std::string key_text(const Item& item, const KeySchema& table) {
  std::string text = pack_value(item.at(table.partition.name));
  if (table.sort) text += pack_value(item.at(table.sort->name));
  return text;
}

// The entry that `item` should have in `index`.
std::optional<Item> expected_entry(const Item& item, const TableDefinition& table,
                                   const IndexDefinition& index) {
  std::set<std::string> names{table.key.partition.name, index.key.partition.name};
  if (table.key.sort) names.insert(table.key.sort->name);
  if (index.key.sort) names.insert(index.key.sort->name);
  if (!item.contains(index.key.partition.name) ||
      (index.key.sort && !item.contains(index.key.sort->name)))
    return std::nullopt;
  if (index.projection == ProjectionType::all) return item;
  names.insert(index.non_key_attributes.begin(), index.non_key_attributes.end());
  Item entry;
  for (const auto& [name, value] : item) {
    if (names.contains(name)) entry.emplace(name, value);
  }
  return entry;
}

}  // namespace

void make_workload_table(Client& client) {
  const KeyAttribute group{"group", Type::S}, n{"n", Type::N}, flag{"flag", Type::N};
  const TableDefinition definition{
      .name = kTable,
      .key = {.partition = {"pk", Type::S}},
      .global_indexes = {{.name = "by-group", .key = {.partition = group, .sort = n}},
                         {.name = "by-flag",
                          .key = {.partition = flag},
                          .projection = ProjectionType::keys_only},
                         {.name = "by-n",
                          .key = {.partition = n},
                          .projection = ProjectionType::include,
                          .non_key_attributes = {"text"}}},
      .settings = {.stream = StreamViewType::new_and_old_images}};
  if (const auto made = client.create_table(definition);
      made.has_error() && made.error().code != ErrorCode::resource_in_use) {
    made.value();
  }
}

void write_load(Client& client, unsigned seed, const std::function<bool()>& go_on,
                const std::function<void(const std::string& row, std::int64_t n)>& acknowledged) {
  std::mt19937 random(seed);
  while (go_on()) {
    if (random() % 4 == 0) {
      const std::string number = std::to_string(random() % kPairs);
      TransactWriteItemsRequest request;
      for (const char* side : {"a", "b"}) {
        request.actions.emplace_back(UpdateItemRequest{
            .table = kTable, .key = row_key(side + number), .update = raise(random)});
      }
      if (client.transact_write_items(std::move(request)).has_error()) return;
      continue;
    }
    const std::string row = "k" + std::to_string(random() % kRows);
    const auto done = client.update_item({.table = kTable,
                                          .key = row_key(row),
                                          .update = raise(random),
                                          .return_values = ReturnValues::all_new});
    if (done.has_error()) return;
    acknowledged(row, counter(done->attributes->view()));
  }
}

std::map<std::string, std::int64_t> read_counters(Client& client) {
  std::map<std::string, std::int64_t> counters;
  for (const auto& item : scan_all(client, kTable, "")) {
    counters[item.at("pk").as<std::string>()] = item.at("n").as<Number>().to_int64().value();
  }
  return counters;
}

std::string problems(Client& client, const Acknowledged& acknowledged) {
  std::string found;
  const auto counters = read_counters(client);
  const auto n_of = [&counters](const std::string& row) {
    const auto it = counters.find(row);
    return it == counters.end() ? std::int64_t{0} : it->second;
  };
  for (const auto& [row, n] : acknowledged) {
    if (n_of(row) < n)
      found += row + ": acknowledged " + std::to_string(n) + ", there is " +
               std::to_string(n_of(row)) + "\n";
  }
  for (int i = 0; i < kPairs; ++i) {
    const auto a = n_of("a" + std::to_string(i)), b = n_of("b" + std::to_string(i));
    if (a != b)
      found += "transaction torn: a" + std::to_string(i) + " " + std::to_string(a) + ", b " +
               std::to_string(b) + "\n";
  }
  return found + stream_problems(client, counters) + index_problems(client, kTable);
}

std::string stream_problems(Client& client, const std::map<std::string, std::int64_t>& counters) {
  std::string found;
  std::map<std::string, std::int64_t> told;
  for (const auto& record : tests::read_stream(client, tests::stream_of(client, kTable))) {
    const std::string row(record.keys.view().find("pk")->text());
    const auto before = record.old_image ? counter(record.old_image->view()) : 0;
    const auto after = record.new_image ? counter(record.new_image->view()) : 0;
    auto& last = told[row];
    if (before != last || after != last + 1) {
      found += "stream: " + row + " goes from " + std::to_string(before) + " to " +
               std::to_string(after) + " after " + std::to_string(last) + "\n";
    }
    last = after;
  }
  if (told != counters) found += "stream: differs from its table\n";
  return found;
}

std::string index_problems(Client& client, const std::string& table) {
  std::string found;
  const auto description = client.describe_table(table).value();
  const auto rows = scan_all(client, table, "");
  if (description.item_count != rows.size()) {
    found += "count of " + table + ": " + std::to_string(description.item_count) + " instead of " +
             std::to_string(rows.size()) + "\n";
  }
  for (const auto& index : description.global_indexes) {
    std::map<std::string, Item> expected;
    for (const auto& row : rows) {
      if (auto entry = expected_entry(row, description.definition, index.definition)) {
        expected.emplace(key_text(row, description.definition.key), std::move(*entry));
      }
    }
    std::map<std::string, Item> entries;
    for (auto& entry : scan_all(client, table, index.definition.name)) {
      const auto key = key_text(entry, description.definition.key);
      if (!entries.emplace(key, std::move(entry)).second)
        found += index.definition.name + ": two entries for one row\n";
    }
    if (entries != expected) found += index.definition.name + ": differs from its table\n";
    if (index.item_count != expected.size()) found += index.definition.name + ": wrong count\n";
  }
  return found;
}

}  // namespace faults
