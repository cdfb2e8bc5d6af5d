// What is wrong with a token, for programs and for the log. A client is told nothing of it (J8).
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>

#include <boost/system/result.hpp>

namespace auth::cognito {

enum class TokenFault : std::uint8_t {
  malformed,         // not three parts of base64url with JSON objects (J1)
  algorithm,         // other than RS256 (J2)
  header,            // names keys of its own or critical extensions (J2), or no `kid` (J3)
  unknown_key,       // of no key of the pool (J3)
  keys_unavailable,  // the pool's keys cannot be had: nothing is said about the token (J10)
  signature,         // made with another key, or over other text (J3)
  issuer,            // J4
  expired,           // J5
  not_yet_valid,     // J5
  token_use,         // J6
  audience,          // J7
  claim,             // one that is needed is not there, or of another type
  revoked,           // J9
};

struct TokenError {
  TokenFault fault;
  std::string message;  // for the log: holds no part of the token but names
};

template <class T>
using TokenResult = boost::system::result<T, TokenError>;

[[noreturn]] inline void throw_exception_from_error(const TokenError& error,
                                                    const boost::source_location&) {
  throw std::runtime_error(error.message);
}

}  // namespace auth::cognito
