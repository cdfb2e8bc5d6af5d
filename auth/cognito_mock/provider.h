// Provider: an OpenID provider as Amazon Cognito is one, in this process, for developing and
// testing. What its endpoints decide, without HTTP (views.h has that).
//
// It holds clients to the rules (L9): exact redirect URIs, client secrets, PKCE with S256, codes
// and states used once. On command it breaks them (faults.h).
//
// Thread safety: any thread.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/system/result.hpp>

#include "auth/cognito_mock/faults.h"
#include "auth/cognito_mock/grants.h"
#include "auth/cognito_mock/key_ring.h"
#include "auth/cognito_mock/users.h"
#include "base/json_fwd.h"
#include "base/timestamp.h"

namespace auth::cognito_mock {

struct Client {
  std::string id{};
  std::string secret{};  // empty: a public client
  std::vector<std::string> redirect_uris{};
  std::vector<std::string> logout_uris{};
};

// An error of OAuth 2.0 (RFC 6749), as its clients read it.
struct OAuthError {
  std::string code;         // "invalid_grant"
  std::string description;  // for the developer
};
[[noreturn]] void throw_exception_from_error(const OAuthError& error,
                                             const boost::source_location& where);
template <class T>
using OAuthResult = boost::system::result<T, OAuthError>;

struct TokenAnswer {
  std::string json;
};

// A request's parameters, in the order they came.
using Parameters = std::vector<std::pair<std::string, std::string>>;

// What a client asks its browser to bring.
struct AuthorizeRequest {
  std::string client_id{};
  std::string redirect_uri{};
  std::string response_type{};
  std::string scope{};
  std::string state{};
  std::string nonce{};
  std::string code_challenge{};
  std::string code_challenge_method{};
  std::string prompt{};
  std::string max_age{};

  // nullopt: a parameter is there twice.
  static std::optional<AuthorizeRequest> from(const Parameters& parameters);
  Parameters parameters() const;  // those that are not empty, by their names
};

struct ProviderOptions {
  // "http://127.0.0.1:8000/cognito": its endpoints are below that. Known when the server has its
  // port: set_issuer().
  std::string issuer{};
  std::vector<Client> clients{};
  std::string keys_file{};  // signing keys are kept there; empty: in memory
  base::NowFunction now = base::now;
  std::chrono::seconds token_lifetime{3600};
  GrantLifetimes lifetimes{};
};

class Provider {
 public:
  // Without `users` those of memory, with demo_user() in it.
  explicit Provider(ProviderOptions options, std::unique_ptr<UserStore> users = {});

  const std::string& issuer() const { return options_.issuer; }
  void set_issuer(std::string issuer) { options_.issuer = std::move(issuer); }  // before requests
  UserStore& users() { return *users_; }
  Faults& faults() { return faults_; }
  KeyRing& keys() { return keys_; }
  Grants& grants() { return grants_; }
  void add_client(Client client);  // in place of one of its id
  std::optional<Client> find_client(std::string_view id) const;
  std::vector<Client> clients() const;

  // --- the browser's part ---

  // Whether the client and its redirect_uri are known. Where not, the browser must not be sent
  // there: nullopt is good, else what is wrong.
  std::optional<std::string> check_target(const AuthorizeRequest& request) const;
  // The rest, which the client is told by its redirect_uri.
  std::optional<OAuthError> check(const AuthorizeRequest& request) const;
  std::optional<User> check_password(std::string_view login, std::string_view password) const;
  // Where the browser goes: redirect_uri with a code, or an error, and the state.
  std::string accept(const AuthorizeRequest& request, const Grants::Browser& browser);
  static std::string refuse(const AuthorizeRequest& request, const OAuthError& error);
  // Whether a browser may be sent there after its log-out.
  bool may_log_out_to(std::string_view client_id, std::string_view logout_uri) const;

  // --- the client's part ---

  // `basic`: user and password of the Authorization header, where there is one.
  using BasicAuth = std::optional<std::pair<std::string, std::string>>;
  OAuthResult<TokenAnswer> token(const Parameters& form, const BasicAuth& basic);
  std::optional<OAuthError> revoke(const Parameters& form, const BasicAuth& basic);
  // The claims of the user of an access token; nullopt: it is not one of this provider's.
  std::optional<std::string> user_info(std::string_view access_token);
  std::string configuration() const;  // openid-configuration
  std::string jwks();

 private:
  OAuthResult<Client> authenticate(const Parameters& form, const BasicAuth& basic) const;
  OAuthResult<TokenAnswer> exchange_code(const Parameters& form, const Client& client);
  OAuthResult<TokenAnswer> refresh(const Parameters& form, const Client& client);
  TokenAnswer token_answer(const Grant& grant, const User& user, const std::string& refresh_token,
                           bool with_nonce);
  base::Json common_claims(const Grant& grant, const User& user, bool access);
  std::string sign(base::Json payload);

  ProviderOptions options_;
  const std::unique_ptr<UserStore> users_;
  KeyRing keys_;
  Grants grants_;
  Faults faults_;
  mutable std::mutex mutex_;
  std::map<std::string, Client, std::less<>> clients_;
};

}  // namespace auth::cognito_mock
