// The databases that the conformance suite runs on, and the helpers that its tests share.
//
// A test knows the abstract Client alone: it makes its tables under random names and finds them
// empty, and the fixture removes them. Another backend (an HTTP client, DynamoDB Local) is one more
// entry of backends(). Where DynamoDB Local disagrees with a test, AWS's documentation decides;
// "L!" names the row in reference/dynamodb-semantics.md.
#pragma once
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "dynamodb/client.h"
#include "dynamodb/expression.h"
#include "tests/temporary_folder.h"

namespace dynamodb {

// What GoogleTest shows of values and items: close to DynamoDB's JSON, long strings cut.
void PrintTo(const AttributeValue& value, std::ostream* out);
void PrintTo(const PackedItem& item, std::ostream* out);

}  // namespace dynamodb

namespace conformance {

struct Backend {
  std::string name;
  std::function<dynamodb::Client&()> client;  // opened at its first use, closed after the last test
};
const std::vector<Backend>& backends();
void PrintTo(const Backend& backend, std::ostream* out);

using tests::TemporaryFolder;

std::string random_name(std::string_view prefix = "t");
// Polls until `holds`; false after a minute.
bool wait_until(const std::function<bool()>& holds);
// Throws where the table is not active with all its indexes within a minute.
void wait_until_active(dynamodb::Client& client, const std::string& table);

// ---- values and expressions, from text
dynamodb::Number number(std::string_view text);
std::string text_of(const dynamodb::AttributeValue& value);  // as PrintTo()
using Values = std::map<std::string, dynamodb::AttributeValue, std::less<>>;
using Names = std::map<std::string, std::string, std::less<>>;
dynamodb::Condition condition(std::string_view text, Values values = {}, Names names = {});
dynamodb::Condition key_condition(std::string_view text, Values values = {}, Names names = {});
dynamodb::UpdateExpression update(std::string_view text, Values values = {}, Names names = {});
dynamodb::Projection projection(std::string_view text, Names names = {});

// A string that makes an item {key…, "v": string} exactly `bytes` large.
std::string padding_for(const dynamodb::Item& key, std::size_t bytes);

std::vector<dynamodb::Item> unpack_all(const dynamodb::ItemList& items);
// The values of one attribute, in the order of the items; NULL where an item lacks it.
std::vector<dynamodb::AttributeValue> column(const std::vector<dynamodb::Item>& items,
                                             std::string_view attribute);
// In an order of their own, to compare sets of items.
std::vector<dynamodb::Item> sorted(std::vector<dynamodb::Item> items);

// Whether a call failed with `code` and a message that holds `part`.
template <class T>
testing::AssertionResult fails(const dynamodb::Result<T>& result, dynamodb::ErrorCode code,
                               std::string_view part = {}) {
  if (result.has_value()) return testing::AssertionFailure() << "succeeded";
  const auto error = result.error();
  if (error.code == code && error.message.find(part) != std::string::npos)
    return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "failed with " << dynamodb::error_name(error.code) << ": " << error.message
         << "; expected " << dynamodb::error_name(code) << ": …" << part << "…";
}
template <class T>
testing::AssertionResult succeeds(const dynamodb::Result<T>& result) {
  if (result.has_value()) return testing::AssertionSuccess();
  const auto error = result.error();
  return testing::AssertionFailure()
         << "failed with " << dynamodb::error_name(error.code) << ": " << error.message;
}

class ConformanceTest : public testing::TestWithParam<Backend> {
 protected:
  void TearDown() override;
  dynamodb::Client& db() const { return GetParam().client(); }

  // ---- tables: made under a random name, active when these return
  std::string make_table(dynamodb::TableDefinition definition);
  std::string make_table(dynamodb::KeySchema key) {
    return make_table(dynamodb::TableDefinition{.key = std::move(key)});
  }
  // A table made by the test itself: removed at its end.
  void remove_later(std::string table) { tables_.push_back(std::move(table)); }
  dynamodb::TableDescription describe(const std::string& table) {
    return db().describe_table(table).value();
  }

  // ---- calls that must succeed
  dynamodb::WriteResult put(const std::string& table, dynamodb::Item item);
  dynamodb::WriteResult update_item(const std::string& table, dynamodb::Item key,
                                    dynamodb::UpdateExpression update);
  void remove(const std::string& table, dynamodb::Item key);
  void put_all(const std::string& table, const std::vector<dynamodb::Item>& items);
  std::optional<dynamodb::Item> get(const std::string& table, dynamodb::Item key);

  // All pages. An endless sequence of pages ends with an exception.
  std::vector<dynamodb::Item> query_all(dynamodb::QueryRequest request);
  std::vector<dynamodb::Item> scan_all(dynamodb::ScanRequest request);
  std::vector<dynamodb::Item> query_items(const std::string& table, std::string_view text,
                                          Values values);
  std::vector<dynamodb::Item> query_index(const std::string& table, const std::string& index,
                                          std::string_view text, Values values);

 private:
  std::vector<std::string> tables_;
};

// Partition key "pk", sort key "sk".
dynamodb::KeySchema hash_key(dynamodb::Type type = dynamodb::Type::S);
dynamodb::KeySchema hash_and_range_key(dynamodb::Type partition = dynamodb::Type::S,
                                       dynamodb::Type sort = dynamodb::Type::S);

// Runs a suite derived from ConformanceTest on every backend.
#define RUN_ON_EVERY_BACKEND(Suite)                                           \
  INSTANTIATE_TEST_SUITE_P(Conformance, Suite, testing::ValuesIn(backends()), \
                           [](const auto& parameter) { return parameter.param.name; })

}  // namespace conformance
