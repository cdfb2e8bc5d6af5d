#include "dynamo_backend/json_members.h"

#include "base/json.h"
#include "base/json_writer.h"

namespace dynamo_backend {
namespace {

Json of_shape(const Shape& shape) {
  using Type = Shape::Type;
  switch (shape.type) {
    case Type::text:
      return {{"type", "string"}};
    case Type::integer:
      return {{"type", "integer"}};
    case Type::real:
      return {{"type", "number"}};
    case Type::decimal:  // its digits: a reader of numbers would round them
      return {{"type", "string"}, {"pattern", "^-?[0-9]"}};
    case Type::boolean:
      return {{"type", "boolean"}};
    case Type::datetime:
    case Type::epoch:
      return {{"type", "string"}, {"format", "date-time"}};
    case Type::uuid:
      return {{"type", "string"}, {"format", "uuid"}};
    case Type::binary:
      return {{"type", "string"}, {"contentEncoding", "base64"}};
    case Type::list:
      return {{"type", "array"}, {"items", of_shape(*shape.element)}};
    case Type::set:
      return {{"type", "array"}, {"items", of_shape(*shape.element)}, {"uniqueItems", true}};
    case Type::json:
    case Type::none:
      break;
  }
  return Json::object();
}

// Null is written where there is no value; an empty set is none.
Json of_field(const FieldInfo& field) {
  Json schema = of_shape(field.shape());
  if ((field.nullable() || field.kind == Kind::set) && schema.contains("type"))
    schema["type"] = {schema["type"], "null"};
  return schema;
}

Json of_input(const FieldInfo& field) {
  Json schema = of_field(field);
  if (field.shape().type == Shape::Type::decimal) schema = {{"type", {"string", "integer"}}};
  if (field.max_length != 0) schema["maxLength"] = field.max_length;
  if (is_text(field.kind) && !field.blank && !field.nullable()) {
    schema["minLength"] = 1;
    schema["pattern"] = "\\S";
  }
  if (field.kind == Kind::slug) schema["pattern"] = "^[-a-zA-Z0-9_]*$";
  if (field.kind == Kind::email && !field.blank) schema["format"] = "email";
  if (field.kind == Kind::url && !field.blank) schema["format"] = "uri";
  return schema;
}

template <class OfField>
Json object_schema(const ModelInfo& model, std::span<const JsonMember> members, bool all_required,
                   const OfField& of) {
  Json schema = {
      {"type", "object"}, {"properties", Json::object()}, {"additionalProperties", false}};
  Json required = Json::array();
  for (const JsonMember& member : members) {
    schema["properties"][std::string(member.name)] = of(model.field(member.stored_as()));
    if (all_required || member.required) required.push_back(member.name);
  }
  if (!required.empty()) schema["required"] = required;
  return schema;
}

}  // namespace

void write_members(base::JsonWriter& out, const ModelInfo& model, const void* row,
                   std::span<const JsonMember> members) {
  for (const JsonMember& member : members) {
    out.key(member.name);
    model.field(member.stored_as()).write_json(row, out);
  }
}

Json shown_schema(const ModelInfo& model, std::span<const JsonMember> members) {
  return object_schema(model, members, true, of_field);
}

Json input_schema(const ModelInfo& model, std::span<const JsonMember> members) {
  return object_schema(model, members, false, of_input);
}

}  // namespace dynamo_backend
