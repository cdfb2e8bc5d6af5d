// AssumeRole and AssumeRoleWithWebIdentity. STS answers in XML, of which only the text of single
// elements is read.
#include <algorithm>
#include <stdexcept>

#include "net/aws/configuration.h"
#include "net/aws/detail/credential_source.h"
#include "net/aws/detail/profile_file.h"
#include "net/aws/endpoint.h"
#include "net/text.h"

namespace net::aws::detail {
namespace {

constexpr std::size_t kMostTokenBytes = 64 * 1024;
constexpr std::size_t kMostAnswerBytes = 64 * 1024;
constexpr std::chrono::minutes kClocksAgree{4};  // a signature is good for five

// What stands between <name> and </name>. nullopt: not exactly one such element.
std::optional<std::string_view> element(std::string_view xml, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const std::string close = "</" + std::string(name) + ">";
  const std::size_t begin = xml.find(open);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = xml.find(close, begin);
  if (end == std::string_view::npos || xml.find(open, begin + 1) != std::string_view::npos)
    return std::nullopt;
  return xml.substr(begin + open.size(), end - begin - open.size());
}

// An element's text. nullopt also for one that holds elements, or references other than XML's own.
std::optional<std::string> text_of(std::string_view xml, std::string_view name) {
  const auto inner = element(xml, name);
  if (!inner || inner->find('<') != std::string_view::npos) return std::nullopt;
  constexpr std::pair<std::string_view, char> kReferences[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
  std::string out;
  for (std::string_view rest = *inner; !rest.empty();) {
    if (rest.front() != '&') {
      out += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    const auto* found = std::find_if(std::begin(kReferences), std::end(kReferences),
                                     [&](const auto& r) { return rest.starts_with(r.first); });
    if (found == std::end(kReferences)) return std::nullopt;
    out += found->second;
    rest.remove_prefix(found->first.size());
  }
  return out;
}

SourceResult parse_answer(std::string_view xml) {
  const auto inner = element(xml, "Credentials");
  if (!inner) return failed("STS has sent no credentials");
  const auto id = text_of(*inner, "AccessKeyId");
  const auto secret = text_of(*inner, "SecretAccessKey");
  const auto token = text_of(*inner, "SessionToken");
  const auto expiration = text_of(*inner, "Expiration");
  if (!id || !secret || !token || !expiration || id->empty() || secret->empty())
    return failed("STS has sent incomplete credentials");
  const auto expires_at = base::parse_iso(*expiration);
  if (!expires_at) return failed("STS has sent an Expiration that is not a time");
  return Credentials{*id, *secret, *token, *expires_at};
}

class Form {
 public:
  explicit Form(std::string_view action) {
    add("Action", action);
    add("Version", "2011-06-15");
  }
  void add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += '&';
    text_.append(name).append("=");
    append_percent_encoded(text_, value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string session_name(const AssumeRole& role, const SourceContext& context) {
  if (!role.session_name.empty()) return role.session_name;
  const auto now = context.options.now().time_since_epoch();
  return "ddbdjango-" + std::to_string(now / std::chrono::milliseconds(1));
}

struct StsTarget {
  Endpoint endpoint;
  std::string region;
};

boost::system::result<StsTarget, SourceError> find_sts(const SourceContext& context,
                                                       std::string_view profile_region) {
  const auto& options = context.options;
  std::string region = options.region;
  if (region.empty()) region = profile_region;
  if (region.empty())
    region = find_region(options.environment, options.profile).value_or(std::string());
  const bool global = region.empty() || region == "local";
  if (global) region = "us-east-1";
  EndpointChoice choice;
  std::optional<std::string> url;
  try {
    choice = find_endpoint_choice(options.environment, options.profile);
    url = find_endpoint_url("STS", options.environment, options.profile);
  } catch (const std::invalid_argument& error) {
    return failed(error.what());
  }
  if (url) {
    const auto endpoint = parse_endpoint(*url);
    if (!endpoint) return failed("the endpoint URL of STS is not a URL of http, https or unix");
    return StsTarget{*endpoint, region};
  }
  // Without a region STS answers at its global address.
  if (global && choice == EndpointChoice{}) return StsTarget{{"https://sts.amazonaws.com"}, region};
  const auto endpoint = service_endpoint(Service::sts, region, choice);
  if (!endpoint) return failed("'" + region + "' is not the name of a region");
  return StsTarget{*endpoint, region};
}

SourceResult ask(const SourceContext& context, Form form, const Credentials* source,
                 std::string_view profile_region) {
  const auto sts = find_sts(context, profile_region);
  if (!sts) return sts.error();
  const ClientRequest request{
      .url = sts->endpoint.url + "/",
      .unix_socket = sts->endpoint.unix_socket,
      .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
      .body = form.take(),
      .deadline = context.deadline,
      .max_response_bytes = kMostAnswerBytes};
  const auto send_signed = [&](base::Timestamp time) {
    ClientRequest with_signature = request;
    if (source != nullptr) Signer(sts->region, "sts").sign(with_signature, *source, time);
    return send_with_retries(context, with_signature);
  };
  const base::Timestamp now = context.options.now();
  ClientOutcome outcome = send_signed(now);
  // A signature by a clock that is minutes off: once more by the service's.
  if (source != nullptr && outcome && outcome->status != 200) {
    if (const auto date = outcome->date(); date && std::chrono::abs(*date - now) >= kClocksAgree)
      outcome = send_signed(*date);
  }
  if (outcome && outcome->status == 200) return parse_answer(outcome->body);
  std::string message = "STS: " + describe(outcome);
  if (outcome) {
    const auto code = text_of(outcome->body, "Code");
    const auto words = text_of(outcome->body, "Message");
    if (code) message += ", " + *code;
    if (words) message += ": " + *words;
  }
  return failed(std::move(message));
}

}  // namespace

SourceResult assume_role(const SourceContext& context, const AssumeRole& role,
                         const Credentials& source, std::string_view profile_region) {
  Form form("AssumeRole");
  form.add("RoleArn", role.role_arn);
  form.add("RoleSessionName", session_name(role, context));
  if (!role.external_id.empty()) form.add("ExternalId", role.external_id);
  if (!role.duration_seconds.empty()) form.add("DurationSeconds", role.duration_seconds);
  return ask(context, std::move(form), &source, profile_region);
}

SourceResult assume_role_with_web_identity(const SourceContext& context, const AssumeRole& role,
                                           const std::string& token_file,
                                           std::string_view profile_region) {
  const auto token = read_small_file(token_file, kMostTokenBytes);
  if (!token || token->empty()) return failed("the web identity token file cannot be read");
  Form form("AssumeRoleWithWebIdentity");
  form.add("RoleArn", role.role_arn);
  form.add("RoleSessionName", session_name(role, context));
  form.add("WebIdentityToken", *token);
  if (!role.duration_seconds.empty()) form.add("DurationSeconds", role.duration_seconds);
  return ask(context, std::move(form), nullptr, profile_region);
}

}  // namespace net::aws::detail
