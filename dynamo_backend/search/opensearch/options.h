// OpenSearchOptions: where OpenSearch is and how its requests are signed; from the settings.
// Thread safety: a value.
#pragma once
#include <chrono>
#include <string>

#include "base/settings.h"
#include "base/timestamp.h"
#include "dynamo_backend/search/opensearch/circuit_breaker.h"
#include "net/aws/credentials.h"
#include "net/http_client.h"

namespace dynamo_backend::search::opensearch {

enum class Signing : std::uint8_t {
  none,
  basic,       // username and password
  service,     // AWS credentials, for Amazon OpenSearch Service ("es")
  serverless,  // the same for Amazon OpenSearch Serverless ("aoss")
};

struct OpenSearchOptions {
  std::string url = "http://localhost:9200";  // no '/' at its end, no credentials in it
  Signing signing = Signing::none;
  std::string username{};
  std::string password{};
  std::string region{};
  net::aws::CredentialsOptions credentials{};
  net::ClientOptions http{};
  std::chrono::milliseconds timeout{10'000};  // of a call, its repetitions included
  // Of a search: someone waits for it. OpenSearch is told to end after two thirds of it.
  std::chrono::milliseconds search_timeout{3'000};
  int max_attempts = 3;
  std::chrono::milliseconds first_pause{50};  // before the second attempt; doubled for each further
  CircuitBreakerOptions breaker{};
  base::NowFunction now = base::now;  // of signatures
};

// Throws ImproperlyConfigured where `aws_service` has no region, or `ca_certs` cannot be read.
OpenSearchOptions opensearch_options(
    const base::Settings& settings,
    const net::aws::Environment& environment = net::aws::process_environment);

}  // namespace dynamo_backend::search::opensearch
