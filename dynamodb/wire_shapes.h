// The members of every request on items and tables, as AWS's API model has them: their types, and
// the rules that a value must keep whatever the table is.
//
// DynamoDB checks a request in phases: the types of all members it knows, in the order of the text
// (SerializationException at the first wrong one); then the rules of all members, in an order of
// its own, reported together (constraint_message()). Only then does it look at what members mean:
// wire_requests_read.cc, wire_tables.cc, partiql/wire.cc. Members that no shape knows are ignored,
// and null is absence. decode_request() goes through the three phases. Internal to wire_*.cc and
// partiql/wire.cc. Thread safety: constants and functions without state.
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
  enum class Kind : std::uint8_t {
    boolean,
    integer,
    long_integer,
    string,
    blob,
    list,
    map,
    structure
  };

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
  bool is_name = false;           // [a-zA-Z0-9_.-]{3,255}
  bool may_be_arn = false;        // a table's name or its ARN
  bool length_first = false;      // of a name: how AWS orders its rules
  bool keyed_by_table = false;    // a map whose keys are such names
  bool echoed_as_json = false;    // such a map: how a message about names shows it
  // Of a map of lists: its lists' lengths, which are reported at the map.
  std::size_t min_list = 0, max_list = std::numeric_limits<std::size_t>::max();
  // An integer that may come as text: dynamodb-admin's form sends {"ReadCapacityUnits":"3"}, which
  // DynamoDB Local takes too. (AWS refuses it: docs/compatibility.md.)
  bool may_be_text = false;
};

struct Field {
  std::string_view name;
  const Shape* shape;
  bool required = false;
  // The error where it is absent, which AWS tells before all rules. Of a request's members.
  std::string_view absent{};
};

// A structure.
const Shape& shape_of(Operation operation);
const Shape& table_shape_of(Operation operation);  // wire_shapes_tables.cc: of tables and tags

// The text of the SerializationException that `request` deserves; nullopt where its types are
// right.
std::optional<std::string> check_types(JsonElement request, const Shape& shape);
// REQUIRES: the types are right.
std::optional<std::string> check_absent(JsonElement request, const Shape& shape);
std::vector<ConstraintProblem> check_rules(JsonElement request, const Shape& shape);
// DynamoDB: where values are nested more deeply than about 62 levels, the old layer reads the
// request.
bool is_too_deep_for_the_new_layer(JsonElement request);

// The second and third phase, in the words of `wording`; `read` is the third.
template <class Request, class Read>
Result<Request> decode_checked(JsonElement root, const Shape& shape, Wording wording, Read read) {
  if (const auto problems = check_rules(root, shape); !problems.empty())
    return validation_error(constraint_message(wording, problems));
  Errors errors{.wording = wording};
  Request request = read(Reader(root, errors));
  if (!errors.first) return request;
  if (errors.first->code == ErrorCode::validation)
    errors.first->message = value_message(wording, std::move(errors.first->message));
  return std::move(*errors.first);
}

// All three phases; `read` is the third: Request(const Reader&).
template <class Request, class Read>
Result<Request> decode_request(std::string_view json, Operation operation, Read read) {
  Errors errors;
  const JsonDocument document(json, errors);
  // AWS has no words for what is not JSON.
  if (!document.is_json()) return Error{ErrorCode::serialization, ""};
  if (errors.first) return std::move(*errors.first);
  const JsonElement root = document.root();
  const Shape& shape = shape_of(operation);
  if (auto problem = check_types(root, shape))
    return Error{ErrorCode::serialization, std::move(*problem)};
  if (auto problem = check_absent(root, shape)) return validation_error(std::move(*problem));
  const Wording wording = wording_of(operation);
  auto request = decode_checked<Request>(root, shape, wording, read);
  if (request.has_error() && wording != Wording::old && is_too_deep_for_the_new_layer(root))
    return decode_checked<Request>(root, shape, Wording::old, read);
  return request;
}

}  // namespace dynamodb::wire
