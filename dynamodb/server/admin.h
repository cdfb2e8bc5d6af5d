// Endpoints beside the API for whoever runs the server: POST /_ddb/<name> with a JSON object.
//
//   /_ddb/clock     {"advance":"3600s"}      moves the test clock on, and expires items by it
//   /_ddb/snapshot  {"directory":"/backup"}  copies the database there while it serves
//   /_ddb/restore   {"directory":"/backup"}  puts such a copy in place of the database
//
// Answered on loopback only, for a Host that names it, and only with the content type
// application/json, which no page can send here: preflights of these paths are refused. Where calls
// of the API must be signed, so must these.
#pragma once
#include <chrono>
#include <functional>
#include <string>

#include "dynamodb/error.h"
#include "dynamodb/requests.h"
#include "net/aws/sigv4.h"
#include "net/http_message.h"

namespace dynamodb::server {

// What the endpoints do; an empty one is not there. Called on the server's threads, may block.
struct AdminHooks {
  // Answers how many items expired.
  std::function<Result<std::uint64_t>(std::chrono::milliseconds)> advance_clock{};
  std::function<Result<EmptyResult>(const std::string& directory)> snapshot{};
  std::function<Result<EmptyResult>(const std::string& directory)> restore{};
};

inline bool is_admin(const net::HttpRequest& request) {
  return request.path().starts_with("/_ddb/");
}

// The status and the JSON body: {} or {"expired":…}; {"error":…} with 400, 403, 404 or 500.
struct AdminAnswer {
  int status = 200;
  std::string body = "{}";
};
// `verifier`: of who may ask; nullptr: any program of this machine.
AdminAnswer answer_admin(const AdminHooks& hooks, const net::aws::Verifier* verifier,
                         const net::HttpRequest& request);

}  // namespace dynamodb::server
