#include "auth/cognito/settings.h"

#include <algorithm>
#include <stdexcept>

#include "auth/cognito/jwt_verifier.h"

namespace auth::cognito {
namespace {

constexpr const char* kCallbackPath = "/accounts/amazon-cognito/login/callback/";
// Of the local provider, where the settings name none: it is this machine's alone.
constexpr const char* kLocalSecret = "local-client-secret";

OidcSettings settings_at(const base::CognitoSettings& settings, std::string_view endpoints,
                         std::string_view site_url) {
  const std::string at(endpoints), site(site_url);
  return {.client_id = settings.client_id,
          .client_secret = settings.client_secret,
          .authorize_url = at + "/oauth2/authorize",
          .token_url = at + "/oauth2/token",
          .revoke_url = at + "/oauth2/revoke",
          .logout_url = at + "/logout",
          .redirect_uri = site + kCallbackPath,
          .logout_uri = site + "/",
          .groups = group_table(settings)};
}

}  // namespace

std::string domain_url(std::string_view domain) {
  std::string url(domain);
  while (url.ends_with('/') && !url.ends_with("://")) url.pop_back();
  if (url.find("://") == std::string::npos && !url.empty()) url = "https://" + url;
  if (!url.starts_with("https://") ||
      url.find_first_of("/?#@\\ ", std::string_view("https://").size()) != std::string::npos ||
      url.size() == std::string_view("https://").size())
    throw std::invalid_argument(
        "cognito.domain must be the pool's domain, such as "
        "https://x.auth.eu-central-1.amazoncognito.com (or COGNITO_DOMAIN), not \"" +
        std::string(domain) + "\"");
  return url;
}

OidcSettings oidc_settings(const base::CognitoSettings& settings, std::string_view site_url) {
  const std::string issuer = pool_issuer(settings.user_pool_id);
  if (!settings.user_pool_id.starts_with(settings.region + "_"))
    throw std::invalid_argument("cognito.region is \"" + settings.region +
                                "\", but cognito.user_pool_id is of another region");
  OidcSettings found = settings_at(settings, domain_url(settings.domain), site_url);
  found.issuer = issuer;
  found.jwks_url = jwks_url(issuer);
  return found;
}

OidcSettings local_oidc_settings(const base::CognitoSettings& settings, std::string_view site_url) {
  const std::string issuer = std::string(site_url) + "/cognito";
  OidcSettings found = settings_at(settings, issuer, site_url);
  if (found.client_secret.empty()) found.client_secret = kLocalSecret;
  found.issuer = issuer;
  found.jwks_url = jwks_url(issuer);
  return found;
}

GroupTable group_table(const base::CognitoSettings& settings) {
  constexpr std::string_view kGroup = "group:";
  GroupTable table;
  for (const auto& [name, meanings] : settings.groups) {
    GroupMapping& mapping = table[name];
    for (const std::string& meaning : meanings) {
      if (meaning == "staff") mapping.is_staff = true;
      if (meaning == "superuser") mapping.is_superuser = true;
      if (meaning.starts_with(kGroup)) mapping.groups.push_back(meaning.substr(kGroup.size()));
    }
  }
  return table;
}

GroupMapping map_groups(const GroupTable& table, const std::vector<std::string>& pool_groups) {
  GroupMapping sum;
  for (const auto& group : pool_groups) {
    const auto found = table.find(group);
    if (found == table.end()) continue;
    sum.is_staff |= found->second.is_staff;
    sum.is_superuser |= found->second.is_superuser;
    sum.groups.insert(sum.groups.end(), found->second.groups.begin(), found->second.groups.end());
  }
  std::sort(sum.groups.begin(), sum.groups.end());
  sum.groups.erase(std::unique(sum.groups.begin(), sum.groups.end()), sum.groups.end());
  return sum;
}

}  // namespace auth::cognito
