// Reports of browsers about what the page policy stopped.
//
// A line of the log each, of which anyone can send any number: ten a minute are written, and how
// many were not.
//
// Thread safety: any thread.
#pragma once
#include "web/request.h"

namespace web {

inline constexpr std::size_t kMaxCspReport = 16 * 1024;

void log_csp_report(const Request& request);

}  // namespace web
