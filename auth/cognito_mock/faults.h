// What the local provider does wrong on command, so that a client can be tried on it.
//
// Thread safety: any thread.
#pragma once
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace auth::cognito_mock {

enum class Fault : std::uint8_t {
  expired,          // tokens that ended an hour ago
  clock_skew,       // tokens of an hour from now
  wrong_aud,        // for another client
  wrong_token_use,  // ID tokens say access, access tokens id
  wrong_iss,
  wrong_nonce,
  unknown_kid,     // of no published key
  alg_none,        // not signed
  alg_hs256,       // signed with the public key as a secret
  bad_signature,   // by another key of the same kid
  slow_jwks,       // the keys come after five seconds
  dead_jwks,       // the keys are answered 503
  replayed_code,   // the code that the browser brings has been used
  wrong_verifier,  // the code belongs to another verifier
};

inline constexpr std::array<std::pair<std::string_view, Fault>, 14> kFaultNames = {{
    {"expired", Fault::expired},
    {"clock_skew", Fault::clock_skew},
    {"wrong_aud", Fault::wrong_aud},
    {"wrong_token_use", Fault::wrong_token_use},
    {"wrong_iss", Fault::wrong_iss},
    {"wrong_nonce", Fault::wrong_nonce},
    {"unknown_kid", Fault::unknown_kid},
    {"alg_none", Fault::alg_none},
    {"alg_hs256", Fault::alg_hs256},
    {"bad_signature", Fault::bad_signature},
    {"slow_jwks", Fault::slow_jwks},
    {"dead_jwks", Fault::dead_jwks},
    {"replayed_code", Fault::replayed_code},
    {"wrong_verifier", Fault::wrong_verifier},
}};

std::optional<Fault> fault_of(std::string_view name);

class Faults {
 public:
  // From now on until reset(); with `times` for that many answers.
  void set(Fault fault, std::optional<unsigned> times = {});
  void reset();
  // Whether this answer is to be wrong in that way; counts it.
  bool take(Fault fault);
  std::vector<std::string_view> names() const;
  // Until reset() or the end of `most`.
  void wait_for_reset(std::chrono::seconds most);

 private:
  mutable std::mutex mutex_;
  std::condition_variable was_reset_;
  std::uint64_t resets_ = 0;
  std::map<Fault, std::optional<unsigned>> left_;
};

}  // namespace auth::cognito_mock
