// A random model with its rows in a database in memory, and the check of one queryset on it.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dynamo_backend/property/query.h"
#include "dynamo_backend/test_scattered_client.h"
#include "dynamodb/client.h"

namespace property {

struct IndexSpec {
  std::string name{};
  std::vector<std::string_view> members{};  // hash keys, then sort keys
  std::size_t hash_keys = 1;
  bool local = false, keys_only = false;
  std::vector<std::string_view> includes{};

  std::string_view sort() const {  // the first; "": none
    return members.size() > hash_keys ? members[hash_keys] : std::string_view();
  }
};
struct ModelSpec {
  std::string_view partition = "pk";
  std::string_view sort{};  // "": none
  std::vector<IndexSpec> indexes{};
  std::vector<std::string_view> flags{};  // members with `.index = true`
};
struct WorldSpec {
  ModelSpec model{};
  std::vector<Group> groups{};
  std::vector<Row> rows{};
  bool scattered = false;  // entries that are alike in an index's sort keys come in any order
};
// Whether a value may stand in the member: keys of tables and indexes are not empty.
bool is_key_of(const ModelSpec& model, std::string_view member);
std::vector<std::string_view> key_of(const ModelSpec& model);
std::string to_text(const WorldSpec& spec, const QuerySpec& query);

class World {
 public:
  explicit World(const WorldSpec& spec);
  // What is wrong with the queryset's rows, counts, slices, sums and pages; "": nothing.
  std::string check(const QuerySpec& query);
  std::string explain(const QuerySpec& query);
  std::size_t expected_size() const { return expected_.size(); }  // of the last check

 private:
  using Ids = std::vector<std::size_t>;
  Ids ids_of(const std::vector<std::string>& packed) const;
  std::string check_rows(const QuerySpec& spec, const Query& query);
  std::string check_contents(const QuerySpec& spec, const std::vector<std::string>& packed) const;
  std::string check_values(const QuerySpec& spec, const Query& query) const;
  std::string check_pages(const QuerySpec& spec, Query query);
  std::string compare(const char* what, const Ids& got, const Ids& wanted, bool ordered) const;
  std::string row_text(std::size_t id) const;

  const WorldSpec& spec_;
  std::unique_ptr<dynamodb::Client> engine_;
  test_blog::ScatteredClient scattered_;
  std::unique_ptr<ScopedConnection> connection_;
  ModelInfo model_{};
  std::vector<std::string> stored_{};            // packed, as they were put
  std::map<std::string, std::size_t> by_key_{};  // packed key
  Ids expected_{};                               // of the query that is checked, before its slice
};

}  // namespace property
