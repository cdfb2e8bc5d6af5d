#include "dynamo_backend/cursor.h"

#include <cstring>

#include <sodium.h>

#include "dynamo_backend/base64.h"
#include "dynamo_backend/exceptions.h"

namespace dynamo_backend {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kLongestCursor = 16 * 1024;

void append_text(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

// A text that differs for conditions that differ. Conditions are taken as written: what their
// relations find may change between pages.
void append_node(std::string& out, const NodePtr& node) {
  if (!node) {
    out += '-';
    return;
  }
  out += '(';
  out += static_cast<char>('a' + static_cast<int>(node->op));
  for (std::string_view step : node->path) append_text(out, step);
  out += '=';
  for (const Value& v : node->values) append_text(out, dynamodb::pack_value(v));
  if (node->subquery) {
    append_text(out, node->subquery->model->table);
    append_text(out, node->subquery->member);
    append_node(out, node->subquery->where);
  }
  append_node(out, node->left);
  append_node(out, node->right);
  out += ')';
}

const unsigned char* bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

[[noreturn]] void invalid() {
  throw InvalidCursor("The cursor is damaged, or of another list: start from the first page.");
}

}  // namespace

Fingerprint fingerprint(const Query& query, const Plan& plan) {
  std::string text;
  append_text(text, query.model->table);
  append_node(text, query.where);
  for (const OrderTerm& term : query.order)
    append_text(text, (term.descending ? "-" : "+") + std::string(term.field->attribute));
  // A list of keys, which a relation gives, may shrink to one or none between pages.
  const bool by_keys =
      plan.access == Plan::Access::get_item || plan.access == Plan::Access::nothing;
  // And so may the partitions that are merged.
  const bool by_partitions = plan.access == Plan::Access::merge && plan.hash != nullptr;
  const Plan::Access access = by_keys         ? Plan::Access::batch_get
                              : by_partitions ? Plan::Access::query
                                              : plan.access;
  text += static_cast<char>('0' + static_cast<int>(access));
  if (plan.index) append_text(text, plan.index->name);
  Fingerprint print{};
  crypto_generichash(print.data(), print.size(), bytes(text), text.size(), nullptr, 0);
  return print;
}

std::string seal_cursor(const Connection& connection, const Fingerprint& of, const Cursor& cursor) {
  std::string plain{kVersion, static_cast<char>(cursor.backwards)};
  plain.append(reinterpret_cast<const char*>(of.data()), of.size());
  plain += dynamodb::PackedItem(cursor.position).bytes();
  std::string sealed(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.size(), '\0');
  randombytes_buf(sealed.data(), crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(bytes(sealed) + crypto_secretbox_NONCEBYTES, bytes(std::string_view(plain)),
                        plain.size(), bytes(sealed), connection.cursor_key().data());
  std::string text = base64url_encode(sealed);
  if (text.size() > kLongestCursor) {
    throw FieldError("page(): the values that the list is ordered by take " +
                     std::to_string(plain.size()) +
                     " bytes in one row, too many for a cursor: order by a shorter field.");
  }
  return text;
}

Cursor open_cursor(const Connection& connection, const Fingerprint& of, std::string_view text) {
  if (text.size() > kLongestCursor) invalid();
  const auto sealed = base64url_decode(text);
  constexpr std::size_t head = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES,
                        fixed = 2 + sizeof(Fingerprint);
  if (!sealed || sealed->size() < head + fixed) invalid();
  std::string plain(sealed->size() - head, '\0');
  const std::string_view box = std::string_view(*sealed).substr(crypto_secretbox_NONCEBYTES);
  if (crypto_secretbox_open_easy(bytes(plain), bytes(box), box.size(),
                                 bytes(std::string_view(*sealed)),
                                 connection.cursor_key().data()) != 0)
    invalid();
  if (plain[0] != kVersion || std::memcmp(plain.data() + 2, of.data(), of.size()) != 0) invalid();
  const std::string_view position = std::string_view(plain).substr(fixed);
  if (!dynamodb::is_packed_item(position)) invalid();
  return {plain[1] != 0, dynamodb::unpack(dynamodb::ItemView(position))};
}

}  // namespace dynamo_backend
