#include "dynamodb/aws/configured_options.h"

#include <charconv>
#include <stdexcept>

#include "net/aws/configuration.h"

namespace dynamodb::aws {
namespace {

int read_attempts(const std::string& text) {
  int attempts = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, attempts);
  if (error != std::errc() || stopped != end || attempts < 1)
    throw std::invalid_argument("AWS_MAX_ATTEMPTS (max_attempts) is \"" + text +
                                "\", not a number greater than 0");
  return attempts;
}

void check_retry_mode(const std::string& mode) {
  if (mode != "standard" && mode != "legacy" && mode != "adaptive")
    throw std::invalid_argument("AWS_RETRY_MODE (retry_mode) is \"" + mode +
                                "\", not standard, legacy or adaptive");
}

}  // namespace

AwsOptions configured_options(const net::aws::Environment& environment,
                              const std::string& profile) {
  const auto endpoint_of = [&](const char* service) {
    return net::aws::find_endpoint_url(service, environment, profile).value_or("");
  };
  const auto setting = [&](const char* variable, const char* property) {
    return net::aws::find_setting(variable, property, environment, profile);
  };
  AwsOptions options;
  options.region = net::aws::find_region(environment, profile).value_or("");
  options.endpoint_url = endpoint_of("DYNAMODB");
  options.streams_endpoint_url = endpoint_of("DYNAMODB_STREAMS");
  const auto choice = net::aws::find_endpoint_choice(environment, profile);
  options.fips = choice.fips;
  options.dual_stack = choice.dual_stack;
  options.http.ca_file = net::aws::find_ca_bundle(environment, profile).value_or("");
  if (const auto attempts = setting("AWS_MAX_ATTEMPTS", "max_attempts"))
    options.retries.max_attempts = read_attempts(*attempts);
  if (const auto mode = setting("AWS_RETRY_MODE", "retry_mode")) check_retry_mode(*mode);
  options.credentials.profile = profile;
  options.credentials.environment = environment;
  return options;
}

}  // namespace dynamodb::aws
