// A stand-in for DynamoDB that answers as each test says, and the clients that ask it.
#pragma once
#include <deque>
#include <functional>
#include <mutex>

#include <gtest/gtest.h>

#include "dynamodb/aws/aws_client.h"
#include "net/gzip.h"
#include "net/http_server.h"

namespace dynamodb::aws {

struct Seen {
  std::string target, authorization, token, body, attempt, invocation, accepted;
};

inline net::HttpResponse answer(int status, std::string body) {
  net::HttpResponse response{.status = status, .body = std::move(body)};
  response.headers.add("Content-Type", "application/x-amz-json-1.0");
  response.headers.add("x-amz-crc32", std::to_string(net::crc32(response.body)));
  return response;
}
inline net::HttpResponse refusal(const std::string& type, int status = 400) {
  return answer(status,
                R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + type + R"(","message":"m"})");
}
inline net::HttpResponse item_answer() {
  return answer(200, R"({"Item":{"pk":{"S":"a"}},)"
                     R"("ConsumedCapacity":{"TableName":"posts","CapacityUnits":0.5}})");
}

class AwsClients : public ::testing::Test {
 protected:
  AwsClients()
      : server_({.port = 0, .workers = 4}, [this](const net::HttpRequest& request) {
          std::function<net::HttpResponse(const net::HttpRequest&)> respond;
          {
            const std::lock_guard lock(mutex_);
            respond = respond_;
            const auto header = [&](const char* name) {
              return std::string(request.header(name).value_or(""));
            };
            seen_.push_back({header("X-Amz-Target"), header("Authorization"),
                             header("X-Amz-Security-Token"), std::string(request.body),
                             header("amz-sdk-request"), header("amz-sdk-invocation-id"),
                             header("Accept-Encoding")});
          }
          return respond(request);
        }) {
    server_.start();
  }

  void respond(std::function<net::HttpResponse(const net::HttpRequest&)> function) {
    const std::lock_guard lock(mutex_);
    respond_ = std::move(function);
  }
  // Answers in order, the last one for ever.
  void script(std::vector<net::HttpResponse> answers) {
    auto left = std::make_shared<std::deque<net::HttpResponse>>(answers.begin(), answers.end());
    respond([this, left](const net::HttpRequest&) {
      const std::lock_guard lock(mutex_);
      net::HttpResponse next = left->front();
      if (left->size() > 1) left->pop_front();
      return next;
    });
  }

  AwsOptions options() {
    return {.endpoint_url = "http://127.0.0.1:" + std::to_string(server_.port()),
            .credentials = {.explicit_credentials = net::aws::Credentials{"AKID", "secret"}},
            .jitter = [] { return 0.0; }};
  }
  static GetItemRequest get() { return {.table = "posts", .key = {{"pk", "a"}}}; }
  std::vector<Seen> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

  std::mutex mutex_;
  std::vector<Seen> seen_;
  std::function<net::HttpResponse(const net::HttpRequest&)> respond_;
  net::HttpServer server_;  // last: its handlers use the rest
};

}  // namespace dynamodb::aws
