#include "base/settings.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace base {
namespace {

using testing::HasSubstr;

Settings parse(std::string_view toml, std::map<std::string, std::string> variables = {}) {
  return parse_settings(toml, "settings.toml", [&](const char* name) -> std::optional<std::string> {
    const auto it = variables.find(name);
    return it == variables.end() ? std::nullopt : std::optional(it->second);
  });
}
std::string refusal(std::string_view toml, std::map<std::string, std::string> variables = {}) {
  try {
    parse(toml, std::move(variables));
  } catch (const SettingsError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Settings, Empty_KeepsDefaults) {
  const Settings settings = parse("");
  EXPECT_FALSE(settings.dynamo_backend.endpoint_url);
  EXPECT_TRUE(settings.dynamo_backend.create_tables_on_startup);
  EXPECT_EQ(settings.dynamo_backend.scan_policy, ScanPolicy::warn);
}

TEST(Settings, File_SetsEveryKind) {
  const Settings settings = parse(R"(
[dynamo_backend]
endpoint_url = "local:data"
table_prefix = "my_"
create_tables_on_startup = false
scan_policy = "forbid"
scan_segments = 8
read_price_per_million = 1
[web]
allowed_hosts = ["example.com", ".example.org"]
workers = 3
secret_key_fallbacks = ["old"]
trusted_proxies = ["10.0.0.0/8"]
secure_ssl = true
cors_allowed_origins = ["https://app.example.com"]
json_logs = false
)");
  EXPECT_EQ(settings.web.secret_key_fallbacks, (std::vector<std::string>{"old"}));
  EXPECT_EQ(settings.web.trusted_proxies, (std::vector<std::string>{"10.0.0.0/8"}));
  EXPECT_EQ(settings.web.cors_allowed_origins,
            (std::vector<std::string>{"https://app.example.com"}));
  EXPECT_TRUE(settings.web.secure_ssl);
  EXPECT_FALSE(settings.web.json_logs);
  EXPECT_EQ(settings.dynamo_backend.endpoint_url, "local:data");
  EXPECT_EQ(settings.dynamo_backend.scan_policy, ScanPolicy::forbid);
  EXPECT_EQ(settings.dynamo_backend.scan_segments, 8u);
  EXPECT_EQ(settings.dynamo_backend.prices.read_per_million, 1.0);
  EXPECT_FALSE(settings.dynamo_backend.create_tables_on_startup);
  EXPECT_EQ(settings.web.allowed_hosts, (std::vector<std::string>{"example.com", ".example.org"}));
  EXPECT_EQ(settings.web.workers, 3);
}

TEST(Settings, Environment_OverridesTheFile) {
  const Settings settings =
      parse("[dynamo_backend]\nendpoint_url = \"local:data\"\nregion = \"eu-west-1\"",
            {{"DYNAMO_ENDPOINT_URL", "http://localhost:4566"},
             {"DYNAMO_TABLE_PREFIX", "x_"},
             {"AWS_DEFAULT_REGION", "eu-north-1"},
             {"AWS_ACCESS_KEY_ID", "id"},
             {"AWS_SECRET_ACCESS_KEY", "secret"},
             {"OPENSEARCH_ENDPOINT_URL", "https://search.example:9201/"},
             {"WEB_SECRET_KEY", "of the environment"},
             {"WEB_METRICS_TOKEN", "token"},
             {"COGNITO_DOMAIN", "https://login.example"}});
  EXPECT_EQ(settings.web.secret_key, "of the environment");
  EXPECT_EQ(settings.web.metrics_token, "token");
  EXPECT_EQ(settings.dynamo_backend.endpoint_url, "http://localhost:4566");
  EXPECT_EQ(settings.dynamo_backend.table_prefix, "x_");
  EXPECT_EQ(settings.dynamo_backend.region, "eu-north-1");
  EXPECT_EQ(parse("", {{"AWS_DEFAULT_REGION", "eu-north-1"}, {"AWS_REGION", "eu-south-1"}})
                .dynamo_backend.region,
            "eu-south-1");
  EXPECT_EQ(settings.dynamo_backend.aws_secret_access_key, "secret");
  EXPECT_TRUE(settings.opensearch.enabled && settings.opensearch.use_ssl);
  EXPECT_EQ(settings.opensearch.host, "search.example");
  EXPECT_EQ(settings.opensearch.port, 9201);
  EXPECT_EQ(settings.cognito.domain, "https://login.example");
}

TEST(Settings, Cognito_GroupsAndSecret_AreRead) {
  const auto settings =
      parse(
          "[cognito]\nsite_url = \"https://blog.example\"\n[cognito.groups]\nadmins = [\"staff\", "
          "\"superuser\"]\n"
          "\"our editors\" = [\"group:Editors\"]\n",
          {{"COGNITO_CLIENT_SECRET", "s3cret"}})
          .cognito;
  EXPECT_EQ(settings.site_url, "https://blog.example");
  EXPECT_EQ(settings.client_secret, "s3cret");
  EXPECT_EQ(settings.groups.at("admins"), (std::vector<std::string>{"staff", "superuser"}));
  EXPECT_EQ(settings.groups.at("our editors"), std::vector<std::string>{"group:Editors"});
}

TEST(Settings, Cognito_MockMode_CanBeSwitchedByTheEnvironment) {
  const char* on = "[cognito]\nmock_mode = true\n";
  EXPECT_TRUE(parse(on).cognito.mock_mode);
  EXPECT_FALSE(parse(on, {{"COGNITO_MOCK_MODE", "false"}}).cognito.mock_mode);
  EXPECT_TRUE(parse("", {{"COGNITO_MOCK_MODE", "true"}}).cognito.mock_mode);
  EXPECT_THAT(refusal("", {{"COGNITO_MOCK_MODE", "1"}}), HasSubstr("COGNITO_MOCK_MODE must be"));
}

TEST(Settings, Cognito_GroupsThatMeanNothing_AreRefused) {
  EXPECT_THAT(refusal("[cognito.groups]\nadmins = [\"root\"]\n"),
              HasSubstr("cognito.groups.admins may hold"));
  EXPECT_THAT(refusal("[cognito.groups]\nadmins = [\"group:\"]\n"),
              HasSubstr("cognito.groups.admins may hold"));
  EXPECT_THAT(refusal("[cognito.groups]\nadmins = \"staff\"\n"),
              HasSubstr("must be a list of strings"));
  EXPECT_THAT(refusal("[cognito]\ngroups = 1\n"), HasSubstr("cognito.groups must be a table"));
  EXPECT_THAT(refusal("[cognito]\nsite_url = \"blog.example\"\n"), HasSubstr("cognito.site_url"));
}

TEST(Settings, ApiAuthAndEmail_AreRead_AndTheirDefaultsAreSafe) {
  const auto defaults = parse("");
  EXPECT_TRUE(defaults.api.open_demo) << "which debug and loopback alone make matter";
  EXPECT_TRUE(defaults.auth.sign_up);
  EXPECT_TRUE(defaults.email.host.empty() && defaults.email.use_tls);
  const auto settings = parse(
      "[api]\nopen_demo = false\n[auth]\nsign_up = false\n[email]\nhost = \"mail.example\"\n"
      "port = 465\nuse_tls = false\nuse_ssl = true\nusername = \"u\"\n",
      {{"EMAIL_HOST_PASSWORD", "p"}});
  EXPECT_FALSE(settings.api.open_demo || settings.auth.sign_up);
  EXPECT_EQ(settings.email.port, 465);
  EXPECT_EQ(settings.email.password, "p");
  EXPECT_THAT(refusal("[email]\nuse_ssl = true\n"), HasSubstr("email.use_tls"));
  EXPECT_THAT(refusal("[email]\nusername = \"u\"\n"), HasSubstr("email.username and password"));
  EXPECT_THAT(refusal("[api]\nopen = true\n"), HasSubstr("unknown key api.open"));
}

TEST(Settings, Admin_IsRead_AndItsDefaultsLetPeopleWork) {
  const auto defaults = parse("");
  EXPECT_TRUE(defaults.admin.environment.empty() && defaults.admin.prices);
  EXPECT_FALSE(defaults.admin.read_only || defaults.admin.environment_is_live);
  const auto settings = parse(
      "[admin]\nenvironment = \"production\"\nenvironment_is_live = true\nread_only = true\n"
      "prices = false\n");
  EXPECT_EQ(settings.admin.environment, "production");
  EXPECT_TRUE(settings.admin.environment_is_live && settings.admin.read_only);
  EXPECT_FALSE(settings.admin.prices);
  EXPECT_THAT(refusal("[admin]\nread_only = \"yes\"\n"), HasSubstr("admin.read_only"));
}

TEST(Settings, OpenSearchUrl_OfAnIpv6Address_KeepsItsBrackets) {
  const auto at = [](const char* url) {
    return parse("", {{"OPENSEARCH_ENDPOINT_URL", url}}).opensearch;
  };
  EXPECT_EQ(at("http://[::1]:9200").host, "[::1]");
  EXPECT_EQ(at("http://[::1]:9200").port, 9200);
  EXPECT_EQ(at("https://[2001:db8::1]").port, 443);
}

TEST(Settings, S4_OpenSearchUrl_WithMoreThanHostAndPort_IsRefused) {
  const auto of = [](const char* url) { return refusal("", {{"OPENSEARCH_ENDPOINT_URL", url}}); };
  EXPECT_THAT(of("https://me:secret@search.example:9200"), HasSubstr("OPENSEARCH_PASSWORD"));
  EXPECT_THAT(of("https://me:secret@search.example:9200"), testing::Not(HasSubstr("me:secret")));
  EXPECT_THAT(of("https://search.example/path"), HasSubstr("must end after host and port"));
  for (const char* port : {"99999", "65536", "0", "", "+1", " 1", "1x", "0x1"})
    EXPECT_THAT(of(("https://search.example:" + std::string(port)).c_str()), HasSubstr("bad port"))
        << port;
}

TEST(Settings, G5_OpenSearchCredentials_ComeFromFileOrEnvironment) {
  const auto settings = parse(R"(
[opensearch]
enabled = true
host = "search.example"
port = 443
use_ssl = true
username = "file"
password = "file"
timeout = 3
)",
                              {{"OPENSEARCH_PASSWORD", "environment"}})
                            .opensearch;
  EXPECT_EQ(settings.username, "file");
  EXPECT_EQ(settings.password, "environment");
  EXPECT_EQ(settings.timeout, 3);
}

TEST(Settings, S4_OpenSearchCredentials_OverPlainHttp_StayOnThisMachine) {
  const std::string credentials =
      "[opensearch]\nenabled = true\nusername = \"a\"\npassword = \"b\"\n";
  EXPECT_THAT(refusal(credentials + "host = \"search.example\""), HasSubstr("opensearch.use_ssl"));
  EXPECT_EQ(refusal(credentials + "host = \"search.example\"\nuse_ssl = true"), "accepted");
  EXPECT_EQ(refusal(credentials), "accepted");
  EXPECT_THAT(refusal("[opensearch]\nenabled = true\naws_service = \"es\"\nhost = \"x.example\""),
              HasSubstr("opensearch.use_ssl"));
}

TEST(Settings, OpenSearch_ContradictionsAreNamed) {
  const auto of = [](const char* keys) { return refusal(std::string("[opensearch]\n") + keys); };
  EXPECT_THAT(of("username = \"a\""), HasSubstr("username and password"));
  EXPECT_THAT(of("username = \"a\"\npassword = \"b\"\naws_service = \"es\""),
              HasSubstr("exclude each other"));
  EXPECT_THAT(of("aws_service = \"s3\""), HasSubstr("opensearch.aws_service"));
  EXPECT_THAT(of("timeout = 0"), HasSubstr("opensearch.timeout"));
  EXPECT_THAT(of("enabled = true\nhost = \"\""), HasSubstr("opensearch.host"));
}

TEST(Settings, UnknownKey_IsNamedWithTheKnownOnes) {
  const std::string message = refusal("[web]\nwokers = 2");
  EXPECT_THAT(message, HasSubstr("unknown key web.wokers"));
  EXPECT_THAT(message, HasSubstr("workers"));
  EXPECT_THAT(refusal("[wep]"), HasSubstr("unknown section [wep]"));
}

TEST(Settings, AllProblems_AreReportedAtOnce) {
  const std::string message = refusal(
      "[web]\nworkers = \"many\"\n[dynamo_backend]\nscan_policy = \"perhaps\"\nendpoint_url = "
      "\"ftp://x\"");
  EXPECT_THAT(message, HasSubstr("web.workers must be an integer"));
  EXPECT_THAT(message, HasSubstr("dynamo_backend.scan_policy must be allow, warn or forbid"));
  EXPECT_THAT(message, HasSubstr("dynamo_backend.endpoint_url must be local:"));
}

TEST(Settings, BadToml_NamesTheLine) {
  EXPECT_THAT(refusal("[web]\nworkers = = 2"), HasSubstr("line 2"));
}

TEST(Settings, MissingFile_IsNamed) {
  try {
    load_settings("/nonexistent/settings.toml");
    FAIL();
  } catch (const SettingsError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nonexistent/settings.toml: cannot be read"));
  }
}

}  // namespace
}  // namespace base
