#include "web/session.h"

#include <stdexcept>

#include "base/base64.h"
#include "base/log.h"
#include "base/secrets.h"
#include "web/cookies.h"
#include "web/session_store.h"

namespace web {
namespace {

constexpr std::size_t kIdSize = 43;  // base::random_token()'s
// How old last_seen_at may grow before a request that changes nothing writes it.
constexpr std::chrono::minutes kTouch{5};

// In the data of sessions that end with their browser.
constexpr std::string_view kEndsWithBrowser = "web_ends_with_browser";

std::string hash_of(std::string_view id) { return base::to_hex(base::sha256(id)); }

// What the request's attributes hold.
struct SessionSlot {
  Session* session;
};

// Calls the store. What it throws becomes 503.
template <class Function>
auto ask(const Request& request, Function&& function) {
  try {
    return function();
  } catch (const std::exception& error) {
    base::log_error("request " + std::string(request.request_id()) +
                    ": the session store failed: " + error.what());
  }
  HttpError unavailable(503, "sessions_unavailable",
                        "Sessions are not available at the moment. Try again shortly.");
  unavailable.headers.add("Retry-After", "5");
  throw unavailable;
}

}  // namespace

Session::Session(const Request& request, SessionStore& store, const SessionOptions& options)
    : request_(request),
      store_(store),
      options_(options),
      plain_cookie_(is_loopback_http(request)),
      stored_(std::make_unique<StoredSession>()) {}
Session::~Session() = default;

// ---- What views see

bool Session::exists() {
  load();
  return !id_.empty();
}

const base::Json* Session::find(std::string_view name) {
  load();
  const auto found = stored_->data.find(name);
  return found == stored_->data.end() ? nullptr : &*found;
}

void Session::set(std::string_view name, base::Json value) {
  begin();
  stored_->data[std::string(name)] = std::move(value);
  changed_ = true;
}

void Session::erase(std::string_view name) {
  load();
  if (const auto found = stored_->data.find(name); found != stored_->data.end()) {
    stored_->data.erase(found);
    changed_ = true;
  }
}

const std::string& Session::user_key() {
  load();
  return stored_->user_key;
}

void Session::set_user_key(std::string user_key) {
  load();
  if (!stored_->user_key.empty() && stored_->user_key != user_key) flush();
  begin();
  rotate();
  stored_->user_key = std::move(user_key);
  stored_->created_at = stored_->last_seen_at = options_.now();
}

void Session::end_with_browser(bool ends) {
  if (ends)
    set(kEndsWithBrowser, true);
  else
    erase(kEndsWithBrowser);
}

void Session::rotate() {
  load();
  if (id_.empty()) return;
  if (!is_new_) former_key_ = stored_->key_hash;
  id_ = base::random_token();
  stored_->key_hash = hash_of(id_);
  is_new_ = changed_ = true;
}

void Session::flush() {
  load();
  if (id_.empty()) return;
  if (!is_new_) former_key_ = stored_->key_hash;
  id_.clear();
  *stored_ = {};
  changed_ = true;
  is_new_ = false;
}

const std::string& Session::id() {
  load();
  return id_;
}

std::string Session::key_hash() {
  load();
  return stored_->key_hash;
}

base::Timestamp Session::created_at() {
  load();
  return stored_->created_at;
}

base::Timestamp Session::last_seen_at() {
  load();
  return seen_before_;
}

// ---- Loading and saving

void Session::load() {
  if (loaded_) return;
  const auto id = request_.cookie(host_cookie_name(request_, options_.cookie_name));
  const base::Timestamp now = options_.now();
  seen_before_ = now;
  if (id && id->size() == kIdSize) {
    auto stored = ask(request_, [&] { return store_.load(hash_of(*id)); });
    if (stored && is_live(*stored)) {
      id_ = *id;
      *stored_ = *std::move(stored);
      seen_before_ = stored_->last_seen_at;
    }
  }
  loaded_ = true;
}

// Stores delete what has expired when they come to it; until then it is here that it ends.
bool Session::is_live(const StoredSession& stored) const {
  const base::Timestamp now = options_.now();
  return now < stored.expires_at && now < stored.last_seen_at + options_.idle &&
         now < stored.created_at + options_.absolute;
}

void Session::begin() {
  load();
  if (!id_.empty()) return;
  id_ = base::random_token();
  is_new_ = true;
  stored_->key_hash = hash_of(id_);
  stored_->created_at = stored_->last_seen_at = options_.now();
}

void Session::finish(Response& response) {
  if (!loaded_) return;
  response.add_vary("Cookie");
  if (!stored_->user_key.empty() && !response.headers.contains("Cache-Control"))
    response.headers.add("Cache-Control", "no-store");
  if (response.status >= 500) return;
  const bool had_one = !former_key_.empty();
  write();
  Cookie cookie{.name = host_cookie_name(request_, options_.cookie_name),
                .value = id_,
                .max_age = options_.absolute,
                .secure = !plain_cookie_};
  if (id_.empty())
    cookie.max_age = std::chrono::seconds(0);
  else if (find(kEndsWithBrowser) != nullptr)
    cookie.max_age.reset();
  if (is_new_ || (id_.empty() && had_one)) response.add_cookie(cookie);
}

void Session::write() {
  const base::Timestamp now = options_.now();
  if (!id_.empty() && now - stored_->last_seen_at >= kTouch) changed_ = true;
  if (changed_ && !id_.empty()) {
    if (stored_->data.dump().size() > options_.max_bytes)
      throw std::length_error("a session holds more than " + std::to_string(options_.max_bytes) +
                              " bytes; keep large values in a model");
    stored_->last_seen_at = now;
    set_expiry();
    // An update that finds no row: another request has ended the session, or given it a new
    // identifier and told the browser.
    ask(request_, [&] {
      return store_.save(*stored_,
                         is_new_ ? SessionStore::Write::create : SessionStore::Write::update);
    });
  }
  if (!former_key_.empty()) ask(request_, [&] { return store_.remove(former_key_), true; });
}

void Session::set_expiry() {
  stored_->expires_at =
      std::min(stored_->last_seen_at + options_.idle, stored_->created_at + options_.absolute);
}

// ---- Of a request

Middleware sessions(std::shared_ptr<SessionStore> store, SessionOptions options) {
  return
      [store = std::move(store), options = std::move(options)](Request& request, const Next& next) {
        Session session(request, *store, options);
        request.set(SessionSlot{&session});
        Response response = next(request);
        request.set(SessionSlot{nullptr});
        session.finish(response);
        return response;
      };
}

Session* find_session(Request& request) {
  const SessionSlot* const slot = request.get<SessionSlot>();
  return slot ? slot->session : nullptr;
}

Session& session(Request& request) {
  if (Session* const found = find_session(request)) return *found;
  throw std::logic_error("this application does not use web::sessions()");
}

bool is_loopback_http(const Request& request) {
  return !request.is_secure() && request.peer_is_loopback() &&
         host_is_allowed(request.host(), {}, /*debug=*/true);
}

std::string host_cookie_name(const Request& request, std::string_view name) {
  return (is_loopback_http(request) ? "" : "__Host-") + std::string(name);
}

}  // namespace web
