// CORS: which other origins' scripts may read answers. Off unless origins are listed.
//
// Only listed origins are named in answers, one at a time; never "*", and never with credentials:
// scripts of other origins send bearer tokens.
//
// Thread safety: as web/middleware.h says.
#pragma once
#include <string>
#include <vector>

#include "web/middleware.h"

namespace web {

// Throws std::invalid_argument for what is no origin: "*", "null", one with a path.
Middleware cors(std::vector<std::string> allowed_origins);

}  // namespace web
