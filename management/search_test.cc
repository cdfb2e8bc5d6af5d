#include "management/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "management/command.h"

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
