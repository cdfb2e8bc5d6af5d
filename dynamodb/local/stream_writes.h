// The pipeline's changes of streams: made and closed with their tables' settings, and what time
// does to them.
#pragma once
#include <memory>
#include <vector>

#include "dynamodb/client.h"
#include "dynamodb/local/pipeline.h"

namespace dynamodb::local {

// Opens or closes the table's stream as its settings say. Writes to the group's batch and gives the
// table its stream's state; the catalog publishes both.
void follow_stream_setting(Group& group, TableState& table);

// A stream of the table that begins now. REQUIRES: its settings have one.
StreamState new_stream(Group& group, const TableState& table);

// Whether time has something to do in a stream.
bool is_due(const StreamState& stream, base::Timestamp now);

// The records of a shard below a number, which are to go.
struct StreamTrim {
  std::uint64_t shard = 0;
  std::uint64_t before = 0;
};
// What time does to a stream: old records go; a shard that has been open for four hours is
// succeeded by a child; closed shards, and with the last one the stream, go after 24 hours. One
// small batch, whatever the number of records.
std::unique_ptr<Write> make_stream_upkeep(StreamName stream, std::vector<StreamTrim> trims,
                                          Completion<bool> done);

}  // namespace dynamodb::local
