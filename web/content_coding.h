// Content codings: which compressed form of an answer a client takes.
//
// Thread safety: pure functions.
#pragma once
#include <cstdint>
#include <string_view>

namespace web {

enum class ContentCoding : std::uint8_t { identity, gzip, brotli };

// What an Accept-Encoding header (empty: none was sent) asks for, Brotli before gzip where it takes
// both. RFC 9110, 12.5.3: "q=0" refuses, "*" stands for what is not named.
ContentCoding choose_coding(std::string_view accept_encoding);

// The value of Content-Encoding; empty for identity.
std::string_view coding_name(ContentCoding coding);

}  // namespace web
