#include "auth/cognito_mock/views.h"

#include <stdexcept>
#include <variant>

#include "auth/cognito_mock/control.h"
#include "auth/cognito_mock/view_support.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "net/text.h"
#include "web/application.h"
#include "web/cookies.h"
#include "web/csrf.h"
#include "web/error_pages.h"
#include "web/form_data.h"
#include "web/templates.h"

namespace auth::cognito_mock {
namespace {

constexpr const char* kBrowserCookie = "cognito";
constexpr std::chrono::seconds kSlow{5};

using View = std::function<web::Response(web::Request&, Provider&)>;

// No one outside this machine finds the provider: by the socket's address, and not through a proxy.
bool is_local(const web::Request& request) { return web::is_from_this_machine(request); }

Parameters to_parameters(const web::FormData& form) { return form.fields(); }

web::Response json(std::string text, int status = 200) {
  return web::Response::json_text(std::move(text), status).header("Cache-Control", "no-store");
}

web::Response json(const OAuthError& error) {
  base::JsonWriter body;
  body.begin_object();
  body.member("error", error.code);
  body.member("error_description", error.description);
  body.end_object();
  return json(std::move(body).text(), 400);  // Cognito: also for invalid_client
}

web::Response error_page(web::Request& request, std::string_view message) {
  web::Context context;
  context.set("message", message);
  return web::render(request, "cognito_mock/error.html", context, 400);
}

// A form that is answered by a redirect needs its target in the policy too.
std::string policy_for(const web::Request& request, std::string_view redirect_uri) {
  std::string policy = request.application().options().security.page_policy;
  constexpr std::string_view kDirective = "form-action 'self'";
  const std::size_t scheme = redirect_uri.find("://");
  const std::size_t at = policy.find(kDirective);
  if (scheme == std::string_view::npos || at == std::string::npos) return policy;
  const std::string_view origin =
      redirect_uri.substr(0, redirect_uri.find_first_of("/?#", scheme + 3));
  policy.insert(at + kDirective.size(), " " + std::string(origin));
  return policy;
}

web::Response login_page(web::Request& request, const AuthorizeRequest& asked,
                         std::string_view login, std::string_view problem) {
  web::Context context;
  for (const auto& [name, value] : asked.parameters()) {
    web::Context turn = context.add("parameters");
    turn.set("name", name);
    turn.set("value", value);
  }
  context.set("client_id", asked.client_id);
  context.set("login", login);
  context.set("csrf_token", web::csrf_token(request));
  context.set("problem", problem);
  context.show("has_problem", !problem.empty());
  auto page = web::render(request, "cognito_mock/login.html", context, problem.empty() ? 200 : 400);
  page.header("Cache-Control", "no-store");
  page.header("Content-Security-Policy", policy_for(request, asked.redirect_uri));
  return page;
}

web::Response to_client(const std::string& url) {
  return web::Response::redirect(url).header("Cache-Control", "no-store");
}

// What GET and POST have in common: either what was asked for, or the answer.
std::variant<AuthorizeRequest, web::Response> read_request(web::Request& request,
                                                           const Provider& provider,
                                                           const Parameters& parameters) {
  auto asked = AuthorizeRequest::from(parameters);
  if (!asked) return error_page(request, "A parameter is there twice.");
  if (const auto problem = provider.check_target(*asked)) return error_page(request, *problem);
  if (const auto error = provider.check(*asked)) return to_client(Provider::refuse(*asked, *error));
  return *std::move(asked);
}

// The browser's log-in where it is signed in and that will do for the request.
std::optional<Grants::Browser> signed_in(const web::Request& request, Provider& provider,
                                         const AuthorizeRequest& asked) {
  const auto cookie = request.cookie(kBrowserCookie);
  if (!cookie || asked.prompt == "login" || !asked.max_age.empty()) return std::nullopt;
  return provider.grants().find_browser(std::string(*cookie));
}

web::Response authorize(web::Request& request, Provider& provider) {
  const auto read = read_request(request, provider, request.query_parameters());
  if (const auto* answer = std::get_if<web::Response>(&read)) return *answer;
  const auto& asked = std::get<AuthorizeRequest>(read);
  if (const auto browser = signed_in(request, provider, asked))
    return to_client(provider.accept(asked, *browser));
  if (asked.prompt == "none")
    return to_client(Provider::refuse(asked, {"login_required", "nobody is signed in"}));
  return login_page(request, asked, {}, {});
}

web::Response sign_in(web::Request& request, Provider& provider, const LoginCounter& counter) {
  const web::FormData& form = web::form(request);
  const auto read = read_request(request, provider, to_parameters(form));
  if (const auto* answer = std::get_if<web::Response>(&read)) return *answer;
  const auto& asked = std::get<AuthorizeRequest>(read);
  const std::string_view login = form.get("username").value_or("");
  // Name and address of a user are one account.
  const auto named = provider.users().find(login);
  const std::string account = "cognito_mock:" + (named ? named->subject : std::string(login));
  counter.begin(account, request.client_address());
  const auto user = provider.check_password(login, form.get("password").value_or(""));
  if (!user) {
    base::log_info("cognito_mock: log-in refused, from " + std::string(request.peer()));
    return login_page(request, asked, login, "Incorrect username or password.");
  }
  counter.succeeded(account, request.client_address());
  const std::string cookie = provider.grants().add_browser(user->subject);
  auto answer = to_client(provider.accept(asked, *provider.grants().find_browser(cookie)));
  answer.add_cookie({.name = kBrowserCookie, .value = cookie});
  return answer;
}

web::Response token(web::Request& request, Provider& provider) {
  const auto basic = read_basic_auth(request);
  if (!basic) return json(OAuthError{"invalid_client", "the Authorization header is malformed"});
  const auto answer = provider.token(to_parameters(web::form(request)), *basic);
  return answer ? json(answer->json) : json(answer.error());
}

web::Response revoke(web::Request& request, Provider& provider) {
  const auto basic = read_basic_auth(request);
  if (!basic) return json(OAuthError{"invalid_client", "the Authorization header is malformed"});
  const auto error = provider.revoke(to_parameters(web::form(request)), *basic);
  return error ? json(*error) : json("{}");
}

web::Response user_info(web::Request& request, Provider& provider) {
  const auto claims = provider.user_info(read_bearer(request));
  if (claims) return json(*claims);
  return json(R"({"error":"invalid_token"})", 401)
      .header("WWW-Authenticate", "Bearer error=\"invalid_token\"");
}

web::Response log_out(web::Request& request, Provider& provider) {
  const std::string_view client = request.query("client_id").value_or("");
  const std::string_view target = request.query("logout_uri").value_or("");
  if (!provider.may_log_out_to(client, target))
    return error_page(request, "The logout_uri is not one that is registered for this client.");
  if (const auto cookie = request.cookie(kBrowserCookie))
    provider.grants().remove_browser(std::string(*cookie));
  auto answer = to_client(std::string(target));
  answer.add_cookie({.name = kBrowserCookie, .max_age = std::chrono::seconds(0)});
  return answer;
}

web::Response jwks(web::Request&, Provider& provider) {
  if (provider.faults().take(Fault::dead_jwks)) return json(R"({"message":"unavailable"})", 503);
  if (provider.faults().take(Fault::slow_jwks)) provider.faults().wait_for_reset(kSlow);
  return web::Response::json_text(provider.jwks()).header("Cache-Control", "max-age=60");
}

web::Response configuration(web::Request&, Provider& provider) {
  return web::Response::json_text(provider.configuration());
}

}  // namespace

void refuse_unless_local(bool debug, std::string_view host) {
  if (!debug)
    throw std::runtime_error(
        "cognito.mock_mode lets anyone in and starts with web.debug only: set cognito.mock_mode to "
        "false, and user_pool_id, client_id and domain to those of a user pool");
  if (host != "127.0.0.1" && host != "localhost" && host != "::1" && host != "[::1]")
    throw std::runtime_error(
        "cognito.mock_mode lets anyone in and starts on loopback only: serve on 127.0.0.1, or set "
        "cognito.mock_mode to false");
}

void urls(web::Router& router, std::shared_ptr<Provider> provider, LoginCounter counter) {
  const auto local = [provider](const View& view) {
    return [provider, view](web::Request& request) -> web::Response {
      if (!is_local(request)) throw web::HttpError(404, "not_found", "Not found.");
      return view(request, *provider);
    };
  };
  const auto get = [&](const std::string& path, const View& view) {
    router.add("GET", path, as_endpoint(local(view))).access(web::Access::public_);
  };
  const auto post = [&](const std::string& path, const View& view) -> web::Route& {
    return router.add("POST", path, as_endpoint(local(view))).access(web::Access::public_);
  };
  const View counted_sign_in = [counter = std::move(counter)](web::Request& request, Provider& of) {
    return sign_in(request, of, counter);
  };
  for (const std::string prefix : {"/cognito", "/cognito-mock"}) {
    get(prefix + "/", control_page);
    get(prefix + "/oauth2/authorize", authorize);
    post(prefix + "/oauth2/authorize", counted_sign_in);
    post(prefix + "/oauth2/token", token).csrf_exempt();  // clients prove themselves
    post(prefix + "/oauth2/revoke", revoke).csrf_exempt();
    get(prefix + "/oauth2/userInfo", user_info);
    get(prefix + "/logout", log_out);
    get(prefix + "/.well-known/jwks.json", jwks);
    get(prefix + "/.well-known/openid-configuration", configuration);
    get(prefix + "/control/", control_state);
    post(prefix + "/control/", control);
  }
}

}  // namespace auth::cognito_mock
