#include "net/aws/sigv4.h"

#include <algorithm>

#include "net/aws/detail/canonical_request.h"
#include "net/text.h"

namespace net::aws {

using namespace detail;

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string join(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += ';';
    out += name;
  }
  return out;
}

// The parts of a URL that are signed; "/" where it has no path.
struct UrlParts {
  std::string_view host;  // with its port, unless that is the scheme's own
  std::string_view path;
  std::string_view query;
};

UrlParts split_url(std::string_view url) {
  UrlParts parts;
  const std::size_t scheme_end = url.find("://");
  const std::string_view scheme = url.substr(0, std::min(scheme_end, url.size()));
  if (scheme_end != std::string_view::npos) url.remove_prefix(scheme_end + 3);
  url = url.substr(0, url.find('#'));
  const std::size_t authority_end = std::min(url.find_first_of("/?"), url.size());
  parts.host = url.substr(0, authority_end);
  parts.host.remove_prefix(parts.host.rfind('@') + 1);
  const std::string_view own_port = scheme == "https" ? ":443" : ":80";
  if (parts.host.ends_with(own_port)) parts.host.remove_suffix(own_port.size());
  url.remove_prefix(authority_end);
  const std::size_t question = std::min(url.find('?'), url.size());
  parts.path = question == 0 ? std::string_view("/") : url.substr(0, question);
  parts.query = url.substr(std::min(question + 1, url.size()));
  return parts;
}

}  // namespace

Signer::Signer(std::string region, std::string service)
    : region_(std::move(region)),
      service_(std::move(service)),
      keys_(std::make_unique<detail::SigningKeys>()) {}
Signer::~Signer() = default;

std::vector<OwnedHeader> Signer::sign(const SignedParts& parts, const Credentials& credentials,
                                      base::Timestamp now) const {
  const std::string time = basic_iso(now);
  const std::string_view date = std::string_view(time).substr(0, 8);
  std::vector<OwnedHeader> added;
  added.reserve(3);
  added.push_back({"X-Amz-Date", time});
  if (!credentials.session_token.empty())
    added.push_back({"X-Amz-Security-Token", credentials.session_token});

  std::vector<HeaderField> headers(parts.headers.begin(), parts.headers.end());
  std::erase_if(headers, [](const HeaderField& header) {
    return equals_ignoring_case(header.name, "x-amz-date") ||
           equals_ignoring_case(header.name, "x-amz-security-token");
  });
  for (const OwnedHeader& header : added) headers.push_back({header.name, header.value});
  SignedParts all = parts;
  all.headers = headers;

  const std::string names = join(signed_names(headers));
  std::string scope;
  scope.append(date).append("/").append(region_).append("/").append(service_);
  scope += "/aws4_request";
  const Sha256 key = keys_->get(credentials.secret_access_key, date, region_, service_);
  const std::string to_sign = string_to_sign(time, scope, canonical_request(all, names));
  std::string authorization(kAlgorithm);
  authorization.append(" Credential=").append(credentials.access_key_id).append("/").append(scope);
  authorization.append(", SignedHeaders=").append(names).append(", Signature=");
  authorization += to_hex(hmac_sha256(bytes_of(key), to_sign));
  added.push_back({"Authorization", std::move(authorization)});
  return added;
}

void Signer::sign(ClientRequest& request, const Credentials& credentials,
                  base::Timestamp now) const {
  const UrlParts url = split_url(request.url);
  std::erase_if(request.headers, [](const OwnedHeader& header) {
    return equals_ignoring_case(header.name, "x-amz-date") ||
           equals_ignoring_case(header.name, "x-amz-security-token") ||
           equals_ignoring_case(header.name, "authorization");
  });
  if (std::none_of(request.headers.begin(), request.headers.end(), [](const OwnedHeader& header) {
        return equals_ignoring_case(header.name, "host");
      }))
    request.headers.push_back({"Host", std::string(url.host)});
  std::vector<HeaderField> headers;
  headers.reserve(request.headers.size());
  for (const OwnedHeader& header : request.headers) headers.push_back({header.name, header.value});
  auto added = sign({.method = request.method,
                     .path = url.path,
                     .query = url.query,
                     .headers = headers,
                     .body = request.body},
                    credentials, now);
  for (OwnedHeader& header : added) request.headers.push_back(std::move(header));
}

}  // namespace net::aws
