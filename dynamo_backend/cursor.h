// Cursors: where a list goes on, sealed so that a client can neither read nor change it.
//
//   cursor := base64url(nonce:24 secretbox(version:u8 direction:u8 list:16 schema:16 path:16
//   position)) position := a packed item: keys, index keys and order of the row that the page ended
//   with
// `list` is a hash of table, tenant, conditions with their values, and order; `schema` of the keys'
// and the order's types; `path` of the way the rows are read. A cursor of another list or schema
// does not open. One of another path does where the list has an order: the rows behind the position
// are found by comparing. (What a relation's rows are decides on the path, so that it may change
// between pages.) Thread safety: functions of their arguments.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/query_planner.h"

namespace dynamo_backend {

using Fingerprint = std::array<unsigned char, 16>;
// What a cursor is bound to.
struct CursorBinding {
  Fingerprint list{}, schema{}, path{};
};
// For the current tenant (tenant.h).
CursorBinding cursor_binding(const Connection& connection, const Query& query, const Plan& plan);

// Of a list that is no Query: `list` tells it from all others, `schema` changes with what its
// positions mean.
CursorBinding cursor_binding(const Connection& connection, std::string_view list,
                             std::string_view schema);
// A text that differs for conditions that differ.
std::string condition_text(const NodePtr& where);

struct Cursor {
  bool backwards = false;
  Position position{};
  bool same_path =
      true;  // false: the position is behind no row of the plan, but has its place in the order
};
std::string seal_cursor(const Connection& connection, const CursorBinding& of,
                        const Cursor& cursor);
// Throws DamagedCursor, ForeignCursor, StaleCursor.
Cursor open_cursor(const Connection& connection, const CursorBinding& of, std::string_view text);

}  // namespace dynamo_backend
