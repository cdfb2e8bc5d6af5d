#include "net/aws/detail/credential_source.h"

#include <algorithm>
#include <random>
#include <thread>

#include "base/json.h"

namespace net::aws::detail {
namespace {

constexpr int kTries = 3;
constexpr std::chrono::milliseconds kFirstPause{100};

std::string text_member(const base::Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// STS says by name what may pass, with a refusal's status.
bool names_what_may_pass(std::string_view xml) {
  constexpr std::string_view kCodes[] = {
      "<Code>Throttling</Code>", "<Code>ThrottlingException</Code>",
      "<Code>RequestLimitExceeded</Code>", "<Code>IDPCommunicationError</Code>"};
  return std::any_of(std::begin(kCodes), std::end(kCodes), [&](std::string_view code) {
    return xml.find(code) != std::string_view::npos;
  });
}

bool may_pass(const ClientOutcome& outcome) {
  if (outcome) {
    return outcome->status >= 500 || outcome->status == 429 ||
           (outcome->status != 200 && names_what_may_pass(outcome->body));
  }
  return outcome.error().kind == ClientErrorKind::connect ||
         outcome.error().kind == ClientErrorKind::broken;
}

}  // namespace

SourceResult from_environment(const SourceContext& context) {
  const auto id = context.variable("AWS_ACCESS_KEY_ID");
  const auto secret = context.variable("AWS_SECRET_ACCESS_KEY");
  if (!id && !secret) return not_configured("AWS_ACCESS_KEY_ID is not set");
  if (!id || !secret)
    return failed(std::string(id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID") +
                  " is not set, the other one is");
  return Credentials{*id, *secret, context.variable("AWS_SESSION_TOKEN").value_or("")};
}

SourceResult from_web_identity(const SourceContext& context) {
  const auto token_file = context.variable("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!token_file) return not_configured("AWS_WEB_IDENTITY_TOKEN_FILE is not set");
  const auto role = context.variable("AWS_ROLE_ARN");
  if (!role) return failed("AWS_ROLE_ARN is not set, AWS_WEB_IDENTITY_TOKEN_FILE is");
  return assume_role_with_web_identity(
      context,
      {.role_arn = *role, .session_name = context.variable("AWS_ROLE_SESSION_NAME").value_or("")},
      *token_file);
}

SourceResult parse_credentials(std::string_view json, const char* token_name) {
  base::Json object;
  try {
    object = base::parse_json(json);
  } catch (const base::JsonError&) {
    // Its words might quote what stands there.
    return failed("the answer is not JSON");
  }
  if (!object.is_object()) return failed("the answer is not a JSON object");
  Credentials credentials{text_member(object, "AccessKeyId"),
                          text_member(object, "SecretAccessKey"), text_member(object, token_name)};
  if (credentials.access_key_id.empty()) return failed("the answer has no AccessKeyId");
  if (credentials.secret_access_key.empty()) return failed("the answer has no SecretAccessKey");
  if (const std::string expiration = text_member(object, "Expiration"); !expiration.empty()) {
    credentials.expires_at = base::parse_iso(expiration);
    if (!credentials.expires_at) return failed("the answer's Expiration is not a time");
  }
  return credentials;
}

ClientOutcome send_with_retries(const SourceContext& context, const ClientRequest& request) {
  auto pause = kFirstPause;
  for (int attempt = 1;; ++attempt) {
    ClientOutcome outcome = context.http.send(request);
    if (attempt == kTries || !may_pass(outcome)) return outcome;
    thread_local std::minstd_rand random(std::random_device{}());
    const auto jittered = std::chrono::milliseconds(
        std::uniform_int_distribution<std::int64_t>(0, pause.count())(random));
    if (std::chrono::steady_clock::now() + jittered >= request.deadline) return outcome;
    std::this_thread::sleep_for(jittered);
    pause *= 2;
  }
}

std::string describe(const ClientOutcome& outcome) {
  return outcome ? "answered " + std::to_string(outcome->status) : outcome.error().message;
}

}  // namespace net::aws::detail
