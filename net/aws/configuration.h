// What AWS's variables and shared files say beside credentials: region, endpoints, certificates.
//
// Names, order and defaults are those of the AWS SDKs and Tools Reference Guide, "Settings
// reference": a variable counts before the profile's property. An empty `profile` is that of the
// environment (AWS_PROFILE). Shared files that cannot be read count as empty: what is wrong with
// them is told where credentials are sought.
//
// Thread safety: any thread; nothing is kept, each call reads anew.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "net/aws/endpoint.h"
#include "net/aws/environment.h"

namespace net::aws {

// The variable's value, else that of the profile's property.
std::optional<std::string> find_setting(const std::string& variable, std::string_view property,
                                        const Environment& environment = process_environment,
                                        const std::string& profile = {});

// AWS_REGION, AWS_DEFAULT_REGION, `region`.
std::optional<std::string> find_region(const Environment& environment = process_environment,
                                       const std::string& profile = {});

// AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, `endpoint_url` of the service in the `services`
// section that the profile names, `endpoint_url`; none with AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
// (`ignore_configured_endpoint_urls`) true. `service` is as in the variable: "DYNAMODB",
// "DYNAMODB_STREAMS", "STS".
std::optional<std::string> find_endpoint_url(const std::string& service,
                                             const Environment& environment = process_environment,
                                             const std::string& profile = {});

// AWS_USE_FIPS_ENDPOINT (`use_fips_endpoint`), AWS_USE_DUALSTACK_ENDPOINT
// (`use_dualstack_endpoint`). Throws std::invalid_argument for other than true and false.
EndpointChoice find_endpoint_choice(const Environment& environment = process_environment,
                                    const std::string& profile = {});

// AWS_CA_BUNDLE, `ca_bundle`: a PEM file with the certificates to trust in place of the system's.
std::optional<std::string> find_ca_bundle(const Environment& environment = process_environment,
                                          const std::string& profile = {});

}  // namespace net::aws
