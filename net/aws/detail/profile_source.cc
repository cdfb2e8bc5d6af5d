// Credentials of a profile: as they stand there, by a role, by a web identity or by a process.
#include <algorithm>

#include "net/aws/detail/credential_source.h"
#include "net/aws/detail/profile_file.h"

namespace net::aws::detail {
namespace {

class Resolver {
 public:
  Resolver(const SourceContext& context, const Profiles& profiles)
      : context_(context), profiles_(profiles) {}

  SourceResult resolve(const std::string& name) {
    const auto found = profiles_.find(name);
    if (found == profiles_.end())
      return not_configured("profile '" + name + "' is in neither of the shared files");
    const Profile& profile = found->second;
    const bool has_role = !property(profile, "role_arn").empty();
    const bool has_source = !property(profile, "source_profile").empty() ||
                            !property(profile, "credential_source").empty();
    // Of a profile that another one names as its source, the keys count before its role.
    if (!chain_.empty() && has_keys(profile)) return keys_of(name, profile);
    if (has_role && has_source) return by_role(name, profile);
    if (has_keys(profile)) return keys_of(name, profile);
    if (const auto file = property(profile, "web_identity_token_file"); !file.empty()) {
      if (!has_role) return failed(in(name) + "web_identity_token_file without role_arn");
      return with_place(name,
                        assume_role_with_web_identity(context_, role_of(profile), std::string(file),
                                                      property(profile, "region")));
    }
    if (has_role) return failed(in(name) + "role_arn without source_profile or credential_source");
    if (const auto command = property(profile, "credential_process"); !command.empty())
      return with_place(name, from_process(context_, std::string(command)));
    const bool login = profile.contains("login_session");
    if (login || profile.contains("sso_session") || profile.contains("sso_start_url"))
      return failed(in(name) + (login ? "aws login" : "SSO") +
                    " is not supported; credential_process = aws configure "
                    "export-credentials --format process does the same");
    return not_configured("profile '" + name + "' holds no credentials");
  }

 private:
  static std::string in(const std::string& name) { return "profile '" + name + "': "; }

  static SourceResult with_place(const std::string& name, SourceResult result) {
    if (result) return result;
    return failed(in(name) + result.error().message);
  }

  static bool has_keys(const Profile& profile) {
    return profile.contains("aws_access_key_id") || profile.contains("aws_secret_access_key");
  }

  static SourceResult keys_of(const std::string& name, const Profile& profile) {
    Credentials credentials{std::string(property(profile, "aws_access_key_id")),
                            std::string(property(profile, "aws_secret_access_key")),
                            std::string(property(profile, "aws_session_token"))};
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty())
      return failed(in(name) + "aws_access_key_id and aws_secret_access_key belong together");
    return credentials;
  }

  static AssumeRole role_of(const Profile& profile) {
    return {.role_arn = std::string(property(profile, "role_arn")),
            .session_name = std::string(property(profile, "role_session_name")),
            .external_id = std::string(property(profile, "external_id")),
            .duration_seconds = std::string(property(profile, "duration_seconds"))};
  }

  SourceResult by_role(const std::string& name, const Profile& profile) {
    if (profile.contains("mfa_serial")) return failed(in(name) + "MFA is not supported");
    const std::string source(property(profile, "source_profile"));
    const std::string place(property(profile, "credential_source"));
    if (!source.empty() && !place.empty())
      return failed(in(name) + "source_profile and credential_source exclude each other");
    const SourceResult credentials =
        source.empty() ? from_place(name, place) : from_source(name, source);
    if (!credentials) return failed(credentials.error().message);
    return with_place(
        name, assume_role(context_, role_of(profile), *credentials, property(profile, "region")));
  }

  SourceResult from_source(const std::string& name, const std::string& source) {
    if (std::find(chain_.begin(), chain_.end(), source) != chain_.end())
      return failed(in(name) + "its chain of source_profile leads back to '" + source + "'");
    chain_.push_back(source);
    return resolve(source);
  }

  SourceResult from_place(const std::string& name, const std::string& place) {
    if (place == "Environment") return from_environment(context_);
    if (place == "EcsContainer") return from_container(context_);
    if (place == "Ec2InstanceMetadata") return from_instance(context_);
    return failed(in(name) + "unknown credential_source '" + place + "'");
  }

  const SourceContext& context_;
  const Profiles& profiles_;
  std::vector<std::string> chain_;  // of sources
};

}  // namespace

SourceResult from_profile(const SourceContext& context) {
  const auto profiles = load_profiles(context.options.environment);
  if (!profiles) return failed(profiles.error().message);
  const auto& environment = context.options.environment;
  const bool named = !context.options.profile.empty() || environment("AWS_PROFILE") ||
                     environment("AWS_DEFAULT_PROFILE");
  const std::string name =
      context.options.profile.empty() ? profile_name(environment) : context.options.profile;
  SourceResult result = Resolver(context, *profiles).resolve(name);
  // A profile that was asked for by name is to be there.
  if (!result && named && !profiles->contains(name)) return failed(result.error().message);
  return result;
}

}  // namespace net::aws::detail
