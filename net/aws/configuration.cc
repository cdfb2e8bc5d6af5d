#include "net/aws/configuration.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "net/aws/detail/profile_file.h"
#include "net/text.h"

namespace net::aws {
namespace {

using namespace detail;

std::optional<std::string> find_property(const Profiles& profiles, const std::string& section,
                                         std::string_view key) {
  const auto found = profiles.find(section);
  if (found == profiles.end()) return std::nullopt;
  const std::string_view value = property(found->second, key);
  return value.empty() ? std::nullopt : std::optional(std::string(value));
}

std::optional<std::string> profile_property(const Environment& environment,
                                            const std::string& profile, std::string_view key) {
  const auto profiles = load_profiles(environment);
  if (!profiles) return std::nullopt;
  return find_property(*profiles, profile.empty() ? profile_name(environment) : profile, key);
}

bool find_switch(const std::string& variable, std::string_view property,
                 const Environment& environment, const std::string& profile) {
  const auto value = find_setting(variable, property, environment, profile);
  if (!value || equals_ignoring_case(*value, "false")) return false;
  if (equals_ignoring_case(*value, "true")) return true;
  throw std::invalid_argument(variable + " (" + std::string(property) + ") is \"" + *value +
                              "\", not true or false");
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // nothing here calls setenv
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::optional<std::string> find_setting(const std::string& variable, std::string_view property,
                                        const Environment& environment,
                                        const std::string& profile) {
  if (auto value = environment(variable)) return value;
  return profile_property(environment, profile, property);
}

std::optional<std::string> find_region(const Environment& environment, const std::string& profile) {
  if (auto region = environment("AWS_REGION")) return region;
  return find_setting("AWS_DEFAULT_REGION", "region", environment, profile);
}

std::optional<std::string> find_endpoint_url(const std::string& service,
                                             const Environment& environment,
                                             const std::string& profile) {
  if (find_switch("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls",
                  environment, profile))
    return std::nullopt;
  if (auto url = environment("AWS_ENDPOINT_URL_" + service)) return url;
  if (auto url = environment("AWS_ENDPOINT_URL")) return url;
  if (const auto services = profile_property(environment, profile, "services")) {
    std::string key = service + ".endpoint_url";
    std::transform(key.begin(), key.end(), key.begin(), to_lower);
    if (auto url = profile_property(environment, services_section(*services), key)) return url;
  }
  return profile_property(environment, profile, "endpoint_url");
}

EndpointChoice find_endpoint_choice(const Environment& environment, const std::string& profile) {
  return {.fips = find_switch("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", environment, profile),
          .dual_stack = find_switch("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint",
                                    environment, profile)};
}

std::optional<std::string> find_ca_bundle(const Environment& environment,
                                          const std::string& profile) {
  return find_setting("AWS_CA_BUNDLE", "ca_bundle", environment, profile);
}

}  // namespace net::aws
