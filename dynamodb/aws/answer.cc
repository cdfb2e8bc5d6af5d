#include "dynamodb/aws/answer.h"

#include <charconv>

#include "dynamodb/wire.h"
#include "net/gzip.h"

namespace dynamodb::aws {
namespace {

Attempt fail(Error error, Retry retry) { return {.failure = Failure{std::move(error), retry}}; }

// Errors of the connection. What surely was not sent did nothing; of the rest nobody knows.
Attempt read_error(const net::ClientError& error) {
  const Error shown =
      error.may_have_been_sent ? internal_error(error.message) : unavailable(error.message);
  switch (error.kind) {
    case net::ClientErrorKind::connect:
    case net::ClientErrorKind::broken:
      return fail(shown, Retry::transient);
    case net::ClientErrorKind::timeout:
      return fail(shown, Retry::timeout);
    case net::ClientErrorKind::untrusted:
    case net::ClientErrorKind::too_large:
    case net::ClientErrorKind::invalid_request:
    case net::ClientErrorKind::stopped:
      break;
  }
  return fail(shown, Retry::never);
}

bool crc_matches(const net::ClientResponse& response) {
  const auto header = response.header("x-amz-crc32");
  if (!header) return true;  // endpoints that are not AWS's may leave it out
  std::uint32_t expected = 0;
  const auto [end, code] =
      std::from_chars(header->data(), header->data() + header->size(), expected);
  return code == std::errc() && end == header->data() + header->size() &&
         expected == response.body_crc32;
}

// Errors about who asks are not DynamoDB's own: one code for all of them, named in the message.
bool is_about_access(std::string_view type) {
  return type == "UnrecognizedClientException" || type == "InvalidSignatureException" ||
         type == "MissingAuthenticationTokenException" || type == "MissingAuthenticationToken" ||
         type == "IncompleteSignatureException" || type == "ExpiredTokenException" ||
         type == "ExpiredToken" || type == "RequestExpired" || type == "NotAuthorized" ||
         type == "OptInRequired" || type == "InvalidClientTokenId" ||
         type == "SignatureDoesNotMatch" || type == "RequestTimeTooSkewed" ||
         type == "RequestInTheFuture";
}

Attempt read_refusal(const std::string& json, int status) {
  const std::string type = wire::decode_error_type(json);
  const Retry retry = retry_of(type, status);
  if (type.empty()) {
    constexpr std::size_t kQuoted = 200;
    Error error = status == 503 ? unavailable("") : internal_error("");
    error.message = "HTTP " + std::to_string(status) + ": " + json.substr(0, kQuoted);
    return fail(std::move(error), retry);
  }
  Error error = wire::decode_error(json);
  if (is_about_access(type)) error.code = ErrorCode::access_denied;
  // One code stands for all that throttles.
  if (retry == Retry::throttled && error.code == ErrorCode::internal_server_error)
    error.code = ErrorCode::provisioned_throughput_exceeded;
  return fail(std::move(error), retry);
}

}  // namespace

Attempt read_outcome(net::ClientOutcome outcome, std::size_t max_bytes) {
  if (!outcome) return read_error(outcome.error());
  net::ClientResponse& response = *outcome;
  if (!crc_matches(response))
    return fail(internal_error("The answer is damaged: its CRC-32 does not match x-amz-crc32"),
                Retry::transient);
  if (response.header("Content-Encoding") == "gzip") {
    auto body = net::decompress(response.body, max_bytes);
    if (!body)
      return fail(internal_error("The answer is damaged: it cannot be unpacked"), Retry::transient);
    response.body = std::move(*body);
  }
  if (response.status == 200) return {.json = std::move(response.body)};
  Attempt refused = read_refusal(response.body, response.status);
  refused.failure->date = response.date();
  return refused;
}

}  // namespace dynamodb::aws
