// Cursors: where a list goes on, sealed so that a client can neither read nor change it.
//
//   cursor := base64url(nonce:24 secretbox(version:u8 direction:u8 fingerprint:16 position))
//   position := a packed item: keys, index keys and order of the row that the page ended with
// The fingerprint is of model, conditions, order and access path: a cursor of another query does
// not open.
// Thread safety: functions of their arguments.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/query_planner.h"

namespace dynamo_backend {

using Fingerprint = std::array<unsigned char, 16>;
Fingerprint fingerprint(const Query& query, const Plan& plan);

struct Cursor {
  bool backwards = false;
  Position position{};
};
std::string seal_cursor(const Connection& connection, const Fingerprint& of, const Cursor& cursor);
// Throws InvalidCursor.
Cursor open_cursor(const Connection& connection, const Fingerprint& of, std::string_view text);

}  // namespace dynamo_backend
