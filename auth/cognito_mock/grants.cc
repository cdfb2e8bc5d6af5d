#include "auth/cognito_mock/grants.h"

#include <algorithm>

#include "base/secrets.h"

namespace auth::cognito_mock {
namespace {

constexpr std::size_t kMost = 10'000;

base::Timestamp end_of(const base::Timestamp& end) { return end; }
template <class T>
base::Timestamp end_of(const T& entry) {
  return entry.expires_at;
}

}  // namespace

// Of what is full, the expired go, else what expires first.
template <class Map>
void Grants::make_room(Map& map) {
  if (map.size() < kMost) return;
  const auto now = now_();
  std::erase_if(map, [&](const auto& entry) { return end_of(entry.second) <= now; });
  if (map.size() < kMost) return;
  map.erase(std::min_element(map.begin(), map.end(), [](const auto& a, const auto& b) {
    return end_of(a.second) < end_of(b.second);
  }));
}

std::string Grants::add_code(Grant grant) {
  const std::lock_guard lock(mutex_);
  make_room(codes_);
  std::string code = base::random_token();
  codes_.emplace(code, Code{std::move(grant), now_() + lifetimes_.code});
  return code;
}

std::optional<Grant> Grants::take_code(const std::string& code) {
  const std::lock_guard lock(mutex_);
  const auto found = codes_.find(code);
  if (found == codes_.end() || found->second.expires_at <= now_()) return std::nullopt;
  if (found->second.used) {
    revoke_locked(found->second.grant.id);
    return std::nullopt;
  }
  found->second.used = true;
  return found->second.grant;
}

std::string Grants::add_refresh_token_locked(const Grant& grant) {
  make_room(refresh_tokens_);
  std::string token = base::random_token();
  refresh_tokens_.emplace(token, RefreshToken{grant, now_() + lifetimes_.refresh_token});
  return token;
}

std::string Grants::add_refresh_token(const Grant& grant) {
  const std::lock_guard lock(mutex_);
  return add_refresh_token_locked(grant);
}

std::optional<Grants::Rotation> Grants::rotate(const std::string& refresh_token) {
  const std::lock_guard lock(mutex_);
  const auto found = refresh_tokens_.find(refresh_token);
  if (found == refresh_tokens_.end()) return std::nullopt;
  RefreshToken& held = found->second;
  const auto now = now_();
  if (held.expires_at <= now) {
    if (held.replaced) revoke_locked(std::string(held.grant.id));
    return std::nullopt;
  }
  if (!held.replaced) {
    held.replaced = true;
    held.expires_at = std::min(held.expires_at, now + lifetimes_.rotation_grace);
  }
  const Grant grant = held.grant;
  return Rotation{grant, add_refresh_token_locked(grant)};
}

std::optional<Grant> Grants::find_refresh_token(const std::string& refresh_token) const {
  const std::lock_guard lock(mutex_);
  const auto found = refresh_tokens_.find(refresh_token);
  return found == refresh_tokens_.end() ? std::nullopt : std::optional(found->second.grant);
}

void Grants::revoke(const std::string& grant_id) {
  const std::lock_guard lock(mutex_);
  revoke_locked(grant_id);
}

void Grants::revoke_locked(const std::string& grant_id) {
  make_room(revoked_);
  revoked_[grant_id] = now_() + lifetimes_.refresh_token;
  std::erase_if(refresh_tokens_,
                [&](const auto& entry) { return entry.second.grant.id == grant_id; });
}

bool Grants::is_revoked(const std::string& grant_id) const {
  const std::lock_guard lock(mutex_);
  return revoked_.contains(grant_id);
}

std::string Grants::add_browser(std::string subject) {
  const std::lock_guard lock(mutex_);
  make_room(browsers_);
  std::string cookie = base::random_token();
  const auto now = now_();
  browsers_.emplace(cookie,
                    SignedIn{{std::move(subject), std::chrono::floor<std::chrono::seconds>(now)},
                             now + lifetimes_.browser});
  return cookie;
}

std::optional<Grants::Browser> Grants::find_browser(const std::string& cookie) const {
  const std::lock_guard lock(mutex_);
  const auto found = browsers_.find(cookie);
  if (found == browsers_.end() || found->second.expires_at <= now_()) return std::nullopt;
  return found->second.browser;
}

void Grants::remove_browser(const std::string& cookie) {
  const std::lock_guard lock(mutex_);
  browsers_.erase(cookie);
}

}  // namespace auth::cognito_mock
