// gzip (RFC 1952) and the CRC-32 that it and AWS's x-amz-crc32 header use.
//
// Thread safety: pure functions.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace net {

// `before`: of the bytes in front of these.
std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0);

inline constexpr int kDefaultCompression = 6;  // gzip's own
inline constexpr int kBestCompression = 12;    // for what is compressed once
std::string compress(std::string_view bytes, int level = kDefaultCompression);

// Members one after the other are one text. nullopt: not gzip, cut short, followed by something
// else, or more than `limit` bytes long.
std::optional<std::string> decompress(std::string_view gzip, std::size_t limit);

}  // namespace net
