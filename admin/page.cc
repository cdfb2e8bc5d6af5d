#include "admin/page.h"

#include <algorithm>
#include <chrono>

#include "admin/values.h"
#include "auth/auth.h"
#include "auth/models.h"
#include "auth/permissions.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/search/errors.h"
#include "dynamo_backend/text.h"
#include "web/csrf.h"
#include "web/session.h"

namespace admin {
namespace {

constexpr std::chrono::minutes kIdle{60};  // after which the admin asks for the password again

std::string permission_of(const ModelInfo& model, std::string_view verb) {
  return model.app_label + "." + std::string(verb) + "_" + dynamo_backend::ascii_lower(model.name);
}

[[noreturn]] void refuse_changes() {
  throw Refusal(403, "This site is read-only: nothing can be changed here.");
}

}  // namespace

void not_found(const std::string& text) { throw Refusal(404, text); }

Page::Page(web::Request& r)
    : request(r), user_(auth::user(r)), popup_(r.query("_popup").value_or("") == "1") {}

Actor Page::actor() const {
  if (!user_) return {};
  return {user_->pk.str(), user_->username};
}

bool Page::may_enter() const {
  if (!user_ || !user_->is_active || !user_->is_staff) return false;
  web::Session* session = web::find_session(request);
  if (!session) return true;
  return dynamo_backend::Connection::current().now() - session->last_seen_at() < kIdle;
}

bool Page::is_superuser() const { return user_ && user_->is_active && user_->is_superuser; }

bool Page::may(const ModelInfo& model, std::string_view verb) const {
  if (!user_) return false;
  const ModelAdmin* admin = site().find(model);
  const bool changes = verb != "view";
  if (changes && (site().settings.read_only || (admin && admin->options.read_only))) return false;
  if (admin && ((verb == "add" && !admin->options.can_add) ||
                (verb == "change" && !admin->options.can_change)))
    return false;
  if (auth::has_perm(request, permission_of(model, verb))) return true;
  return verb == "view" && auth::has_perm(request, permission_of(model, "change"));
}
bool Page::may(const ModelAdmin& admin, std::string_view verb) const {
  return may(admin.model, verb);
}

bool Page::may_act(const ModelAdmin& admin, std::string_view verb) const {
  return may(admin, verb) && !site().settings.read_only && !admin.options.read_only;
}

std::string Page::denied_deletions(const ModelInfo& model, const DeletionPreview& preview) const {
  std::string denied;
  for (const ModelInfo* along : models_deleted_with(model)) {
    const bool goes =
        !preview.complete || std::any_of(preview.counts.begin(), preview.counts.end(),
                                         [&](const auto& count) { return count.first == along; });
    if (goes && site().find(*along) && !may(*along, "delete"))
      denied += (denied.empty() ? "" : ", ") + plural(words_of(*along));
  }
  return denied;
}

void Page::demand(const ModelAdmin& admin, std::string_view verb) const {
  if (may(admin, verb)) return;
  if (site().settings.read_only && verb != "view") refuse_changes();
  throw Refusal(403, "You may not " + std::string(verb) + " " + admin.title() + ".");
}
void Page::demand_act(const ModelAdmin& admin, std::string_view verb) const {
  demand(admin, verb);
  if (!may_act(admin, verb)) refuse_changes();
}
bool Page::may_set(const ModelAdmin& admin, const FieldInfo& field) const {
  if (admin.is_for_superusers(field) && !is_superuser()) return false;
  const auto& ask = admin.options.field_permission;
  return !ask || ask({actor().key, is_superuser(), field.attribute});
}
bool Page::may_row(const ModelAdmin& admin, std::string_view verb, const void* row) const {
  if (!may(admin, verb)) return false;
  const auto& ask = admin.options.row_permission;
  return !ask || ask({actor().key, is_superuser(), verb, row});
}
void Page::demand_row(const ModelAdmin& admin, std::string_view verb, const void* row) const {
  demand(admin, verb);
  if (!may_row(admin, verb, row))
    throw Refusal(403, "You may not " + std::string(verb) + " this " + admin.singular() + ".");
}
void Page::demand_superuser() const {
  if (!is_superuser()) throw Refusal(403, "Only a superuser may do that.");
}

const ModelAdmin& Page::model(std::string_view app, std::string_view name) const {
  const ModelAdmin* admin = site().find(std::string(app) + "/" + std::string(name));
  if (!admin) not_found("There is no such model here.");
  return *admin;
}

dynamodb::Item Page::key(const ModelAdmin& admin, std::string_view text) {
  auto found = key_from_url(admin.model, text);
  if (!found) not_found("There is no " + admin.singular() + " of that key.");
  return *std::move(found);
}

void Page::crumb(std::string_view text, std::string_view url) {
  web::Context turn = context.add("crumbs");
  turn.set("crumb", text).set("crumb_url", url);
  turn.show(url.empty() ? "crumb_here" : "crumb_link");
}

web::Response Page::render(std::string_view name, std::string_view title, int status) {
  const base::AdminSettings& settings = site().settings;
  context.set("title", title)
      .set("site_title", site().options.title)
      .set("environment", settings.environment);
  context.set("body_class", popup_ ? "popup" : "page");
  context.set("environment_class", settings.environment_is_live ? "live" : "calm");
  context.show("has_environment", !settings.environment.empty());
  context.show("is_read_only", settings.read_only);
  context.show("has_frame", !popup_).show("has_user", may_enter());
  context.show("is_superuser", is_superuser());
  if (user_) context.set("user_name", user_->username);
  const auto messages = web::take_messages(request);
  context.show("has_messages", !messages.empty());
  for (const web::Message& message : messages)
    context.add("messages")
        .set("message_level", web::level_name(message.level))
        .set("message_text", message.text);
  context.set("csrf_token", web::csrf_token(request));
  context.show("has_price", settings.prices && may_enter());
  context.set("price", price_of(base::CallLedger::innermost()).text());
  web::Response response = web::render(request, name, context, status);
  return std::move(response)
      .header("Cache-Control", "no-store")
      .header("Referrer-Policy", "same-origin");
}

web::Response Page::redirect(const std::string& url) {
  return web::Response::redirect(url, 303).header("Cache-Control", "no-store");
}
web::Response Page::redirect(const std::string& url, web::Level level, const std::string& message) {
  web::flash(request, level, message);
  return redirect(url);
}

std::string Page::sent(std::string_view name) { return std::string(form().get(name).value_or("")); }

Parameters Page::parameters() {
  Parameters out;
  for (const auto& [name, value] : request.query_parameters())
    if (name != "_popup") out.emplace_back(name, value);
  return out;
}

std::string percent_encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

std::string query_text(const Parameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters)
    text += (text.empty() ? "?" : "&") + percent_encoded(name) + "=" + percent_encoded(value);
  return text;
}

std::string model_url(const ModelAdmin& admin) { return "/admin/" + admin.path() + "/"; }
std::string row_url(const ModelAdmin& admin, std::string_view key) {
  return model_url(admin) + percent_encoded(key) + "/";
}

web::Response answer(Page& page, const std::function<web::Response()>& show) {
  if (!page.may_enter()) {
    if (page.user() && page.user()->is_staff) auth::logout(page.request);  // away for too long
    return Page::redirect("/accounts/login/?next=" + percent_encoded(page.request.target()));
  }
  const auto refuse = [&](int status, const std::string& title, const std::string& text) {
    page.context.set("text", text);
    page.crumb(title);
    return page.render("admin/message.html", title, status);
  };
  try {
    return show();
  } catch (const Refusal& e) {
    return refuse(e.status,
                  e.status == 404   ? "Not found"
                  : e.status == 403 ? "Not allowed"
                                    : "Not possible",
                  e.what());
  } catch (const dynamo_backend::InvalidCursor&) {
    return page.redirect(std::string(page.request.path()), web::Level::warning,
                         "That page of the list is no more: here is the first one.");
  } catch (const dynamo_backend::FieldError& e) {
    return refuse(400, "Not possible", e.what());
  } catch (const dynamo_backend::search::InvalidQuery& e) {
    return refuse(400, "Not possible", e.what());
  } catch (const dynamo_backend::search::Unavailable& e) {
    return refuse(503, "Search is down", e.what());
  }
}

}  // namespace admin
