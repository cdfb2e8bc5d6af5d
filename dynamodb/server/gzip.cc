#include "dynamodb/server/gzip.h"

#include <algorithm>

#include <zlib.h>

namespace dynamodb::server {
namespace {

constexpr int kGzipWindow = 15 + 16;  // 32 KiB, with gzip's header
constexpr std::size_t kStep = 64 * 1024;

Bytef* input(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib only reads it
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, input(bytes), bytes.size()));
}

std::string gzip(std::string_view plain) {
  z_stream stream{};
  // Level 1: what is saved beyond it does not pay for the time on a fast network.
  ::deflateInit2(&stream, 1, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
  std::string out(::deflateBound(&stream, plain.size()), '\0');
  stream.next_in = input(plain);
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::optional<std::string> gunzip(std::string_view compressed, std::size_t limit) {
  z_stream stream{};
  ::inflateInit2(&stream, kGzipWindow);
  stream.next_in = input(compressed);
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string out;
  int status = Z_OK;
  // Grows with what comes out, so that a small body that claims to be large takes no memory.
  while (status == Z_OK && out.size() <= limit) {
    const std::size_t held = out.size();
    const std::size_t step = std::min(kStep, limit + 1 - held);
    out.resize(held + step);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + held);
    stream.avail_out = static_cast<uInt>(step);
    status = ::inflate(&stream, Z_NO_FLUSH);
    out.resize(held + step - stream.avail_out);
  }
  const bool whole = status == Z_STREAM_END && stream.avail_in == 0 && out.size() <= limit;
  ::inflateEnd(&stream);
  if (!whole) return std::nullopt;
  return out;
}

}  // namespace dynamodb::server
