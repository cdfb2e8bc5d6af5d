// What the fuzzers share. Each <name>_fuzz.cc defines LLVMFuzzerTestOneInput(): it must not crash,
// whatever the bytes, and calls FUZZ_CHECK for what must hold besides.
//
// Preset `dev` builds them with clang's libFuzzer, AddressSanitizer and
// UndefinedBehaviorSanitizer; other builds link replay_main.cc instead, which runs them on the
// files of corpus/<name>/ and crashes/<name>/ as a test.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes the first byte off `text`; 0 where there is none.
inline std::uint8_t take_byte(std::string_view& text) {
  if (text.empty()) return 0;
  const auto byte = static_cast<std::uint8_t>(text.front());
  text.remove_prefix(1);
  return byte;
}

[[noreturn]] inline void fail(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

}  // namespace fuzz

#define FUZZ_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : fuzz::fail(#condition, __FILE__, __LINE__))
