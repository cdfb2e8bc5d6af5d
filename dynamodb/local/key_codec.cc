#include "dynamodb/local/key_codec.h"

#include <algorithm>

namespace dynamodb::local {
namespace {

template <class Integer>
void append_big_endian(std::string& out, Integer value) {
  for (int shift = static_cast<int>(sizeof(Integer) - 1) * 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift);
  }
}

void append_bytes(std::string& out, std::string_view bytes) {
  for (std::size_t begin = 0;;) {
    const std::size_t zero = bytes.find('\0', begin);
    out.append(bytes.substr(begin, zero - begin));
    if (zero == std::string_view::npos) break;
    out.append("\0\xFF", 2);
    begin = zero + 1;
  }
  out.append("\0\x01", 2);
}

}  // namespace

void append_u16(std::string& out, std::uint16_t value) { append_big_endian(out, value); }
void append_u32(std::string& out, std::uint32_t value) { append_big_endian(out, value); }
void append_u64(std::string& out, std::uint64_t value) { append_big_endian(out, value); }

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string row_prefix(std::uint32_t table, std::uint16_t index) {
  std::string key;
  key.reserve(128);
  key += kRowPrefix;
  append_u32(key, table);
  append_u16(key, index);
  return key;
}

void append_component(std::string& out, ValueView value) {
  if (value.type() == Type::N) {
    append_ordered(out, value.text());
  } else {
    append_bytes(out, value.text());
  }
}

// FNV-1a, then the finaliser of MurmurHash3 so that the high bits depend on every byte.
std::uint32_t partition_hash(std::string_view component) {
  std::uint64_t h = 0xCBF29CE484222325ull;
  for (const char c : component) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  h = (h ^ (h >> 33)) * 0xFF51AFD7ED558CCDull;
  h = (h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53ull;
  return static_cast<std::uint32_t>((h ^ (h >> 33)) >> 32);
}

bool append_key(std::string& out, const KeySchema& schema, ItemView item) {
  const std::size_t hash_at = out.size();
  append_u32(out, 0);
  const auto append = [&out, item](const KeyAttribute& key) {
    const auto value = item.find(key.name);
    if (!value || value->type() != key.type) return false;
    // DynamoDB: an empty string or binary is no key. Rows from before an index may have one.
    if (value->text().empty()) return false;
    append_component(out, *value);
    return true;
  };
  const auto append_all = [&append](const std::vector<KeyAttribute>& keys) {
    return std::all_of(keys.begin(), keys.end(), append);
  };
  if (!append(schema.partition) || !append_all(schema.more_partition)) return false;
  std::string hash;
  append_u32(hash, partition_hash(std::string_view(out).substr(hash_at + 4)));
  out.replace(hash_at, 4, hash);
  return !schema.sort || (append(*schema.sort) && append_all(schema.more_sort));
}

std::string prefix_end(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xFF') prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace dynamodb::local
