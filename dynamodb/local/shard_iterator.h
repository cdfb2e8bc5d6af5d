// A shard iterator, and the text that consumers hold:
//   text    := stream-arn "|1|" base64(payload)
//   payload := shard:u64 position:u64 microseconds:u64 check
// `check` is a hash of the rest, so that a cut or altered text is told from an iterator. It is not
// a secret: an iterator gives nothing that GetShardIterator does not.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/timestamp.h"
#include "dynamodb/streams.h"

namespace dynamodb::local {

struct ShardIterator {
  StreamName stream{};
  std::uint64_t shard = 0;
  std::uint64_t position = 0;  // the smallest sequence number that may be read
  base::Timestamp issued_at{};
};

std::string encode(const ShardIterator& iterator);
std::optional<ShardIterator> parse_shard_iterator(std::string_view text);

}  // namespace dynamodb::local
