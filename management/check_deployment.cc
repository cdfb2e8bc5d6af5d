// What `check` says of routes, and `check --deploy` of settings (rules Z1 and G4).
#include <set>

#include "management/check.h"

namespace management {
namespace {

using Level = CheckMessage::Level;

// Whether the database is on this machine.
bool is_local(const base::DynamoBackendSettings& settings) {
  if (!settings.endpoint_url) return false;
  const std::string& url = *settings.endpoint_url;
  return url.starts_with("local:") || url.starts_with("unix:") ||
         url.find("://localhost") != std::string::npos ||
         url.find("://127.0.0.1") != std::string::npos || url.find("://[::1]") != std::string::npos;
}

// What makes it one that can be guessed; "": nothing.
std::string weakness_of(const std::string& secret) {
  if (secret.size() < 50) return "is shorter than 50 characters";
  if (std::set<char>(secret.begin(), secret.end()).size() < 5)
    return "has fewer than 5 different characters";
  return "";
}

std::string problem_of_secret(const base::Settings& settings) {
  const std::string& secret = settings.web.secret_key;
  if (secret.empty() && is_local(settings.dynamo_backend)) return "";  // one is made and kept
  if (secret.empty())
    return "is empty while the database is elsewhere: each machine would make its own; set "
           "WEB_SECRET_KEY";
  return weakness_of(secret);
}

}  // namespace

std::vector<CheckMessage> check_routes(const web::Router& router) {
  std::vector<CheckMessage> messages;
  for (const web::Route& route : router.routes()) {
    if (route.declared_access) continue;
    messages.push_back({Level::error, "web.E002",
                        route.method + " " + route.pattern +
                            " does not declare who may use it: add .access(web::Access::…) where "
                            "it is registered"});
  }
  return messages;
}

std::vector<CheckMessage> check_deployment(const base::Settings& settings) {
  std::vector<CheckMessage> messages;
  const auto error = [&](const char* id, std::string text) {
    messages.push_back({Level::error, id, std::move(text)});
  };
  const base::WebSettings& web = settings.web;
  const base::DynamoBackendSettings& database = settings.dynamo_backend;
  if (web.debug) error("deploy.E001", "web.debug is on: errors are shown with their details");
  if (const std::string problem = problem_of_secret(settings); !problem.empty())
    error("deploy.E002", "web.secret_key " + problem);
  // Their signatures are as good as the key's. An empty one signs nothing.
  for (std::size_t i = 0; i < web.secret_key_fallbacks.size(); ++i) {
    const std::string& former = web.secret_key_fallbacks[i];
    if (const std::string problem = weakness_of(former); !former.empty() && !problem.empty())
      error("deploy.E002", "web.secret_key_fallbacks[" + std::to_string(i) + "] " + problem);
  }
  for (const std::string& host : web.allowed_hosts)
    if (host == "*")
      error("deploy.E003", "web.allowed_hosts has \"*\": list the host names that the site serves");
  if (web.allowed_hosts.empty())
    error("deploy.E003", "web.allowed_hosts is empty: list the host names that the site serves");
  if (!web.secure_ssl)
    error("deploy.E004",
          "web.secure_ssl is off: pages and cookies go over plain HTTP, and browsers are not told "
          "to use HTTPS (Strict-Transport-Security)");
  if (web.secure_ssl && web.trusted_proxies.empty())
    error("deploy.E005",
          "web.trusted_proxies is empty while web.secure_ssl is on: nobody can say that a request "
          "came by HTTPS, so that each is redirected for ever; list the proxy's address");
  if (settings.cognito.mock_mode)
    error("deploy.E006", "cognito.mock_mode is on: the mock lets anyone in");
  if (!is_local(database) &&
      (database.aws_access_key_id == "test" || database.aws_secret_access_key == "test"))
    error("deploy.E007",
          "the AWS credentials are \"test\", and the database is not on this machine");
  if (database.create_tables_on_startup)
    error("deploy.E008",
          "dynamo_backend.create_tables_on_startup is on: run ./manage migrate when you deploy, "
          "and let the site's credentials make no tables");
  return messages;
}

}  // namespace management
