#include "web/compression.h"

#include <gtest/gtest.h>

#include "net/gzip.h"
#include "web/test_client.h"

namespace web {
namespace {

class Compression : public testing::Test {
 protected:
  Compression() : app({.debug = true}), client(app) {
    for (int i = 0; i < 300; ++i) page += "<p>line " + std::to_string(i) + "</p>";
    Router& r = app.router();
    r.get("/page/", [this](Request&) { return Response::html(page).header("ETag", "\"1\""); });
    r.get("/secret/", [this](Request&) {
      return Response::html(page).header("Cache-Control", "private, no-store");
    });
    r.get("/short/", [](Request&) { return Response::html("<p>"); });
    r.get("/image/", [this](Request&) { return Response::with_type("image/png", page); });
    r.get("/vary/", [this](Request&) { return Response::html(page).header("Vary", "Cookie"); });
    r.get("/stream/", [this](Request&) {
      Response response = Response::html(page);
      response.more = [](std::string& piece) {
        piece += "the end";
        return false;
      };
      return response;
    });
    r.get("/vary/twice/", [this](Request&) {
      Response response = Response::html(page);
      response.headers.add("Vary", "Origin");
      response.headers.add("Vary", "X-Accept-Encoding, cookie");
      return response;
    });
    r.get("/vary/known/",
          [this](Request&) { return Response::html(page).header("Vary", "a,accept-ENCODING"); });
    r.get("/vary/all/", [this](Request&) { return Response::html(page).header("Vary", "*"); });
    r.get("/done/",
          [this](Request&) { return Response::html(page).header("Content-Encoding", "zstd"); });
  }
  std::string page;
  Application app;
  TestClient client;
};

TEST_F(Compression, TextIsCompressed_AsTheClientTakesIt) {
  const TestResponse gzip = client.get("/page/", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(gzip.header("Content-Encoding"), "gzip");
  EXPECT_EQ(gzip.header("Vary"), "Accept-Encoding");
  EXPECT_EQ(gzip.header("ETag"), "W/\"1\"");
  EXPECT_EQ(net::decompress(gzip.body, 1'000'000), page);
  const TestResponse brotli = client.get("/page/", {{"Accept-Encoding", "gzip, br"}});
  EXPECT_EQ(brotli.header("Content-Encoding"), "br");
  EXPECT_LT(brotli.body.size(), page.size() / 4);
  EXPECT_EQ(client.get("/page/", {{"Accept-Encoding", "gzip"}, {"accept-encoding", "br"}})
                .header("Content-Encoding"),
            "br");
  const TestResponse plain = client.get("/page/");
  EXPECT_EQ(plain.body, page);
  EXPECT_EQ(plain.header("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain.header("ETag"), "\"1\"");
  EXPECT_EQ(client.get("/vary/", {{"Accept-Encoding", "gzip"}}).header("Vary"),
            "Cookie, Accept-Encoding");
}

TEST_F(Compression, StreamedAnswer_IsNot) {
  const TestResponse stream = client.get("/stream/", {{"Accept-Encoding", "gzip, br"}});
  EXPECT_EQ(stream.header("Content-Encoding"), "");
  EXPECT_EQ(stream.body, page + "the end");
}

TEST_F(Compression, Vary_KeepsAllItsNames_AndEachOnce) {
  const auto vary = [&](const char* path) { return client.get(path).header("Vary"); };
  EXPECT_EQ(vary("/vary/twice/"), "Origin, X-Accept-Encoding, cookie, Accept-Encoding");
  EXPECT_EQ(vary("/vary/known/"), "a,accept-ENCODING");
  EXPECT_EQ(vary("/vary/all/"), "*");
}

TEST_F(Compression, X1_AnswersThatHoldSecrets_AreNot) {
  EXPECT_EQ(client.get("/secret/", {{"Accept-Encoding", "gzip, br"}}).body, page);
}

TEST_F(Compression, WhatGainsNothing_IsNot) {
  for (const char* path : {"/short/", "/image/", "/none/"})
    EXPECT_EQ(client.get(path, {{"Accept-Encoding", "gzip"}}).header("Content-Encoding"), "")
        << path;
  EXPECT_EQ(client.get("/done/", {{"Accept-Encoding", "gzip"}}).body, page);
}

}  // namespace
}  // namespace web
