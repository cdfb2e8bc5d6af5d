// Variables and shared files, as AWS's reference guide orders them, and what a client makes of
// them.
#include "dynamodb/aws/configured_options.h"

#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/temporary_folder.h"

namespace dynamodb::aws {
namespace {

using ::testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

class ConfiguredOptions : public ::testing::Test {
 protected:
  AwsOptions read(Variables variables, const std::string& config = {},
                  const std::string& profile = {}) const {
    const std::string file = folder_.path() + "/config";
    std::ofstream(file) << config;
    variables["AWS_CONFIG_FILE"] = file;
    variables["AWS_SHARED_CREDENTIALS_FILE"] = file + "-absent";
    return configured_options(
        [variables](const std::string& name) {
          const auto found = variables.find(name);
          return found == variables.end() ? std::nullopt : std::optional(found->second);
        },
        profile);
  }
  std::string refusal(const Variables& variables, const std::string& config = {}) const {
    try {
      read(variables, config);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  }

 private:
  tests::TemporaryFolder folder_;
};

TEST_F(ConfiguredOptions, NothingSet_IsTheDefaults) {
  const AwsOptions options = read({});
  EXPECT_EQ(options.region, "");
  EXPECT_THROW(AwsClient{options}, std::invalid_argument);  // AWS needs one
  EXPECT_EQ(options.endpoint_url, "");
  EXPECT_EQ(options.streams_endpoint_url, "");
  EXPECT_FALSE(options.fips || options.dual_stack);
  EXPECT_EQ(options.http.ca_file, "");
  EXPECT_EQ(options.retries.max_attempts, 3);
}

TEST_F(ConfiguredOptions, Variables_AreRead) {
  const AwsOptions options = read({{"AWS_REGION", "eu-central-1"},
                                   {"AWS_DEFAULT_REGION", "eu-west-1"},
                                   {"AWS_USE_FIPS_ENDPOINT", "true"},
                                   {"AWS_USE_DUALSTACK_ENDPOINT", "True"},
                                   {"AWS_CA_BUNDLE", "/ca.pem"},
                                   {"AWS_MAX_ATTEMPTS", "7"},
                                   {"AWS_RETRY_MODE", "standard"}});
  EXPECT_EQ(options.region, "eu-central-1");
  EXPECT_TRUE(options.fips);
  EXPECT_TRUE(options.dual_stack);
  EXPECT_EQ(options.http.ca_file, "/ca.pem");
  EXPECT_EQ(options.retries.max_attempts, 7);
}

const char* const kProfiles =
    "[default]\nregion = eu-north-1\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n"
    "ca_bundle = /of/profile.pem\nmax_attempts = 9\nretry_mode = legacy\n"
    "[profile other]\nregion = eu-south-1\n";

TEST_F(ConfiguredOptions, Profile_IsReadWhereNoVariableIsSet) {
  const AwsOptions options = read({}, kProfiles);
  EXPECT_EQ(options.region, "eu-north-1");
  EXPECT_TRUE(options.fips && options.dual_stack);
  EXPECT_EQ(options.http.ca_file, "/of/profile.pem");
  EXPECT_EQ(options.retries.max_attempts, 9);
  EXPECT_EQ(read({{"AWS_PROFILE", "other"}}, kProfiles).region, "eu-south-1");
  EXPECT_EQ(read({}, kProfiles, "other").region, "eu-south-1");
}

TEST_F(ConfiguredOptions, Variables_CountBeforeTheProfile) {
  const AwsOptions options = read({{"AWS_DEFAULT_REGION", "eu-west-1"},
                                   {"AWS_USE_FIPS_ENDPOINT", "false"},
                                   {"AWS_CA_BUNDLE", "/ca.pem"},
                                   {"AWS_MAX_ATTEMPTS", "1"}},
                                  kProfiles);
  EXPECT_EQ(options.region, "eu-west-1");
  EXPECT_FALSE(options.fips);
  EXPECT_TRUE(options.dual_stack);
  EXPECT_EQ(options.http.ca_file, "/ca.pem");
  EXPECT_EQ(options.retries.max_attempts, 1);
}

TEST_F(ConfiguredOptions, EndpointUrls_TheNearestCounts) {
  const std::string config =
      "[default]\nservices = mine\nendpoint_url = http://profile\n"
      "[services mine]\ndynamodb =\n  endpoint_url = http://services\n";
  EXPECT_EQ(read({}, "[default]\nendpoint_url = http://profile\n").endpoint_url, "http://profile");
  EXPECT_EQ(read({}, config).endpoint_url, "http://services");
  EXPECT_EQ(read({}, config).streams_endpoint_url, "http://profile");
  Variables variables = {{"AWS_ENDPOINT_URL", "http://all"}};
  EXPECT_EQ(read(variables, config).endpoint_url, "http://all");
  variables["AWS_ENDPOINT_URL_DYNAMODB"] = "http://dynamodb";
  EXPECT_EQ(read(variables, config).endpoint_url, "http://dynamodb");
  EXPECT_EQ(read(variables, config).streams_endpoint_url, "http://all");
  variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "TRUE";
  EXPECT_EQ(read(variables, config).endpoint_url, "");
  EXPECT_EQ(read({}, "[default]\nignore_configured_endpoint_urls = true\nendpoint_url = http://p\n")
                .endpoint_url,
            "");
}

TEST_F(ConfiguredOptions, ValuesThatAreNone_AreRefusedByName) {
  EXPECT_THAT(refusal({{"AWS_USE_FIPS_ENDPOINT", "yes"}}), HasSubstr("AWS_USE_FIPS_ENDPOINT"));
  EXPECT_THAT(refusal({}, "[default]\nuse_dualstack_endpoint = 1\n"),
              HasSubstr("use_dualstack_endpoint"));
  for (const char* attempts : {"0", "-1", "3x", "99999999999", "many"})
    EXPECT_THAT(refusal({{"AWS_MAX_ATTEMPTS", attempts}}), HasSubstr("AWS_MAX_ATTEMPTS"));
  EXPECT_THAT(refusal({{"AWS_RETRY_MODE", "often"}}), HasSubstr("AWS_RETRY_MODE"));
}

}  // namespace
}  // namespace dynamodb::aws
