#include "dynamo_backend/search/opensearch/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/exceptions.h"

namespace dynamo_backend::search::opensearch {
namespace {

std::optional<std::string> nothing(const std::string&) { return std::nullopt; }

TEST(OpenSearchOptionsTest, Settings_GiveUrlAndTrust) {
  base::Settings settings;
  EXPECT_EQ(opensearch_options(settings, nothing).url, "http://localhost:9200");
  settings.opensearch = {.host = "::1",
                         .port = 9201,
                         .use_ssl = true,
                         .verify_certs = false,
                         .ca_certs = "config/settings.toml",
                         .timeout = 2};
  const auto options = opensearch_options(settings, nothing);
  EXPECT_EQ(options.url, "https://[::1]:9201");
  EXPECT_FALSE(options.http.verify_certificates);
  EXPECT_EQ(options.http.ca_file, "config/settings.toml");
  EXPECT_EQ(options.timeout, std::chrono::seconds(2));
  EXPECT_EQ(options.search_timeout, std::chrono::seconds(2));
}

TEST(OpenSearchOptionsTest, CertificatesThatAreNotThere_AreNamed) {
  base::Settings settings;
  settings.opensearch.ca_certs = "/nowhere/ca.pem";
  EXPECT_THROW(opensearch_options(settings, nothing), ImproperlyConfigured);
}

TEST(OpenSearchOptionsTest, Username_IsBasicAuth) {
  base::Settings settings;
  settings.opensearch.username = "u";
  settings.opensearch.password = "p";
  EXPECT_EQ(opensearch_options(settings, nothing).signing, Signing::basic);
}

TEST(OpenSearchOptionsTest, AwsService_TakesRegionAndKeysOfTheDatabase) {
  base::Settings settings;
  settings.opensearch.aws_service = "aoss";
  EXPECT_THROW(opensearch_options(settings, nothing), ImproperlyConfigured);
  settings.dynamo_backend.region = "eu-west-1";
  settings.dynamo_backend.aws_access_key_id = "AKID";
  settings.dynamo_backend.aws_secret_access_key = "secret";
  const auto options = opensearch_options(settings, nothing);
  EXPECT_EQ(options.signing, Signing::serverless);
  EXPECT_EQ(options.region, "eu-west-1");
  ASSERT_TRUE(options.credentials.explicit_credentials);
  EXPECT_EQ(options.credentials.explicit_credentials->access_key_id, "AKID");
  settings.opensearch.region = "eu-north-1";
  EXPECT_EQ(opensearch_options(settings, nothing).region, "eu-north-1");
}

TEST(OpenSearchOptionsTest, KeyOfTheEnvironment_IsReadThereForItsSessionToken) {
  base::Settings settings;
  settings.opensearch.aws_service = "es";
  settings.dynamo_backend.region = "eu-west-1";
  settings.dynamo_backend.aws_access_key_id = "AKID";
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    return name == "AWS_ACCESS_KEY_ID" ? std::optional<std::string>("AKID") : std::nullopt;
  };
  EXPECT_FALSE(opensearch_options(settings, environment).credentials.explicit_credentials);
}

}  // namespace
}  // namespace dynamo_backend::search::opensearch
