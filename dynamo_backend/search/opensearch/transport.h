// Transport: one request to OpenSearch and its answer, signed, repeated where that may help, within
// one deadline. Internal to the module.
//
// A server that does not answer is left alone for a while (circuit_breaker.h), so that those who
// search do not wait for it one after the other.
// Thread safety: any thread.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "dynamo_backend/search/opensearch/circuit_breaker.h"
#include "dynamo_backend/search/opensearch/options.h"
#include "net/aws/credentials.h"
#include "net/aws/sigv4.h"
#include "net/http_client.h"

namespace dynamo_backend::search::opensearch {

struct Call {
  std::string method = "POST";
  std::string path{};  // "/posts/_search?q", percent-encoded
  std::string body{};
  std::string_view content_type = "application/json";
  // Whether it may be sent again when it may have been carried out already.
  bool repeatable = true;
  std::optional<std::chrono::milliseconds> timeout{};  // in place of the options'
};

struct Answer {
  int status = 0;
  std::string body{};

  bool ok() const { return status >= 200 && status < 300; }
  // Of an OpenSearch error: "index_not_found_exception"; "" where the body is no such error.
  std::string error_type() const;
  std::string error_reason() const;
  // Throws Unavailable where the body is not JSON: something else than OpenSearch answered.
  base::Json json() const;
};

class Transport {
 public:
  explicit Transport(OpenSearchOptions options);

  // An answer of 2xx, 400, 404 or 409; what the latter three mean is for the caller to say. Throws
  // Unavailable where there is none in time, for 429 and 5xx, and BackendRefused for every other
  // status: credentials, say.
  Answer send(const Call& call);

  const OpenSearchOptions& options() const { return options_; }

 private:
  using Clock = net::HttpClient::Clock;
  struct Failure;

  // One attempt: nullopt and its answer, or what became of it.
  std::optional<Failure> attempt(const Call& call, Clock::time_point deadline, Answer& answer);
  // The credentials that the signature was made with.
  std::optional<net::aws::Credentials> sign(net::ClientRequest& request,
                                            Clock::time_point deadline);
  Failure failure_of(const net::ClientError& error) const;
  std::optional<Failure> judge(const net::ClientResponse& response) const;
  std::chrono::milliseconds pause_after(int attempt) const;

  const OpenSearchOptions options_;
  std::optional<net::aws::Signer> signer_{};
  net::HttpClient http_;
  net::aws::CredentialsProvider credentials_;
  CircuitBreaker breaker_;
};

}  // namespace dynamo_backend::search::opensearch
