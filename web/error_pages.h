// Error pages: an error's JSON becomes a page for those who asked for one.
//
// Where a browser asks (Accept: text/html) outside of the API, the page is the template
// "<status>.html", else "error.html", with {{status}}, {{title}}, {{message}} and {{request_id}};
// web has a plain one. A server error's page is made without context processors, which may be what
// has failed, and tells the request's identifier and nothing else.
//
// With debug, an exception that nothing expected is shown with the request, to a browser on this
// machine that no proxy speaks for.
//
// Thread safety: as web/middleware.h says.
#pragma once
#include <string>

#include "web/middleware.h"

namespace web {

// What a view threw, for the debug page; left in the request by the Application.
struct UnexpectedError {
  std::string type{};
  std::string message{};
};

// `api_prefix`: paths that get JSON whatever is asked for.
Middleware error_pages(std::string api_prefix, bool debug);

// Whether only this machine's own browser can have sent it: the peer is loopback, and no
// forwarding header says that it speaks for another.
bool is_from_this_machine(const Request& request);

}  // namespace web
