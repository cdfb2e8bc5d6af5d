#include "net/aws/detail/profile_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "net/text.h"

namespace net::aws::detail {
namespace {

constexpr std::size_t kMostFileBytes = 1024 * 1024;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Cuts a comment off that follows white space.
std::string_view without_comment(std::string_view value) {
  for (std::size_t i = 1; i < value.size(); ++i) {
    if ((value[i] == '#' || value[i] == ';') && is_blank(value[i - 1]))
      return trim(value.substr(0, i));
  }
  return value;
}

std::string_view unquoted(std::string_view name) {
  if (name.size() >= 2 && (name.front() == '"' || name.front() == '\'') &&
      name.back() == name.front())
    return name.substr(1, name.size() - 2);
  return name;
}

// What follows `word` and a blank in a heading.
std::optional<std::string> name_after(std::string_view word, std::string_view heading) {
  if (!heading.starts_with(word) || heading.size() == word.size() ||
      !is_blank(heading[word.size()]))
    return std::nullopt;
  return std::string(unquoted(trim(heading.substr(word.size()))));
}

// The name under which Profiles holds the section of that heading; nullopt: it is left out.
std::optional<std::string> section_of(std::string_view heading, ProfileFileKind kind) {
  heading = trim(heading);
  if (kind == ProfileFileKind::credentials) return std::string(unquoted(heading));
  if (heading == "default") return "default";
  if (const auto services = name_after("services", heading)) return services_section(*services);
  return name_after("profile", heading);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
  return lower;
}

std::string expand_home(std::string path, const Environment& environment) {
  if (path == "~" || path.starts_with("~/"))
    return environment("HOME").value_or("") + path.substr(1);
  return path;
}

}  // namespace

boost::system::result<void, ProfileError> parse_profiles(std::string_view text,
                                                         ProfileFileKind kind,
                                                         std::string_view file_name,
                                                         Profiles& profiles) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  int number = 0;
  const auto error = [&](std::string_view what) {
    return ProfileError{std::string(file_name) + ", line " + std::to_string(number) + ": " +
                        std::string(what)};
  };
  Profile* profile = nullptr;  // nullptr: in a section that is left out
  bool in_section = false;
  std::string outer;  // the property without value that lines with a blank before them belong to
  while (!text.empty()) {
    ++number;
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view content = trim(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') continue;
    if (is_blank(line.front())) {
      const std::size_t equals = content.find('=');
      if (profile != nullptr && !outer.empty() && equals != std::string_view::npos)
        (*profile)[outer + "." + lower_case(trim(content.substr(0, equals)))] =
            without_comment(trim(content.substr(equals + 1)));
      continue;
    }
    outer.clear();
    if (content.front() == '[') {
      const std::size_t end = content.find(']');
      if (end == std::string_view::npos) return error("a section's heading has no ']'");
      in_section = true;
      const auto name = section_of(content.substr(1, end - 1), kind);
      profile = name ? &profiles[*name] : nullptr;
      continue;
    }
    const std::size_t equals = content.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return error("neither a section nor key = value");
    if (!in_section) return error("a property before the first section");
    if (profile == nullptr) continue;
    std::string key = lower_case(trim(content.substr(0, equals)));
    std::string& value = (*profile)[key];
    value = without_comment(trim(content.substr(equals + 1)));
    if (value.empty()) outer = std::move(key);
  }
  return {};
}

std::optional<std::string> read_small_file(const std::string& path, std::size_t limit) {
  std::error_code not_there;  // then it cannot be opened either
  if (std::filesystem::is_directory(path, not_there)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string out(limit + 1, '\0');
  file.read(out.data(), static_cast<std::streamsize>(out.size()));
  if (file.bad() || file.gcount() > static_cast<std::streamsize>(limit)) return std::nullopt;
  out.resize(static_cast<std::size_t>(file.gcount()));
  return out;
}

boost::system::result<Profiles, ProfileError> load_profiles(const Environment& environment) {
  struct File {
    ProfileFileKind kind;
    const char* variable;
    const char* otherwise;
  };
  // The credentials file comes last: what it says counts.
  constexpr File kFiles[] = {
      {ProfileFileKind::config, "AWS_CONFIG_FILE", "~/.aws/config"},
      {ProfileFileKind::credentials, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"}};
  Profiles profiles;
  for (const File& file : kFiles) {
    const std::string path =
        expand_home(environment(file.variable).value_or(file.otherwise), environment);
    std::error_code ignored;  // what is not there, or not to be looked at, is empty
    if (!std::filesystem::exists(path, ignored)) continue;
    const auto text = read_small_file(path, kMostFileBytes);
    if (!text) return ProfileError{path + " cannot be read, or is larger than 1 MiB"};
    if (auto parsed = parse_profiles(*text, file.kind, path, profiles); !parsed)
      return parsed.error();
  }
  return profiles;
}

std::string profile_name(const Environment& environment) {
  if (auto name = environment("AWS_PROFILE")) return *name;
  return environment("AWS_DEFAULT_PROFILE").value_or("default");
}

std::string_view property(const Profile& profile, std::string_view key) {
  const auto found = profile.find(key);
  return found == profile.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace net::aws::detail
