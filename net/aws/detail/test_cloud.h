// Cloud: what AWS offers to a program that looks for credentials, for tests: an HTTP server that
// stands in for STS, container endpoint and metadata service, and the program's environment.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "net/aws/credentials.h"
#include "net/http_server.h"

namespace net::aws::detail {

struct Seen {
  std::string method, target, body;
  std::map<std::string, std::string, std::less<>> headers;

  std::string header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

class Cloud {
 public:
  // The variables keep every test off the machine's own files and metadata service.
  Cloud()
      : variables{{"AWS_CONFIG_FILE", "/dev/null"},
                  {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"},
                  {"AWS_EC2_METADATA_DISABLED", "true"}},
        server_({.port = 0, .workers = 4}, [this](const HttpRequest& request) {
          Seen seen{std::string(request.method),
                    std::string(request.target),
                    std::string(request.body),
                    {}};
          for (const HeaderField& header : request.headers)
            seen.headers[std::string(header.name)] = header.value;
          {
            const std::lock_guard lock(mutex_);
            seen_.push_back(seen);
          }
          return answer(seen);
        }) {
    server_.start();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

  // What has been asked so far.
  std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

  CredentialsOptions options() const {
    return {.environment =
                [variables = variables](const std::string& name) {
                  const auto found = variables.find(name);
                  return found == variables.end() ? std::nullopt : std::optional(found->second);
                },
            .now = now,
            .container_endpoint = url()};
  }
  // By a provider made for this call.
  CredentialsResult get(CredentialsOptions options) {
    CredentialsProvider provider(http, std::move(options));
    return provider.get(CredentialsProvider::Clock::now() + std::chrono::seconds(20));
  }
  CredentialsResult get() { return get(options()); }
  // The error's words, empty where there are credentials.
  std::string error() {
    const CredentialsResult result = get();
    return result ? "" : result.error().message;
  }

  static std::string json(const std::string& id, const std::string& expiration,
                          const std::string& token_name = "Token") {
    return R"({"Code":"Success","Version":1,"AccessKeyId":")" + id +
           R"(","SecretAccessKey":"secret of )" + id + R"(",")" + token_name + R"(":"token of )" +
           id + R"(","Expiration":")" + expiration + R"("})";
  }
  static std::string xml(const std::string& id, const std::string& expiration) {
    return "<R xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><X><Credentials>"
           "<AccessKeyId>" +
           id + "</AccessKeyId><SecretAccessKey>secret of " + id +
           "</SecretAccessKey><SessionToken>token of " + id + "</SessionToken><Expiration>" +
           expiration + "</Expiration></Credentials></X></R>";
  }

  std::map<std::string, std::string> variables;
  // Runs on the server's threads. Is to be set before anything is asked.
  std::function<HttpResponse(const Seen&)> answer = [](const Seen&) {
    return HttpResponse{.status = 404};
  };
  base::NowFunction now = base::now;
  HttpClient http;

 private:
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;  // guarded by mutex_
  HttpServer server_;
};

}  // namespace net::aws::detail
