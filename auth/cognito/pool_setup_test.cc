// How Cognito is asked; that it does what it is asked is seen with moto (tests/peers).
#include "auth/cognito/pool_setup.h"

#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "net/http_server.h"

namespace auth::cognito {
namespace {

using base::Json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Answers each operation with what it is told, {} where nothing is.
class PoolSetupTest : public testing::Test {
 protected:
  PoolSetupTest()
      : server(
            {.host = "127.0.0.1", .port = 0},
            net::HttpServer::SyncHandler([this](const net::HttpRequest& request) {
              const std::string target(*request.header("X-Amz-Target"));
              const std::string operation = target.substr(target.find('.') + 1);
              asked.push_back(operation);
              authorization = std::string(*request.header("Authorization"));
              inputs[operation].push_back(base::parse_json(request.body));
              if (refuse == operation)
                return net::HttpResponse{
                    .status = 400,
                    .body = R"({"__type":"com.amazonaws#NotAuthorizedException","message":"no"})"};
              const Json& answer = answers[operation];
              const std::size_t time = inputs[operation].size() - 1;
              return net::HttpResponse{.body = (answer.is_array()  ? answer[time]
                                                : answer.is_null() ? Json::object()
                                                                   : answer)
                                                   .dump()};
            })) {
    server.start();
    answers["ListUserPools"]["UserPools"] =
        Json::array({Json{{"Id", "eu-central-1_Ab"}, {"Name", "ddbdjango"}}});
    answers["ListUserPoolClients"]["UserPoolClients"] =
        Json::array({Json{{"ClientId", "c1"}, {"ClientName", "ddbdjango-client"}}});
    answers["DescribeUserPoolClient"]["UserPoolClient"] = {
        {"ClientId", "c1"},
        {"ClientSecret", "s1"},
        {"CallbackURLs", Json::array({"https://a/cb"})},
        {"LogoutURLs", Json::array({"https://a/"})}};
    answers["DescribeUserPool"]["UserPool"] = {{"Domain", "mine"}};
  }
  PoolFound run(const PoolPlan& wanted) {
    return PoolSetup(http, credentials, "eu-central-1",
                     "http://127.0.0.1:" + std::to_string(server.port()))
        .run(wanted);
  }
  const PoolPlan plan{.callback_urls = {"https://a/cb"},
                      .logout_urls = {"https://a/"},
                      .demo_password = "Demo1234!"};

  std::map<std::string, Json> answers;
  std::map<std::string, std::vector<Json>> inputs;
  std::vector<std::string> asked;
  std::string authorization, refuse;
  net::HttpServer server;
  net::HttpClient http;
  net::aws::CredentialsProvider credentials{
      http, {.explicit_credentials = net::aws::Credentials{"id", "secret"}}};
};

TEST_F(PoolSetupTest, WhatIsThere_IsLeftAlone) {
  const PoolFound found = run(plan);
  EXPECT_TRUE(found.made.empty());
  EXPECT_EQ(found.user_pool_id, "eu-central-1_Ab");
  EXPECT_EQ(found.client_secret, "s1");
  EXPECT_EQ(found.domain, "mine.auth.eu-central-1.amazoncognito.com");
  EXPECT_THAT(asked, ElementsAre("ListUserPools", "ListUserPoolClients", "DescribeUserPoolClient",
                                 "DescribeUserPool", "AdminGetUser"));
  EXPECT_THAT(authorization, HasSubstr("/eu-central-1/cognito-idp/aws4_request"));
}

TEST_F(PoolSetupTest, Lists_AreReadToTheirEnd) {
  answers["ListUserPools"] = Json::array(
      {Json{{"UserPools", Json::array()}, {"NextToken", "more"}}, answers["ListUserPools"]});
  EXPECT_EQ(run(plan).user_pool_id, "eu-central-1_Ab");
  EXPECT_EQ(inputs["ListUserPools"][1]["NextToken"], "more");
  EXPECT_THAT(asked, Not(Contains("CreateUserPool")));
}

TEST_F(PoolSetupTest, NewAddress_IsAddedToThoseOfTheClient) {
  PoolPlan moved = plan;
  moved.callback_urls = {"https://b/cb"};
  EXPECT_THAT(run(moved).made, ElementsAre("addresses of app client ddbdjango-client"));
  const Json& sent = inputs["UpdateUserPoolClient"].at(0);
  EXPECT_EQ(sent["CallbackURLs"], Json::array({"https://b/cb", "https://a/cb"}));
  EXPECT_EQ(sent["AllowedOAuthFlows"], Json::array({"code"}));  // what is left out would be reset
}

TEST_F(PoolSetupTest, Refusal_NamesOperationAndReason) {
  refuse = "DescribeUserPool";
  try {
    run(plan);
    FAIL();
  } catch (const PoolSetupError& error) {
    EXPECT_EQ(error.code, "NotAuthorizedException");
    EXPECT_STREQ(error.what(), "DescribeUserPool: NotAuthorizedException: no");
  }
}

TEST_F(PoolSetupTest, WithoutADemoPassword_NoUserIsLookedFor) {
  PoolPlan bare = plan;
  bare.demo_password.clear();
  run(bare);
  EXPECT_THAT(asked, Not(Contains("AdminGetUser")));
}

}  // namespace
}  // namespace auth::cognito
