#include "dynamodb/aws/transport.h"

#include <random>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include "base/call_ledger.h"
#include "base/uuid.h"
#include "dynamodb/lost_answer.h"

namespace dynamodb::aws {
namespace {

constexpr std::string_view kApi = "20120810";
// DynamoDB: at most 16 MB of items. JSON makes them up to nine times as long: an empty text in a
// list is a byte there, and {"S":""}, here. Holds for an answer as sent and unpacked.
constexpr std::size_t kMaxAnswer = std::size_t{160} << 20;

double random_share() {
  static thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

Error stopped() { return unavailable("The client is being destroyed"); }

// Whether an operation, as "DynamoDB_20120810.GetItem", changes nothing: it may be done twice.
bool only_reads(std::string_view target) {
  const std::string_view name = target.substr(target.rfind('.') + 1);
  for (const char* reads : {"Get", "BatchGet", "TransactGet", "Query", "Scan", "Describe", "List"})
    if (name.starts_with(reads)) return true;
  return false;
}

}  // namespace

struct AwsClient::Transport::Call {
  const net::aws::Endpoint* endpoint = nullptr;
  std::string target{};
  std::string body{};
  Done done{};
  Clock::time_point deadline{};
  std::thread::id waiting{};  // the thread that waits for the answer anyway, if there is one
  std::string id = base::Uuid::random().str();
  int attempts = 0;
  int taken = 0;                        // tokens, by the last retry
  net::aws::Credentials credentials{};  // of the last attempt
  bool refreshed = false;               // them
  base::Timestamp::duration behind{};   // our clock, as the last attempt was signed
  bool clock_corrected = false;
  bool answer_lost = false;  // of an attempt that may have been carried out
  std::optional<base::CallLedger::Entry> entry = base::CallLedger::under_way();
};

namespace {

net::aws::Endpoint endpoint_of(const AwsOptions& options, net::aws::Service service) {
  const bool streams = service == net::aws::Service::dynamodb_streams;
  const std::string& url = streams && !options.streams_endpoint_url.empty()
                               ? options.streams_endpoint_url
                               : options.endpoint_url;
  if (!url.empty()) {
    if (auto endpoint = net::aws::parse_endpoint(url)) return *std::move(endpoint);
    throw std::invalid_argument("endpoint_url \"" + url +
                                "\" is not http://host[:port], https://… or unix:/path");
  }
  auto endpoint = net::aws::service_endpoint(
      service, options.region, {.fips = options.fips, .dual_stack = options.dual_stack});
  if (endpoint) return *std::move(endpoint);
  throw std::invalid_argument("\"" + options.region + "\" is no region of AWS");
}

}  // namespace

AwsClient::Transport::Transport(AwsOptions options)
    : options_(std::move(options)),
      signer_(net::aws::signing_region(options_.region), "dynamodb"),
      endpoint_(endpoint_of(options_, net::aws::Service::dynamodb)),
      streams_endpoint_(endpoint_of(options_, net::aws::Service::dynamodb_streams)),
      credentials_(options_.credentials, options_.http),
      http_(options_.http) {}

AwsClient::Transport::~Transport() {
  stopping_ = true;
  credentials_.stop();
  timer_.stop();
  http_.stop();
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [this] { return calls_ == 0; });
}

void AwsClient::Transport::call(net::aws::Service service, std::string_view operation,
                                std::string body, Done done) {
  attempt(make_call(service, operation, std::move(body), std::move(done)));
}

Result<std::string> AwsClient::Transport::call(net::aws::Service service,
                                               std::string_view operation, std::string body) {
  // Shared with the completion: this may have returned before release() has.
  struct State {
    std::binary_semaphore answered{0};
    std::optional<Result<std::string>> answer{};
  };
  const auto state = std::make_shared<State>();
  const auto call =
      make_call(service, operation, std::move(body), [state](Result<std::string> answer) {
        state->answer.emplace(std::move(answer));
        state->answered.release();
      });
  call->waiting = std::this_thread::get_id();
  attempt(call);
  state->answered.acquire();
  return std::move(*state->answer);
}

AwsClient::Transport::CallPointer AwsClient::Transport::make_call(net::aws::Service service,
                                                                  std::string_view operation,
                                                                  std::string body, Done done) {
  auto call = std::make_shared<Call>();
  const bool streams = service == net::aws::Service::dynamodb_streams;
  call->endpoint = streams ? &streams_endpoint_ : &endpoint_;
  call->target = std::string(streams ? "DynamoDBStreams_" : "DynamoDB_") + std::string(kApi) + "." +
                 std::string(operation);
  call->body = std::move(body);
  call->done = std::move(done);
  call->deadline = Clock::now() + options_.call_timeout;
  {
    const std::lock_guard lock(mutex_);
    ++calls_;
  }
  return call;
}

void AwsClient::Transport::attempt(const CallPointer& call) {
  ++call->attempts;
  credentials_.get(call->deadline, [this, call](const net::aws::CredentialsResult& credentials) {
    if (credentials) return send(call, *credentials);
    failed(call,
           {.error = stopping_ ? stopped()
                               : Error{ErrorCode::access_denied, credentials.error().message}});
  });
}

void AwsClient::Transport::send(const CallPointer& call, const net::aws::Credentials& credentials) {
  net::ClientRequest request{
      .url = call->endpoint->url + "/",
      .unix_socket = call->endpoint->unix_socket,
      .headers = {{"Content-Type", "application/x-amz-json-1.0"},
                  {"X-Amz-Target", call->target},
                  {"User-Agent", "ddbdjango"},
                  {"amz-sdk-invocation-id", call->id},
                  {"amz-sdk-request", "attempt=" + std::to_string(call->attempts) + "; max=" +
                                          std::to_string(options_.retries.max_attempts)}},
      .body = call->body,
      .deadline = std::min(call->deadline, Clock::now() + options_.attempt_timeout),
      .max_response_bytes = kMaxAnswer};
  if (options_.accept_gzip.value_or(call->endpoint->url.starts_with("https:")))
    request.headers.push_back({"Accept-Encoding", "gzip"});
  call->behind = behind_;
  signer_.sign(request, credentials, options_.now() + call->behind);
  call->credentials = credentials;
  if (call->waiting == std::this_thread::get_id())
    return answered(call, http_.send(std::move(request)));
  http_.send(std::move(request),
             [this, call](net::ClientOutcome outcome) { answered(call, std::move(outcome)); });
}

void AwsClient::Transport::answered(const CallPointer& call, net::ClientOutcome outcome) {
  Attempt attempt = read_outcome(std::move(outcome), kMaxAnswer);
  if (attempt.failure) return failed(call, *std::move(attempt.failure));
  quota_.give_back(call->taken);
  finish(call, std::move(attempt.json));
}

void AwsClient::Transport::failed(const CallPointer& call, Failure failure) {
  const Retry retry = failure.retry;
  if (retry == Retry::credentials && !call->refreshed) {
    call->refreshed = true;
    --call->attempts;  // its own fault: not one of those that count
    credentials_.invalidate(call->credentials);
    return attempt(call);
  }
  if (retry == Retry::clock && !call->clock_corrected && failure.date &&
      correct_clock(*failure.date, call->behind)) {
    call->clock_corrected = true;
    --call->attempts;
    return attempt(call);
  }
  const auto again_at = Clock::now() + pause_after(call->attempts);
  const bool may_retry = retry != Retry::never && retry != Retry::credentials &&
                         retry != Retry::clock && call->attempts < options_.retries.max_attempts &&
                         again_at < call->deadline && quota_.take(retry);
  if (!may_retry) return give_up(call, std::move(failure.error));
  call->answer_lost =
      call->answer_lost ||
      (failure.error.code == ErrorCode::internal_server_error && !only_reads(call->target));
  call->taken = RetryQuota::cost(retry);
  if (call->entry) call->entry->retried();
  timer_.call_at(
      again_at, [this, call](bool in_time) { in_time ? attempt(call) : give_up(call, stopped()); });
}

void AwsClient::Transport::give_up(const CallPointer& call, Error error) {
  finish(call, call->answer_lost ? after_lost_answer(std::move(error)) : std::move(error));
}

void AwsClient::Transport::finish(const CallPointer& call, Result<std::string> result) {
  call->done(std::move(result));
  call->done = nullptr;  // what it holds goes before the transport does
  const std::lock_guard lock(mutex_);
  --calls_;
  finished_.notify_all();
}

// Signatures are good for a few minutes, and every later one is made by the service's clock too.
// False: what was signed by a clock that was `signed_behind` was in time. (AWS's SDKs correct from
// about five minutes on.) Of calls in flight together each has to find out: hence not by behind_.
bool AwsClient::Transport::correct_clock(base::Timestamp date,
                                         base::Timestamp::duration signed_behind) {
  const auto behind = date - options_.now();
  if (std::chrono::abs(behind - signed_behind) < std::chrono::minutes(4)) return false;
  behind_ = behind;
  return true;
}

std::chrono::milliseconds AwsClient::Transport::pause_after(int attempt) const {
  const double share = options_.jitter ? options_.jitter() : random_share();
  const auto most = longest_pause(options_.retries, attempt);
  return std::chrono::milliseconds(
      static_cast<std::chrono::milliseconds::rep>(static_cast<double>(most.count()) * share));
}

}  // namespace dynamodb::aws
