#include "dynamodb/server/authorization.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>

namespace dynamodb::server {
namespace {

using Keys = std::map<std::string, net::aws::KnownKey, std::less<>>;

std::string_view type_of(net::aws::SignatureFault fault) {
  switch (fault) {
    case net::aws::SignatureFault::missing_token:
      return "MissingAuthenticationTokenException";
    case net::aws::SignatureFault::incomplete:
      return "IncompleteSignatureException";
    case net::aws::SignatureFault::invalid:
      return "InvalidSignatureException";
    case net::aws::SignatureFault::unrecognized_client:
      return "UnrecognizedClientException";
  }
  return "InvalidSignatureException";
}

Keys keys_of_environment() {
  const char* const id = std::getenv("AWS_ACCESS_KEY_ID");
  const char* const secret = std::getenv("AWS_SECRET_ACCESS_KEY");
  if (id == nullptr || secret == nullptr || *id == '\0' || *secret == '\0') {
    throw std::runtime_error(
        "--verify-credentials env needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the "
        "environment");
  }
  return {{id, {.secret_access_key = secret}}};
}

Keys keys_of_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("the credentials file \"" + path + "\" cannot be read");
  Keys keys;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == line.size()) {
      // Without its text, which may be a secret.
      throw std::runtime_error("line " + std::to_string(number) + " of " + path +
                               " is not KEY_ID:SECRET");
    }
    keys[line.substr(0, colon)] = {.secret_access_key = line.substr(colon + 1)};
  }
  if (keys.empty()) throw std::runtime_error("there is no KEY_ID:SECRET in " + path);
  return keys;
}

}  // namespace

std::optional<Refused> check_has_signature(const net::HttpRequest& request) {
  const std::string_view header = request.header("Authorization").value_or("");
  if (!header.starts_with("AWS4-")) {
    return Refused{"MissingAuthenticationTokenException",
                   "Request is missing Authentication Token"};
  }
  std::string missing;
  for (const std::string_view part : {"Credential=", "Signature=", "SignedHeaders="}) {
    if (header.find(part) != std::string_view::npos) continue;
    missing.append("Authorization header requires '")
        .append(part.substr(0, part.size() - 1))
        .append("' parameter. ");
  }
  if (missing.empty()) return std::nullopt;
  return Refused{"IncompleteSignatureException", missing + "Authorization=" + std::string(header)};
}

std::optional<Refused> check_signature(const net::aws::Verifier& verifier,
                                       const net::HttpRequest& request) {
  const auto error = verifier.check({.method = request.method,
                                     .path = request.path(),
                                     .query = request.query(),
                                     .headers = request.headers,
                                     .body = request.body},
                                    base::now());
  if (!error) return std::nullopt;
  return Refused{type_of(error->fault), error->message};
}

std::unique_ptr<net::aws::Verifier> make_verifier(const std::string& source) {
  const Keys keys = source == "env" ? keys_of_environment() : keys_of_file(source);
  // Any region: there is one database for all.
  return std::make_unique<net::aws::Verifier>(
      "", "dynamodb", [keys](std::string_view id) -> std::optional<net::aws::KnownKey> {
        const auto found = keys.find(id);
        if (found == keys.end()) return std::nullopt;
        return found->second;
      });
}

}  // namespace dynamodb::server
