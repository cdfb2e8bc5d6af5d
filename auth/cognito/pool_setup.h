// PoolSetup: makes what signing in needs at Amazon Cognito, where it is not there yet: a user pool,
// an app client, a domain, a user to try it with. What `setup_cognito` does on AWS.
//
// Running it again changes nothing but the client's addresses, to which new ones are added.
//
// Thread safety: one thread.
#pragma once
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "base/timestamp.h"
#include "net/aws/credentials.h"
#include "net/aws/sigv4.h"
#include "net/http_client.h"

namespace auth::cognito {

struct PoolPlan {
  std::string pool_name = "ddbdjango";
  std::string client_name = "ddbdjango-client";
  std::string domain_prefix{};  // empty: "ddbdjango-" and the pool's own part of its id
  std::vector<std::string> callback_urls{};
  std::vector<std::string> logout_urls{};
  // Empty: no user. Else demo, demo@ddblog.local.
  std::string demo_password{};
};

struct PoolFound {
  std::string user_pool_id;
  std::string client_id;
  std::string client_secret;
  std::string domain;               // the host name: "x.auth.eu-central-1.amazoncognito.com"
  std::vector<std::string> made{};  // what was not there before, in words
};

// AWS has refused, or cannot be reached.
struct PoolSetupError : std::runtime_error {
  PoolSetupError(std::string type, const std::string& message)
      : std::runtime_error(message), code(std::move(type)) {}
  std::string code;  // "UserNotFoundException"; empty where no answer came
};

class PoolSetup {
 public:
  // `endpoint_url` empty: that of the region. REQUIRES: both outlive *this.
  PoolSetup(net::HttpClient& http, net::aws::CredentialsProvider& credentials, std::string region,
            std::string endpoint_url = {});

  // Throws PoolSetupError.
  PoolFound run(const PoolPlan& plan);

 private:
  base::Json call(std::string_view operation, const base::Json& input);
  // The id of the first in a list of pages that has that name; empty: none.
  std::string find(std::string_view operation, base::Json input, const char* list,
                   const char* name_member, const std::string& name, const char* id_member,
                   const char* next_member);
  void find_or_make_pool(const PoolPlan& plan, PoolFound& found);
  void find_or_make_client(const PoolPlan& plan, PoolFound& found);
  void find_or_make_domain(const PoolPlan& plan, PoolFound& found);
  void find_or_make_user(const PoolPlan& plan, PoolFound& found);

  net::HttpClient& http_;
  net::aws::CredentialsProvider& credentials_;
  const std::string url_;
  const std::string region_;
  const net::aws::Signer signer_;
};

}  // namespace auth::cognito
