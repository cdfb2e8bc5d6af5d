// The members of every request on items, as AWS's API model has them: their types, and the rules
// that a value must keep whatever the table is.
//
// DynamoDB checks a request in phases: the types of all members it knows, in the order of the text
// (SerializationException at the first wrong one); then the rules of all members, in an order of
// its own, reported together (constraint_message()). Only then does it look at what members mean:
// wire_requests_read.cc. Members that no shape knows are ignored, and null is absence.
// Internal to wire_*.cc. Thread safety: constants and functions without state.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dynamodb/wire_json.h"
#include "dynamodb/wire_messages.h"

namespace dynamodb::wire {

struct Field;

struct Shape {
  enum class Kind : std::uint8_t { boolean, integer, string, blob, list, map, structure };

  Kind kind = Kind::string;
  std::string_view java{};          // class of a structure, or of a map's values: for messages
  std::span<const Field> fields{};  // of a structure, in the order in which rules are checked
  const Shape* element = nullptr;   // of a list or map

  // Rules. Lengths are those of strings and lists.
  std::size_t min_length = 0, max_length = std::numeric_limits<std::size_t>::max();
  std::int64_t min_value = std::numeric_limits<std::int64_t>::min(),
               max_value = std::numeric_limits<std::int64_t>::max();
  std::span<const std::string_view> values{};  // enumerators; empty: any text
  std::string_view new_values{};  // what the new layer says of another enumerator, if not the same
  bool checked_first = false;     // an enumeration that the new layer looks at before others
  bool is_name = false;                        // [a-zA-Z0-9_.-]{3,255}
  bool may_be_arn = false;                     // a table's name or its ARN
  bool keyed_by_table = false;                 // a map whose keys are such names
  bool echoed_as_json = false;                 // such a map: how a message about names shows it
  // Of a map of lists: its lists' lengths, which are reported at the map.
  std::size_t min_list = 0, max_list = std::numeric_limits<std::size_t>::max();
};

struct Field {
  std::string_view name;
  const Shape* shape;
  bool required = false;
};

// A structure.
const Shape& shape_of(Operation operation);

// The text of the SerializationException that `request` deserves; nullopt where its types are
// right.
std::optional<std::string> check_types(JsonElement request, const Shape& shape);
// REQUIRES: the types are right.
std::vector<ConstraintProblem> check_rules(JsonElement request, const Shape& shape);
// DynamoDB: where values are nested more deeply than about 62 levels, the old layer reads the
// request.
bool is_too_deep_for_the_new_layer(JsonElement request);

}  // namespace dynamodb::wire
