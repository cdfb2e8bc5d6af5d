#include <algorithm>

#include <openssl/crypto.h>

#include "net/aws/detail/canonical_request.h"
#include "net/aws/sigv4.h"
#include "net/text.h"

namespace net::aws {

using namespace detail;

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";
constexpr auto kClockTolerance = std::chrono::minutes(15);

SignatureError incomplete(std::string message) {
  return {SignatureFault::incomplete, std::move(message)};
}
SignatureError invalid(std::string message) {
  return {SignatureFault::invalid, std::move(message)};
}

std::optional<std::string_view> find(std::span<const HeaderField> headers, std::string_view name) {
  for (const HeaderField& header : headers) {
    if (equals_ignoring_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::string_view trim(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string quote(std::string_view text) { return std::string("'").append(text).append("'"); }

// "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…"; white space may stand for commas.
struct Authorization {
  std::string_view algorithm;
  std::optional<std::string_view> credential, signed_headers, signature;
};

// An error names the part that has no '='.
boost::system::result<Authorization, SignatureError> parse(std::string_view header) {
  Authorization out;
  const std::string_view whole = trim(header);
  out.algorithm = whole.substr(0, whole.find_first_of(" \t"));
  std::string_view rest = whole.substr(out.algorithm.size());
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(", \t"), rest.size()));
    if (rest.empty()) return out;
    const std::string_view part = rest.substr(0, rest.find_first_of(", \t"));
    rest.remove_prefix(part.size());
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos)
      return incomplete(quote(part) +
                        " not a valid key=value pair (missing equal-sign) in Authorization "
                        "header: " +
                        quote(whole) + ".");
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = part.substr(equals + 1);
    if (name == "Credential") out.credential = value;
    if (name == "SignedHeaders") out.signed_headers = value;
    if (name == "Signature") out.signature = value;
  }
}

// Credential=<access key id>/<date>/<region>/<service>/aws4_request
struct Credential {
  std::string_view key_id, date, region, service, terminator;
  std::string_view scope;  // from the date on
};

std::optional<Credential> parse_credential(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);  // AWS ignores them
  if (std::count(text.begin(), text.end(), '/') != 4) return std::nullopt;
  std::array<std::string_view, 5> parts;
  std::string_view rest = text;
  for (std::string_view& part : parts) {
    part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  }
  return Credential{parts[0], parts[1], parts[2],
                    parts[3], parts[4], text.substr(parts[0].size() + 1)};
}

std::optional<SignatureError> check_presence(const Authorization& authorization,
                                             std::optional<std::string_view> date,
                                             std::string_view header) {
  std::string message;
  const auto require = [&](const auto& value, std::string_view name) {
    if (!value || value->empty())
      message.append("Authorization header requires ").append(quote(name)).append(" parameter. ");
  };
  require(authorization.credential, "Credential");
  require(authorization.signature, "Signature");
  require(authorization.signed_headers, "SignedHeaders");
  if (!date)
    message +=
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  if (message.empty()) return std::nullopt;
  return incomplete(message.append("Authorization=").append(header));
}

std::optional<SignatureError> check_time(std::string_view date, base::Timestamp now) {
  const auto time = parse_basic_iso(date);
  if (!time)
    return incomplete("Date must be in ISO-8601 'basic format'. Got " + quote(date) +
                      ". See http://en.wikipedia.org/wiki/ISO_8601");
  const std::string at(date);
  if (*time < now - kClockTolerance)
    return invalid("Signature expired: " + at + " is now earlier than " +
                   basic_iso(now - kClockTolerance) + " (" + basic_iso(now) + " - 15 min.)");
  if (*time > now + kClockTolerance)
    return invalid("Signature not yet current: " + at + " is still later than " +
                   basic_iso(now + kClockTolerance) + " (" + basic_iso(now) + " + 15 min.)");
  return std::nullopt;
}

bool signs_host(std::string_view signed_headers) {
  for (std::string_view rest = signed_headers; !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    if (equals_ignoring_case(name, "host")) return true;
  }
  return false;
}

std::optional<SignatureError> check_scope(const Credential& credential, std::string_view region,
                                          std::string_view service, std::string_view time) {
  std::string message;
  const auto add = [&](const std::string& sentence) {
    if (!message.empty()) message += ' ';
    message += sentence;
  };
  if (credential.region.empty() || (!region.empty() && credential.region != region))
    add("Credential should be scoped to a valid region, not " + quote(credential.region) + ".");
  if (credential.service != service)
    add("Credential should be scoped to correct service: " + quote(service) + ".");
  if (credential.terminator != kTerminator)
    add("Credential should be scoped with a valid terminator: 'aws4_request', not " +
        quote(credential.terminator) + ".");
  if (credential.date != time.substr(0, 8))
    add("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        "HTTP: " +
        quote(credential.date) + " != " + quote(time.substr(0, 8)) + ", from " + quote(time) + ".");
  if (message.empty()) return std::nullopt;
  return invalid(message);
}

}  // namespace

Verifier::Verifier(std::string region, std::string service, Lookup lookup)
    : region_(std::move(region)),
      service_(std::move(service)),
      lookup_(std::move(lookup)),
      keys_(std::make_unique<detail::SigningKeys>()) {}
Verifier::~Verifier() = default;

// In AWS's order, as DynamoDB was seen to answer (notes in dynalite's source).
std::optional<SignatureError> Verifier::check(const SignedParts& parts, base::Timestamp now) const {
  const auto header = find(parts.headers, "authorization");
  if (!header || !trim(*header).starts_with("AWS4-"))
    return SignatureError{SignatureFault::missing_token, "Request is missing Authentication Token"};
  const auto parsed = parse(*header);
  if (!parsed) return parsed.error();
  auto date = find(parts.headers, "x-amz-date");
  if (!date) date = find(parts.headers, "date");
  if (auto error = check_presence(*parsed, date, trim(*header))) return error;
  const std::string_view time = trim(*date);
  if (auto error = check_time(time, now)) return error;
  if (!signs_host(*parsed->signed_headers))
    return invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  if (parsed->algorithm != kAlgorithm)
    return incomplete("Unsupported AWS 'algorithm': " + quote(parsed->algorithm) +
                      " (only AWS4-HMAC-SHA256 for now). ");
  const auto credential = parse_credential(*parsed->credential);
  if (!credential)
    return incomplete(
        "Credential must have exactly 5 slash-delimited elements, e.g. "
        "keyid/date/region/service/term, got " +
        quote(*parsed->credential));
  if (auto error = check_scope(*credential, region_, service_, time)) return error;
  const auto known = lookup_(credential->key_id);
  if (!known)
    return SignatureError{SignatureFault::unrecognized_client,
                          "The security token included in the request is invalid."};
  const Sha256 key = keys_->get(known->secret_access_key, credential->date, credential->region,
                                credential->service);
  const std::string to_sign =
      string_to_sign(time, credential->scope, canonical_request(parts, *parsed->signed_headers));
  if (!equal_in_constant_time(to_hex(hmac_sha256(bytes_of(key), to_sign)), *parsed->signature))
    return invalid(
        "The request signature we calculated does not match the signature you provided. Check "
        "your AWS Secret Access Key and signing method. Consult the service documentation for "
        "details.");
  if (!equal_in_constant_time(find(parts.headers, "x-amz-security-token").value_or(""),
                              known->session_token))
    return SignatureError{SignatureFault::unrecognized_client,
                          "The security token included in the request is invalid"};
  return std::nullopt;
}

}  // namespace net::aws
