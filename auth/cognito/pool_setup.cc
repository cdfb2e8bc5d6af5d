// The operations and their members: Amazon Cognito User Pools API Reference.
#include "auth/cognito/pool_setup.h"

#include <algorithm>

#include "base/json.h"
#include "net/text.h"

namespace auth::cognito {
namespace {

constexpr std::chrono::seconds kDeadline{20};
constexpr const char* kDemoName = "demo";
constexpr const char* kDemoEmail = "demo@ddblog.local";

std::string text_of(const base::Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// "com.amazonaws…#UserNotFoundException" and its message.
PoolSetupError refusal(std::string_view operation, const net::ClientResponse& response) {
  std::string type, message;
  try {
    const base::Json body = base::parse_json(response.body);
    type = text_of(body, "__type");
    message = text_of(body, body.contains("message") ? "message" : "Message");
  } catch (const base::JsonError&) {
  }
  type = type.substr(type.find('#') == std::string::npos ? 0 : type.find('#') + 1);
  return {type, std::string(operation) + ": " +
                    (type.empty() ? "answered " + std::to_string(response.status) : type) +
                    (message.empty() ? "" : ": " + message)};
}

// `urls` with those of `held` that it has not.
std::vector<std::string> merged(std::vector<std::string> urls, const base::Json* held) {
  if (held == nullptr) return urls;
  for (const auto& url : *held) {
    if (std::find(urls.begin(), urls.end(), url.get<std::string>()) == urls.end())
      urls.push_back(url.get<std::string>());
  }
  return urls;
}

const base::Json* member(const base::Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_array() ? nullptr : &*found;
}

bool lacks(const base::Json* held, const std::vector<std::string>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& url) {
    return held == nullptr || std::find(held->begin(), held->end(), url) == held->end();
  });
}

// Authorization code with a secret, and nothing else.
base::Json client_settings(const PoolPlan& plan, const std::string& pool_id,
                           const base::Json* callbacks, const base::Json* logouts) {
  return {{"UserPoolId", pool_id},
          {"ClientName", plan.client_name},
          {"SupportedIdentityProviders", {"COGNITO"}},
          {"CallbackURLs", merged(plan.callback_urls, callbacks)},
          {"LogoutURLs", merged(plan.logout_urls, logouts)},
          {"AllowedOAuthFlows", {"code"}},
          {"AllowedOAuthScopes", {"openid", "email", "profile"}},
          {"AllowedOAuthFlowsUserPoolClient", true},
          {"ExplicitAuthFlows", {"ALLOW_USER_SRP_AUTH"}},
          {"RefreshTokenRotation", {{"Feature", "ENABLED"}, {"RetryGracePeriodSeconds", 60}}},
          {"PreventUserExistenceErrors", "ENABLED"},
          {"EnableTokenRevocation", true}};
}

}  // namespace

PoolSetup::PoolSetup(net::HttpClient& http, net::aws::CredentialsProvider& credentials,
                     std::string region, std::string endpoint_url)
    : http_(http),
      credentials_(credentials),
      url_(endpoint_url.empty() ? "https://cognito-idp." + region + ".amazonaws.com"
                                : std::move(endpoint_url)),
      region_(region),
      signer_(region, "cognito-idp") {}

base::Json PoolSetup::call(std::string_view operation, const base::Json& input) {
  const auto deadline = net::HttpClient::Clock::now() + kDeadline;
  const auto credentials = credentials_.get(deadline);
  if (!credentials) throw PoolSetupError("", credentials.error().message);
  net::ClientRequest request{
      .url = url_ + "/",
      .headers = {{"Content-Type", "application/x-amz-json-1.1"},
                  {"X-Amz-Target", "AWSCognitoIdentityProviderService." + std::string(operation)}},
      .body = input.dump(),
      .deadline = deadline,
      .max_response_bytes = 1024 * 1024};
  signer_.sign(request, *credentials, base::now());
  const auto outcome = http_.send(std::move(request));
  if (!outcome) throw PoolSetupError("", std::string(operation) + ": " + outcome.error().message);
  if (outcome->status != 200) throw refusal(operation, *outcome);
  try {
    return outcome->body.empty() ? base::Json::object() : base::parse_json(outcome->body);
  } catch (const base::JsonError& error) {
    throw PoolSetupError("", std::string(operation) + ": the answer is not JSON: " + error.what());
  }
}

std::string PoolSetup::find(std::string_view operation, base::Json input, const char* list,
                            const char* name_member, const std::string& name, const char* id_member,
                            const char* next_member) {
  while (true) {
    const base::Json page = call(operation, input);
    if (const base::Json* entries = member(page, list)) {
      for (const auto& entry : *entries) {
        if (text_of(entry, name_member) == name) return text_of(entry, id_member);
      }
    }
    const std::string next = text_of(page, next_member);
    if (next.empty()) return {};
    input[next_member] = next;
  }
}

PoolFound PoolSetup::run(const PoolPlan& plan) {
  PoolFound found;
  find_or_make_pool(plan, found);
  find_or_make_client(plan, found);
  find_or_make_domain(plan, found);
  if (!plan.demo_password.empty()) find_or_make_user(plan, found);
  return found;
}

void PoolSetup::find_or_make_pool(const PoolPlan& plan, PoolFound& found) {
  found.user_pool_id = find("ListUserPools", {{"MaxResults", 60}}, "UserPools", "Name",
                            plan.pool_name, "Id", "NextToken");
  if (!found.user_pool_id.empty()) return;
  const base::Json made =
      call("CreateUserPool", {{"PoolName", plan.pool_name},
                              {"AliasAttributes", {"email"}},
                              {"AutoVerifiedAttributes", {"email"}},
                              {"UsernameConfiguration", {{"CaseSensitive", false}}}});
  found.user_pool_id = text_of(made.value("UserPool", base::Json::object()), "Id");
  if (found.user_pool_id.empty()) throw PoolSetupError("", "CreateUserPool has sent no Id");
  found.made.push_back("user pool " + plan.pool_name);
}

void PoolSetup::find_or_make_client(const PoolPlan& plan, PoolFound& found) {
  found.client_id =
      find("ListUserPoolClients", {{"UserPoolId", found.user_pool_id}, {"MaxResults", 60}},
           "UserPoolClients", "ClientName", plan.client_name, "ClientId", "NextToken");
  base::Json client;
  if (found.client_id.empty()) {
    base::Json input = client_settings(plan, found.user_pool_id, nullptr, nullptr);
    input["GenerateSecret"] = true;
    client = call("CreateUserPoolClient", input)["UserPoolClient"];
    found.client_id = text_of(client, "ClientId");
    found.made.push_back("app client " + plan.client_name);
  } else {
    client = call("DescribeUserPoolClient", {{"UserPoolId", found.user_pool_id},
                                             {"ClientId", found.client_id}})["UserPoolClient"];
    const base::Json* callbacks = member(client, "CallbackURLs");
    const base::Json* logouts = member(client, "LogoutURLs");
    if (lacks(callbacks, plan.callback_urls) || lacks(logouts, plan.logout_urls)) {
      // An update sets what it does not name to its default: all of it is sent.
      base::Json input = client_settings(plan, found.user_pool_id, callbacks, logouts);
      input["ClientId"] = found.client_id;
      call("UpdateUserPoolClient", input);
      found.made.push_back("addresses of app client " + plan.client_name);
    }
  }
  found.client_secret = text_of(client, "ClientSecret");
}

void PoolSetup::find_or_make_domain(const PoolPlan& plan, PoolFound& found) {
  const base::Json pool =
      call("DescribeUserPool", {{"UserPoolId", found.user_pool_id}})["UserPool"];
  std::string prefix = text_of(pool, "Domain");
  if (prefix.empty()) {
    prefix = plan.domain_prefix;
    if (prefix.empty()) {
      prefix = "ddbdjango-" + found.user_pool_id.substr(found.user_pool_id.find('_') + 1);
      std::transform(prefix.begin(), prefix.end(), prefix.begin(), net::to_lower);
    }
    call("CreateUserPoolDomain", {{"Domain", prefix}, {"UserPoolId", found.user_pool_id}});
    found.made.push_back("domain " + prefix);
  }
  found.domain = prefix + ".auth." + region_ + ".amazoncognito.com";
}

void PoolSetup::find_or_make_user(const PoolPlan& plan, PoolFound& found) {
  const base::Json user = {{"UserPoolId", found.user_pool_id}, {"Username", kDemoName}};
  try {
    call("AdminGetUser", user);
    return;
  } catch (const PoolSetupError& error) {
    if (error.code != "UserNotFoundException") throw;
  }
  base::Json input = user;
  input["MessageAction"] = "SUPPRESS";
  const auto attribute = [](const char* name, const char* value) {
    return base::Json{{"Name", name}, {"Value", value}};
  };
  input["UserAttributes"] = {attribute("email", kDemoEmail), attribute("email_verified", "true"),
                             attribute("given_name", "Demo"), attribute("family_name", "User")};
  call("AdminCreateUser", input);
  input = user;
  input["Password"] = plan.demo_password;
  input["Permanent"] = true;
  call("AdminSetUserPassword", input);
  found.made.push_back(std::string("user ") + kDemoName);
}

}  // namespace auth::cognito
