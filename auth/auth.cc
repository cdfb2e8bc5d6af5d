#include "auth/auth.h"

#include <algorithm>

#include "auth/permissions.h"
#include "auth/session_data.h"
#include "base/json.h"
#include "base/log.h"
#include "web/application.h"
#include "web/error_pages.h"
#include "web/rate_limit.h"
#include "web/session.h"

namespace auth {
namespace {

using dynamo_backend::f;

constexpr std::size_t kAgentSize = 200, kNameSize = 254;  // bytes
constexpr std::int64_t kRefusedTokens = 10;  // of an address in a minute; more are 429 (rule N1)

// The middleware's, which outlives the request.
struct Door {
  explicit Door(AuthenticationOptions given) : options(std::move(given)) {}
  const AuthenticationOptions options;
  // In memory: a refusal costs no write to the database.
  web::MemoryCounterStore refusals{};
};

// What is known of the request's user.
struct Current {
  Door* door = nullptr;
  bool is_read = false;
  std::optional<User> user{};
  std::optional<std::set<std::string>> permissions{};
};
using CurrentPtr = std::shared_ptr<Current>;

Current& current(web::Request& request) {
  const CurrentPtr* const found = request.get<CurrentPtr>();
  return found ? **found : *request.set<CurrentPtr>(std::make_shared<Current>());
}

// The user of a session, whose epoch must be the one that it began with (rule K5).
std::optional<User> user_of_session(web::Request& request) {
  web::Session* const session = web::find_session(request);
  if (!session || session->user_key().empty()) return std::nullopt;
  const auto pk = Uuid::parse(session->user_key());
  auto user = pk ? User::objects.try_get(*pk) : std::nullopt;
  const base::Json* const epoch = session->find(kSessionEpoch);
  if (user && user->is_active && epoch && *epoch == user->session_epoch) return user;
  session->flush();
  return std::nullopt;
}

std::optional<User> user_of_token(web::Request& request, Door& door) {
  if (!door.options.bearer) return std::nullopt;
  try {
    return door.options.bearer->user_of(request);
  } catch (const web::HttpError& refusal) {
    if (refusal.status == 401)
      web::count_request(request, door.refusals,
                         {.name = "refused_tokens", .allowed = kRefusedTokens});
    throw;
  }
}

bool is_api(const AuthenticationOptions& options, std::string_view path) {
  return std::any_of(options.api_paths.begin(), options.api_paths.end(),
                     [path](const std::string& prefix) { return path.starts_with(prefix); });
}

std::string in_ascii(std::string_view given) {
  std::string text(given);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; }, '?');
  return text;
}

// JSON takes no broken UTF-8.
std::string user_agent(const web::Request& request) {
  return in_ascii(request.header("User-Agent").value_or("").substr(0, kAgentSize));
}

// What was typed may be of any length, and turn a terminal's line around.
std::string name_to_log(std::string_view typed) {
  const std::string_view name = typed.substr(0, kNameSize);
  return is_username(name) ? std::string(name) : in_ascii(name);
}

bool allows(web::Request& request, const web::Access& access) {
  switch (access.kind()) {
    case web::Access::Kind::public_:
      return true;
    case web::Access::Kind::authenticated:
      return user(request) != nullptr;
    case web::Access::Kind::staff:
      return is_staff(request);
    case web::Access::Kind::permission:
      return has_perm(request, access.permission_name());
  }
  return false;
}

web::HttpError not_signed_in() {
  web::HttpError error(401, "not_authenticated", "Sign in, or send a token.");
  error.headers.set("WWW-Authenticate", "Bearer");
  return error;
}

[[noreturn]] void forbid(web::Request& request) {
  const User* const who = user(request);
  log_event(request, "permission denied", who ? who->username : "anonymous");
  throw web::HttpError(403, "forbidden", "You may not do this.");
}

// "/accounts/login/?next=%2Fwrite%2F": back to a page, not to what a form was sent to.
web::Response to_login(const web::Request& request, const std::string& login_url) {
  std::string location = login_url;
  if (request.method() == "GET" || request.method() == "HEAD")
    location += "?next=" + net::percent_encode(request.target());
  return web::Response::redirect(location, 303).header("Cache-Control", "no-store");
}

}  // namespace

web::Middleware authentication(AuthenticationOptions options) {
  const auto door = std::make_shared<Door>(std::move(options));
  return [door](web::Request& request, const web::Next& next) {
    const AuthenticationOptions& options = door->options;
    current(request).door = door.get();
    struct Forget {  // what the request keeps must not point here afterwards
      web::Request& request;
      ~Forget() { current(request).door = nullptr; }
    } const forget{request};
    const web::Route* const route = request.route();
    if (!route) return next(request);  // 404 or 405
    if (!route->declared_access) {
      base::log_error("the route " + route->method + " " + route->pattern +
                      " declares no access(): it is answered 403");
      throw web::HttpError(403, "forbidden", "You may not do this.");
    }
    const web::Access& access = *route->declared_access;
    if (allows(request, access)) return next(request);
    if (user(request) == nullptr) {
      if (access.kind() != web::Access::Kind::staff && is_open_demo(request)) return next(request);
      if (is_api(options, request.path())) throw not_signed_in();
      return to_login(request, options.login_url);
    }
    forbid(request);
  };
}

const User* user(web::Request& request) {
  Current& known = current(request);
  if (!known.is_read) {
    if (known.door) known.user = user_of_token(request, *known.door);
    if (known.user && !known.user->is_active) known.user.reset();
    if (!known.user) known.user = user_of_session(request);
    known.is_read = true;
  }
  return known.user ? &*known.user : nullptr;
}

bool is_open_demo(web::Request& request) {
  const Door* const door = current(request).door;
  return door && door->options.open_demo && request.application().options().debug &&
         is_api(door->options, request.path()) && web::is_from_this_machine(request) &&
         user(request) == nullptr;
}

bool is_staff(web::Request& request) {
  const User* const who = user(request);
  return who && who->is_staff;
}

bool has_perm(web::Request& request, std::string_view codename) {
  const User* const who = user(request);
  if (!who) return false;
  const std::string wanted(codename);
  if (who->is_superuser || who->permissions.count(wanted) > 0) return true;
  auto& permissions = current(request).permissions;
  if (!permissions) permissions = user_permissions(*who);
  return permissions->count(wanted) > 0;
}

void require(web::Request& request, const web::Access& access) {
  if (allows(request, access)) return;
  if (user(request) == nullptr) throw not_signed_in();
  forbid(request);
}

void login(web::Request& request, const User& who) {
  web::Session& session = web::session(request);
  session.set_user_key(who.pk.str());
  session.set(kSessionEpoch, who.session_epoch);
  session.set(kSessionAddress, std::string(request.client_address()));
  session.set(kSessionAgent, user_agent(request));
  User::objects.filter(f<&User::pk> == who.pk)
      .update(f<& User::last_login> = dynamo_backend::Connection::current().now());
  Current& known = current(request);
  known.user = who;
  known.is_read = true;
  known.permissions.reset();
  log_event(request, "signed in", who.username);
}

void logout(web::Request& request) {
  if (const User* const who = user(request)) log_event(request, "signed out", who->username);
  if (web::Session* const session = web::find_session(request)) session->flush();
  Current& known = current(request);
  known.user.reset();
  known.permissions.reset();
  known.is_read = true;
}

void keep_session(web::Request& request, const User& who) {
  web::Session& session = web::session(request);
  session.set(kSessionEpoch, who.session_epoch);
  session.rotate();
  current(request).user = who;
}

void log_event(web::Request& request, std::string_view what, std::string_view who) {
  base::log_info("auth: " + std::string(what) + ": user \"" + name_to_log(who) + "\" from " +
                 std::string(request.client_address()) + ", request " +
                 std::string(request.request_id()));
}

}  // namespace auth
