#include "web/trusted_proxies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "web/test_client.h"

namespace web {
namespace {

TEST(TrustedProxies, Networks_ContainTheirAddresses) {
  const TrustedProxies proxies({"127.0.0.1", "10.1.0.0/15", "2001:db8::/33", "::1"});
  for (const char* address :
       {"127.0.0.1", "10.0.0.1", "10.1.255.255", "::1", "2001:db8:7fff::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(proxies.contains(address)) << address;
  for (const char* address : {"127.0.0.2", "10.2.0.0", "2001:db8:8000::1", "", "x", "10.1.0.0/15"})
    EXPECT_FALSE(proxies.contains(address)) << address;
  EXPECT_FALSE(TrustedProxies().contains("127.0.0.1"));
  EXPECT_TRUE(TrustedProxies({"0.0.0.0/0"}).contains("203.0.113.9"));
}

TEST(TrustedProxies, WhatIsNoNetwork_IsRefused) {
  for (const char* entry : {"", "localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "::/129"})
    EXPECT_THROW(TrustedProxies({entry}), std::invalid_argument) << entry;
}

// Answers "<client address> <scheme> <X-Forwarded-For as a view sees it>".
std::string seen_by(const std::vector<std::string>& trusted, const std::string& peer,
                    HeaderList headers) {
  Application app({.debug = true, .trusted_proxies = trusted});
  app.router().get("/", [](Request& request) {
    return Response::text(std::string(request.client_address()) +
                          (request.is_secure() ? " https " : " http ") +
                          std::string(request.header("x-forwarded-for").value_or("-")));
  });
  TestClient client(app);
  client.peer = peer;
  return client.get("/", std::move(headers)).body;
}

TEST(TrustedProxies, H3_HeadersOfOtherPeers_AreAsIfNotSent) {
  const HeaderList forged = {{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-Proto", "https"}};
  EXPECT_EQ(seen_by({}, "127.0.0.1", forged), "127.0.0.1 http -");
  EXPECT_EQ(seen_by({"10.0.0.0/8"}, "192.0.2.1", forged), "192.0.2.1 http -");
  EXPECT_EQ(seen_by({"10.0.0.0/8"}, "10.0.0.1", forged), "1.2.3.4 https 1.2.3.4");
}

TEST(TrustedProxies, H3_TheClient_IsTheLastThatNoTrustedProxyIs) {
  const auto client = [](HeaderList headers) {
    const std::string seen = seen_by({"10.0.0.0/8"}, "10.0.0.1", std::move(headers));
    return seen.substr(0, seen.find(' '));
  };
  // The first is what the client itself has sent.
  EXPECT_EQ(client({{"X-Forwarded-For", "6.6.6.6, 1.2.3.4, 10.0.0.7"}}), "1.2.3.4");
  EXPECT_EQ(client({{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "1.2.3.4"}}), "1.2.3.4");
  EXPECT_EQ(client({{"X-Forwarded-For", "6.6.6.6, junk, 10.0.0.7"}}), "10.0.0.7");
  EXPECT_EQ(client({{"X-Forwarded-For", "2001:db8::1"}}), "2001:db8::1");
  EXPECT_EQ(client({{"X-Forwarded-For", "1.2.3.4:5678, 10.0.0.7:80"}}), "1.2.3.4");
  EXPECT_EQ(client({{"X-Forwarded-For", "[2001:db8::1]:443"}}), "2001:db8::1");
  EXPECT_EQ(client({{"X-Forwarded-For", "[2001:db8::1]"}}), "2001:db8::1");
  for (const char* junk : {"1.2.3.4:", "1.2.3.4:x", "[2001:db8::1]x", "[2001:db8::1", "[]", ":80"})
    EXPECT_EQ(client({{"X-Forwarded-For", junk}}), "10.0.0.1") << junk;
  EXPECT_EQ(client({{"X-Forwarded-For", ""}}), "10.0.0.1");
  EXPECT_EQ(client({}), "10.0.0.1");
}

TEST(TrustedProxies, H3_TheScheme_IsTheLastProxysWord) {
  EXPECT_THAT(seen_by({"10.0.0.1"}, "10.0.0.1", {{"X-Forwarded-Proto", "https, http"}}),
              testing::HasSubstr(" http "));
  EXPECT_THAT(seen_by({"10.0.0.1"}, "10.0.0.1", {{"X-Forwarded-Proto", "http, HTTPS"}}),
              testing::HasSubstr(" https "));
}

}  // namespace
}  // namespace web
