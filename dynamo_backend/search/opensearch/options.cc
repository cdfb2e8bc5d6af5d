#include "dynamo_backend/search/opensearch/options.h"

#include <unistd.h>

#include "dynamo_backend/exceptions.h"
#include "net/aws/configuration.h"

namespace dynamo_backend::search::opensearch {
namespace {

std::string region_of(const base::Settings& settings, const net::aws::Environment& environment) {
  if (!settings.opensearch.region.empty()) return settings.opensearch.region;
  if (!settings.dynamo_backend.region.empty()) return settings.dynamo_backend.region;
  if (auto region = net::aws::find_region(environment)) return *std::move(region);
  throw ImproperlyConfigured("opensearch.aws_service = \"" + settings.opensearch.aws_service +
                             "\" needs a region: set opensearch.region");
}

}  // namespace

OpenSearchOptions opensearch_options(const base::Settings& settings,
                                     const net::aws::Environment& environment) {
  const base::OpenSearchSettings& from = settings.opensearch;
  const bool bare_ipv6 = from.host.find(':') != std::string::npos && !from.host.starts_with('[');
  if (!from.ca_certs.empty() && ::access(from.ca_certs.c_str(), R_OK) != 0)
    throw ImproperlyConfigured("opensearch.ca_certs: the file " + from.ca_certs +
                               " cannot be read.");
  OpenSearchOptions options;
  options.url = std::string(from.use_ssl ? "https://" : "http://") +
                (bare_ipv6 ? "[" + from.host + "]" : from.host) + ":" + std::to_string(from.port);
  options.http.verify_certificates = from.verify_certs;
  options.http.ca_file = from.ca_certs;
  options.timeout = std::chrono::seconds(from.timeout);
  options.search_timeout = std::min(options.search_timeout, options.timeout);
  if (!from.username.empty()) {
    options.signing = Signing::basic;
    options.username = from.username;
    options.password = from.password;
  } else if (!from.aws_service.empty()) {
    options.signing = from.aws_service == "aoss" ? Signing::serverless : Signing::service;
    options.region = region_of(settings, environment);
    const auto& keys = settings.dynamo_backend;
    options.credentials.explicit_credentials = net::aws::settings_credentials(
        keys.aws_access_key_id, keys.aws_secret_access_key, environment);
    options.credentials.environment = environment;
    options.credentials.region = options.region;
  }
  return options;
}

}  // namespace dynamo_backend::search::opensearch
