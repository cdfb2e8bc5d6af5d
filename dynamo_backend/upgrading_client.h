// A Client that shows rows as they will be after the migrations that are still to be done
// (row_upgrades.h), and passes on calls to all other tables. Every Connection has one around its
// Client; who migrates uses Connection::stored_client().
// Thread safety: as the Client's.
#pragma once
#include <memory>

#include "dynamo_backend/row_upgrades.h"
#include "dynamodb/client.h"

namespace dynamo_backend {

// REQUIRES: the arguments outlive it.
std::unique_ptr<dynamodb::Client> make_upgrading_client(dynamodb::Client& inner,
                                                        const RowUpgrades& upgrades);

}  // namespace dynamo_backend
