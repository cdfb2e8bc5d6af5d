#include "dynamo_backend/search/opensearch/transport.h"

#include <algorithm>
#include <charconv>
#include <random>
#include <thread>

#include "base/base64.h"
#include "base/json.h"
#include "dynamo_backend/search/errors.h"

namespace dynamo_backend::search::opensearch {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxAnswer = 64 << 20;
constexpr std::chrono::milliseconds kLongestPause = 2'000ms;

// Large answers, of bulk writes and of aggregations, have many members.
base::Json read(const std::string& body) { return base::parse_json(body, {.max_keys = 5'000'000}); }

std::string error_member(const std::string& body, const char* name) {
  try {
    const base::Json json = read(body);
    const base::Json& error = json.at("error");
    return error.is_object() ? error.at(name).get<std::string>() : std::string();
  } catch (const std::exception&) {
    return {};  // a proxy's page, or an answer without a body
  }
}

// What AWS's front door says: {"message": "…"} or {"Message": "…"}.
std::string gateway_message(const std::string& body) {
  try {
    const base::Json json = read(body);
    return json.value("message", json.value("Message", std::string()));
  } catch (const std::exception&) {
    return {};
  }
}

std::optional<std::chrono::milliseconds> retry_after(const net::ClientResponse& response) {
  const auto text = response.header("Retry-After");
  unsigned seconds = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, 60u));
}

std::chrono::seconds whole_seconds(std::chrono::milliseconds time) {
  return std::max(std::chrono::ceil<std::chrono::seconds>(time), std::chrono::seconds(1));
}

}  // namespace

std::string Answer::error_type() const { return error_member(body, "type"); }
std::string Answer::error_reason() const { return error_member(body, "reason"); }

base::Json Answer::json() const {
  try {
    return read(body);
  } catch (const base::JsonError& error) {
    throw Unavailable(std::string("OpenSearch's answer is not JSON: ") + error.what());
  }
}

struct Transport::Failure {
  enum class Kind : std::uint8_t {
    silent,     // no answer of OpenSearch's own
    busy,       // it answers, but cannot do it now
    expired,    // the signature's credentials may have run out: once more with fresh ones
    permanent,  // trying again changes nothing
  };
  Kind kind = Kind::permanent;
  bool surely_undone = false;  // so that even a call that is not repeatable may be sent again
  std::string message{};
  std::optional<std::chrono::milliseconds> wait{};  // that the server asks for
};

Transport::Transport(OpenSearchOptions options)
    : options_(std::move(options)),
      http_(options_.http),
      credentials_(http_, options_.credentials),
      breaker_(options_.breaker) {
  if (options_.signing == Signing::service) signer_.emplace(options_.region, "es");
  if (options_.signing == Signing::serverless) signer_.emplace(options_.region, "aoss");
}

Answer Transport::send(const Call& call) {
  const auto deadline = Clock::now() + call.timeout.value_or(options_.timeout);
  bool refreshed = false;
  for (int attempts = 1;; ++attempts) {
    Answer answer;
    const auto failure = attempt(call, deadline, answer);
    if (!failure) return answer;
    if (failure->kind == Failure::Kind::expired && !refreshed) {
      refreshed = true;
      --attempts;  // its own fault: not one of those that count
      continue;
    }
    if (failure->kind == Failure::Kind::permanent || failure->kind == Failure::Kind::expired)
      throw BackendRefused(failure->message);
    const auto pause = std::max(pause_after(attempts), failure->wait.value_or(0ms));
    const bool again = (call.repeatable || failure->surely_undone) &&
                       attempts < options_.max_attempts && Clock::now() + pause < deadline;
    if (!again) throw Unavailable(failure->message, whole_seconds(pause));
    std::this_thread::sleep_for(pause);
  }
}

std::optional<Transport::Failure> Transport::attempt(const Call& call, Clock::time_point deadline,
                                                     Answer& answer) {
  net::ClientRequest request{.method = call.method,
                             .url = options_.url + call.path,
                             .headers = {{"User-Agent", "ddbdjango"}},
                             .body = call.body,
                             .deadline = deadline,
                             .max_response_bytes = kMaxAnswer};
  if (!call.body.empty())
    request.headers.push_back({"Content-Type", std::string(call.content_type)});
  const auto credentials = sign(request, deadline);
  if (const auto wait = breaker_.refuse())
    throw Unavailable("OpenSearch at " + options_.url + " has not answered several times",
                      whole_seconds(*wait));
  auto outcome = http_.send(std::move(request));
  if (!outcome) {
    breaker_.failed();
    return failure_of(outcome.error());
  }
  auto failure = judge(*outcome);
  failure && failure->kind == Failure::Kind::silent ? breaker_.failed() : breaker_.answered();
  if (credentials && failure && failure->kind == Failure::Kind::expired)
    credentials_.invalidate(*credentials);
  answer = {.status = outcome->status, .body = std::move(outcome->body)};
  return failure;
}

std::optional<net::aws::Credentials> Transport::sign(net::ClientRequest& request,
                                                     Clock::time_point deadline) {
  if (options_.signing == Signing::basic)
    request.headers.push_back(
        {"Authorization",
         "Basic " + base::base64_encode(options_.username + ":" + options_.password)});
  if (!signer_) return std::nullopt;
  auto credentials = credentials_.get(deadline);
  if (!credentials) throw Unavailable("OpenSearch's credentials: " + credentials.error().message);
  // Serverless wants the body's hash in a header, too.
  if (options_.signing == Signing::serverless)
    request.headers.push_back({"X-Amz-Content-Sha256", net::aws::sha256_hex(request.body)});
  signer_->sign(request, *credentials, options_.now());
  return *std::move(credentials);
}

Transport::Failure Transport::failure_of(const net::ClientError& error) const {
  using Kind = Failure::Kind;
  const std::string message = "OpenSearch: " + error.message;
  if (error.kind == net::ClientErrorKind::untrusted)
    return {.message = message + " (look at opensearch.ca_certs and verify_certs)"};
  if (error.kind == net::ClientErrorKind::invalid_request) return {.message = message};
  return {.kind = Kind::silent, .surely_undone = !error.may_have_been_sent, .message = message};
}

std::optional<Transport::Failure> Transport::judge(const net::ClientResponse& response) const {
  using Kind = Failure::Kind;
  const int status = response.status;
  if ((status >= 200 && status < 300) || status == 400 || status == 404 || status == 409)
    return std::nullopt;
  const Answer answer{.status = status, .body = response.body};
  const std::string type = answer.error_type();
  const std::string reason =
      type.empty() ? gateway_message(response.body) : type + ": " + answer.error_reason();
  Failure failure{.message = "OpenSearch at " + options_.url + " answers " +
                             std::to_string(status) + (reason.empty() ? "" : ": " + reason),
                  .wait = retry_after(response)};
  if (status == 429 || status == 503) failure.surely_undone = true;
  if (status == 429 || (status >= 500 && !type.empty()))
    failure.kind = Kind::busy;
  else if (status >= 500)
    failure.kind = Kind::silent;
  else if ((status == 401 || status == 403) && signer_)
    failure.kind = Kind::expired;
  else if (status == 401 || status == 403)
    failure.message += " (look at opensearch.username and password)";
  return failure;
}

std::chrono::milliseconds Transport::pause_after(int attempt) const {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto longest =
      std::min(kLongestPause, options_.first_pause * (1 << std::min(attempt - 1, 10)));
  // At least half of it, so that a server that is starting is not asked three times at once.
  return std::chrono::milliseconds(std::uniform_int_distribution<std::chrono::milliseconds::rep>(
      longest.count() / 2, longest.count())(random));
}

}  // namespace dynamo_backend::search::opensearch
