#include "dynamodb/server/reply.h"

#include <array>
#include <charconv>
#include <random>

#include "base/json_writer.h"
#include "dynamodb/wire.h"
#include "net/gzip.h"

namespace dynamodb::server {
namespace {

constexpr std::size_t kGzipFrom = 8 * 1024;  // bytes; below it the network saves nothing
constexpr std::size_t kRequestIdSize = 52;

// Written like AWS's: 52 of [0-9A-V]. Unique, not secret.
std::array<char, kRequestIdSize> make_request_id() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  static constexpr char kDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
  constexpr std::size_t kDigitsPerWord = 12;
  std::array<char, kRequestIdSize> id;
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < id.size(); ++i, word >>= 5) {
    if (i % kDigitsPerWord == 0) word = random();
    id[i] = kDigits[word & 31];
  }
  return id;
}

}  // namespace

net::HttpResponse make_response(int status, std::string body, const ReplyFormat& format) {
  net::HttpResponse response{.status = status};
  net::HeaderBlock& headers = response.headers;
  if (format.gzip && body.size() >= kGzipFrom) {
    body = net::compress(body);
    headers.add("Content-Encoding", "gzip");
  }
  // SDKs check it against the bytes as sent, compressed or not.
  std::array<char, 10> crc;
  const auto crc_end = std::to_chars(crc.data(), crc.data() + crc.size(), net::crc32(body)).ptr;
  const auto id = make_request_id();
  headers.add("Content-Type", format.content_type);
  headers.add("x-amzn-RequestId", {id.data(), id.size()});
  headers.add("x-amz-crc32", {crc.data(), static_cast<std::size_t>(crc_end - crc.data())});
  if (!format.allow_origin.empty()) {
    headers.add("Access-Control-Allow-Origin", format.allow_origin);
    headers.add("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amz-crc32");
    if (format.allow_origin != "*") headers.add("Vary", "Origin");
  }
  response.body = std::move(body);
  return response;
}

std::string service_error(std::string_view type, std::string_view message) {
  base::JsonWriter json;
  json.begin_object();
  json.member("__type", "com.amazon.coral.service#" + std::string(type));
  if (!message.empty()) json.member("message", message);
  json.end_object();
  return std::move(json).text();
}

int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::internal_server_error:
      return 500;
    case ErrorCode::unavailable:
      return 503;
    default:
      return 400;
  }
}

void Reply::error(const Error& error) { send(http_status(error.code), wire::encode(error)); }

void Reply::send(int status, std::string json) {
  net::HttpResponse response = make_response(status, std::move(json), format_);
  if (line_ == nullptr) return responder_.send(std::move(response));
  // A task is copyable, a responder is not.
  auto responder = std::make_shared<net::Responder>(std::move(responder_));
  line_->run_after(delay_, [responder, response = std::move(response)]() mutable {
    responder->send(std::move(response));
  });
}

}  // namespace dynamodb::server
