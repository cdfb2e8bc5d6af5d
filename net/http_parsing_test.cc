// What the server accepts and refuses of a request, over a socket: rules H1, H2, H3, H5 and H10.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/detail/raw_client.h"
#include "net/http_server.h"

namespace net {
namespace {

using detail::body_of;
using detail::RawClient;
using detail::status_of;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Answers "METHOD target [body]", so that a request that was read in another way shows.
HttpResponse echo(const HttpRequest& request) {
  HttpResponse response;
  response.body = std::string(request.method) + " " + std::string(request.target) + " [" +
                  std::string(request.body) + "]";
  return response;
}

class HttpParsing : public testing::Test {
 protected:
  HttpParsing() : server({.port = 0, .workers = 2}, echo) { server.start(); }

  // The first answer; when it is a refusal, the server must close after it.
  int status(std::string_view request) {
    RawClient client(server.port());
    const std::string response = client.ask(request);
    if (status_of(response) >= 400) {
      EXPECT_THAT(response, HasSubstr("Connection: close"));
      client.finish_sending();
      EXPECT_TRUE(client.is_closed()) << request;
    }
    return status_of(response);
  }

  HttpServer server;
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: a\r\n";

TEST_F(HttpParsing, Get_IsAnsweredWithTheServersHeaders) {
  RawClient client(server.port());
  const std::string response = client.ask(kGet + "\r\n");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(response, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(response, HasSubstr("X-Request-Id: "));
  EXPECT_THAT(response, Not(HasSubstr("Server:")));
  EXPECT_EQ(body_of(response), "GET / []");
}

TEST_F(HttpParsing, OneEmptyLine_BeforeARequest_IsIgnored) {
  for (const char* first : {"\r\n", "\r", "\r\nGE"}) {
    RawClient client(server.port());
    const std::string text = "\r\n" + kGet + "\r\n";
    client.send(first);
    EXPECT_EQ(body_of(client.ask(text.substr(std::string_view(first).size()))), "GET / []");
    EXPECT_EQ(body_of(client.ask(text)), "GET / []");  // each request may have its own
    client.send(kPost + "Content-Length: 2\r\n\r\nhi\r\n" + kGet + "\r\n");
    EXPECT_EQ(body_of(client.read_response()), "POST / [hi]");
    EXPECT_EQ(body_of(client.read_response()), "GET / []");
  }
  EXPECT_EQ(status("\r\n\r\n" + kGet + "\r\n"), 400);
  EXPECT_EQ(status("\n" + kGet + "\r\n"), 400);
}

TEST_F(HttpParsing, H1_RequestLine_OverEightKibibytes_Is414) {
  const auto line = [](std::size_t length) {
    const std::string rest = " HTTP/1.1";
    return "GET /" + std::string(length - 5 - rest.size(), 'a') + rest + "\r\nHost: a\r\n\r\n";
  };
  EXPECT_EQ(status(line(8192)), 200);
  EXPECT_EQ(status(line(8193)), 414);
}

TEST_F(HttpParsing, H1_HeaderLine_OverEightKibibytes_Is431) {
  const auto request = [](std::size_t length) {
    return kGet + "X: " + std::string(length - 3, 'a') + "\r\n\r\n";
  };
  EXPECT_EQ(status(request(8192)), 200);
  EXPECT_EQ(status(request(8193)), 431);
}

TEST_F(HttpParsing, H1_AllHeaders_OverThirtyTwoKibibytes_Is431) {
  const auto request = [](std::size_t total) {
    std::string headers = "Host: a\r\n";
    while (headers.size() + 8002 < total) headers += "X: " + std::string(7997, 'a') + "\r\n";
    return "GET / HTTP/1.1\r\n" + headers + "Y: " + std::string(total - headers.size() - 3, 'b') +
           "\r\n\r\n";
  };
  EXPECT_EQ(status(request(32 * 1024)), 200);
  EXPECT_EQ(status(request(32 * 1024 + 1)), 431);
}

TEST_F(HttpParsing, H1_Headers_OverOneHundred_Are431) {
  const auto request = [](int count) {
    std::string text = kGet;
    for (int i = 1; i < count; ++i) text += "A:b\r\n";
    return text + "\r\n";
  };
  EXPECT_EQ(status(request(100)), 200);
  EXPECT_EQ(status(request(101)), 431);
}

TEST_F(HttpParsing, H1_EndlessRequestLine_IsRefusedBeforeItEnds) {
  RawClient client(server.port());
  EXPECT_EQ(status_of(client.ask("GET /" + std::string(9000, 'a'))), 414);
}

TEST_F(HttpParsing, H2_Host_IsANameOrAnAddress_AndPerhapsAPort) {
  for (const char* host : {"", "a", "Example.com.", "a_b-c~d.example:8000", "a:", "127.0.0.1:80",
                           "[::1]", "[2001:DB8::1]:443", "[::ffff:1.2.3.4]"})
    EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"), 200) << host;
}

TEST_F(HttpParsing, J11_TwoAuthorizationHeaders_Are400) {
  EXPECT_EQ(status(kGet + "Authorization: Bearer a\r\n\r\n"), 200);
  EXPECT_EQ(status(kGet + "Authorization: Bearer a\r\nauthorization: Bearer a\r\n\r\n"), 400);
}

TEST_F(HttpParsing, H2_SmugglingAndMalformedRequests_Are400AndClose) {
  const std::string bad[] = {
      kPost + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      kPost + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
      kPost + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
      kPost + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
      kPost + "Content-Length: 4, 4\r\n\r\nabcd",
      kPost + "Content-Length: +4\r\n\r\nabcd",
      kPost + "Content-Length: -4\r\n\r\nabcd",
      kPost + "Content-Length: 4 4\r\n\r\nabcd",
      kPost + "Content-Length: 0x4\r\n\r\nabcd",
      kPost + "Content-Length: \r\n\r\nabcd",
      kPost + "Content-Length: 9223372036854775808\r\n\r\nabcd",
      kPost + "Content-Length: 99999999999999999999\r\n\r\nabcd",
      kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      kPost + "Transfer-Encoding: identity\r\n\r\n",
      kPost + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      kPost + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
      kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      kPost + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
      kPost + "Transfer-Encoding:\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "GET / HTTP/1.1\nHost: a\n\n",
      kGet + "X: a\nY: b\r\n\r\n",
      kGet + "X: a\rb\r\n\r\n",
      kGet + "X: a\r\n\n",
      kGet + "X: a\r\n b\r\n\r\n",
      kGet + "X: a\r\n\tb\r\n\r\n",
      kGet + "X : a\r\n\r\n",
      kGet + " X: a\r\n\r\n",
      "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
      kGet + std::string("X: a\0b\r\n\r\n", 10),
      kGet + "X: a\x01\r\n\r\n",
      kGet + "X: a\x7F\r\n\r\n",
      kGet + ": a\r\n\r\n",
      kGet + "X(: a\r\n\r\n",
      kGet + "no colon\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: example.com:abc\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: evil.com:1.example.com:443\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a]\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: []\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [example]\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
      "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\xFF HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
      "GET / http/1.1\r\nHost: a\r\n\r\n",
      "GET /\r\n\r\n",
      "\x16\x03\x01\x02\x01\x01\r\n\r\n",
  };
  for (const std::string& request : bad)
    EXPECT_EQ(status(request), 400) << testing::PrintToString(request);
}

TEST_F(HttpParsing, H2_RefusedRequest_ArrivingByteByByte_IsRefusedTheSame) {
  RawClient client(server.port());
  for (const char c : kGet + "X: a\r\n b\r\n\r\n") {
    if (!client.send(std::string_view(&c, 1))) break;
  }
  EXPECT_EQ(status_of(client.read_response()), 400);
}

TEST_F(HttpParsing, GoodRequest_ArrivingByteByByte_IsAnswered) {
  RawClient client(server.port());
  for (const char c : kPost + "Content-Length: 3\r\n\r\nabc") client.send(std::string_view(&c, 1));
  EXPECT_EQ(body_of(client.read_response()), "POST / [abc]");
}

TEST_F(HttpParsing, H11_AbsoluteForm_OfTheSameHost_IsItsPath) {
  RawClient client(server.port());
  EXPECT_EQ(body_of(client.ask("GET http://a/x?y=1 HTTP/1.1\r\nHost: a\r\n\r\n")), "GET /x?y=1 []");
  EXPECT_EQ(body_of(client.ask("GET http://A HTTP/1.1\r\nHost: a\r\n\r\n")), "GET / []");
}

TEST_F(HttpParsing, H3_PercentEncoding_OfHeadersAndTarget_IsNotDecoded) {
  HttpServer other({.port = 0, .workers = 1}, [](const HttpRequest& request) {
    return HttpResponse{.body = std::string(request.target) +
                                std::string(request.header("x-value").value_or("none"))};
  });
  other.start();
  RawClient client(other.port());
  EXPECT_EQ(body_of(client.ask("GET /%0d%0a HTTP/1.1\r\nHost: a\r\nX-Value: %0d%0aX: y\r\n\r\n")),
            "/%0d%0a%0d%0aX: y");
}

TEST_F(HttpParsing, H5_PipelinedRequests_AreAnsweredInOrder) {
  RawClient client(server.port());
  std::string all;
  for (int i = 0; i < 100; ++i) {
    all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
  }
  client.send(all);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(body_of(client.read_response()), "POST /" + std::to_string(i) + " [hi]");
  }
}

TEST_F(HttpParsing, H5_RequestBehindARefusedOne_IsNeverParsed) {
  RawClient client(server.port());
  client.send(kPost + "Content-Length: 9999999\r\n\r\n" + kGet + "\r\n");
  client.finish_sending();
  const std::string all = client.read_all();
  EXPECT_EQ(status_of(all), 413);
  EXPECT_THAT(all, Not(HasSubstr("GET / []")));
}

TEST_F(HttpParsing, BodyOfGet_IsReadAsItsBody) {
  RawClient client(server.port());
  client.send(kGet + "Content-Length: 19\r\n\r\nGET /evil HTTP/1.1\n" + kGet + "\r\n");
  EXPECT_EQ(body_of(client.read_response()), "GET / [GET /evil HTTP/1.1\n]");
  EXPECT_EQ(body_of(client.read_response()), "GET / []");
}

TEST_F(HttpParsing, H10_UnknownMethod_Is501) {
  EXPECT_EQ(status("BREW / HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
  EXPECT_EQ(status("get / HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
}

TEST_F(HttpParsing, H10_TraceAndConnect_Are405WithAllow) {
  EXPECT_EQ(status("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"), 405);
  RawClient client(server.port());
  const std::string response = client.ask("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(response), 405);
  EXPECT_THAT(response, HasSubstr("Allow: GET, HEAD"));
  EXPECT_THAT(response, HasSubstr("\"code\":\"method_not_allowed\""));
}

TEST_F(HttpParsing, H10_Head_HasTheLengthButNoBody) {
  RawClient client(server.port());
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + kGet + "\r\n");
  const std::string head = client.read_response(true);
  EXPECT_THAT(head, HasSubstr("Content-Length: 9\r\n"));
  EXPECT_EQ(body_of(head), "");
  EXPECT_EQ(body_of(client.read_response()), "GET / []");
}

TEST_F(HttpParsing, H10_NoContentAndNotModified_HaveNeitherBodyNorLength) {
  for (const int code : {204, 304}) {
    HttpServer other({.port = 0, .workers = 1}, [code](const HttpRequest&) {
      return HttpResponse{.status = code, .body = "dropped"};
    });
    other.start();
    RawClient client(other.port());
    client.send(kGet + "Connection: close\r\n\r\n");
    const std::string all = client.read_all();
    EXPECT_EQ(status_of(all), code);
    EXPECT_THAT(all, Not(HasSubstr("Content-Length")));
    EXPECT_EQ(body_of(all), "");
  }
}

TEST_F(HttpParsing, Http10_ClosesUnlessAskedToKeep) {
  RawClient closing(server.port());
  closing.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(closing.read_all(), HasSubstr("Connection: close"));
  RawClient keeping(server.port());
  const std::string request = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_THAT(keeping.ask(request), HasSubstr("Connection: keep-alive"));
  EXPECT_EQ(status_of(keeping.ask(request)), 200);
}

}  // namespace
}  // namespace net
