// setup_cognito: what signing in with Amazon Cognito needs, on AWS or on this machine.
#include <cstdio>

#include <CLI/CLI.hpp>

#include "auth/cognito/pool_setup.h"
#include "auth/cognito/settings.h"
#include "auth/cognito_mock/file_users.h"
#include "auth/cognito_mock/key_ring.h"
#include "auth/commands.h"
#include "management/command.h"
#include "management/database.h"
#include "net/aws/configuration.h"

namespace auth {
namespace {

using management::CommandError;
using management::Context;

constexpr const char* kDemoPassword = "Demo1234!";
constexpr const char* kCallbackPath = "/accounts/amazon-cognito/login/callback/";

class SetupCognito : public management::Command {
 public:
  SetupCognito()
      : Command("setup_cognito",
                "Make the user pool, app client, domain and demo user at Amazon Cognito where they "
                "are missing; with mock_mode, set up the local provider.",
                "./manage setup_cognito --aws --region eu-central-1") {}

  void arguments(CLI::App& app) override {
    auto* aws = app.add_flag("--aws", aws_, "On AWS, also with cognito.mock_mode");
    app.add_flag("--mock", mock_, "On this machine, also without cognito.mock_mode")->excludes(aws);
    app.add_option("--region", region_, "In place of cognito.region");
    app.add_option("--site-url", site_url_, "Where browsers come back to")
        ->default_str("cognito.site_url, else http://localhost:8000");
    app.add_option("--domain-prefix", domain_prefix_, "Of the domain, unique in its region");
    app.add_flag("--no-demo-user", no_demo_user_, "Without the user demo");
    app.add_option("--endpoint-url", endpoint_url_, "Of another server that speaks Cognito's API");
  }

  int run(Context& context) override {
    const auto& settings = context.settings().cognito;
    site_url_ = !site_url_.empty()          ? site_url_
                : settings.site_url.empty() ? "http://localhost:8000"
                                            : settings.site_url;
    while (site_url_.ends_with('/')) site_url_.pop_back();
    if (region_.empty()) region_ = settings.region;
    const bool local = mock_ || (settings.mock_mode && !aws_);
    return local ? set_up_here(context) : set_up_at_aws(context);
  }

 private:
  int set_up_here(const Context& context) const {
    const auto folder = management::data_folder(context.settings().dynamo_backend);
    if (folder) {
      cognito_mock::KeyRing(*folder + "/cognito_mock_keys.pem").current();
      cognito_mock::FileUsers users(*folder + "/cognito_mock_users.json");
      if (users.all().empty()) users.save(cognito_mock::demo_user());
      std::printf("The local provider is set up; its keys and users are in %s/.\n",
                  folder->c_str());
    } else {
      std::printf("The local provider needs no setting up: it keeps everything in memory.\n");
    }
    std::printf(
        "It is at %s/cognito/ while ./manage runserver runs in debug.\n"
        "Sign in as demo@ddblog.local with the password %s\n\n[cognito]\n"
        "user_pool_id = \"%s\"\nclient_id = \"%s\"\nregion = \"%s\"\nmock_mode = true\n",
        site_url_.c_str(), kDemoPassword, context.settings().cognito.user_pool_id.c_str(),
        context.settings().cognito.client_id.c_str(), region_.c_str());
    return 0;
  }

  int set_up_at_aws(const Context& context) const {
    const auto& dynamo = context.settings().dynamo_backend;
    net::HttpClient http({.ca_file = net::aws::find_ca_bundle().value_or("")});
    net::aws::CredentialsProvider credentials(
        http, {.explicit_credentials = net::aws::settings_credentials(dynamo.aws_access_key_id,
                                                                      dynamo.aws_secret_access_key),
               .region = region_});
    cognito::PoolSetup setup(http, credentials, region_, endpoint());
    try {
      report(setup.run({.domain_prefix = domain_prefix_,
                        .callback_urls = {site_url_ + kCallbackPath},
                        .logout_urls = {site_url_ + "/"},
                        .demo_password = no_demo_user_ ? "" : kDemoPassword}));
    } catch (const cognito::PoolSetupError& error) {
      throw CommandError(std::string("Cognito: ") + error.what());
    }
    return 0;
  }

  std::string endpoint() const {
    std::string url = endpoint_url_;
    if (url.empty())
      url = net::aws::find_endpoint_url("COGNITO_IDENTITY_PROVIDER").value_or(std::string());
    while (url.ends_with('/')) url.pop_back();
    return url;
  }

  void report(const cognito::PoolFound& found) const {
    if (found.made.empty()) std::printf("Everything was there.\n");
    for (const auto& made : found.made) std::printf("Made: %s\n", made.c_str());
    if (!no_demo_user_)
      std::printf(
          "The user demo has the password %s, which everyone knows: delete it before the site is "
          "public.\n",
          kDemoPassword);
    std::printf(
        "\n[cognito]\nuser_pool_id = \"%s\"\nclient_id = \"%s\"\nregion = \"%s\"\n"
        "domain = \"https://%s\"\nsite_url = \"%s\"\nmock_mode = false\n\n"
        "and in the environment: COGNITO_CLIENT_SECRET=%s\n",
        found.user_pool_id.c_str(), found.client_id.c_str(), region_.c_str(), found.domain.c_str(),
        site_url_.c_str(), found.client_secret.c_str());
  }

  bool aws_ = false, mock_ = false, no_demo_user_ = false;
  std::string region_, site_url_, domain_prefix_, endpoint_url_;
};

}  // namespace

std::unique_ptr<management::Command> make_setup_cognito() {
  return std::make_unique<SetupCognito>();
}

}  // namespace auth
