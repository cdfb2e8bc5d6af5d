#include "net/aws/endpoint.h"

#include <algorithm>
#include <array>

namespace net::aws {
namespace {

struct Partition {
  std::string_view region_prefix;
  std::string_view suffix;
  std::string_view dual_stack_suffix;
};

// The commercial one is the last: it takes every name.
constexpr std::array<Partition, 8> kPartitions = {{
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"us-gov-", "amazonaws.com", "api.aws"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"", "amazonaws.com", "api.aws"},
}};

// One label of a host name: a region can name no other host.
bool is_label(std::string_view region) {
  return !region.empty() && region.size() <= 63 && region.front() != '-' && region.back() != '-' &&
         std::all_of(region.begin(), region.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

std::string_view host_prefix(Service service, const Partition& partition,
                             const EndpointChoice& choice) {
  // GovCloud's ordinary endpoints are the FIPS ones.
  const bool fips = choice.fips && (choice.dual_stack || partition.region_prefix != "us-gov-");
  switch (service) {
    case Service::dynamodb:
      return fips ? "dynamodb-fips" : "dynamodb";
    case Service::sts:
      return fips ? "sts-fips" : "sts";
    case Service::dynamodb_streams: {
      const bool isolated = partition.region_prefix.find("-iso") != std::string_view::npos ||
                            partition.region_prefix == "eusc-";
      if (choice.dual_stack && !isolated)
        return fips ? "streams-dynamodb-fips" : "streams-dynamodb";
      return fips ? "streams.dynamodb-fips" : "streams.dynamodb";
    }
  }
  return {};
}

}  // namespace

std::optional<Endpoint> service_endpoint(Service service, std::string_view region,
                                         const EndpointChoice& choice) {
  if (!is_label(region)) return std::nullopt;
  if (region == "local" && service != Service::sts) return Endpoint{"http://localhost:8000"};
  const Partition& partition =
      *std::find_if(kPartitions.begin(), kPartitions.end(),
                    [&](const Partition& p) { return region.starts_with(p.region_prefix); });
  std::string url = "https://";
  url.append(host_prefix(service, partition, choice)).append(".").append(region).append(".");
  url += choice.dual_stack ? partition.dual_stack_suffix : partition.suffix;
  return Endpoint{std::move(url)};
}

std::optional<Endpoint> parse_endpoint(std::string_view url) {
  if (url.find_first_of(std::string_view(" \t\r\n\0", 5)) != std::string_view::npos)
    return std::nullopt;
  if (url.starts_with("unix:")) {
    std::string_view path = url.substr(5);
    if (path.starts_with("//")) path.remove_prefix(2);
    if (!path.starts_with('/')) return std::nullopt;
    return Endpoint{"http://localhost", std::string(path)};
  }
  const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
  if (scheme == 0 || url.find_first_of("?#@\\") != std::string_view::npos) return std::nullopt;
  while (url.size() > scheme && url.back() == '/') url.remove_suffix(1);
  if (url.size() == scheme || url[scheme] == '/' || url[scheme] == ':') return std::nullopt;
  return Endpoint{std::string(url)};
}

std::string signing_region(std::string_view region) {
  return region.empty() || region == "local" ? "us-east-1" : std::string(region);
}

}  // namespace net::aws
