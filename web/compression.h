// Compression of what views answer, by gzip or Brotli as the client takes them.
//
// An answer that is not to be stored (Cache-Control: no-store) is left alone: it holds a secret,
// and the size of a compressed answer tells of it to whoever can put words of his own beside it
// (BREACH). Static files are compressed when they are built.
//
// Thread safety: as web/middleware.h says.
#pragma once
#include "web/middleware.h"

namespace web {

Middleware compression();

}  // namespace web
