// A Client that lets this thread's RequestScope see, count and answer calls, and passes on all
// others. Every Connection has one around its Client.
// Thread safety: as the Client's.
#pragma once
#include <memory>

#include "dynamodb/client.h"

namespace dynamo_backend {

// REQUIRES: `inner` outlives it.
std::unique_ptr<dynamodb::Client> make_scoped_client(dynamodb::Client& inner);

}  // namespace dynamo_backend
