#include "dynamo_backend/cursor.h"

#include <cstring>

#include <sodium.h>

#include "base/base64.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/tenant.h"

namespace dynamo_backend {
namespace {

constexpr char kVersion = 2;
constexpr std::size_t kLongestCursor = 16 * 1024;

void append_text(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

// Conditions are taken as written: what their
// relations find may change between pages.
void append_node(std::string& out, const NodePtr& node) {
  if (!node) {
    out += '-';
    return;
  }
  out += '(';
  out += static_cast<char>('a' + static_cast<int>(node->op));
  for (std::string_view step : node->path) append_text(out, step);
  for (const auto& step : node->steps) {
    if (const auto* name = std::get_if<std::string>(&step)) {
      out += '.';
      append_text(out, *name);
    } else {
      out += '[' + std::to_string(std::get<std::uint32_t>(step));
    }
  }
  out += '=';
  for (const Value& v : node->values) append_text(out, dynamodb::pack_value(v));
  if (node->subquery) {
    const Query& rows = *node->subquery;
    append_text(out, rows.model->table);
    append_text(out, rows.fields.at(0)->member);
    append_node(out, rows.where);
    if (rows.include_expired) out += '*';
  }
  append_node(out, node->left);
  append_node(out, node->right);
  out += ')';
}

const unsigned char* bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

Fingerprint hash_of(std::string_view text) {
  Fingerprint print{};
  crypto_generichash(print.data(), print.size(), bytes(text), text.size(), nullptr, 0);
  return print;
}

void append_field(std::string& out, const FieldInfo* field) {
  if (!field) return append_text(out, "");
  append_text(out, field->attribute);
  const auto type = field->shape().stored();
  out += type ? static_cast<char>('a' + static_cast<int>(*type)) : '-';
}

std::string list_text(const Connection& connection, const Query& query) {
  std::string text;
  append_text(text, connection.table(query.model->table));
  append_text(text, TenantScope::current());
  append_node(text, query.where);
  if (query.include_expired) text += '*';
  for (const OrderTerm& term : query.order)
    append_text(text, (term.descending ? "-" : "+") + std::string(term.field->attribute));
  return text;
}

std::string schema_text(const Query& query) {
  std::string text;
  for (const FieldInfo* key : {query.model->partition, query.model->sort}) append_field(text, key);
  for (const OrderTerm& term : query.order) append_field(text, term.field);
  return text;
}

std::string path_text(const Plan& plan) {
  // A list of keys, which a relation gives, may shrink to one between pages: both go on behind a
  // row's place in the order of keys. Partitions go on behind a row of one of them, and merged or
  // sorted ones behind a place in the order.
  if (plan.access == Plan::Access::get_item || plan.access == Plan::Access::batch_get)
    return "keys";
  std::string text = std::to_string(static_cast<int>(plan.access));
  append_text(text, plan.index ? plan.index->name : "");
  if (plan.hash) append_field(text, plan.hash);
  for (const OrderTerm& term : plan.sort_terms) append_field(text, term.field);
  if (!plan.index) return text;
  for (const FieldInfo* key : plan.index->hash_keys()) append_field(text, key);
  for (const FieldInfo* key : plan.index->sort_keys()) append_field(text, key);
  return text;
}

[[noreturn]] void damaged() {
  throw DamagedCursor(
      "The cursor is damaged, or was sealed with another secret: start from the first page.");
}

}  // namespace

CursorBinding cursor_binding(const Connection& connection, const Query& query, const Plan& plan) {
  return {hash_of(list_text(connection, query)), hash_of(schema_text(query)),
          hash_of(path_text(plan))};
}

CursorBinding cursor_binding(const Connection& connection, std::string_view list,
                             std::string_view schema) {
  std::string text;
  append_text(text, connection.table(list));
  append_text(text, TenantScope::current());
  return {hash_of(text), hash_of(schema), {}};
}

std::string condition_text(const NodePtr& where) {
  std::string text;
  append_node(text, where);
  return text;
}

std::string seal_cursor(const Connection& connection, const CursorBinding& of,
                        const Cursor& cursor) {
  std::string plain{kVersion, static_cast<char>(cursor.backwards)};
  for (const Fingerprint& print : {of.list, of.schema, of.path})
    plain.append(reinterpret_cast<const char*>(print.data()), print.size());
  plain += dynamodb::PackedItem(cursor.position).bytes();
  std::string sealed(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.size(), '\0');
  randombytes_buf(sealed.data(), crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(bytes(sealed) + crypto_secretbox_NONCEBYTES, bytes(std::string_view(plain)),
                        plain.size(), bytes(sealed), connection.cursor_key().data());
  std::string text = base::base64url_encode(sealed);
  if (text.size() > kLongestCursor) {
    throw FieldError("page(): the values that the list is ordered by take " +
                     std::to_string(plain.size()) +
                     " bytes in one row, too many for a cursor: order by a shorter field.");
  }
  return text;
}

Cursor open_cursor(const Connection& connection, const CursorBinding& of, std::string_view text) {
  if (text.size() > kLongestCursor) damaged();
  const auto sealed = base::base64url_decode(text);
  constexpr std::size_t head = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES,
                        fixed = 2 + 3 * sizeof(Fingerprint);
  if (!sealed || sealed->size() < head + fixed) damaged();
  std::string plain(sealed->size() - head, '\0');
  const std::string_view box = std::string_view(*sealed).substr(crypto_secretbox_NONCEBYTES);
  if (crypto_secretbox_open_easy(bytes(plain), bytes(box), box.size(),
                                 bytes(std::string_view(*sealed)),
                                 connection.cursor_key().data()) != 0)
    damaged();
  if (plain[0] != kVersion)
    throw StaleCursor(
        "The cursor is of another version of the program: start from the first page.");
  const auto is_bound_to = [&](std::size_t nth, const Fingerprint& print) {
    return std::memcmp(plain.data() + 2 + nth * print.size(), print.data(), print.size()) == 0;
  };
  if (!is_bound_to(0, of.list))
    throw ForeignCursor(
        "The cursor is of another list, or of another tenant's: start from the first page.");
  const std::string_view position = std::string_view(plain).substr(fixed);
  if (!is_bound_to(1, of.schema) || !dynamodb::is_packed_item(position))
    throw StaleCursor(
        "The cursor was made before the model's keys or order changed: start from the first page.");
  return {plain[1] != 0, dynamodb::unpack(dynamodb::ItemView(position)), is_bound_to(2, of.path)};
}

}  // namespace dynamo_backend
