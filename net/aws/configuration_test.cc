// Region, endpoints and certificates: the variables, and the profile's properties behind them.
#include "net/aws/configuration.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/aws/detail/test_cloud.h"
#include "tests/temporary_folder.h"

namespace net::aws {
namespace {

using detail::Cloud;
using testing::HasSubstr;

TEST(Configuration, Region_IsThatOfTheEnvironment) {
  Cloud cloud;
  const auto find = [&] { return find_region(cloud.options().environment); };
  EXPECT_EQ(find(), std::nullopt);
  cloud.variables["AWS_DEFAULT_REGION"] = "eu-west-1";
  EXPECT_EQ(find(), "eu-west-1");
  cloud.variables["AWS_REGION"] = "eu-central-1";
  EXPECT_EQ(find(), "eu-central-1");
}

TEST(Configuration, SharedFiles_AreLookedForInHome) {
  const tests::TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() + "/.aws");
  std::ofstream(folder.path() + "/.aws/config") << "[default]\nregion = here\nca_bundle = /ca\n";
  const Environment environment = [&](const std::string& name) {
    return name == "HOME" ? std::optional(folder.path()) : std::nullopt;
  };
  EXPECT_EQ(find_region(environment), "here");
  EXPECT_EQ(find_region(environment, "other"), std::nullopt);
  EXPECT_EQ(find_ca_bundle(environment), "/ca");
}

TEST(Configuration, EndpointUrl_OfTheService_CountsBeforeThatOfAll) {
  Cloud cloud;
  const auto find = [&] { return find_endpoint_url("DYNAMODB", cloud.options().environment); };
  EXPECT_EQ(find(), std::nullopt);
  cloud.variables["AWS_ENDPOINT_URL"] = "http://all";
  EXPECT_EQ(find(), "http://all");
  cloud.variables["AWS_ENDPOINT_URL_DYNAMODB"] = "http://dynamodb";
  EXPECT_EQ(find(), "http://dynamodb");
  cloud.variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "TRUE";
  EXPECT_EQ(find(), std::nullopt);
}

TEST(Configuration, Switches_AreTrueOrFalse) {
  Cloud cloud;
  const auto find = [&] { return find_endpoint_choice(cloud.options().environment); };
  EXPECT_EQ(find(), EndpointChoice{});
  cloud.variables["AWS_USE_FIPS_ENDPOINT"] = "true";
  EXPECT_EQ(find(), EndpointChoice{.fips = true});
  cloud.variables["AWS_USE_DUALSTACK_ENDPOINT"] = "on";
  EXPECT_THROW(find(), std::invalid_argument);
  // Nobody is asked for credentials at an address that may be the wrong one.
  const tests::TemporaryFolder folder;
  std::ofstream(folder.path() + "/token") << "t";
  cloud.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = folder.path() + "/token";
  cloud.variables["AWS_ROLE_ARN"] = "r";
  EXPECT_THAT(cloud.error(), HasSubstr("AWS_USE_DUALSTACK_ENDPOINT"));
}

}  // namespace
}  // namespace net::aws
