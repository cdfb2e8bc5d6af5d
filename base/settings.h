// Settings: what config/settings.toml and the environment say, typed and checked.
//
// Names are those of the file's sections and keys. A missing key keeps its default; an unknown key,
// a wrong type or a value out of range is an error that names the key. Environment variables
// override the file (README, "Settings"). Secrets are never logged. Thread safety: a value; load
// once at start.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace base {

enum class ScanPolicy : std::uint8_t { allow, warn, forbid };

// What DynamoDB asks for on-demand units, in dollars per million. The defaults are those of
// us-east-1 for tables of the Standard class.
struct Prices {
  double read_per_million = 0.125;
  double write_per_million = 0.625;
};

struct DynamoBackendSettings {
  // "local:<folder>" is the embedded engine, "local::memory:" the same without files, "http(s)://…"
  // or "unix:/path" any DynamoDB endpoint; absent is AWS.
  std::optional<std::string> endpoint_url{};
  std::string region{};             // empty: what AWS's own variables and files say
  std::string aws_access_key_id{};  // empty, with the secret: AWS's credential chain
  std::string aws_secret_access_key{};
  std::string table_prefix{};  // of every table's name
  bool create_tables_on_startup = true;
  ScanPolicy scan_policy = ScanPolicy::warn;  // what a query does that no index serves
  unsigned scan_segments = 0;  // read at once by a parallel scan, at most 16; 0: 1 of the embedded
                               // engine, else 4
  Prices prices{};             // read_price_per_million, write_price_per_million
};

struct OpenSearchSettings {
  bool enabled = false;  // false: search is embedded
  std::string host = "localhost";
  std::uint16_t port = 9200;
  bool use_ssl = false;
  bool verify_certs = true;
  std::string ca_certs{};  // a PEM file, in place of the system's certificates
  std::string username{};  // basic auth; empty: none
  std::string password{};
  std::string aws_service{};   // "es" (Amazon OpenSearch Service) or "aoss" (Serverless): requests
                               // are signed with AWS credentials; empty: they are not
  std::string region{};        // of aws_service; empty: dynamo_backend.region
  std::uint16_t timeout = 10;  // seconds for a request, its repetitions included
};

struct CognitoSettings {
  std::string user_pool_id = "local";
  std::string client_id = "local-client";
  std::string client_secret{};  // empty: a client without one; rather by COGNITO_CLIENT_SECRET
  std::string region = "us-east-1";
  std::string domain{};    // of the pool: "https://x.auth.eu-central-1.amazoncognito.com"
  std::string site_url{};  // of this site, where browsers come back to: "https://blog.example.com";
                           // empty: the address that it is served at
  bool mock_mode = false;  // the local provider in Cognito's place
  // What a group of the pool means here: "staff", "superuser", "group:<name>". Others mean nothing.
  std::map<std::string, std::vector<std::string>> groups{};
};

struct WebSettings {
  bool debug = false;
  std::string secret_key{};  // empty: made on the first run and kept in the data folder
  std::vector<std::string> secret_key_fallbacks{};  // former ones, whose signatures are still good
  std::vector<std::string> allowed_hosts{};
  // Addresses and networks ("10.0.0.0/8") whose X-Forwarded-For and X-Forwarded-Proto count.
  std::vector<std::string> trusted_proxies{};
  bool secure_ssl = false;  // HTTPS only: redirects, Strict-Transport-Security
  std::vector<std::string> cors_allowed_origins{};  // "https://app.example.com"; none: CORS is off
  std::string metrics_token{};                      // opens /metrics to others than this machine
  bool json_logs = true;                            // false: lines for people
  std::uint16_t workers = 0;  // 0: one fewer than hardware threads, at least 1
  bool access_log = true;
};

struct ApiSettings {
  // Lets who is not signed in write by the REST API: with debug and from this machine only.
  bool open_demo = true;
};

struct AuthSettings {
  bool sign_up = true;  // whether people may make accounts of their own
};

// What every page of the admin shows and allows.
struct AdminSettings {
  std::string environment{};         // a banner: "production"; empty: none
  bool environment_is_live = false;  // the banner warns
  bool read_only = false;            // nobody changes anything
  bool prices = true;                // each page says what it took
};

// The server that mails are handed to, by SMTP.
struct EmailSettings {
  std::string host{};  // empty: with debug they are written to the log, else none is sent
  std::uint16_t port = 587;
  bool use_tls = true;   // STARTTLS
  bool use_ssl = false;  // TLS from the start, as on port 465
  std::string username{};
  std::string password{};  // rather by EMAIL_HOST_PASSWORD
  std::string from = "webmaster@localhost";
};

struct Settings {
  DynamoBackendSettings dynamo_backend{};
  OpenSearchSettings opensearch{};
  CognitoSettings cognito{};
  WebSettings web{};
  ApiSettings api{};
  AuthSettings auth{};
  AdminSettings admin{};
  EmailSettings email{};
};

// All that is wrong with the settings, one line a problem.
struct SettingsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The value of an environment variable, nullopt when unset: a parameter so that tests need not
// touch the process's.
using Environment = std::function<std::optional<std::string>(const char* name)>;
std::optional<std::string> process_environment(const char* name);

// Reads the file at `path`. Throws SettingsError.
Settings load_settings(const std::string& path,
                       const Environment& environment = process_environment);
// The same from TOML text; `origin` names it in messages.
Settings parse_settings(std::string_view toml, std::string_view origin,
                        const Environment& environment = process_environment);

}  // namespace base
