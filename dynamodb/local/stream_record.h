// What a stream holds of one change of an item, as it is stored.
#pragma once
#include <optional>
#include <string>

#include "dynamodb/local/stream_state.h"
#include "dynamodb/local/write_action.h"
#include "dynamodb/streams.h"

namespace dynamodb::local {

// The RocksDB keys of a shard's records start with this; numbers follow in order.
std::string shard_prefix(std::uint64_t shard);
std::string record_key(std::uint64_t shard, std::uint64_t number);
// REQUIRES: a key of a record.
std::uint64_t record_number(std::string_view key);

// Adds the record of a change to its table's stream, where there is an open one.
// REQUIRES: the change is one; `before` and `after` are not the same.
void add_stream_record(Group& group, const RowChange& change, bool by_time_to_live);

// When a stored record was made.
base::Timestamp record_time(std::string_view value);
StreamRecord read_stream_record(const StreamState& stream, std::uint64_t number,
                                std::string_view value);

}  // namespace dynamodb::local
