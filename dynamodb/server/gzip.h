// gzip of request and response bodies, and the checksum of answers.
//
// Thread safety: functions without state.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dynamodb::server {

// CRC-32 as in zlib and `x-amz-crc32`.
std::uint32_t crc32(std::string_view bytes);

std::string gzip(std::string_view plain);

// nullopt where `compressed` is not gzip, is cut short, or holds more than `limit` bytes.
std::optional<std::string> gunzip(std::string_view compressed, std::size_t limit);

}  // namespace dynamodb::server
