#include "net/gzip.h"

#include <algorithm>
#include <memory>
#include <new>

#include <libdeflate.h>

namespace net {
namespace {

struct FreeCompressor {
  void operator()(libdeflate_compressor* it) const { libdeflate_free_compressor(it); }
};
using Compressor = std::unique_ptr<libdeflate_compressor, FreeCompressor>;

Compressor make_compressor(int level) {
  Compressor made(libdeflate_alloc_compressor(level));
  if (!made) throw std::bad_alloc();
  return made;
}

// One of each for a thread: they take tens of kilobytes and hold nothing between calls.
libdeflate_compressor& compressor() {
  thread_local const Compressor kept = make_compressor(kDefaultCompression);
  return *kept;
}

libdeflate_decompressor& decompressor() {
  struct Free {
    void operator()(libdeflate_decompressor* it) const { libdeflate_free_decompressor(it); }
  };
  thread_local const std::unique_ptr<libdeflate_decompressor, Free> kept(
      libdeflate_alloc_decompressor());
  if (!kept) throw std::bad_alloc();
  return *kept;
}

// What the last four bytes say the size is; anybody may have written them.
std::size_t claimed_size(std::string_view gzip) {
  std::size_t size = 0;
  for (std::size_t i = 1; i <= 4 && i <= gzip.size(); ++i)
    size = size << 8 | static_cast<unsigned char>(gzip[gzip.size() - i]);
  constexpr std::size_t kMostPerByte = 1032;  // of deflate
  return std::min(size, gzip.size() * kMostPerByte);
}

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t before) {
  return libdeflate_crc32(before, bytes.data(), bytes.size());
}

std::string compress(std::string_view bytes, int level) {
  const Compressor own = level == kDefaultCompression ? nullptr : make_compressor(level);
  libdeflate_compressor& used = own ? *own : compressor();
  std::string out(libdeflate_gzip_compress_bound(&used, bytes.size()), '\0');
  out.resize(libdeflate_gzip_compress(&used, bytes.data(), bytes.size(), out.data(), out.size()));
  return out;
}

std::optional<std::string> decompress(std::string_view gzip, std::size_t limit) {
  std::string out;
  std::size_t used = 0;  // of out
  out.resize(std::min(claimed_size(gzip), limit));
  do {  // RFC 1952, 2.2: members follow one another
    std::size_t read = 0, written = 0;
    const auto result =
        libdeflate_gzip_decompress_ex(&decompressor(), gzip.data(), gzip.size(), out.data() + used,
                                      out.size() - used, &read, &written);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE && out.size() < limit) {
      out.resize(std::min(std::max(out.size() * 2, gzip.size() * 4), limit));
      continue;
    }
    if (result != LIBDEFLATE_SUCCESS) return std::nullopt;
    used += written;
    gzip.remove_prefix(read);
  } while (!gzip.empty());
  out.resize(used);
  return out;
}

}  // namespace net
