// OidcSettings: which provider signs people in, and what it is told of this site.
//
// From the [cognito] settings by oidc_settings(), so that every address comes from configuration
// and none from a request (L1, R4).
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/settings.h"

namespace auth::cognito {

// What a group of the pool means here (L6). Groups that no mapping names mean nothing.
struct GroupMapping {
  bool is_staff = false;
  bool is_superuser = false;
  std::vector<std::string> groups{};  // of this site

  bool operator==(const GroupMapping&) const = default;
};
using GroupTable = std::map<std::string, GroupMapping, std::less<>>;

struct OidcSettings {
  std::string issuer{};
  std::string client_id{};
  std::string client_secret{};  // empty: a public client
  std::string authorize_url{};
  std::string token_url{};
  std::string revoke_url{};
  std::string logout_url{};
  std::string jwks_url{};
  std::string redirect_uri{};  // registered with the client
  std::string logout_uri{};    // registered too
  GroupTable groups{};
};

// The client of a user pool. `site_url`: "https://blog.example.com", where browsers come back to.
// Throws std::invalid_argument, which names the setting and says what to do.
OidcSettings oidc_settings(const base::CognitoSettings& settings, std::string_view site_url);
// The client of the local provider that `site_url` itself serves.
OidcSettings local_oidc_settings(const base::CognitoSettings& settings, std::string_view site_url);

// "https://host" without '/' at its end. Throws std::invalid_argument.
std::string domain_url(std::string_view domain);

GroupTable group_table(const base::CognitoSettings& settings);
// The sum of what a user's groups of the pool mean.
GroupMapping map_groups(const GroupTable& table, const std::vector<std::string>& pool_groups);

}  // namespace auth::cognito
