// Api: the DynamoDB API over HTTP, on any Client. A handler for net::HttpServer.
//
//   server::Api api(*client);
//   net::HttpServer http(api.server_options({.port = 8000}), api.handler());
//
// Reads run on the server's thread, writes are answered by the client's completion. What is wrong
// with a request is answered as AWS answers it. Thread safety: handler() runs on many threads at
// once.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "dynamodb/client.h"
#include "dynamodb/server/admin.h"
#include "dynamodb/server/delay_line.h"
#include "dynamodb/server/faults.h"
#include "dynamodb/server/reply.h"
#include "net/aws/sigv4.h"
#include "net/http_server.h"

namespace dynamodb::server {

struct ApiOptions {
  std::string region = "us-east-1";  // told by `GET /`
  // Origins whose pages may call; {"*"}: any. Empty: no CORS headers.
  std::vector<std::string> allowed_origins = {"*"};
  // Who may call; nullptr: whoever sends credentials, of whatever kind.
  std::shared_ptr<const net::aws::Verifier> verifier{};
  FaultPlan faults{};  // of every call; the header x-ddb-local-fault changes it for one
  std::uint64_t fault_seed = 1;
  AdminHooks admin{};
};

class Api {
 public:
  // REQUIRES: `client` outlives the server that has the handler, and so does this object.
  explicit Api(Client& client, ApiOptions options = {});

  // `base` with the limits of DynamoDB's and its way to refuse.
  net::ServerOptions server_options(net::ServerOptions base = {}) const;
  net::HttpServer::Handler handler() const;

 private:
  void handle(const net::HttpRequest& request, net::Responder responder) const;
  void call(const net::HttpRequest& request, net::Responder responder,
            const ReplyFormat& format) const;
  net::HttpResponse answer_preflight(const net::HttpRequest& request,
                                     const ReplyFormat& format) const;
  std::string_view allowed_origin(const net::HttpRequest& request) const;

  Client& client_;
  const ApiOptions options_;
  mutable FaultDice dice_;
  mutable DelayLine delays_;
};

}  // namespace dynamodb::server
