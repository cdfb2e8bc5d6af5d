// Messages: a word to the user that the next page shows, once.
//
//   app.use(web::messages());                                    // inside sessions()
//   web::flash(request, web::Level::success, "The post was saved.");
//   return web::Response::redirect(url, 303);
//   …
//   for (const web::Message& message : web::take_messages(request)) …
//
// They wait in the session where the browser has one, else in a signed cookie; there, the oldest
// give way where they do not fit.
//
// Thread safety: one thread at a time, the request's.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "web/middleware.h"

namespace web {

enum class Level : std::uint8_t { debug, info, success, warning, error };

struct Message {
  Level level = Level::info;
  std::string text{};  // plain: a page escapes it
  friend bool operator==(const Message&, const Message&) = default;
};

std::string_view level_name(Level level);  // "success": a CSS class

Middleware messages();

// Both throw std::logic_error where the application does not use messages().
void flash(Request& request, Level level, std::string text);
// Those that wait, oldest first; they are gone then.
std::vector<Message> take_messages(Request& request);

}  // namespace web
