#include "dynamodb/server/authorization.h"

namespace dynamodb::server {

std::optional<Refused> check_has_signature(const net::HttpRequest& request) {
  const std::string_view header = request.header("Authorization").value_or("");
  if (!header.starts_with("AWS4-")) {
    return Refused{"MissingAuthenticationTokenException",
                   "Request is missing Authentication Token"};
  }
  std::string missing;
  for (const std::string_view part : {"Credential", "Signature", "SignedHeaders"}) {
    const std::size_t at = header.find(std::string(part) + "=");
    if (at != std::string_view::npos) continue;
    missing.append("Authorization header requires '").append(part).append("' parameter. ");
  }
  if (missing.empty()) return std::nullopt;
  return Refused{"IncompleteSignatureException", missing + "Authorization=" + std::string(header)};
}

}  // namespace dynamodb::server
