#include "web/messages.h"

#include <stdexcept>

#include "base/json.h"
#include "web/application.h"
#include "web/cookies.h"
#include "web/session.h"

namespace web {
namespace {

constexpr std::string_view kCookie = "messages";
constexpr std::string_view kSessionKey = "_messages";
constexpr std::chrono::hours kMaxAge{24};
constexpr std::size_t kMaxMessages = 20;
constexpr std::size_t kMaxCookie = 3500;  // below the 4096 bytes of name and value
constexpr std::string_view kLevels[] = {"debug", "info", "success", "warning", "error"};

base::Json to_json(const std::vector<Message>& messages) {
  base::Json list = base::Json::array();
  for (const Message& message : messages)
    list.push_back(base::Json::array({level_name(message.level), message.text}));
  return list;
}

// What this site wrote: by its signature, or in its session.
void append(std::vector<Message>& out, const base::Json& list) {
  for (const base::Json& entry : list) {
    const auto* const level = std::find(std::begin(kLevels), std::end(kLevels),
                                        entry.at(0).get_ref<const std::string&>());
    if (level == std::end(kLevels)) continue;
    out.push_back({static_cast<Level>(level - std::begin(kLevels)), entry.at(1)});
  }
}

class MessageBox {
 public:
  explicit MessageBox(Request& request)
      : request_(request), signer_(request.application().secret_keys(), "messages") {}

  void add(Message message) {
    load();
    messages_.push_back(std::move(message));
    if (messages_.size() > kMaxMessages) messages_.erase(messages_.begin());
    changed_ = true;
  }

  std::vector<Message> take() {
    load();
    changed_ |= !messages_.empty();
    return std::exchange(messages_, {});
  }

  void finish(Response& response) {
    if (!changed_ || response.status >= 500) return;
    Session* const session = find_session(request_);
    const bool in_session = session && session->exists();
    if (in_session && messages_.empty()) session->erase(kSessionKey);
    if (in_session && !messages_.empty()) session->set(kSessionKey, to_json(messages_));
    const std::string value = in_session || messages_.empty() ? std::string() : cookie_text();
    if (value.empty() && !had_cookie_) return;
    Cookie cookie{.name = host_cookie_name(request_, kCookie),
                  .value = value,
                  .secure = !is_loopback_http(request_)};
    if (value.empty()) cookie.max_age = std::chrono::seconds(0);
    response.add_cookie(cookie);
  }

 private:
  void load() {
    if (std::exchange(loaded_, true)) return;
    if (const auto cookie = request_.cookie(host_cookie_name(request_, kCookie))) {
      had_cookie_ = true;
      if (const auto text = signer_.unsign(*cookie, kMaxAge))
        append(messages_, base::parse_json(*text));
    }
    Session* const session = find_session(request_);
    if (const base::Json* const kept = session ? session->find(kSessionKey) : nullptr)
      append(messages_, *kept);
  }

  // Of the newest that fit.
  std::string cookie_text() {
    while (true) {
      std::string text = signer_.sign(
          to_json(messages_).dump(-1, ' ', false, base::Json::error_handler_t::replace));
      if (text.size() <= kMaxCookie) return text;
      messages_.erase(messages_.begin());
    }
  }

  Request& request_;
  const Signer signer_;
  bool loaded_ = false;
  bool had_cookie_ = false;
  bool changed_ = false;
  std::vector<Message> messages_{};
};

// What the request's attributes hold.
struct MessageSlot {
  MessageBox* box;
};

MessageBox& box_of(Request& request) {
  const MessageSlot* const slot = request.get<MessageSlot>();
  if (!slot || !slot->box) throw std::logic_error("this application does not use web::messages()");
  return *slot->box;
}

}  // namespace

std::string_view level_name(Level level) { return kLevels[static_cast<std::size_t>(level)]; }

Middleware messages() {
  return [](Request& request, const Next& next) {
    MessageBox box(request);
    request.set(MessageSlot{&box});
    Response response = next(request);
    request.set(MessageSlot{nullptr});
    box.finish(response);
    return response;
  };
}

void flash(Request& request, Level level, std::string text) {
  box_of(request).add({level, std::move(text)});
}

std::vector<Message> take_messages(Request& request) { return box_of(request).take(); }

}  // namespace web
