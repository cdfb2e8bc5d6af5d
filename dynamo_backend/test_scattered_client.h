// A Client whose indexes give entries that are alike in their sort keys in no order of the table's
// key, as DynamoDB may and DynamoDB Local does: for tests.
#pragma once
#include <algorithm>
#include <functional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/forwarding_client.h"

namespace test_blog {

class ScatteredClient : public dynamodb::ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;

  dynamodb::Result<dynamodb::QueryResult> query(const dynamodb::QueryRequest& r) override {
    if (r.index.empty()) return inner_.query(r);
    const auto table = inner_.describe_table(r.table).value().definition;
    const auto is = [&](const dynamodb::IndexDefinition& i) { return i.name == r.index; };
    auto at = std::find_if(table.global_indexes.begin(), table.global_indexes.end(), is);
    const bool local = at == table.global_indexes.end();
    if (local) at = std::find_if(table.local_indexes.begin(), table.local_indexes.end(), is);
    std::vector<std::string> key, sort;
    at->key.for_each([&](const dynamodb::KeyAttribute& a, bool of_sort) {
      key.push_back(a.name);
      if (of_sort) sort.push_back(a.name);
    });
    std::vector<std::string> row{table.key.partition.name};
    if (table.key.sort) row.push_back(table.key.sort->name);
    key.insert(key.end(), row.begin(), row.end());

    dynamodb::QueryResult page;
    std::vector<dynamodb::Item> entries = all_entries(r, local, page.consumed);
    if (!entries.empty() && !r.exclusive_start_key.empty()) {
      const auto order = [&](const dynamodb::Item& a, const dynamodb::Item& b) {
        return comes_before(a, b, sort, row);
      };
      std::erase_if(entries, [&](const dynamodb::Item& e) {
        return r.forward ? !order(r.exclusive_start_key, e) : !order(e, r.exclusive_start_key);
      });
    }
    std::sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
      return r.forward ? comes_before(a, b, sort, row) : comes_before(b, a, sort, row);
    });
    for (const dynamodb::Item& entry : entries) {
      if (r.limit && page.scanned_count == *r.limit) break;
      ++page.scanned_count;
      page.last_evaluated_key.emplace();
      for (const std::string& name : key) page.last_evaluated_key->emplace(name, entry.at(name));
      const dynamodb::PackedItem packed(entry);
      if (!dynamodb::evaluate(r.filter, packed.view())) continue;
      ++page.count;
      if (r.select != dynamodb::Select::count)
        page.items.add(dynamodb::project(packed.view(), r.projection).bytes());
    }
    if (page.scanned_count == entries.size() && !(r.limit && page.scanned_count == *r.limit))
      page.last_evaluated_key.reset();
    return page;
  }

 private:
  std::vector<dynamodb::Item> all_entries(dynamodb::QueryRequest r, bool local,
                                          dynamodb::ConsumedCapacity& consumed) {
    r.filter = {};
    // What is asked for beyond a local index's own attributes is fetched from the table.
    if (local && !r.projection.empty()) r.select = dynamodb::Select::all_attributes;
    r.projection = {};
    if (r.select == dynamodb::Select::count) r.select = dynamodb::Select::default_;
    r.limit.reset();
    r.exclusive_start_key.clear();
    r.forward = true;
    std::vector<dynamodb::Item> entries;
    do {
      const auto page = inner_.query(r).value();
      consumed = page.consumed;
      for (std::size_t i = 0; i < page.items.size(); ++i)
        entries.push_back(dynamodb::unpack(page.items[i]));
      r.exclusive_start_key = page.last_evaluated_key.value_or(dynamodb::Item());
    } while (!r.exclusive_start_key.empty());
    return entries;
  }

  static bool comes_before(const dynamodb::Item& a, const dynamodb::Item& b,
                           const std::vector<std::string>& sort,
                           const std::vector<std::string>& row) {
    for (const std::string& name : sort) {
      const auto order = compare(a.at(name), b.at(name));
      if (order != 0) return order < 0;
    }
    return scattered(a, row) < scattered(b, row);
  }
  static std::strong_ordering compare(const dynamodb::AttributeValue& a,
                                      const dynamodb::AttributeValue& b) {
    if (const auto* n = a.get_if<dynamodb::Number>())
      return dynamodb::compare_numbers(n->text(), b.as<dynamodb::Number>().text());
    if (const auto* s = a.get_if<std::string>()) return *s <=> b.as<std::string>();
    return a.as<dynamodb::Binary>().bytes <=> b.as<dynamodb::Binary>().bytes;
  }
  static std::pair<std::size_t, std::string> scattered(const dynamodb::Item& item,
                                                       const std::vector<std::string>& row) {
    std::string key;
    for (const std::string& name : row) key += dynamodb::pack_value(item.at(name));
    return {std::hash<std::string>()(key), key};
  }
};

}  // namespace test_blog
