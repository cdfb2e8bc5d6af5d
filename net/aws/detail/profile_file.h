// The shared files of AWS's tools: ~/.aws/config and ~/.aws/credentials.
//
// Grammar (AWS SDKs and Tools Reference Guide, "Format of the config file"):
//   line      = comment | section | property | continuation | blank
//   comment   = ('#' | ';') text
//   section   = '[' ["profile" blank] name ']' [comment]   ; a name may stand in quotes
//   property  = key '=' value [blank comment]              ; keys in any case
//   continuation = blank (property | text)                 ; after a property without value a
//   nested
//                                                          ; one, kept as "outer.inner"; else left
//                                                          out
// In the config file profiles but "default" begin with "profile "; in the credentials file they do
// not. A section "services <name>" is kept under services_section(name), others (sso-session) are
// left out. Where both files set a property, the
// credentials file counts; a section or property that is there twice: the later one.
//
// Thread safety: values.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "net/aws/environment.h"

namespace net::aws::detail {

using Profile = std::map<std::string, std::string, std::less<>>;  // keys in lower case
using Profiles = std::map<std::string, Profile, std::less<>>;

struct ProfileError {
  std::string message;  // names file and line, never what stands there
};

enum class ProfileFileKind { config, credentials };

// Adds what `text` says to `profiles`.
boost::system::result<void, ProfileError> parse_profiles(std::string_view text,
                                                         ProfileFileKind kind,
                                                         std::string_view file_name,
                                                         Profiles& profiles);

// Reads the files that AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, else those in
// $HOME/.aws. A file that is not there is empty.
boost::system::result<Profiles, ProfileError> load_profiles(const Environment& environment);

// AWS_PROFILE, AWS_DEFAULT_PROFILE or "default".
std::string profile_name(const Environment& environment);

// The name under which Profiles holds the section "services <name>": no profile's.
inline std::string services_section(std::string_view name) {
  return "services\n" + std::string(name);
}

// The value of that key, empty where profile or key is missing.
std::string_view property(const Profile& profile, std::string_view key);

// The file's bytes, at most `limit`. nullopt: it cannot be read or is larger.
std::optional<std::string> read_small_file(const std::string& path, std::size_t limit);

}  // namespace net::aws::detail
