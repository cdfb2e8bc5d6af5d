// A write load whose survival can be checked, shared by the tests that kill, cut power and fill
// disks.
//
// Rows `k0`…`k<n>` carry a counter `n` that every write raises, so that of an acknowledged write it
// is known what must be there: at least its `n`. Rows `a<i>` and `b<i>` are written together in
// transactions, so that they must agree. The table's stream must tell of every step of every
// counter, once and in order.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "dynamodb/client.h"

namespace faults {

inline constexpr int kRows = 40;
inline constexpr int kPairs = 10;

// Creates the table with three indexes (ALL, KEYS_ONLY, INCLUDE) and a stream where it is missing.
void make_workload_table(dynamodb::Client& client);

// Writes until `go_on` is false or a write fails; calls `acknowledged` with what must survive from
// then on.
void write_load(dynamodb::Client& client, unsigned seed, const std::function<bool()>& go_on,
                const std::function<void(const std::string& row, std::int64_t n)>& acknowledged);

using Acknowledged = std::map<std::string, std::int64_t>;

// The table as it is: row -> n.
std::map<std::string, std::int64_t> read_counters(dynamodb::Client& client);

// Everything wrong with the database after a fault, one line each; empty when nothing is.
std::string problems(dynamodb::Client& client, const Acknowledged& acknowledged);

// Where the stream of the workload's table and the table differ, one line each.
std::string stream_problems(dynamodb::Client& client,
                            const std::map<std::string, std::int64_t>& counters);

// Where an index and its table differ, one line each.
std::string index_problems(dynamodb::Client& client, const std::string& table);

}  // namespace faults
