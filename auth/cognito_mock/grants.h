// What the provider has granted: codes, refresh tokens and the browsers that are signed in. All in
// memory, bounded, and gone with the process.
//
// Thread safety: any thread.
#pragma once
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/timestamp.h"

namespace auth::cognito_mock {

// One log-in of a user to a client. Every token that comes of it has its id as `origin_jti`.
struct Grant {
  std::string id{};
  std::string subject{};
  std::string client_id{};
  std::string redirect_uri{};
  std::string scope{};
  std::string nonce{};
  std::string code_challenge{};  // S256
  std::chrono::sys_seconds auth_time{};
};

struct GrantLifetimes {
  std::chrono::seconds code{600};
  std::chrono::seconds refresh_token{30 * 24 * 3600};
  std::chrono::seconds rotation_grace{
      60};                             // in which a refresh token that was replaced still holds
  std::chrono::seconds browser{3600};  // Cognito's managed-login cookie
};

class Grants {
 public:
  Grants(base::NowFunction now, GrantLifetimes lifetimes)
      : now_(std::move(now)), lifetimes_(lifetimes) {}

  std::string add_code(Grant grant);
  // Once: asked a second time, all that came of the code is revoked. nullopt: unknown, expired,
  // used.
  std::optional<Grant> take_code(const std::string& code);

  std::string add_refresh_token(const Grant& grant);
  // A new refresh token for an old one, which holds for the grace and no longer: used after that,
  // the grant is revoked.
  struct Rotation {
    Grant grant;
    std::string refresh_token;
  };
  std::optional<Rotation> rotate(const std::string& refresh_token);
  // nullopt: no such token.
  std::optional<Grant> find_refresh_token(const std::string& refresh_token) const;
  // Every token of that log-in.
  void revoke(const std::string& grant_id);
  bool is_revoked(const std::string& grant_id) const;

  struct Browser {
    std::string subject{};
    std::chrono::sys_seconds auth_time{};
  };
  std::string add_browser(std::string subject);
  std::optional<Browser> find_browser(const std::string& cookie) const;
  void remove_browser(const std::string& cookie);

 private:
  struct Code {
    Grant grant;
    base::Timestamp expires_at;
    bool used = false;
  };
  struct RefreshToken {
    Grant grant;
    base::Timestamp expires_at;
    bool replaced = false;
  };
  struct SignedIn {
    Browser browser;
    base::Timestamp expires_at;
  };
  template <class Map>
  void make_room(Map& map);
  void revoke_locked(const std::string& grant_id);
  std::string add_refresh_token_locked(const Grant& grant);

  const base::NowFunction now_;
  const GrantLifetimes lifetimes_;
  mutable std::mutex mutex_;
  std::map<std::string, Code> codes_;
  std::map<std::string, RefreshToken> refresh_tokens_;
  std::map<std::string, base::Timestamp> revoked_;  // grants, until their tokens have expired
  std::map<std::string, SignedIn> browsers_;
};

}  // namespace auth::cognito_mock
