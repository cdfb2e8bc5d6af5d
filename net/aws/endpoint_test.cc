// Endpoints: the answers of the AWS SDK for JavaScript 3 for the same regions; endpoint_url.
#include "net/aws/endpoint.h"

#include <gtest/gtest.h>

namespace net::aws {
namespace {

// In the order plain, dual-stack, FIPS, both.
struct Row {
  Service service;
  const char* region;
  const char* hosts[4];
};

const Row kRows[] = {
    {Service::dynamodb,
     "us-east-1",
     {"dynamodb.us-east-1.amazonaws.com", "dynamodb.us-east-1.api.aws",
      "dynamodb-fips.us-east-1.amazonaws.com", "dynamodb-fips.us-east-1.api.aws"}},
    {Service::dynamodb,
     "cn-north-1",
     {"dynamodb.cn-north-1.amazonaws.com.cn", "dynamodb.cn-north-1.api.amazonwebservices.com.cn",
      "dynamodb-fips.cn-north-1.amazonaws.com.cn",
      "dynamodb-fips.cn-north-1.api.amazonwebservices.com.cn"}},
    {Service::dynamodb,
     "us-gov-west-1",
     {"dynamodb.us-gov-west-1.amazonaws.com", "dynamodb.us-gov-west-1.api.aws",
      "dynamodb.us-gov-west-1.amazonaws.com", "dynamodb-fips.us-gov-west-1.api.aws"}},
    {Service::dynamodb,
     "us-iso-east-1",
     {"dynamodb.us-iso-east-1.c2s.ic.gov", "dynamodb.us-iso-east-1.api.aws.ic.gov",
      "dynamodb-fips.us-iso-east-1.c2s.ic.gov", "dynamodb-fips.us-iso-east-1.api.aws.ic.gov"}},
    {Service::dynamodb,
     "us-isob-east-1",
     {"dynamodb.us-isob-east-1.sc2s.sgov.gov", "dynamodb.us-isob-east-1.api.aws.scloud",
      "dynamodb-fips.us-isob-east-1.sc2s.sgov.gov", "dynamodb-fips.us-isob-east-1.api.aws.scloud"}},
    {Service::dynamodb,
     "eu-isoe-west-1",
     {"dynamodb.eu-isoe-west-1.cloud.adc-e.uk", "dynamodb.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
      "dynamodb-fips.eu-isoe-west-1.cloud.adc-e.uk",
      "dynamodb-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk"}},
    {Service::dynamodb,
     "us-isof-south-1",
     {"dynamodb.us-isof-south-1.csp.hci.ic.gov", "dynamodb.us-isof-south-1.api.aws.hci.ic.gov",
      "dynamodb-fips.us-isof-south-1.csp.hci.ic.gov",
      "dynamodb-fips.us-isof-south-1.api.aws.hci.ic.gov"}},
    {Service::dynamodb,
     "eusc-de-east-1",
     {"dynamodb.eusc-de-east-1.amazonaws.eu", "dynamodb.eusc-de-east-1.api.amazonwebservices.eu",
      "dynamodb-fips.eusc-de-east-1.amazonaws.eu",
      "dynamodb-fips.eusc-de-east-1.api.amazonwebservices.eu"}},
    {Service::dynamodb,
     "xx-nowhere-9",
     {"dynamodb.xx-nowhere-9.amazonaws.com", "dynamodb.xx-nowhere-9.api.aws",
      "dynamodb-fips.xx-nowhere-9.amazonaws.com", "dynamodb-fips.xx-nowhere-9.api.aws"}},
    {Service::dynamodb_streams,
     "eu-central-1",
     {"streams.dynamodb.eu-central-1.amazonaws.com", "streams-dynamodb.eu-central-1.api.aws",
      "streams.dynamodb-fips.eu-central-1.amazonaws.com",
      "streams-dynamodb-fips.eu-central-1.api.aws"}},
    {Service::dynamodb_streams,
     "us-gov-west-1",
     {"streams.dynamodb.us-gov-west-1.amazonaws.com", "streams-dynamodb.us-gov-west-1.api.aws",
      "streams.dynamodb.us-gov-west-1.amazonaws.com",
      "streams-dynamodb-fips.us-gov-west-1.api.aws"}},
    {Service::dynamodb_streams,
     "us-iso-east-1",
     {"streams.dynamodb.us-iso-east-1.c2s.ic.gov", "streams.dynamodb.us-iso-east-1.api.aws.ic.gov",
      "streams.dynamodb-fips.us-iso-east-1.c2s.ic.gov",
      "streams.dynamodb-fips.us-iso-east-1.api.aws.ic.gov"}},
    {Service::dynamodb_streams,
     "eusc-de-east-1",
     {"streams.dynamodb.eusc-de-east-1.amazonaws.eu",
      "streams.dynamodb.eusc-de-east-1.api.amazonwebservices.eu",
      "streams.dynamodb-fips.eusc-de-east-1.amazonaws.eu",
      "streams.dynamodb-fips.eusc-de-east-1.api.amazonwebservices.eu"}},
    {Service::sts,
     "us-gov-east-1",
     {"sts.us-gov-east-1.amazonaws.com", "sts.us-gov-east-1.api.aws",
      "sts.us-gov-east-1.amazonaws.com", "sts-fips.us-gov-east-1.api.aws"}},
    {Service::sts,
     "ap-south-1",
     {"sts.ap-south-1.amazonaws.com", "sts.ap-south-1.api.aws", "sts-fips.ap-south-1.amazonaws.com",
      "sts-fips.ap-south-1.api.aws"}},
};

TEST(Endpoint, OfARegion_IsThatOfTheSdk) {
  for (const Row& row : kRows) {
    for (int i = 0; i < 4; ++i) {
      const auto endpoint =
          service_endpoint(row.service, row.region, {.fips = i >= 2, .dual_stack = i % 2 == 1});
      ASSERT_TRUE(endpoint);
      EXPECT_EQ(endpoint->url, std::string("https://") + row.hosts[i]);
      EXPECT_EQ(endpoint->unix_socket, "");
    }
  }
}

TEST(Endpoint, OfLocal_IsDynamoDbLocals) {
  EXPECT_EQ(service_endpoint(Service::dynamodb, "local")->url, "http://localhost:8000");
  EXPECT_EQ(service_endpoint(Service::dynamodb_streams, "local")->url, "http://localhost:8000");
  EXPECT_EQ(signing_region("local"), "us-east-1");
  EXPECT_EQ(signing_region("eu-west-1"), "eu-west-1");
}

TEST(Endpoint, OfANameThatIsNoRegion_IsRefused) {
  for (const char* region : {"", "evil.example/", "us-east-1.evil.example", "us east", "US-EAST-1",
                             "-a", "a-", "a:1", "a@b"})
    EXPECT_FALSE(service_endpoint(Service::dynamodb, region)) << region;
  EXPECT_FALSE(service_endpoint(Service::dynamodb, std::string(64, 'a')));
}

TEST(Endpoint, Parse_HttpAndHttps_WithoutTheLastSlash) {
  EXPECT_EQ(parse_endpoint("http://localhost:8000"), (Endpoint{"http://localhost:8000"}));
  EXPECT_EQ(parse_endpoint("https://a.example/"), (Endpoint{"https://a.example"}));
  EXPECT_EQ(parse_endpoint("https://a.example/base/"), (Endpoint{"https://a.example/base"}));
  EXPECT_EQ(parse_endpoint("http://[::1]:80"), (Endpoint{"http://[::1]:80"}));
}

TEST(Endpoint, Parse_UnixSocket) {
  EXPECT_EQ(parse_endpoint("unix:/run/x.sock"), (Endpoint{"http://localhost", "/run/x.sock"}));
  EXPECT_EQ(parse_endpoint("unix:///run/x.sock"), (Endpoint{"http://localhost", "/run/x.sock"}));
}

TEST(Endpoint, Parse_AnythingElse_IsRefused) {
  for (const char* url : {"", "localhost:8000", "ftp://a", "http://", "https:///x", "http://:80",
                          "unix:relative", "unix:", "http://user:password@host", "http://a?b",
                          "http://a#b", "http://a b", "http://a\r\nX: y", "http://a\\@b"})
    EXPECT_FALSE(parse_endpoint(url)) << url;
}

}  // namespace
}  // namespace net::aws
