// Tables and indexes: what CreateTable takes and DescribeTable gives.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/timestamp.h"
#include "dynamodb/value.h"

namespace dynamodb {

// Enumerators are persisted in table definitions: do not renumber.
enum class ProjectionType : std::uint8_t { all = 0, keys_only = 1, include = 2 };
enum class IndexStatus : std::uint8_t { creating = 0, active = 1, deleting = 2 };
enum class TableStatus : std::uint8_t { creating = 0, active = 1, deleting = 2, updating = 3 };

// A key attribute and its type: S, N or B.
struct KeyAttribute {
  std::string name{};
  Type type = Type::S;
  friend bool operator==(const KeyAttribute&, const KeyAttribute&) = default;
};

// DynamoDB: a table and an LSI have one partition and at most one sort attribute; a GSI up to four
// of each. Those after the first stand in more_partition and more_sort, in order.
struct KeySchema {
  KeyAttribute partition{};
  std::optional<KeyAttribute> sort{};
  std::vector<KeyAttribute> more_partition{}, more_sort{};  // more_sort needs sort

  // All attributes in order, the partition's first: visit(attribute, of_sort_key).
  template <class Visit>
  void for_each(const Visit& visit) const {
    visit(partition, false);
    for (const KeyAttribute& attribute : more_partition) visit(attribute, false);
    if (sort) visit(*sort, true);
    for (const KeyAttribute& attribute : more_sort) visit(attribute, true);
  }
  bool contains(std::string_view attribute) const;
  std::size_t size() const { return 1 + more_partition.size() + (sort ? 1 : 0) + more_sort.size(); }
  friend bool operator==(const KeySchema&, const KeySchema&) = default;
};

struct Throughput {
  std::uint64_t read_units = 0, write_units = 0;  // per second; zeros: on demand
  friend bool operator==(const Throughput&, const Throughput&) = default;
};

struct IndexDefinition {
  std::string name{};
  KeySchema key{};
  ProjectionType projection = ProjectionType::all;
  std::vector<std::string> non_key_attributes{};  // with ProjectionType::include
  Throughput throughput{};                        // of a GSI, with BillingMode::provisioned
  Throughput on_demand_limit{};                   // of a GSI, on demand; zero: none
  Throughput warm_throughput{};                   // of a GSI: see TableSettings
  friend bool operator==(const IndexDefinition&, const IndexDefinition&) = default;
};

enum class BillingMode : std::uint8_t { pay_per_request = 0, provisioned = 1 };
enum class TableClass : std::uint8_t { standard = 0, standard_infrequent_access = 1 };
// What a stream's records show of an item besides its key.
enum class StreamViewType : std::uint8_t {
  keys_only = 0,
  new_image = 1,
  old_image = 2,
  new_and_old_images = 3
};

// SSESpecification. Without KMS, AWS encrypts by a key that the account does not see.
struct Encryption {
  bool by_kms = false;
  std::string key{};  // of KMS; empty: the account's default key
  friend bool operator==(const Encryption&, const Encryption&) = default;
};

// What a table has besides keys and indexes. Where there is no AWS behind the Client, these are
// kept and told again, and only `stream` and `deletion_protection` do something.
struct TableSettings {
  BillingMode billing_mode = BillingMode::pay_per_request;
  Throughput throughput{};       // with provisioned
  Throughput on_demand_limit{};  // with pay_per_request: OnDemandThroughput; zero: none
  // What can be served at once; a zero stands for initial_warm_throughput(). DynamoDB: it can only
  // be raised.
  Throughput warm_throughput{};
  TableClass table_class = TableClass::standard;
  bool deletion_protection = false;
  Encryption encryption{};
  std::optional<StreamViewType> stream{};  // absent: no stream
  friend bool operator==(const TableSettings&, const TableSettings&) = default;
};

using Tags = std::map<std::string, std::string>;  // at most 50

struct TableDefinition {
  std::string name{};
  KeySchema key{};
  std::vector<IndexDefinition> global_indexes{};  // at most 20
  std::vector<IndexDefinition> local_indexes{};   // at most 5; same partition key as the table
  TableSettings settings{};
  Tags tags{};
};

struct IndexDescription {
  IndexDefinition definition{};
  IndexStatus status = IndexStatus::active;
  bool backfilling = false;
  std::uint64_t item_count = 0;  // estimates, as AWS's are
  std::uint64_t size_bytes = 0;
};

struct TableDescription {
  // All indexes, in whatever status. DynamoDB: DeleteTable's answer has the name alone.
  TableDefinition definition{};
  TableStatus status = TableStatus::active;
  std::string arn{};
  std::string latest_stream_label{};  // empty: it never had a stream; kept when it is switched off
  std::string id{};                   // TableId: a UUID; another table of this name has another
  base::Timestamp created_at{};
  std::optional<base::Timestamp> on_demand_since{};         // the last change to pay_per_request
  std::optional<base::Timestamp> table_class_changed_at{};  // by UpdateTable
  std::uint64_t item_count = 0;                             // estimates, as AWS's are
  std::uint64_t size_bytes = 0;
  std::vector<IndexDescription> global_indexes{};
  std::vector<IndexDescription> local_indexes{};
};

// What CreateTable would refuse in `definition`, in AWS's words; nullopt when it is fine.
// DynamoDB: names 3-255 of [a-zA-Z0-9_.-]; index names unique over GSIs and LSIs; an LSI needs the
// table's partition key and a sort key, on a table with a sort key; NonKeyAttributes exactly with
// INCLUDE; at most 20 GSIs, 5 LSIs, 100 projected names; one attribute has one type in all keys;
// ProvisionedThroughput exactly with PROVISIONED. Tags are checked too.
std::optional<std::string> check_table_definition(const TableDefinition& definition);
// Parts of it, in AWS's order: what the wire's decoding asks, which has AWS's checks of keys and
// their definitions in between.
std::optional<std::string> check_billing(const TableDefinition& definition);
std::optional<std::string> check_local_index(const KeySchema& table, const IndexDefinition& index);
std::optional<std::string> check_index_projection(const IndexDefinition& index);
// The same for one index added to an existing table.
std::optional<std::string> check_new_index(const TableDefinition& table,
                                           const IndexDefinition& index);
// Whether the keys of an existing table have the types that a request takes them for.
std::optional<std::string> check_attribute_types(const TableDefinition& table,
                                                 const std::map<std::string, Type>& types);
std::optional<std::string> check_table_name(std::string_view name);
// What a table or index can serve at once from its beginning.
Throughput initial_warm_throughput(BillingMode mode, const Throughput& provisioned);
// `warm` with its zeros filled in.
Throughput warm_throughput(const Throughput& warm, BillingMode mode, const Throughput& provisioned);
// Units of a ProvisionedThroughput that is given: from 1.
std::optional<std::string> check_throughput(const Throughput& units);

// What is wrong with tags, in AWS's words. DynamoDB: keys of 1 to 128 characters, values of up to
// 256, of letters, digits, white space and _.:/=+-@; keys that start with "aws:" are AWS's own.
std::optional<std::string> check_tags(const Tags& tags);
std::optional<std::string> check_tag_count(std::size_t count);

}  // namespace dynamodb
