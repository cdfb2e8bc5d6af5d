// The shared files: their grammar, and credentials by keys, roles, web identity and processes.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/aws/detail/credential_source.h"
#include "net/aws/detail/profile_file.h"
#include "net/aws/detail/test_cloud.h"
#include "tests/temporary_folder.h"

namespace net::aws {

using namespace detail;

namespace {

using testing::HasSubstr;

Profiles parse(std::string_view config, std::string_view credentials = {}) {
  Profiles profiles;
  EXPECT_TRUE(parse_profiles(config, ProfileFileKind::config, "config", profiles));
  EXPECT_TRUE(parse_profiles(credentials, ProfileFileKind::credentials, "credentials", profiles));
  return profiles;
}

std::string error_of(std::string_view config) {
  Profiles profiles;
  const auto parsed = parse_profiles(config, ProfileFileKind::config, "config", profiles);
  return parsed ? "" : parsed.error().message;
}

TEST(ProfileFile, Sections_OfTheConfigFile_BeginWithProfile) {
  const Profiles profiles = parse(
      "\xef\xbb\xbf[default]\nregion = a\n[profile one]\nregion=b\r\n[ profile \"two words\" ] # "
      "c\n"
      "region = c\n[three]\nregion = d\n[sso-session s]\nregion = e\n[profilefour]\nregion = f\n");
  EXPECT_EQ(profiles.size(), 3U);
  EXPECT_EQ(property(profiles.at("default"), "region"), "a");
  EXPECT_EQ(property(profiles.at("one"), "region"), "b");
  EXPECT_EQ(property(profiles.at("two words"), "region"), "c");
  EXPECT_EQ(property(profiles.at("one"), "absent"), "");
}

TEST(ProfileFile, Properties_AreTrimmedAndWithoutComments) {
  const Profiles profiles = parse(
      "# comment\n[default]\n; comment\nA = x y ; comment\nb=x#y\nC =\td # e\nf = a=b\n\n"
      "s3 =\n  region = nested\ng = 1\n  continued\n");
  EXPECT_EQ(profiles.at("default"), (Profile{{"a", "x y"},
                                             {"b", "x#y"},
                                             {"c", "d"},
                                             {"f", "a=b"},
                                             {"s3", ""},
                                             {"s3.region", "nested"},
                                             {"g", "1"}}));
}

TEST(ProfileFile, CredentialsFile_CountsBeforeTheConfigFile) {
  const Profiles profiles =
      parse("[profile a]\nx = config\ny = config\n", "[a]\nx = credentials\n[a]\nz = 1\nz = 2\n");
  EXPECT_EQ(profiles.at("a"), (Profile{{"x", "credentials"}, {"y", "config"}, {"z", "2"}}));
}

TEST(ProfileFile, MalformedLines_AreNamedNotQuoted) {
  EXPECT_EQ(error_of("[default\n"), "config, line 1: a section's heading has no ']'");
  EXPECT_EQ(error_of("[default]\n\nsecret\n"), "config, line 3: neither a section nor key = value");
  EXPECT_EQ(error_of("[default]\n= secret\n"), "config, line 2: neither a section nor key = value");
  EXPECT_EQ(error_of("a = secret\n"), "config, line 1: a property before the first section");
}

// A profile's credentials, with STS played by the cloud: a role named <x> gives the key "<x>".
class ProfileTest : public testing::Test {
 protected:
  ProfileTest() {
    cloud.variables["AWS_CONFIG_FILE"] = folder.path() + "/config";
    cloud.variables["AWS_ENDPOINT_URL_STS"] = cloud.url() + "/sts/";
    cloud.answer = [](const Seen& seen) {
      const std::size_t at = seen.body.find("RoleArn=") + 8;
      const std::string role = seen.body.substr(at, seen.body.find('&', at) - at);
      return HttpResponse{.body = Cloud::xml(role, "2126-01-01T00:00:00Z")};
    };
  }
  void write(std::string_view text, const std::string& name = "config") const {
    std::ofstream(folder.path() + "/" + name) << text;
  }
  // The key that signed a request.
  static std::string signer(const Seen& seen) {
    const std::string authorization = seen.header("Authorization");
    const std::size_t at = authorization.find("Credential=") + 11;
    return authorization.substr(at, authorization.find('/') - at);
  }

  const tests::TemporaryFolder folder;
  Cloud cloud;
};

TEST_F(ProfileTest, Keys_AreRead) {
  write("[default]\naws_access_key_id = id\naws_secret_access_key = s/+=\n");
  EXPECT_EQ(*cloud.get(), (Credentials{"id", "s/+="}));
  write("[default]\naws_access_key_id = id\naws_secret_access_key = s\naws_session_token = t\n");
  EXPECT_EQ(*cloud.get(), (Credentials{"id", "s", "t"}));
}

TEST_F(ProfileTest, AwsProfile_ChoosesTheProfile) {
  write("[profile a]\naws_access_key_id = id\naws_secret_access_key = s\n");
  cloud.variables["AWS_PROFILE"] = "a";
  EXPECT_EQ(cloud.get()->access_key_id, "id");
  cloud.variables["AWS_PROFILE"] = "b";
  cloud.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/never";
  EXPECT_THAT(cloud.error(), HasSubstr("profile 'b' is in neither of the shared files"));
  EXPECT_TRUE(cloud.seen().empty());
}

TEST_F(ProfileTest, HalfAKey_IsAnError) {
  write("[default]\naws_access_key_id = id\n");
  EXPECT_THAT(cloud.error(), HasSubstr("profile 'default': aws_access_key_id and "
                                       "aws_secret_access_key belong together"));
}

TEST_F(ProfileTest, Role_IsAssumedWithTheSourceProfilesKeys) {
  write(
      "[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nexternal_id = a b&c\n"
      "role_session_name = me\nduration_seconds = 900\nregion = eu-west-1\n"
      "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n");
  const auto credentials = cloud.get();
  ASSERT_TRUE(credentials) << credentials.error().message;
  EXPECT_EQ(credentials->access_key_id, "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr");
  EXPECT_EQ(credentials->session_token, "token of " + credentials->access_key_id);
  EXPECT_EQ(credentials->expires_at, base::parse_iso("2126-01-01T00:00:00Z"));
  ASSERT_EQ(cloud.seen().size(), 1U);
  const Seen seen = cloud.seen()[0];
  EXPECT_EQ(seen.method + " " + seen.target, "POST /sts/");
  EXPECT_EQ(seen.body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&"
            "RoleSessionName=me&ExternalId=a%20b%26c&DurationSeconds=900");
  const Verifier verifier("eu-west-1", "sts", [](std::string_view id) {
    return id == "BASE" ? std::optional(KnownKey{"s"}) : std::nullopt;
  });
  std::vector<HeaderField> headers;
  for (const auto& [name, value] : seen.headers) headers.push_back({name, value});
  const auto wrong = verifier.check(
      {.method = "POST", .path = seen.target, .headers = headers, .body = seen.body}, base::now());
  EXPECT_FALSE(wrong) << wrong->message;
}

TEST_F(ProfileTest, RolesInAChain_AreAssumedOneWithTheOther) {
  write(
      "[default]\nrole_arn = outer\nsource_profile = middle\n"
      "[profile middle]\nrole_arn = inner\nsource_profile = base\n"
      "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n");
  EXPECT_EQ(cloud.get()->access_key_id, "outer");
  ASSERT_EQ(cloud.seen().size(), 2U);
  EXPECT_EQ(signer(cloud.seen()[0]), "BASE");
  EXPECT_EQ(signer(cloud.seen()[1]), "inner");
  EXPECT_EQ(cloud.seen()[1].header("X-Amz-Security-Token"), "token of inner");
  EXPECT_THAT(cloud.seen()[1].body, HasSubstr("RoleSessionName=ddbdjango-"));
}

TEST_F(ProfileTest, RoleWithItselfAsSource_UsesItsOwnKeys) {
  write(
      "[default]\nrole_arn = r\nsource_profile = default\n"
      "aws_access_key_id = SELF\naws_secret_access_key = s\n");
  EXPECT_EQ(cloud.get()->access_key_id, "r");
  EXPECT_EQ(signer(cloud.seen()[0]), "SELF");
}

TEST_F(ProfileTest, ChainThatLeadsBack_IsAnError) {
  write(
      "[default]\nrole_arn = r\nsource_profile = a\n[profile a]\nrole_arn = r\n"
      "source_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n");
  EXPECT_THAT(cloud.error(),
              HasSubstr("profile 'b': its chain of source_profile leads back to 'a'"));
  EXPECT_TRUE(cloud.seen().empty());
}

TEST_F(ProfileTest, SourceThatIsMissing_IsAnError) {
  write("[default]\nrole_arn = r\nsource_profile = a\n");
  EXPECT_THAT(cloud.error(), HasSubstr("profile 'a' is in neither of the shared files"));
}

TEST_F(ProfileTest, CredentialSourceEnvironment_SignsWithItsKeys) {
  cloud.variables["AWS_ACCESS_KEY_ID"] = "ENV";
  cloud.variables["AWS_SECRET_ACCESS_KEY"] = "s";
  write("[profile p]\nrole_arn = r\ncredential_source = Environment\n");
  auto options = cloud.options();
  options.profile = "p";
  EXPECT_EQ(cloud.get(options)->access_key_id, "r");
  EXPECT_EQ(signer(cloud.seen()[0]), "ENV");
}

TEST_F(ProfileTest, RoleThatCannotBeAssumed_IsAnErrorThatSaysWhy) {
  const std::string base =
      "\n[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n";
  write("[default]\nrole_arn = r\n" + base);
  EXPECT_THAT(cloud.error(), HasSubstr("role_arn without source_profile or credential_source"));
  write("[default]\nrole_arn = r\nsource_profile = base\ncredential_source = EcsContainer\n" +
        base);
  EXPECT_THAT(cloud.error(), HasSubstr("source_profile and credential_source exclude each other"));
  write("[default]\nrole_arn = r\ncredential_source = Moon\n" + base);
  EXPECT_THAT(cloud.error(), HasSubstr("unknown credential_source 'Moon'"));
  write("[default]\nrole_arn = r\nsource_profile = base\nmfa_serial = m\n" + base);
  EXPECT_THAT(cloud.error(), HasSubstr("MFA is not supported"));
  write("[default]\nsso_session = s\n" + base);
  EXPECT_THAT(cloud.error(), HasSubstr("SSO is not supported"));
  write("[default]\nlogin_session = arn\n" + base);
  EXPECT_THAT(cloud.error(), HasSubstr("aws login is not supported"));
  EXPECT_TRUE(cloud.seen().empty());
}

TEST_F(ProfileTest, AnswerOfSts_WithAnError_IsQuoted) {
  write(
      "[default]\nrole_arn = r\nsource_profile = base\n"
      "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = hidden\n");
  cloud.answer = [](const Seen&) {
    return HttpResponse{.status = 403,
                        .body =
                            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not "
                            "&lt;you&gt;</Message></Error></ErrorResponse>"};
  };
  const std::string error = cloud.error();
  EXPECT_THAT(error, HasSubstr("profile 'default': STS: answered 403, AccessDenied: not <you>"));
  EXPECT_THAT(error, testing::Not(HasSubstr("hidden")));
}

TEST_F(ProfileTest, AnswerOfSts_Malformed_IsAnError) {
  write(
      "[default]\nrole_arn = r\nsource_profile = base\n"
      "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n");
  const std::string good = Cloud::xml("a", "2126-01-01T00:00:00Z");
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string xml = good;
    return xml.replace(xml.find(from), from.size(), to);
  };
  for (const std::string& body :
       {std::string(), std::string("<Credentials>"), good + good,
        changed("<SecretAccessKey>", "<Other>"), changed("token of", "<b>token</b>"),
        changed("token of", "&unknown;"), changed("2126-01-01T", "tomorrow"),
        changed("<AccessKeyId>a<", "<AccessKeyId><")}) {
    cloud.answer = [&](const Seen&) { return HttpResponse{.body = body}; };
    EXPECT_THAT(cloud.error(), HasSubstr("STS has sent")) << body;
  }
}

TEST_F(ProfileTest, StsThatFailsOnce_IsAskedAgain) {
  write(
      "[default]\nrole_arn = r\nsource_profile = base\n"
      "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n");
  for (const HttpResponse& failure :
       {HttpResponse{.status = 503},
        HttpResponse{.status = 400, .body = "<Error><Code>Throttling</Code></Error>"}}) {
    std::atomic<int> asked = 0;
    cloud.answer = [&](const Seen&) {
      if (++asked == 1) return failure;
      return HttpResponse{.body = Cloud::xml("r", "2126-01-01T00:00:00Z")};
    };
    EXPECT_EQ(cloud.get()->access_key_id, "r");
    EXPECT_EQ(asked, 2);
  }
}

TEST_F(ProfileTest, Sts_ByAWrongClock_IsAskedAgainByItsOwn) {
  write(
      "[default]\nrole_arn = r\nsource_profile = base\n"
      "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n");
  cloud.now = [] { return base::now() - std::chrono::hours(48); };
  const std::string yesterday = base::to_iso(cloud.now()).substr(0, 10);
  cloud.answer = [&](const Seen& seen) {
    std::string day = seen.header("X-Amz-Date").substr(0, 8);
    day.insert(6, "-").insert(4, "-");
    if (day <= yesterday) return HttpResponse{.status = 403};
    return HttpResponse{.body = Cloud::xml("r", "2126-01-01T00:00:00Z")};
  };
  const auto credentials = cloud.get();
  ASSERT_TRUE(credentials) << credentials.error().message;
  EXPECT_EQ(credentials->access_key_id, "r");
  EXPECT_EQ(cloud.seen().size(), 2U);
}

TEST_F(ProfileTest, WebIdentity_OfTheEnvironment_IsNotSigned) {
  write("a.token/", "token");
  cloud.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = folder.path() + "/token";
  EXPECT_THAT(cloud.error(), HasSubstr("AWS_ROLE_ARN is not set"));
  cloud.variables["AWS_ROLE_ARN"] = "r";
  cloud.variables["AWS_ROLE_SESSION_NAME"] = "pod";
  EXPECT_EQ(cloud.get()->access_key_id, "r");
  ASSERT_EQ(cloud.seen().size(), 1U);
  EXPECT_EQ(cloud.seen()[0].body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=r&RoleSessionName=pod&"
            "WebIdentityToken=a.token%2F");
  EXPECT_EQ(cloud.seen()[0].header("Authorization"), "");
}

TEST_F(ProfileTest, WebIdentity_OfAProfile_IsUsed) {
  write("abc", "token");
  write("[default]\nrole_arn = r\nweb_identity_token_file = " + folder.path() + "/token\n");
  EXPECT_EQ(cloud.get()->access_key_id, "r");
  write("[default]\nrole_arn = r\nweb_identity_token_file = " + folder.path() + "/absent\n");
  EXPECT_THAT(cloud.error(), HasSubstr("the web identity token file cannot be read"));
}

TEST_F(ProfileTest, Process_ItsAnswerIsRead) {
  write(Cloud::json("made", "2126-01-01T00:00:00Z", "SessionToken"), "answer");
  write("[default]\ncredential_process = cat '" + folder.path() + "/answer'\n");
  const auto credentials = cloud.get();
  ASSERT_TRUE(credentials) << credentials.error().message;
  EXPECT_EQ(credentials->access_key_id, "made");
  EXPECT_EQ(credentials->session_token, "token of made");
}

TEST_F(ProfileTest, Process_ThatFails_IsAnErrorWithoutItsOutput) {
  const auto error_with = [&](const std::string& command) {
    write("[default]\ncredential_process = " + command + "\n");
    return cloud.error();
  };
  EXPECT_THAT(error_with("echo hidden; exit 3"), HasSubstr("has ended with status 3"));
  EXPECT_THAT(error_with("echo hidden"), HasSubstr("has not written JSON of Version 1"));
  EXPECT_THAT(error_with("echo '{}'"), HasSubstr("has not written JSON of Version 1"));
  EXPECT_THAT(error_with("echo '{\"Version\":1}'"), HasSubstr("no AccessKeyId"));
  EXPECT_THAT(error_with("yes"), HasSubstr("has written over 64 KiB"));
  EXPECT_THAT(error_with("kill -9 $$"), HasSubstr("was ended"));
  EXPECT_THAT(error_with("echo hidden"), testing::Not(HasSubstr("hidden")));
}

TEST_F(ProfileTest, Process_ThatDoesNotEnd_IsEndedAtTheDeadline) {
  // The shell writes the number of the process that it becomes.
  write("[default]\ncredential_process = echo $$ > " + folder.path() + "/pid; exec sleep 1000\n");
  CredentialsProvider provider(cloud.http, cloud.options());
  const auto result =
      provider.get(CredentialsProvider::Clock::now() + std::chrono::milliseconds(500));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("has not ended in time"));
  int pid = 0;
  // On a very busy machine it has not come as far as writing it.
  if (std::ifstream(folder.path() + "/pid") >> pid) {
    EXPECT_NE(::kill(pid, 0), 0);
  }
}

}  // namespace
}  // namespace net::aws
