// The types that models are written in, and the kinds of fields.
#pragma once
#include <cstdint>

#include "base/json_fwd.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "dynamodb/value.h"

namespace dynamo_backend {

using base::Timestamp;
using base::Uuid;
using Decimal = dynamodb::Number;  // exact, up to 38 digits
using Json = base::Json;           // a model with a Json member includes "base/json.h"
using dynamodb::Binary;
using Value =
    dynamodb::AttributeValue;  // of the run-time side: conditions, defaults, rows without a type

enum class Kind : std::uint8_t {
  char_,
  text,
  slug,
  email,
  url,
  integer,
  real,
  decimal,
  boolean,
  datetime,
  uuid,
  json,
  binary,
  list,
  set,
  foreign_key,
  one_to_one,
  many_to_many,
  version,
  ttl,       // a Timestamp, stored as DynamoDB's time to live: a number of seconds
  computed,  // no member: the attribute of a ComputedIndex
};

// What happens to a row when the row that its foreign key names is deleted.
enum class OnDelete : std::uint8_t { cascade, set_null, restrict_ };

constexpr bool is_text(Kind k) {
  return k == Kind::char_ || k == Kind::text || k == Kind::slug || k == Kind::email ||
         k == Kind::url;
}
constexpr bool is_relation(Kind k) { return k == Kind::foreign_key || k == Kind::one_to_one; }

}  // namespace dynamo_backend
