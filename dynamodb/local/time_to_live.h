// Time to live: which rows expire when, in an index of expiries that is written in the same batch
// as the rows, and the pipeline's writes that fill it and delete what has expired.
//
// The index holds, in order of time, an empty entry (key_codec.h) for each row whose attribute is a
// whole number of seconds since 1970.
// DynamoDB: an attribute of another type than N, or more than five years in the past, is ignored;
// expired items stay readable until they are deleted.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dynamodb/client.h"
#include "dynamodb/local/pipeline.h"
#include "dynamodb/local/write_action.h"

namespace dynamodb::local {

// The keys of the entries of a table start with this.
std::string expiry_prefix(std::uint32_t table);
// The entries of the rows that have expired at `now`: from begin up to, not including, end.
struct ExpiryRange {
  std::string begin{};
  std::string end{};
};
ExpiryRange expired_at(std::uint32_t table, base::Timestamp now);

// Whether `row` has an entry in the index of its table.
bool expires(const TableState& table, ItemView row);

// Moves the row's entry with a change of the row.
void move_expiry(Group& group, const RowChange& change, const std::string& row_key);

std::unique_ptr<Write> make_update_time_to_live(UpdateTimeToLiveRequest request,
                                                Completion<UpdateTimeToLiveResult> done);

// An index of expiries that is being filled with the rows of before.
struct ExpiryTarget {
  std::string table{};
  std::uint32_t table_number = 0;
  std::uint64_t generation = 0;
};
// Makes the entries of the rows under `row_keys`. False: time to live was switched off meanwhile.
std::unique_ptr<Write> make_expiry_chunk(ExpiryTarget target, std::vector<std::string> row_keys,
                                         Completion<bool> done);
std::unique_ptr<Write> make_expiry_filled(ExpiryTarget target, Completion<bool> done);

struct Expiries {
  std::size_t looked_at = 0;  // of the entries given; a batch ends early when it is large
  std::uint64_t deleted = 0;
};
// Deletes the rows of these entries, where they are still expired at that moment.
std::unique_ptr<Write> make_expire_rows(TablePtr table, std::vector<std::string> entries,
                                        Completion<Expiries> done);

}  // namespace dynamodb::local
