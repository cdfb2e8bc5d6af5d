// Brotli (RFC 7932), as browsers accept it over HTTPS and, most of them, on loopback.
//
// Thread safety: pure functions.
#pragma once
#include <string>
#include <string_view>

namespace net {

// `quality` 0 to 11: 4 takes the time of gzip's default, 11 a hundred times that. Throws
// std::bad_alloc.
std::string compress_brotli(std::string_view bytes, int quality);

}  // namespace net
