#include "auth/cognito_mock/control.h"

#include <stdexcept>

#include "base/json.h"
#include "base/json_writer.h"
#include "web/csrf.h"
#include "web/form_data.h"
#include "web/templates.h"

namespace auth::cognito_mock {
namespace {

std::vector<std::string> texts_of(const base::Json& object, const char* name) {
  std::vector<std::string> texts;
  const auto found = object.find(name);
  if (found == object.end()) return texts;
  if (!found->is_array())
    throw std::invalid_argument(std::string("client.") + name + " must be a list of strings");
  for (const auto& text : *found) {
    if (!text.is_string())
      throw std::invalid_argument(std::string("client.") + name + " must be a list of strings");
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

Client client_from_json(const base::Json& json) {
  const auto text = [&](const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  return {.id = text("client_id"),
          .secret = text("client_secret"),
          .redirect_uris = texts_of(json, "redirect_uris"),
          .logout_uris = texts_of(json, "logout_uris")};
}

void misbehave(Provider& provider, const std::string& name, std::optional<unsigned> times) {
  const auto fault = fault_of(name);
  if (fault) return provider.faults().set(*fault, times);
  std::string known;
  for (const auto& [other, value] : kFaultNames) known += " " + std::string(other);
  throw std::invalid_argument("misbehave must be one of:" + known);
}

void apply(Provider& provider, const base::Json& command) {
  if (!command.is_object()) throw std::invalid_argument("the command must be an object");
  for (const auto& [name, value] : command.items()) {
    if (name == "reset" && value.is_boolean()) {
      if (value.get<bool>()) provider.faults().reset();
    } else if (name == "misbehave" && value.is_string()) {
      const auto times = command.find("times");
      const bool counted = times != command.end();
      if (counted && (!times->is_number_integer() || *times < 0 || *times > 1'000'000))
        throw std::invalid_argument("times must be a number from 0 to 1000000");
      misbehave(provider, value.get<std::string>(),
                counted ? std::optional(times->get<unsigned>()) : std::nullopt);
    } else if (name == "rotate_keys" && value.is_boolean()) {
      if (value.get<bool>()) provider.keys().rotate(command.value("keep_former", true));
    } else if (name == "user") {
      provider.users().save(user_from_json(value));
    } else if (name == "client" && value.is_object()) {
      provider.add_client(client_from_json(value));
    } else if (name != "times" && name != "keep_former") {
      throw std::invalid_argument("\"" + name + "\" is no command, or has a wrong value");
    }
  }
}

void apply_form(Provider& provider, const web::FormData& form) {
  const std::string_view action = form.get("action").value_or("");
  if (action == "reset")
    provider.faults().reset();
  else if (action == "rotate_keys")
    provider.keys().rotate();
  else
    misbehave(provider, std::string(form.get("misbehave").value_or("")), std::nullopt);
}

base::Json state_of(Provider& provider) {
  base::Json faults = base::Json::array(), users = base::Json::array(),
             clients = base::Json::array();
  for (const auto name : provider.faults().names()) faults.push_back(name);
  for (const auto& user : provider.users().all()) {
    users.push_back(to_json(user));
    users.back().erase("password_hash");
  }
  for (const auto& client : provider.clients()) {
    clients.push_back({{"client_id", client.id},
                       {"redirect_uris", client.redirect_uris},
                       {"logout_uris", client.logout_uris}});
  }
  return {{"misbehaving", faults}, {"users", users}, {"clients", clients}};
}

void list_endpoints(web::Context& context, const Provider& provider) {
  const std::pair<const char*, const char*> endpoints[] = {
      {"Authorize", "/oauth2/authorize"},
      {"Token", "/oauth2/token"},
      {"User info", "/oauth2/userInfo"},
      {"Revoke", "/oauth2/revoke"},
      {"Log out", "/logout"},
      {"Keys", "/.well-known/jwks.json"},
      {"Configuration", "/.well-known/openid-configuration"},
      {"Control", "/control/"}};
  for (const auto& [name, path] : endpoints) {
    web::Context turn = context.add("endpoints");
    turn.set("name", name);
    turn.set("url", provider.issuer() + path);
  }
}

}  // namespace

web::Response control_page(web::Request& request, Provider& provider) {
  web::Context context;
  context.set("issuer", provider.issuer());
  context.set("csrf_token", web::csrf_token(request));
  list_endpoints(context, provider);
  for (const auto& user : provider.users().all()) {
    web::Context turn = context.add("users");
    turn.set("username", user.username);
    turn.set("email", user.email);
    std::string groups;
    for (const auto& group : user.groups) groups += (groups.empty() ? "" : ", ") + group;
    turn.set("groups", groups);
  }
  for (const auto& client : provider.clients()) {
    web::Context turn = context.add("clients");
    turn.set("client_id", client.id);
    for (const auto& uri : client.redirect_uris) turn.add("redirect_uris").set("uri", uri);
  }
  for (const auto& [name, fault] : kFaultNames) context.add("faults").set("name", name);
  for (const auto name : provider.faults().names()) context.add("active").set("name", name);
  context.show("is_good", provider.faults().names().empty());
  return web::render(request, "cognito_mock/home.html", context)
      .header("Cache-Control", "no-store");
}

web::Response control_state(web::Request&, Provider& provider) {
  return web::Response::json(state_of(provider)).header("Cache-Control", "no-store");
}

web::Response control(web::Request& request, Provider& provider) {
  const std::string_view type = request.header("Content-Type").value_or("");
  try {
    if (!type.starts_with("application/json")) {
      apply_form(provider, web::form(request));
      return web::Response::redirect("/cognito/", 303);
    }
    apply(provider, request.json());
  } catch (const std::invalid_argument& error) {
    throw web::HttpError(400, "bad_request", error.what());
  }
  return control_state(request, provider);
}

}  // namespace auth::cognito_mock
