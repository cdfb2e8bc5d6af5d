#include "net/gzip.h"

#include <limits>

#include <zlib.h>

namespace net {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window; 16: with a gzip header

Bytef* input(std::string_view bytes) {
  // zlib does not write to it.
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

// zlib counts in 32 bits.
bool fits(std::string_view bytes) { return bytes.size() <= std::numeric_limits<uInt>::max(); }

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, input(bytes), bytes.size()));
}

std::string compress(std::string_view bytes) {
  z_stream stream{};
  if (!fits(bytes) || ::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8,
                                     Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string out(::deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = input(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);  // ends in one step: the space is enough for any input
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::optional<std::string> decompress(std::string_view gzip, std::size_t limit) {
  z_stream stream{};
  if (!fits(gzip) || ::inflateInit2(&stream, kGzipWindow) != Z_OK) return std::nullopt;
  stream.next_in = input(gzip);
  stream.avail_in = static_cast<uInt>(gzip.size());
  std::string out;
  int status = Z_OK;
  // One byte over the limit tells that there is more.
  while (status == Z_OK && out.size() <= limit) {
    const std::size_t had = out.size();
    const std::size_t more = std::min(std::max(gzip.size() * 4, had), limit + 1 - had);
    out.resize(had + more);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    stream.avail_out = static_cast<uInt>(more);
    status = ::inflate(&stream, Z_NO_FLUSH);
    out.resize(had + more - stream.avail_out);
    // RFC 1952: a file may have several members, one after the other.
    if (status == Z_STREAM_END && stream.avail_in > 0) status = ::inflateReset(&stream);
  }
  const bool whole = status == Z_STREAM_END && stream.avail_in == 0 && out.size() <= limit;
  ::inflateEnd(&stream);
  if (!whole) return std::nullopt;
  return out;
}

}  // namespace net
