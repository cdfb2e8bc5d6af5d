// configured_options(): AwsOptions as AWS's SDKs would have them on this machine.
// Thread safety: any thread; reads the environment and files at each call, keeps nothing.
#pragma once
#include <string>

#include "dynamodb/aws/aws_client.h"
#include "net/aws/environment.h"

namespace dynamodb::aws {

// A variable counts before the property of the profile (AWS_PROFILE, or `profile`); what neither
// sets keeps AwsOptions' default, but the region is then empty: AWS has none (AWS SDKs and Tools
// Reference Guide, "Settings reference"):
//
//   AWS_REGION, AWS_DEFAULT_REGION           region
//   AWS_ENDPOINT_URL_DYNAMODB                endpoint_url of dynamodb in the profile's services
//   AWS_ENDPOINT_URL_DYNAMODB_STREAMS        the same of dynamodb_streams
//   AWS_ENDPOINT_URL                         endpoint_url
//   AWS_IGNORE_CONFIGURED_ENDPOINT_URLS      ignore_configured_endpoint_urls
//   AWS_USE_FIPS_ENDPOINT                    use_fips_endpoint
//   AWS_USE_DUALSTACK_ENDPOINT               use_dualstack_endpoint
//   AWS_CA_BUNDLE                            ca_bundle
//   AWS_MAX_ATTEMPTS                         max_attempts
//   AWS_RETRY_MODE                           retry_mode: "standard" is the only one there is;
//                                            "legacy" and "adaptive" are taken for it
//
// Throws std::invalid_argument for a value that is none, and names the setting.
AwsOptions configured_options(
    const net::aws::Environment& environment = net::aws::process_environment,
    const std::string& profile = {});

}  // namespace dynamodb::aws
