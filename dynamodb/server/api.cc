#include "dynamodb/server/api.h"

#include <algorithm>

#include "dynamodb/index_lag.h"
#include "dynamodb/server/authorization.h"
#include "dynamodb/server/operation.h"
#include "net/gzip.h"
#include "net/text.h"

namespace dynamodb::server {
namespace {

constexpr std::size_t kMaxBody = 16 << 20;  // DynamoDB: 413 above it
constexpr std::string_view kJson10 = "application/x-amz-json-1.0";
constexpr std::string_view kJson = "application/json";

std::string_view without_parameters(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  return content_type;
}

bool accepts_gzip(const net::HttpRequest& request) {
  const auto accepted = request.header("Accept-Encoding");
  return accepted && accepted->find("gzip") != std::string_view::npos &&
         accepted->find("gzip;q=0") == std::string_view::npos;
}

// What net::HttpServer refuses by itself, in DynamoDB's form.
net::HttpResponse refusal(int status, std::string_view code, std::string_view message) {
  std::string body;
  if (status == 503) {
    body = service_error("ServiceUnavailable", message);
  } else if (status >= 500 && code == "internal") {
    body = service_error("InternalServerError", message);
  } else if (status == 413) {
    body = service_error("RequestEntityTooLargeException", message);
  } else {
    body = service_error("SerializationException", message);
  }
  net::HttpResponse response = make_response(status, std::move(body), {});
  if (status == 503) response.headers.add("Retry-After", "1");
  return response;
}

}  // namespace

Api::Api(Client& client, ApiOptions options)
    : client_(client), options_(std::move(options)), dice_(options_.fault_seed) {}

net::ServerOptions Api::server_options(net::ServerOptions base) const {
  base.limits.body = base.limits.body_in_memory = kMaxBody;
  base.request_id_header = false;
  base.refusal_page = refusal;
  return base;
}

net::HttpServer::Handler Api::handler() const {
  return [this](const net::HttpRequest& request, net::Responder responder) {
    handle(request, std::move(responder));
  };
}

std::string_view Api::allowed_origin(const net::HttpRequest& request) const {
  const auto origin = request.header("Origin");
  if (!origin) return {};
  for (const std::string& allowed : options_.allowed_origins) {
    if (allowed == "*" || allowed == *origin) return allowed;
  }
  return {};
}

net::HttpResponse Api::answer_preflight(const net::HttpRequest& request,
                                        const ReplyFormat& format) const {
  net::HttpResponse response = make_response(200, "", format);
  if (format.allow_origin.empty()) return response;
  if (const auto headers = request.header("Access-Control-Request-Headers"))
    response.headers.add("Access-Control-Allow-Headers", *headers);
  response.headers.add("Access-Control-Allow-Methods",
                       request.header("Access-Control-Request-Method").value_or("POST"));
  response.headers.add("Access-Control-Max-Age", "172800");
  return response;
}

void Api::handle(const net::HttpRequest& request, net::Responder responder) const {
  if (is_admin(request)) {
    AdminAnswer answer = answer_admin(options_.admin, options_.verifier.get(), request);
    return responder.send(
        make_response(answer.status, std::move(answer.body), {.content_type = kJson}));
  }
  ReplyFormat format{.allow_origin = allowed_origin(request)};
  if (request.method == "POST") return call(request, std::move(responder), format);
  if (request.method == "OPTIONS") return responder.send(answer_preflight(request, format));
  format.content_type = "text/plain";
  if ((request.method == "GET" || request.method == "HEAD") && request.path() == "/") {
    return responder.send(
        make_response(200, "healthy: dynamodb." + options_.region + ".amazonaws.com ", format));
  }
  format.content_type = "text/xml";
  responder.send(make_response(404, "<UnknownOperationException/>\n", format));
}

void Api::call(const net::HttpRequest& request, net::Responder responder,
               const ReplyFormat& base_format) const {
  ReplyFormat format = base_format;
  const std::string_view content_type =
      without_parameters(request.header("Content-Type").value_or(kJson10));
  if (content_type != kJson10 && content_type != kJson) {
    format.content_type = "text/xml";
    return responder.send(make_response(404, "<UnknownOperationException/>\n", format));
  }
  if (content_type == kJson) format.content_type = kJson;
  format.gzip = accepts_gzip(request);
  Reply reply(std::move(responder), format);
  const Operation* const operation =
      find_operation(request.header("X-Amz-Target").value_or(std::string_view()));
  if (operation == nullptr) return reply.refuse("UnknownOperationException");
  if (const auto refused = options_.verifier ? check_signature(*options_.verifier, request)
                                             : check_has_signature(request))
    return reply.refuse(refused->type, refused->message);
  std::string plain;
  std::string_view body = request.body;
  if (const auto encoding = request.header("Content-Encoding")) {
    auto unpacked = net::equals_ignoring_case(*encoding, "gzip") ? net::decompress(body, kMaxBody)
                                                                 : std::nullopt;
    // DynamoDB: an error of the server, of which clients try again.
    if (!unpacked) {
      return reply.error({ErrorCode::internal_server_error,
                          "The body is not gzip, or larger than 16 MB when unpacked"});
    }
    plain = std::move(*unpacked);
    body = plain;
  }
  CallFaults faults;
  std::chrono::milliseconds index_lag{0};
  const auto fault_header = request.header("x-ddb-local-fault");
  if (fault_header || options_.faults.any()) {
    FaultPlan plan = options_.faults;
    if (const auto problem = apply_faults(fault_header.value_or(""), plan))
      return reply.error(validation_error("x-ddb-local-fault: " + *problem));
    if (plan.latency.count() > 0) reply.delay(delays_, plan.latency);
    faults = CallFaults(dice_, plan);
    index_lag = plan.index_lag;
  }
  const IndexLagScope lag(index_lag);
  operation->run({.client = client_,
                  .body = body,
                  .host = request.host,
                  .reply = std::move(reply),
                  .faults = faults});
}

}  // namespace dynamodb::server
