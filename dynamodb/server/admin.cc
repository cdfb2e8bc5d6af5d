#include "dynamodb/server/admin.h"

#include "base/json.h"
#include "base/json_writer.h"
#include "dynamodb/server/authorization.h"
#include "dynamodb/server/duration.h"

namespace dynamodb::server {
namespace {

AdminAnswer failure(int status, std::string_view message) {
  base::JsonWriter json;
  json.begin_object();
  json.member("error", message);
  json.end_object();
  return {status, std::move(json).text()};
}

// A page whose name was made to resolve to this machine sends that name.
bool names_loopback(std::string_view host) {
  host = host.substr(
      0, host.rfind(']') == std::string_view::npos ? host.find(':') : host.rfind(']') + 1);
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

// The member `name` of the request's object; an answer that says what is wrong.
struct Member {
  std::string text{};
  std::optional<AdminAnswer> failure{};
};
Member read_member(std::string_view body, const char* name) {
  try {
    const base::Json json = base::parse_json(body);
    if (json.is_object() && json.contains(name) && json[name].is_string())
      return {json[name].get<std::string>(), {}};
    return {{}, failure(400, std::string("the body must be a JSON object with a text ") + name)};
  } catch (const base::JsonError& error) {
    return {{}, failure(400, error.what())};
  }
}

AdminAnswer advance(const AdminHooks& hooks, std::string_view body) {
  const Member member = read_member(body, "advance");
  if (member.failure) return *member.failure;
  const auto duration = parse_duration(member.text);
  if (!duration) return failure(400, "advance takes a time such as 90s, 36h or 30d");
  const auto expired = hooks.advance_clock(*duration);
  if (expired.has_error()) return failure(500, expired.error().message);
  return {200, "{\"expired\":" + std::to_string(*expired) + "}"};
}

AdminAnswer with_directory(const std::function<Result<EmptyResult>(const std::string&)>& hook,
                           std::string_view body) {
  const Member member = read_member(body, "directory");
  if (member.failure) return *member.failure;
  if (!member.text.starts_with('/'))
    return failure(400, "directory must be absolute: the server has a working folder of its own");
  const auto done = hook(member.text);
  if (done.has_error()) {
    const Error error = done.error();
    return failure(error.code == ErrorCode::validation ? 400 : 500, error.message);
  }
  return {};
}

}  // namespace

AdminAnswer answer_admin(const AdminHooks& hooks, const net::aws::Verifier* verifier,
                         const net::HttpRequest& request) {
  if (!request.peer_is_loopback || !names_loopback(request.host))
    return failure(403, "only this machine may ask for that");
  if (verifier != nullptr) {
    if (const auto refused = check_signature(*verifier, request))
      return failure(403, refused->message);
  }
  if (request.method != "POST" || request.header("Content-Type") != "application/json")
    return failure(400, "send a POST with the content type application/json");
  const std::string_view name = request.path().substr(std::string_view("/_ddb/").size());
  if (name == "clock" && hooks.advance_clock) return advance(hooks, request.body);
  if (name == "snapshot" && hooks.snapshot) return with_directory(hooks.snapshot, request.body);
  if (name == "restore" && hooks.restore) return with_directory(hooks.restore, request.body);
  return failure(404, "there is no such endpoint; see docs/topics/ddb-local.md");
}

}  // namespace dynamodb::server
