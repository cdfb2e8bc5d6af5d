// Positions: how far the stream of a table's changes was read. Kept with what was made of the
// changes, as named texts:
//   "stream"   -> label " " ISO 8601     the stream, and the time from which its changes matter
//   shard id   -> "" | "start" | "after " sequence number | "end"      gone | known | … | read
// Thread safety: values.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/timestamp.h"

namespace dynamo_backend::changes {

struct ShardPosition {
  std::string after{};    // a sequence number; empty: nothing was read
  bool finished = false;  // the shard is closed and read
  friend bool operator==(const ShardPosition&, const ShardPosition&) = default;
};

struct Positions {
  std::string stream{};                           // its label
  base::Timestamp since{};                        // changes made before need not be read
  std::map<std::string, ShardPosition> shards{};  // by id
  friend bool operator==(const Positions&, const Positions&) = default;
};

using NamedText = std::pair<std::string, std::string>;
// All of them, in order of name.
std::vector<NamedText> to_texts(const Positions& positions);
// What must be kept for `after` where `before` was kept: what is gone is an empty text.
std::vector<NamedText> changed_texts(const Positions& before, const Positions& after);
// Other names are passed over. nullopt: there are no positions among them, or damaged ones.
std::optional<Positions> positions_from(const std::vector<NamedText>& texts);

// Where a reader must start whose changes are for both: nothing that either has not read is missed.
// nullopt: they are of different streams.
std::optional<Positions> earlier(const Positions& a, const Positions& b);

}  // namespace dynamo_backend::changes
