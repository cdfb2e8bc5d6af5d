// The debug panel: what each request asked of the database, the search server and the identity
// provider, what it took and cost, and what to mend.
//
//   debug_toolbar::install(application, {.prices = settings.prices});
//
// Adds, in DEBUG only: a toolbar at the end of every HTML page, `Server-Timing` to every answer,
// and the pages /__debug__/ (the last requests, API calls too) and /__debug__/<id>/ (one request's
// calls with their request text, secrets masked, and warnings). Only peers on the loopback
// interface without a forwarding header see any of it; to others the pages are 404 (rule G3).
//
// Thread safety: install() at set-up; then any thread.
#pragma once
#include <cstddef>

#include "base/settings.h"
#include "web/application.h"

namespace debug_toolbar {

struct Options {
  base::Prices prices{};
  std::size_t kept = 100;  // requests, the last ones
};

// Does nothing unless application.options().debug. Call it before other middleware is added, so
// that their calls are seen too.
void install(web::Application& application, Options options = {});

}  // namespace debug_toolbar
