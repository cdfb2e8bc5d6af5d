// Credentials from the container endpoint and from EC2's metadata service.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "net/aws/detail/test_cloud.h"
#include "net/detail/raw_server.h"
#include "tests/temporary_folder.h"

namespace net::aws {

using namespace detail;

namespace {

using net::detail::RawServer;
using testing::HasSubstr;

const char* const kLater = "2126-01-01T00:00:00Z";

class ContainerTest : public testing::Test {
 protected:
  ContainerTest() {
    cloud.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = cloud.url() + "/v1/credentials?a=b";
    cloud.answer = [](const Seen&) { return HttpResponse{.body = Cloud::json("task", kLater)}; };
  }
  Cloud cloud;
};

TEST_F(ContainerTest, FullUri_IsAsked) {
  const auto credentials = cloud.get();
  ASSERT_TRUE(credentials) << credentials.error().message;
  EXPECT_EQ(*credentials,
            (Credentials{"task", "secret of task", "token of task", base::parse_iso(kLater)}));
  EXPECT_EQ(cloud.seen()[0].target, "/v1/credentials?a=b");
  EXPECT_EQ(cloud.seen()[0].header("Authorization"), "");
}

TEST_F(ContainerTest, RelativeUri_CountsBeforeTheFullOne) {
  cloud.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/x";
  ASSERT_TRUE(cloud.get());
  EXPECT_EQ(cloud.seen()[0].target, "/v2/x");
  cloud.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "@evil.example/";
  EXPECT_THAT(cloud.error(), HasSubstr("does not begin with '/'"));
}

TEST_F(ContainerTest, Token_IsSentAndReadAtEachTime) {
  cloud.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic abc";
  ASSERT_TRUE(cloud.get());
  EXPECT_EQ(cloud.seen()[0].header("Authorization"), "Basic abc");
  const tests::TemporaryFolder folder;
  const std::string file = folder.path() + "/token";
  cloud.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = file;
  std::ofstream(file) << "first";
  ASSERT_TRUE(cloud.get());
  EXPECT_EQ(cloud.seen()[1].header("Authorization"), "first");
  std::ofstream(file) << "second";
  ASSERT_TRUE(cloud.get());
  EXPECT_EQ(cloud.seen()[2].header("Authorization"), "second");
  std::ofstream(file) << "a\r\nX: y";
  EXPECT_THAT(cloud.error(), HasSubstr("holds a line break"));
  cloud.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = file + "-absent";
  EXPECT_THAT(cloud.error(), HasSubstr("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read"));
  EXPECT_EQ(cloud.seen().size(), 3U);
}

TEST_F(ContainerTest, HttpToOtherMachines_IsRefused) {
  for (const char* url :
       {"http://example.com/", "http://169.254.170.2.example.com/", "http://127.0.0.1.example.com/",
        "http://127.0.0.1@example.com/", "http://127.0.0.256/", "http://127.1/",
        "http://169.254.169.254/", "http://[::2]/", "http://192.168.0.1/", "ftp://127.0.0.1/",
        "http://localhost.example.com/", "127.0.0.1", "http://", "https://"}) {
    cloud.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    EXPECT_THAT(cloud.error(), HasSubstr("neither https nor an address of this machine")) << url;
  }
}

TEST_F(ContainerTest, BadAnswers_AreErrors) {
  cloud.answer = [](const Seen&) { return HttpResponse{.status = 403}; };
  EXPECT_THAT(cloud.error(), HasSubstr("container: answered 403"));
  EXPECT_EQ(cloud.seen().size(), 1U);
  for (const char* body :
       {"", "[]", "{", "{}", R"({"AccessKeyId":"a"})", R"({"AccessKeyId":1,"SecretAccessKey":"b"})",
        R"({"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"soon"})"}) {
    cloud.answer = [body](const Seen&) { return HttpResponse{.body = body}; };
    EXPECT_THAT(cloud.error(), HasSubstr("container: the answer")) << body;
  }
}

TEST_F(ContainerTest, ServerError_IsAskedAgainThreeTimesAtMost) {
  cloud.answer = [](const Seen&) { return HttpResponse{.status = 500}; };
  EXPECT_THAT(cloud.error(), HasSubstr("container: answered 500"));
  EXPECT_EQ(cloud.seen().size(), 3U);
}

// EC2's metadata service, version 2.
class InstanceTest : public testing::Test {
 protected:
  InstanceTest() {
    cloud.variables.erase("AWS_EC2_METADATA_DISABLED");
    cloud.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = cloud.url() + "/";
    cloud.answer = [this](const Seen& seen) { return serve(seen); };
  }
  HttpResponse serve(const Seen& seen) const {
    if (seen.target == "/latest/api/token") {
      const bool right =
          seen.method == "PUT" && seen.header("X-aws-ec2-metadata-token-ttl-seconds") == "21600";
      return {.status = right ? 200 : 400, .body = "the token"};
    }
    if (seen.header("X-aws-ec2-metadata-token") != "the token") return {.status = 401};
    const std::string roles = "/latest/meta-data/iam/security-credentials/";
    if (seen.target == roles && has_role) return {.body = "my-role"};
    if (seen.target == roles + "my-role") return {.body = Cloud::json("ec2", expiration)};
    return {.status = 404};
  }

  bool has_role = true;
  std::string expiration = kLater;
  Cloud cloud;
};

TEST_F(InstanceTest, Role_GivesItsCredentials) {
  const auto credentials = cloud.get();
  ASSERT_TRUE(credentials) << credentials.error().message;
  EXPECT_EQ(credentials->access_key_id, "ec2");
  EXPECT_EQ(credentials->session_token, "token of ec2");
  EXPECT_EQ(cloud.seen().size(), 3U);
}

TEST_F(InstanceTest, WithoutARole_IsNotSetUp) {
  has_role = false;
  EXPECT_THAT(cloud.error(), HasSubstr("instance: the instance has no role"));
}

TEST_F(InstanceTest, Disabled_AsksNothing) {
  cloud.variables["AWS_EC2_METADATA_DISABLED"] = "True";
  EXPECT_THAT(cloud.error(), HasSubstr("instance: AWS_EC2_METADATA_DISABLED is true"));
  EXPECT_TRUE(cloud.seen().empty());
}

TEST_F(InstanceTest, SilentService_CostsASecondOfALongDeadline) {
  RawServer silent([](RawServer::Peer& peer) { peer.wait_for_close(); });
  cloud.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = silent.url();
  CredentialsProvider provider(cloud.http, cloud.options());
  const auto result = provider.get(CredentialsProvider::Clock::now() + std::chrono::hours(1));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("instance: no metadata service"));
}

TEST_F(InstanceTest, TokenRefused_IsNotAskedWithoutOne) {
  cloud.answer = [](const Seen&) { return HttpResponse{.status = 403}; };
  EXPECT_THAT(cloud.error(), HasSubstr("instance: the token request was answered 403"));
  EXPECT_EQ(cloud.seen().size(), 1U);
}

TEST_F(InstanceTest, ExpiredCredentials_AreTried) {
  base::set_log_level(base::LogLevel::off);  // it warns
  expiration = "2020-01-01T00:00:00Z";
  const auto credentials = cloud.get();
  base::set_log_level(base::LogLevel::info);
  ASSERT_TRUE(credentials) << credentials.error().message;
  EXPECT_GT(*credentials->expires_at, base::now());
}

TEST_F(InstanceTest, OtherEndpoints_AreErrors) {
  cloud.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "nowhere";
  EXPECT_THAT(cloud.error(), HasSubstr("AWS_EC2_METADATA_SERVICE_ENDPOINT is not a URL"));
}

}  // namespace
}  // namespace net::aws
