// The database's counters for web's rate limits: app.use(web::rate_limits(auth::counter_store())).
#pragma once
#include <memory>

#include "web/rate_limit.h"

namespace auth {

// Thread safety: any thread.
std::shared_ptr<web::CounterStore> counter_store();

}  // namespace auth
