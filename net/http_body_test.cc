// Request bodies over a socket: limits on length and chunks, expectations, draining. H4, H5.
#include <chrono>
#include <cstdio>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/log.h"
#include "net/detail/raw_client.h"
#include "net/http_server.h"

namespace net {
namespace {

using detail::body_of;
using detail::RawClient;
using detail::status_of;
using testing::HasSubstr;
using testing::StartsWith;

HttpResponse echo_body(const HttpRequest& request) { return {.body = std::string(request.body)}; }

const std::string kChunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string with_length(std::size_t length, std::string_view target = "/") {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

class HttpBody : public testing::Test {
 protected:
  HttpBody()
      : server({.port = 0,
                .workers = 2,
                .limits = {.body = 1000},
                .body_limit =
                    [](std::string_view method, std::string_view path) {
                      return method == "POST" && path == "/big" ? 300'000U : 1000U;
                    }},
               echo_body) {
    server.start();
  }
  int status(std::string_view request) {
    RawClient client(server.port());
    return status_of(client.ask(request));
  }
  HttpServer server;
};

TEST_F(HttpBody, H4_Length_OverTheLimit_Is413) {
  EXPECT_EQ(status(with_length(1000) + std::string(1000, 'x')), 200);
  EXPECT_EQ(status(with_length(1001) + std::string(1001, 'x')), 413);
  EXPECT_EQ(status(with_length(9223372036854775807ULL)), 413);
}

TEST_F(HttpBody, H4_ChunksOverTheLimit_Are413_CountedDecoded) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "a\r\n0123456789\r\n";
  EXPECT_EQ(status(kChunked + many + "0\r\n\r\n"), 200);
  EXPECT_EQ(status(kChunked + many + "1\r\nx\r\n0\r\n\r\n"), 413);
  EXPECT_EQ(status(kChunked + "3e9\r\n"), 413);
  EXPECT_EQ(status(kChunked + "ffffffffffffffff\r\n"), 413);
}

TEST_F(HttpBody, H4_Limit_MayBeGivenPerRequest) {
  const std::string body(300'000, 'y');
  RawClient client(server.port());
  EXPECT_EQ(body_of(client.ask(with_length(body.size(), "/big?x=1") + body)), body);
  EXPECT_EQ(status(with_length(body.size() + 1, "/big") + body), 413);
}

TEST_F(HttpBody, Chunks_AreJoined_HoweverTheyArrive) {
  const std::string text =
      kChunked + "5;name=value\r\nhello\r\n1\r\n \r\n0005\r\nworld\r\n0\r\nTrailer: x\r\n\r\n";
  RawClient whole(server.port());
  EXPECT_EQ(body_of(whole.ask(text + text)), "hello world");
  EXPECT_EQ(body_of(whole.read_response()), "hello world");
  for (const char c : text) whole.send(std::string_view(&c, 1));
  EXPECT_EQ(body_of(whole.read_response()), "hello world");
}

TEST_F(HttpBody, PipelinedRequestsBehindChunks_AreKept) {
  RawClient client(server.port());
  client.send(kChunked + "5\r\nhel");
  client.send("lo\r\n0\r\n\r\n" + with_length(3) + "abc" + kChunked + "1\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(body_of(client.read_response()), "hello");
  EXPECT_EQ(body_of(client.read_response()), "abc");
  EXPECT_EQ(body_of(client.read_response()), "x");
}

TEST_F(HttpBody, H4_MalformedChunks_Are400) {
  const std::string bad[] = {
      "x\r\n",
      "-1\r\n",
      "+1\r\na\r\n",
      " 1\r\na\r\n",
      "0x1\r\na\r\n",
      "1 \r\na\r\n0\r\n\r\n",
      "00000000000000001\r\na\r\n0\r\n\r\n",
      "1\na\n0\n\n",
      "1\r\nab\r\n0\r\n\r\n",
      "1\r\na0\r\n\r\n",
      "1;" + std::string(300, 'x') + "\r\na\r\n0\r\n\r\n",
      "1;" + std::string(300, 'x'),
      "0\r\nX: a\r\n b\r\n\r\n",
      "0\r\nX : a\r\n\r\n",
      "0\r\nX: " + std::string(9000, 'x') + "\r\n\r\n",
      "0\r\nX: " + std::string(9000, 'x'),
  };
  for (const std::string& body : bad)
    EXPECT_EQ(status(kChunked + body), 400) << testing::PrintToString(body);
}

TEST_F(HttpBody, ExpectContinue_IsAnsweredBeforeTheBody) {
  RawClient client(server.port());
  const std::string head =
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(client.ask(head), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(body_of(client.ask("hi")), "hi");
}

TEST_F(HttpBody, ExpectContinue_OfTooLargeABody_IsRefusedAtOnce) {
  EXPECT_EQ(
      status("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n"),
      413);
  EXPECT_EQ(status("POST / HTTP/1.1\r\nHost: a\r\nExpect: a pony\r\nContent-Length: 1\r\n\r\n"),
            417);
}

TEST_F(HttpBody, H5_UnreadBody_IsDrainedSoThatTheRefusalArrives) {
  RawClient client(server.port());
  client.send(with_length(60'000) + std::string(60'000, 'x'));
  client.finish_sending();
  const std::string all = client.read_all();
  EXPECT_THAT(all, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(all, HasSubstr("\"code\":\"body_too_large\""));
}

TEST_F(HttpBody, H5_EndlessUnreadBody_EndsInAClosedConnection) {
  RawClient client(server.port());
  client.send(with_length(1'000'000'000));
  const std::string block(64 * 1024, 'x');
  int sent = 0;
  while (sent < 1000 && client.send(block)) ++sent;
  EXPECT_LT(sent, 1000);
}

// ---- larger than memory

class LargeBody : public testing::Test {
 protected:
  LargeBody() : folder(testing::TempDir() + "http_body_test." + std::to_string(::getpid())) {
    std::filesystem::create_directory(folder);
  }
  ~LargeBody() override { std::filesystem::remove_all(folder); }
  ServerOptions options() const {
    return {.port = 0,
            .workers = 1,
            .limits = {.body = 1'000'000, .body_in_memory = 10'000},
            .body_folder = folder};
  }
  const std::string folder;
};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 256);
  return text;
}

TEST_F(LargeBody, GoesToAFile_AndIsWhole) {
  bool named = false;
  HttpServer server(options(), [&](const HttpRequest& request) {
    named = named || !std::filesystem::is_empty(folder);
    return HttpResponse{.body = std::string(request.body)};
  });
  server.start();
  RawClient client(server.port());  // one connection for all: a body leaves nothing to the next
  for (const std::size_t size : {std::size_t{10'000}, std::size_t{10'001}, std::size_t{700'000},
                                 std::size_t{5}, std::size_t{1'000'000}}) {
    const std::string body = pattern(size);
    EXPECT_EQ(body_of(client.ask(with_length(size) + body)), body) << size;
    std::string chunks;
    for (std::size_t at = 0; at < size; at += 60'000) {
      const std::string piece = body.substr(at, 60'000);
      char line[16];
      std::snprintf(line, sizeof line, "%zx\r\n", piece.size());
      chunks += line + piece + "\r\n";
    }
    EXPECT_EQ(body_of(client.ask(kChunked + chunks + "0\r\n\r\n")), body) << size;
  }
  EXPECT_FALSE(named);
}

TEST_F(LargeBody, AllBodiesTogether_HaveSoMuchMemory_AndFilesBeyond) {
  ServerOptions nowhere = options();
  nowhere.limits.body_in_memory = 1'000'000;
  nowhere.limits.all_bodies_in_memory = 20'000;
  nowhere.body_folder += "/none";  // what goes to a file is refused
  base::set_log_level(base::LogLevel::off);
  HttpServer server(nowhere, echo_body);
  server.start();
  const std::string body = pattern(15'000);
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto status = [&] {
    RawClient client(server.port());
    const int answered = status_of(client.ask(with_length(body.size()) + body));
    if (answered == 200) client.ask(get);  // by then the memory is given back
    return answered;
  };
  // The one worker has taken the memory before it turns to anyone else.
  const auto begin = [](RawClient& client, std::string head) {
    head.insert(head.size() - 2, "Expect: 100-continue\r\n");
    EXPECT_EQ(client.ask(head), "HTTP/1.1 100 Continue\r\n\r\n");
  };
  {
    RawClient slow(server.port());
    begin(slow, with_length(body.size()));
    EXPECT_EQ(status(), 503);
    EXPECT_EQ(body_of(slow.ask(body)), body);
    slow.ask(get);
    EXPECT_EQ(status(), 200) << "an answered request gives its memory back";
    begin(slow, kChunked);
    EXPECT_EQ(status(), 503);
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  int last = 0;
  while (last != 200 && std::chrono::steady_clock::now() < end) last = status();
  EXPECT_EQ(last, 200) << "so does a connection that ends";
  base::set_log_level(base::LogLevel::info);
}

TEST_F(LargeBody, WithoutMemory_IsWholeAllTheSame) {
  ServerOptions without = options();
  without.limits.body_in_memory = 1'000'000;
  without.limits.all_bodies_in_memory = 0;
  HttpServer server(without, echo_body);
  server.start();
  RawClient client(server.port());
  const std::string body = pattern(300'000);
  EXPECT_EQ(body_of(client.ask(with_length(body.size()) + body)), body);
  EXPECT_EQ(body_of(client.ask(kChunked + "493e0\r\n" + body + "\r\n0\r\n\r\n")), body);
}

TEST_F(LargeBody, H4_TheLimitHolds_OverFileAndMemoryTogether) {
  HttpServer server(options(), echo_body);
  server.start();
  std::string chunks = kChunked;
  for (int i = 0; i < 25; ++i) chunks += "9c40\r\n" + std::string(40'000, 'x') + "\r\n";
  RawClient whole(server.port());
  EXPECT_EQ(status_of(whole.ask(chunks + "0\r\n\r\n")), 200);
  RawClient over(server.port());
  EXPECT_EQ(status_of(over.ask(chunks + "1\r\nx\r\n0\r\n\r\n")), 413);
}

TEST_F(LargeBody, WithoutAFolder_Is503_AndSmallOnesAreServed) {
  base::set_log_level(base::LogLevel::off);
  ServerOptions nowhere = options();
  nowhere.body_folder += "/none";
  HttpServer server(nowhere, echo_body);
  server.start();
  RawClient client(server.port());
  const std::string answer = client.ask(with_length(20'000) + std::string(20'000, 'x'));
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_THAT(body_of(answer), HasSubstr("storage_unavailable"));
  RawClient small(server.port());
  EXPECT_EQ(status_of(small.ask(with_length(10) + "0123456789")), 200);
  base::set_log_level(base::LogLevel::info);
}

}  // namespace
}  // namespace net
