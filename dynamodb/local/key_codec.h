// The engine's RocksDB keys: every row and index entry under a key whose bytes sort as DynamoDB
// orders them.
//
// Grammar (an on-disk format, version 1; integers big-endian):
//   key       := meta | token | row | record | expiry
//   meta      := 0x00 kind:u8 rest                    (catalog.cc)
//   token     := 0x01 client-request-token            (writes.cc)
//   row       := 0x02 table:u32 index:u16 hash:u32 component+
//   record    := 0x03 shard:u64 sequence-number:u64   (stream_record.cc)
//   expiry    := 0x04 table:u32 seconds:u64 hash:u32 component+ (time_to_live.h)
//   component := string-or-binary | number
//   string-or-binary := bytes with 0x00 written as 0x00 0xFF, then 0x00 0x01
//   number    := append_ordered() of dynamodb/number.h
// In the table itself (index 0) the components are partition key and sort key; in an index they are
// the index's keys, up to four attributes of each kind, then the table's. `hash` is of the
// partition key's components and spreads partitions over 32 bits, so that a parallel scan's
// segments are ranges of it; the items of one partition stay together, in order of the sort key.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dynamodb/item_view.h"
#include "dynamodb/table.h"

namespace dynamodb::local {

inline constexpr char kMetaPrefix = 0x00;
inline constexpr char kTokenPrefix = 0x01;
inline constexpr char kRowPrefix = 0x02;
inline constexpr char kStreamPrefix = 0x03;
inline constexpr char kExpiryPrefix = 0x04;

void append_u16(std::string& out, std::uint16_t value);
void append_u32(std::string& out, std::uint32_t value);
void append_u64(std::string& out, std::uint64_t value);
std::uint64_t read_big_endian(std::string_view bytes);

// Where a table's or index's rows start: row up to and including index.
std::string row_prefix(std::uint32_t table, std::uint16_t index);

// One key component. REQUIRES: S, N or B.
void append_component(std::string& out, ValueView value);

// The 32-bit hash of the encoded components of a partition key. Never changes: it is part of keys
// on disk.
std::uint32_t partition_hash(std::string_view component);

// Appends hash, partition key and, where the schema has one, sort key of `item`, all attributes.
// False, with `out` unspecified, where an attribute is missing or has another type: a sparse index
// has no entry then.
bool append_key(std::string& out, const KeySchema& schema, ItemView item);

// The smallest key greater than all keys that start with `prefix`; empty when there is none.
std::string prefix_end(std::string prefix);

}  // namespace dynamodb::local
