// URLs that a client sends: what may stand in a link or be redirected to leads nowhere else, and
// percent-encoding comes back.
#include <string>

#include "base/safe_url.h"
#include "fuzz/fuzz.h"
#include "net/text.h"
#include "web/safe_redirect.h"

namespace {

// As browsers read a URL: without control characters and spaces, letters without case, either
// slash.
std::string as_read(std::string_view url) {
  std::string read;
  for (const char c : url)
    if (static_cast<unsigned char>(c) > 0x20 && c != 0x7F)
      read += c == '\\' ? '/' : net::to_lower(c);
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (base::is_safe_url(text)) {
    const std::string read = as_read(text);
    const std::size_t colon = read.find_first_of(":/?#");
    if (colon != std::string::npos && read[colon] == ':') {
      const std::string scheme = read.substr(0, colon);
      FUZZ_CHECK(scheme == "http" || scheme == "https" || scheme == "mailto");
    }
    FUZZ_CHECK(!read.starts_with("//"));
  }
  if (web::is_safe_redirect(text)) {
    FUZZ_CHECK(text.size() <= 2048 && text.front() == '/' && !text.starts_with("//"));
    FUZZ_CHECK(text.find('\\') == std::string_view::npos);
    for (const char c : text) FUZZ_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  }
  if (web::is_safe_redirect(text, {.hosts = {"ok.example"}, .https_only = true})) {
    const std::string read = as_read(text);
    FUZZ_CHECK(read.front() == '/' || read.starts_with("https://ok.example"));
  }
  static_cast<void>(net::percent_decode(text, /*plus_is_space=*/true));
  if (net::is_valid_utf8(text) && text.find('\0') == std::string_view::npos)
    FUZZ_CHECK(net::percent_decode(net::percent_encode(text)) == text);
  return 0;
}
