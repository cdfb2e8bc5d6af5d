// The middleware that gives every request a dynamo_backend::RequestScope: look-ups that repeat are
// answered once, the rows behind foreign keys come in batches, an N+1 is logged with its remedy.
// runserver puts it around every project's own middleware.
// Thread safety: as web/middleware.h says.
#pragma once
#include "dynamo_backend/request_scope.h"
#include "web/middleware.h"

namespace management {

inline web::Middleware request_scope(const dynamo_backend::RequestScopeOptions& options = {}) {
  return [options](web::Request& request, const web::Next& next) {
    const dynamo_backend::RequestScope scope(options);
    return next(request);
  };
}

}  // namespace management
