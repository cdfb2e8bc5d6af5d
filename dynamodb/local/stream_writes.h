// The pipeline's changes of streams: made and closed with their tables' settings, and what time
// does to them.
#pragma once
#include <memory>
#include <vector>

#include "dynamodb/client.h"
#include "dynamodb/local/pipeline.h"

namespace dynamodb::local {

// These write to the group's batch and give the table its state; the catalog publishes both.
void open_stream(Group& group, TableState& table, StreamViewType view_type);
void close_stream(Group& group, TableState& table);  // nothing where none is open
// UpdateTable's StreamSpecification; nullopt switches the stream off.
std::optional<Error> change_stream(Group& group, TableState& table,
                                   std::optional<StreamViewType> wanted);

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
