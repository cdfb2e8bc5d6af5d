#include "net/aws/detail/canonical_request.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "net/text.h"

namespace net::aws::detail {
namespace {

// Fetched once: looking an algorithm up takes longer than hashing a small body.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = ::EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (algorithm == nullptr) throw std::runtime_error("OpenSSL has no SHA-256");
  return algorithm;
}

constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Headers that proxies and clients change on the way, which AWS's SDKs leave unsigned.
constexpr std::array<std::string_view, 15> kUnsigned = {
    "authorization", "cache-control",     "connection", "expect",     "from",
    "keep-alive",    "max-forwards",      "pragma",     "referer",    "te",
    "trailer",       "transfer-encoding", "upgrade",    "user-agent", "x-amzn-trace-id"};

bool is_signed(std::string_view name) {
  return std::find(kUnsigned.begin(), kUnsigned.end(), name) == kUnsigned.end() &&
         !name.starts_with("proxy-") && !name.starts_with("sec-");
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Any bytes may be signed: what is no %XX is kept as it is.
std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

Sha256 hmac_sha256(std::string_view key, std::string_view message) {
  Sha256 hash;
  if (::HMAC(sha256_algorithm(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(message.data()), message.size(), hash.data(),
             nullptr) == nullptr)
    throw std::runtime_error("HMAC-SHA-256 has failed");
  return hash;
}

std::string to_hex(const Sha256& hash) {
  std::string out;
  out.reserve(hash.size() * 2);
  for (const unsigned char byte : hash) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

std::string basic_iso(base::Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  char text[40];
  const int size = std::snprintf(
      text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {text, static_cast<std::size_t>(size)};
}

std::optional<base::Timestamp> parse_basic_iso(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  std::string iso;
  iso.append(text, 0, 4).append("-").append(text, 4, 2).append("-").append(text, 6, 2);
  iso.append("T").append(text, 9, 2).append(":").append(text, 11, 2).append(":");
  iso.append(text, 13, 2).append("Z");
  return base::parse_iso(iso);
}

std::string canonical_path(std::string_view path) {
  if (path == "/" || path.empty()) return "/";
  std::vector<std::string_view> segments;
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(segment.size() + 1, rest.size()));
    if (segment.empty() || segment == ".") continue;
    if (segment != "..")
      segments.push_back(segment);
    else if (!segments.empty())
      segments.pop_back();
  }
  std::string out;
  for (const std::string_view segment : segments) {
    out += '/';
    append_percent_encoded(out, segment);
  }
  if (out.empty() || path.back() == '/') out += '/';
  return out;
}

std::string canonical_query(std::string_view query) {
  if (query.empty()) return {};
  std::vector<std::pair<std::string, std::string>> fields;
  for (std::string_view rest = query; !rest.empty();) {
    const std::string_view field = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(field.size() + 1, rest.size()));
    if (field.empty()) continue;
    const std::size_t equals = std::min(field.find('='), field.size());
    fields.emplace_back(percent_encode(decode(field.substr(0, equals))),
                        percent_encode(decode(field.substr(std::min(equals + 1, field.size())))));
  }
  std::sort(fields.begin(), fields.end());
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    out.append(name).append("=").append(value);
  }
  return out;
}

void append_canonical_value(std::string& out, std::string_view value) {
  bool begun = false;
  bool space = false;
  for (const char c : value) {
    if (is_space(c)) {
      space = begun;
      continue;
    }
    if (space) out += ' ';
    space = false;
    begun = true;
    out += c;
  }
}

std::vector<std::string> signed_names(std::span<const HeaderField> headers) {
  std::vector<std::string> names;
  for (const HeaderField& header : headers) {
    std::string name(header.name);
    std::transform(name.begin(), name.end(), name.begin(), to_lower);
    if (is_signed(name)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string canonical_request(const SignedParts& parts, std::string_view signed_headers) {
  std::string out;
  out.reserve(512);
  out.append(parts.method).append("\n").append(canonical_path(parts.path)).append("\n");
  out.append(canonical_query(parts.query)).append("\n");
  for (std::string_view rest = signed_headers; !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    out.append(name).append(":");
    bool first = true;
    for (const HeaderField& header : parts.headers) {
      if (!equals_ignoring_case(header.name, name)) continue;
      if (!first) out += ',';
      first = false;
      append_canonical_value(out, header.value);
    }
    out += '\n';
  }
  out.append("\n").append(signed_headers).append("\n").append(sha256_hex(parts.body));
  return out;
}

std::string string_to_sign(std::string_view time, std::string_view scope,
                           std::string_view canonical_request) {
  std::string out = "AWS4-HMAC-SHA256\n";
  out.append(time).append("\n").append(scope).append("\n").append(sha256_hex(canonical_request));
  return out;
}

Sha256 SigningKeys::get(std::string_view secret, std::string_view date, std::string_view region,
                        std::string_view service) {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.date == date && entry.secret == secret && entry.region == region &&
        entry.service == service)
      return entry.key;
  }
  const Sha256 by_date = hmac_sha256(std::string("AWS4").append(secret), date);
  const Sha256 by_region = hmac_sha256(bytes_of(by_date), region);
  const Sha256 by_service = hmac_sha256(bytes_of(by_region), service);
  Entry entry{std::string(secret), std::string(date), std::string(region), std::string(service),
              hmac_sha256(bytes_of(by_service), "aws4_request")};
  const Sha256 key = entry.key;
  if (entries_.size() < kMostEntries)
    entries_.push_back(std::move(entry));
  else
    entries_[next_++ % kMostEntries] = std::move(entry);
  return key;
}

}  // namespace net::aws::detail

namespace net::aws {

std::string sha256_hex(std::string_view bytes) {
  detail::Sha256 hash;
  if (::EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, detail::sha256_algorithm(),
                   nullptr) != 1)
    throw std::runtime_error("SHA-256 has failed");
  return detail::to_hex(hash);
}

}  // namespace net::aws
