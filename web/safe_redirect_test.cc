#include "web/safe_redirect.h"

#include <gtest/gtest.h>

#include "web/request.h"

namespace web {
namespace {

TEST(SafeRedirect, R1_PathsOfTheSite_AreKept) {
  for (const char* good : {"/", "/write/", "/search/?q=a//b&next=http://x/", "/posts/1/#c-2",
                           "/a:b", "/%5c%2fevil", "/caf\xc3\xa9/", "/@evil"}) {
    EXPECT_EQ(safe_redirect(good), good);
  }
  EXPECT_EQ(safe_redirect("/" + std::string(2047, 'a')).size(), 2048U);
}

TEST(SafeRedirect, R1_WhatLeadsElsewhere_FallsBack) {
  for (const char* bad : {"",
                          "//evil",
                          "//evil.example/x",
                          "///evil",
                          "////evil",
                          "/\\evil",
                          "\\\\evil",
                          "\\/evil",
                          "https:evil",
                          "https:/evil",
                          "http:///evil",
                          "http://evil",
                          "HTTPS://evil",
                          "\t//evil",
                          "/\t/evil",
                          "/\n/evil",
                          " //evil",
                          " /x",
                          "@evil",
                          "evil",
                          "evil.example/",
                          "javascript:alert(1)",
                          "JaVaScRiPt:x",
                          "data:text/html,x",
                          "ftp://example.com/",
                          "http://example.com@evil/",
                          "http://evil#example.com",
                          "//",
                          "http://",
                          "?next=//evil",
                          "/x\x7f",
                          "/x\r\nSet-Cookie: a=b"}) {
    EXPECT_EQ(safe_redirect(bad), "/") << bad;
  }
  EXPECT_EQ(safe_redirect("/" + std::string(2048, 'a')), "/");
  EXPECT_EQ(safe_redirect(std::string_view("/a\0b", 4)), "/");
}

TEST(SafeRedirect, R1_OtherHosts_OnlyThoseListed) {
  const RedirectRules rules{.hosts = {"example.com", "localhost:8000"}};
  for (const char* good : {"http://example.com", "https://EXAMPLE.com/x?y", "//example.com/x",
                           "http://localhost:8000/x"})
    EXPECT_TRUE(is_safe_redirect(good, rules)) << good;
  for (const char* bad :
       {"http://example.com.evil/", "http://evil.example.com/", "http://example.com:81/",
        "http://localhost/", "http://a@example.com/", "///example.com/", "http:example.com",
        "http:///example.com", "ftp://example.com/", "http://example.com\\@evil/"})
    EXPECT_FALSE(is_safe_redirect(bad, rules)) << bad;
  const RedirectRules secure{.hosts = {"example.com"}, .https_only = true};
  EXPECT_TRUE(is_safe_redirect("https://example.com/", secure));
  EXPECT_FALSE(is_safe_redirect("http://example.com/", secure));
}

TEST(SafeRedirect, R1_Next_MayNameTheSitesOwnHost) {
  const Request request(
      net::HttpRequest{.method = "GET", .target = "/", .host = "example.com:8000"});
  EXPECT_EQ(safe_next(request, "/write/"), "/write/");
  EXPECT_EQ(safe_next(request, "http://example.com:8000/write/"), "http://example.com:8000/write/");
  for (const char* bad : {"", "http://example.com/", "//evil", "http://example.com:8000@evil/"})
    EXPECT_EQ(safe_next(request, bad, "/home/"), "/home/") << bad;
}

}  // namespace
}  // namespace web
