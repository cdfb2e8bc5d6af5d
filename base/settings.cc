#include "base/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <toml++/toml.h>

namespace base {
namespace {

// Reads the keys of one section into a struct's members and collects what is wrong.
class Section {
 public:
  Section(const toml::table& root, std::string_view name, std::vector<std::string>& problems)
      : name_(name), problems_(problems) {
    const toml::node* node = root.get(name);
    if (node == nullptr) return;
    table_ = node->as_table();
    if (table_ == nullptr) problems_.push_back("[" + name_ + "] must be a table");
  }
  ~Section() {
    if (table_ == nullptr) return;
    for (const auto& [key, value] : *table_) {
      if (std::find(known_.begin(), known_.end(), key.str()) == known_.end()) {
        problems_.push_back("unknown key " + name_ + "." + std::string(key.str()) +
                            "; known: " + joined());
      }
    }
  }
  // The keys of a table in a section.
  Section(std::string name, const toml::table& table, std::vector<std::string>& problems)
      : name_(std::move(name)), problems_(problems), table_(&table) {}
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

  void read(std::string_view key, std::string& out) { read_as(key, out, "a string"); }
  void read(std::string_view key, bool& out) { read_as(key, out, "true or false"); }
  void read(std::string_view key, std::optional<std::string>& out) {
    std::string value = out.value_or("");
    if (find(key) == nullptr) return;
    read_as(key, value, "a string", /*known=*/true);
    out = std::move(value);
  }
  void read(std::string_view key, std::uint16_t& out) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto number = node->value_exact<std::int64_t>();
    if (!number || *number < 0 || *number > 65535) {
      problems_.push_back(name_ + "." + std::string(key) + " must be an integer from 0 to 65535");
      return;
    }
    out = static_cast<std::uint16_t>(*number);
  }
  void read(std::string_view key, unsigned& out, unsigned most) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto number = node->value_exact<std::int64_t>();
    if (!number || *number < 0 || *number > most) {
      problems_.push_back(name_ + "." + std::string(key) + " must be an integer from 0 to " +
                          std::to_string(most));
      return;
    }
    out = static_cast<unsigned>(*number);
  }
  void read_price(std::string_view key, double& out) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto number = node->value<double>();  // an integer will do
    if (!node->is_number() || !number || !(*number >= 0) || *number > 1e6) {
      problems_.push_back(name_ + "." + std::string(key) + " must be a price in dollars, from 0");
      return;
    }
    out = *number;
  }
  void read(std::string_view key, std::vector<std::string>& out) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    std::vector<std::string> values;
    if (array != nullptr) {
      for (const auto& element : *array) {
        if (auto text = element.value_exact<std::string>()) values.push_back(std::move(*text));
      }
    }
    if (array == nullptr || values.size() != array->size()) {
      problems_.push_back(name_ + "." + std::string(key) + " must be a list of strings");
      return;
    }
    out = std::move(values);
  }
  void read(std::string_view key, std::map<std::string, std::vector<std::string>>& out) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::table* table = node->as_table();
    if (table == nullptr) {
      problems_.push_back(name_ + "." + std::string(key) + " must be a table");
      return;
    }
    Section inner(name_ + "." + std::string(key), *table, problems_);
    for (const auto& [name, value] : *table) inner.read(name.str(), out[std::string(name.str())]);
  }
  void read(std::string_view key, ScanPolicy& out) {
    std::string text;
    if (find(key) == nullptr) return;
    read_as(key, text, "a string", /*known=*/true);
    if (text == "allow")
      out = ScanPolicy::allow;
    else if (text == "warn")
      out = ScanPolicy::warn;
    else if (text == "forbid")
      out = ScanPolicy::forbid;
    else
      problems_.push_back(name_ + "." + std::string(key) + " must be allow, warn or forbid");
  }

 private:
  const toml::node* find(std::string_view key) {
    known_.emplace_back(key);
    return table_ == nullptr ? nullptr : table_->get(key);
  }
  template <class T>
  void read_as(std::string_view key, T& out, const char* expected, bool known = false) {
    const toml::node* node = known ? table_->get(key) : find(key);
    if (node == nullptr) return;
    if (auto value = node->value_exact<T>())
      out = std::move(*value);
    else
      problems_.push_back(name_ + "." + std::string(key) + " must be " + expected);
  }
  std::string joined() const {
    std::string all;
    for (const auto& key : known_) all += (all.empty() ? "" : ", ") + key;
    return all;
  }

  std::string name_;
  std::vector<std::string>& problems_;
  const toml::table* table_ = nullptr;
  std::vector<std::string> known_;
};

Settings read_sections(const toml::table& root, std::vector<std::string>& problems) {
  Settings settings;
  {
    Section section(root, "dynamo_backend", problems);
    auto& to = settings.dynamo_backend;
    section.read("endpoint_url", to.endpoint_url);
    section.read("region", to.region);
    section.read("aws_access_key_id", to.aws_access_key_id);
    section.read("aws_secret_access_key", to.aws_secret_access_key);
    section.read("table_prefix", to.table_prefix);
    section.read("create_tables_on_startup", to.create_tables_on_startup);
    section.read("scan_policy", to.scan_policy);
    section.read("scan_segments", to.scan_segments, 16);
    section.read_price("read_price_per_million", to.prices.read_per_million);
    section.read_price("write_price_per_million", to.prices.write_per_million);
  }
  {
    Section section(root, "opensearch", problems);
    auto& to = settings.opensearch;
    section.read("enabled", to.enabled);
    section.read("host", to.host);
    section.read("port", to.port);
    section.read("use_ssl", to.use_ssl);
    section.read("verify_certs", to.verify_certs);
    section.read("ca_certs", to.ca_certs);
    section.read("username", to.username);
    section.read("password", to.password);
    section.read("aws_service", to.aws_service);
    section.read("region", to.region);
    section.read("timeout", to.timeout);
  }
  {
    Section section(root, "cognito", problems);
    auto& to = settings.cognito;
    section.read("user_pool_id", to.user_pool_id);
    section.read("client_id", to.client_id);
    section.read("client_secret", to.client_secret);
    section.read("region", to.region);
    section.read("domain", to.domain);
    section.read("site_url", to.site_url);
    section.read("mock_mode", to.mock_mode);
    section.read("groups", to.groups);
  }
  {
    Section section(root, "web", problems);
    auto& to = settings.web;
    section.read("debug", to.debug);
    section.read("secret_key", to.secret_key);
    section.read("secret_key_fallbacks", to.secret_key_fallbacks);
    section.read("allowed_hosts", to.allowed_hosts);
    section.read("trusted_proxies", to.trusted_proxies);
    section.read("secure_ssl", to.secure_ssl);
    section.read("cors_allowed_origins", to.cors_allowed_origins);
    section.read("metrics_token", to.metrics_token);
    section.read("json_logs", to.json_logs);
    section.read("workers", to.workers);
    section.read("access_log", to.access_log);
  }
  Section(root, "api", problems).read("open_demo", settings.api.open_demo);
  Section(root, "auth", problems).read("sign_up", settings.auth.sign_up);
  {
    Section section(root, "admin", problems);
    auto& to = settings.admin;
    section.read("environment", to.environment);
    section.read("environment_is_live", to.environment_is_live);
    section.read("read_only", to.read_only);
    section.read("prices", to.prices);
  }
  {
    Section section(root, "email", problems);
    auto& to = settings.email;
    section.read("host", to.host);
    section.read("port", to.port);
    section.read("use_tls", to.use_tls);
    section.read("use_ssl", to.use_ssl);
    section.read("username", to.username);
    section.read("password", to.password);
    section.read("from", to.from);
  }
  static constexpr std::array kSections = {"dynamo_backend", "opensearch", "cognito", "web", "api",
                                           "auth",           "admin",      "email"};
  for (const auto& [key, value] : root) {
    const std::string_view name = key.str();
    if (std::find(kSections.begin(), kSections.end(), name) != kSections.end()) continue;
    std::string known;
    for (const char* section : kSections)
      known += (known.empty() ? "" : ", ") + std::string(section);
    problems.push_back("unknown section [" + std::string(name) + "]; known: " + known);
  }
  return settings;
}

// OPENSEARCH_ENDPOINT_URL holds host, port and scheme in one.
void apply_opensearch_url(const std::string& url, OpenSearchSettings& to,
                          std::vector<std::string>& problems) {
  std::string_view rest = url;
  const bool https = rest.starts_with("https://");
  if (!https && !rest.starts_with("http://")) {
    problems.push_back("OPENSEARCH_ENDPOINT_URL must start with http:// or https://");
    return;
  }
  rest.remove_prefix(https ? 8 : 7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find('@') != std::string_view::npos) {
    problems.push_back(
        "OPENSEARCH_ENDPOINT_URL must not hold a password, which logs would show: set "
        "OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD");
    return;
  }
  if (rest.find_first_of("/?#") != std::string_view::npos) {
    problems.push_back("OPENSEARCH_ENDPOINT_URL must end after host and port");
    return;
  }
  const auto bracket = rest.find(']');  // of an IPv6 address
  const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::uint16_t port = https ? 443 : 80;
  if (colon != std::string_view::npos) {
    const std::string_view digits = rest.substr(colon + 1);
    const char* const end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, port);
    if (parsed.ec != std::errc() || parsed.ptr != end || port == 0) {
      problems.push_back("OPENSEARCH_ENDPOINT_URL has a bad port");
      return;
    }
  }
  to.enabled = true;
  to.use_ssl = https;
  to.host = std::string(rest.substr(0, colon));
  to.port = port;
}

void check_opensearch(const OpenSearchSettings& settings, std::vector<std::string>& problems) {
  const auto refuse = [&](const char* problem) {
    problems.push_back("opensearch." + std::string(problem));
  };
  if (settings.enabled && settings.host.empty()) refuse("host must name the server");
  if (settings.enabled && settings.port == 0) refuse("port must be a number from 1 to 65535");
  if (settings.timeout == 0 || settings.timeout > 600)
    refuse("timeout must be a number of seconds from 1 to 600");
  if (!settings.aws_service.empty() && settings.aws_service != "es" &&
      settings.aws_service != "aoss")
    refuse("aws_service must be es (Amazon OpenSearch Service) or aoss (Serverless)");
  if (settings.username.empty() != settings.password.empty())
    refuse("username and password go together: set both or none");
  if (!settings.username.empty() && !settings.aws_service.empty())
    refuse("username and aws_service exclude each other: a request is signed in one way");
  const bool has_credentials = !settings.username.empty() || !settings.aws_service.empty();
  const bool own_machine = settings.host == "localhost" || settings.host == "127.0.0.1" ||
                           settings.host == "::1" || settings.host == "[::1]";
  if (settings.enabled && has_credentials && !settings.use_ssl && !own_machine)
    refuse("use_ssl must be true: the credentials would pass over the network for all to read");
}

void apply_environment(const Environment& environment, Settings& settings,
                       std::vector<std::string>& problems) {
  auto& dynamo = settings.dynamo_backend;
  if (auto v = environment("DYNAMO_ENDPOINT_URL")) dynamo.endpoint_url = std::move(*v);
  if (auto v = environment("DYNAMO_TABLE_PREFIX")) dynamo.table_prefix = std::move(*v);
  for (const char* name : {"AWS_DEFAULT_REGION", "AWS_REGION"}) {  // the later counts
    if (auto v = environment(name); v && !v->empty()) dynamo.region = std::move(*v);
  }
  if (auto v = environment("AWS_ACCESS_KEY_ID")) dynamo.aws_access_key_id = std::move(*v);
  if (auto v = environment("AWS_SECRET_ACCESS_KEY")) dynamo.aws_secret_access_key = std::move(*v);
  if (auto v = environment("OPENSEARCH_ENDPOINT_URL"))
    apply_opensearch_url(*v, settings.opensearch, problems);
  if (auto v = environment("OPENSEARCH_USERNAME")) settings.opensearch.username = std::move(*v);
  if (auto v = environment("OPENSEARCH_PASSWORD")) settings.opensearch.password = std::move(*v);
  if (auto v = environment("WEB_SECRET_KEY")) settings.web.secret_key = std::move(*v);
  if (auto v = environment("WEB_METRICS_TOKEN")) settings.web.metrics_token = std::move(*v);
  if (auto v = environment("EMAIL_HOST_PASSWORD")) settings.email.password = std::move(*v);
  if (auto v = environment("COGNITO_DOMAIN")) settings.cognito.domain = std::move(*v);
  if (auto v = environment("COGNITO_MOCK_MODE")) {
    settings.cognito.mock_mode = *v == "true";
    if (*v != "true" && *v != "false")
      problems.push_back("COGNITO_MOCK_MODE must be true or false");
  }
  if (auto v = environment("COGNITO_CLIENT_SECRET")) settings.cognito.client_secret = std::move(*v);
}

void check_cognito(const CognitoSettings& settings, std::vector<std::string>& problems) {
  const auto& site = settings.site_url;
  if (!site.empty() && !site.starts_with("https://") && !site.starts_with("http://"))
    problems.push_back("cognito.site_url must be http://… or https://…, not \"" + site + "\"");
  for (const auto& [group, meanings] : settings.groups) {
    for (const auto& meaning : meanings) {
      if (meaning == "staff" || meaning == "superuser" ||
          (meaning.starts_with("group:") && meaning.size() > 6))
        continue;
      problems.push_back("cognito.groups." + group +
                         " may hold \"staff\", \"superuser\" and \"group:<name>\", not \"" +
                         meaning + "\"");
    }
  }
}

void check_email(const EmailSettings& settings, std::vector<std::string>& problems) {
  if (settings.use_tls && settings.use_ssl)
    problems.push_back("email.use_tls and use_ssl exclude each other: set use_tls to false");
  if (settings.username.empty() != settings.password.empty())
    problems.push_back("email.username and password go together: set both or none");
  if (!settings.host.empty() && settings.port == 0)
    problems.push_back("email.port must be a number from 1 to 65535");
}

void check(const Settings& settings, std::vector<std::string>& problems) {
  check_email(settings.email, problems);
  check_cognito(settings.cognito, problems);
  const auto& url = settings.dynamo_backend.endpoint_url;
  if (url && !url->starts_with("local:") && !url->starts_with("http://") &&
      !url->starts_with("https://") && !url->starts_with("unix:")) {
    problems.push_back(
        "dynamo_backend.endpoint_url must be local:<folder>, http://…, https://… or unix:/…, not "
        "\"" +
        *url + "\"");
  }
  if (url && *url == "local:")
    problems.push_back("dynamo_backend.endpoint_url \"local:\" needs a folder, as in local:data");
  for (const char c : settings.dynamo_backend.table_prefix) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!allowed) {
      problems.push_back("dynamo_backend.table_prefix may hold letters, digits, '_', '-' and '.'");
      break;
    }
  }
  check_opensearch(settings.opensearch, problems);
}

}  // namespace

std::optional<std::string> process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Settings parse_settings(std::string_view text, std::string_view origin,
                        const Environment& environment) {
  std::vector<std::string> problems;
  Settings settings;
  try {
    const toml::table root = toml::parse(text, origin);
    settings = read_sections(root, problems);
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    problems.push_back("line " + std::to_string(at.line) + ": " + std::string(error.description()));
  }
  apply_environment(environment, settings, problems);
  check(settings, problems);
  if (problems.empty()) return settings;
  std::string message;
  for (const auto& problem : problems) {
    message += (message.empty() ? "" : "\n") + std::string(origin) + ": " + problem;
  }
  throw SettingsError(message);
}

Settings load_settings(const std::string& path, const Environment& environment) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw SettingsError(path + ": cannot be read");
  return parse_settings(text.str(), path, environment);
}

}  // namespace base
