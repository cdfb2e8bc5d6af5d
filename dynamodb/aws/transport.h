// Transport: one operation's JSON to the endpoint and the answer's JSON back, with signatures,
// retries and one deadline. Internal to the module: AwsClient puts types around it.
// Thread safety: any thread.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "dynamodb/aws/answer.h"
#include "dynamodb/aws/aws_client.h"
#include "dynamodb/aws/credential_cache.h"
#include "dynamodb/aws/timer.h"
#include "net/aws/endpoint.h"
#include "net/aws/sigv4.h"

namespace dynamodb::aws {

class AwsClient::Transport {
 public:
  using Done = std::function<void(Result<std::string>)>;

  explicit Transport(AwsOptions options);
  // Answers what is in flight, then returns.
  ~Transport();

  // `done` is called once, on a thread of the transport's or, before anything was sent, on the
  // caller's.
  void call(net::aws::Service service, std::string_view operation, std::string body, Done done);
  // Waits for the answer.
  Result<std::string> call(net::aws::Service service, std::string_view operation, std::string body);

  const RetryQuota& quota() const { return quota_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Call;
  using CallPointer = std::shared_ptr<Call>;

  CallPointer make_call(net::aws::Service service, std::string_view operation, std::string body,
                        Done done);
  void attempt(const CallPointer& call);
  void send(const CallPointer& call, const net::aws::Credentials& credentials);
  void answered(const CallPointer& call, net::ClientOutcome outcome);
  void failed(const CallPointer& call, Failure failure);
  void give_up(const CallPointer& call, Error error);
  void finish(const CallPointer& call, Result<std::string> result);
  std::chrono::milliseconds pause_after(int attempt) const;
  bool correct_clock(base::Timestamp date, base::Timestamp::duration signed_behind);

  const AwsOptions options_;
  const net::aws::Signer signer_;
  const net::aws::Endpoint endpoint_;
  const net::aws::Endpoint streams_endpoint_;  // AWS's is another
  CredentialCache credentials_;
  RetryQuota quota_{};
  Timer timer_{};
  std::atomic<base::Timestamp::duration> behind_{};  // our clock, the service's
  std::atomic<bool> stopping_ = false;

  std::mutex mutex_;
  std::condition_variable finished_;
  std::size_t calls_ = 0;  // not finished
  net::HttpClient http_;
};

}  // namespace dynamodb::aws
