#include "management/search.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "management/command.h"
#include "tests/temporary_folder.h"

namespace management {
namespace {

using testing::HasSubstr;

base::Settings in_memory() {
  base::Settings settings;
  settings.dynamo_backend.endpoint_url = "local::memory:";
  return settings;
}

TEST(SearchBackend, IsEmbedded_UnlessOpenSearchIsEnabled) {
  EXPECT_THAT(open_search_backend(in_memory())->health().detail, HasSubstr("SQLite"));
}

TEST(SearchBackend, EachDatabase_HasAFileOfItsOwn) {
  const tests::TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const auto file = [](const char* endpoint, const char* region) {
    base::Settings settings;
    settings.dynamo_backend.endpoint_url = endpoint;
    settings.dynamo_backend.region = region;
    return open_search_backend(settings)->health().detail;
  };
  EXPECT_THAT(file("local:data", ""), HasSubstr("data/search.db"));
  EXPECT_THAT(file("http://127.0.0.1:8001", "eu-west-1"),
              HasSubstr("data/search-http---127.0.0.1-8001-eu-west-1.db"));
  std::filesystem::current_path(before);
}

TEST(SearchBackend, OpenSearch_IsThatOfTheSettings_AndNotAskedBefore) {
  base::Settings settings = in_memory();
  settings.opensearch = {.enabled = true, .host = "127.0.0.1", .port = 1};
  const auto backend = open_search_backend(settings);
  const auto health = backend->health();
  EXPECT_FALSE(health.available);
  EXPECT_THAT(health.detail, HasSubstr("127.0.0.1:1"));
}

TEST(SearchBackend, SettingThatIsMissing_IsACommandError) {
  base::Settings settings = in_memory();
  settings.opensearch = {.enabled = true, .use_ssl = true, .ca_certs = "/nowhere/ca.pem"};
  try {
    open_search_backend(settings);
    FAIL();
  } catch (const CommandError& error) {
    EXPECT_THAT(error.what(), HasSubstr("opensearch.ca_certs"));
  }
}

}  // namespace
}  // namespace management
