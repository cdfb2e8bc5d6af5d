// JSON and text to stored values and back, by shape.
#include <charconv>
#include <cmath>

#include "base/base64.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "dynamo_backend/codec.h"

namespace dynamo_backend {
namespace {

using ShapeType = Shape::Type;

// The words that say what a field of this shape takes.
std::string wanted(const Shape& shape) {
  switch (shape.type) {
    case ShapeType::text:
      return "must be a string";
    case ShapeType::integer:
      return "must be a whole number";
    case ShapeType::real:
      return "must be a number";
    case ShapeType::decimal:
      return "must be a whole number, or its digits as a string";
    case ShapeType::boolean:
      return "must be true or false";
    case ShapeType::datetime:
    case ShapeType::epoch:
      return "must be an ISO 8601 date and time, such as \"2026-11-22T10:00:00Z\"";
    case ShapeType::uuid:
      return "must be a UUID, such as \"6f1c1a52-3c1f-4f0e-9a57-1f7d0c9d2b11\"";
    case ShapeType::binary:
      return "must be base64 text";
    case ShapeType::list:
    case ShapeType::set:
      return "must be an array";
    case ShapeType::json:
    case ShapeType::none:
      break;
  }
  return "cannot be stored";
}

[[noreturn]] void refuse(const Shape& shape) { throw BadValue(wanted(shape)); }

Value json_integer(const Json& json) {
  if (json.is_number_unsigned()) return json.get<std::uint64_t>();
  return json.get<std::int64_t>();
}

Value number_from_text(const Shape& shape, std::string_view text) {
  auto number = dynamodb::Number::parse(text);
  if (!number) refuse(shape);
  if (shape.type == ShapeType::integer && number->text().find('.') != std::string::npos)
    refuse(shape);
  return *std::move(number);
}

Value text_of(const Shape& shape, const std::string& text) {
  switch (shape.type) {
    case ShapeType::text:
      return text;
    case ShapeType::datetime: {
      const auto time = base::parse_iso(text);
      if (!time) refuse(shape);
      return base::to_iso(*time);
    }
    case ShapeType::epoch: {
      const auto time = base::parse_iso(text);
      if (!time) refuse(shape);
      return codec::encode_epoch(*time);
    }
    case ShapeType::uuid: {
      const auto uuid = Uuid::parse(text);
      if (!uuid) refuse(shape);
      return uuid->str();
    }
    case ShapeType::decimal:
      return number_from_text(shape, text);
    case ShapeType::binary: {
      auto bytes = base::base64_decode(text);
      if (!bytes) refuse(shape);
      return Binary{*std::move(bytes)};
    }
    default:
      refuse(shape);
  }
}

Value elements_of(const Shape& shape, std::vector<Value> elements) {
  if (shape.type == ShapeType::set) return codec::make_set(std::move(elements));
  return dynamodb::List(std::move(elements));
}

// The stored form of any JSON.
Value any_json(const Json& json) {
  if (json.is_string()) return json.get_ref<const std::string&>();
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json_integer(json);
  if (json.is_number_float()) return codec::encode_double(json.get<double>());
  if (json.is_array()) {
    dynamodb::List list;
    for (const Json& element : json) list.push_back(any_json(element));
    return list;
  }
  if (json.is_object()) {
    dynamodb::Map map;
    for (const auto& [key, member] : json.items()) map.emplace(key, any_json(member));
    return map;
  }
  return {};
}

void any_to_json(Json& out, const Value& value);

struct ToJson {
  Json& out;
  void operator()(const std::string& s) const { out = s; }
  void operator()(const dynamodb::Number& n) const {
    if (const auto i = n.to_int64())
      out = *i;
    else if (const auto u = n.to_uint64())
      out = *u;
    else
      out = n.to_double();
  }
  void operator()(const Binary& b) const { out = base::base64_encode(b.bytes); }
  void operator()(bool b) const { out = b; }
  void operator()(dynamodb::Null) const { out = nullptr; }
  void operator()(const dynamodb::Map& m) const {
    out = Json::object();
    for (const auto& [key, member] : m) any_to_json(out[key], member);
  }
  void operator()(const dynamodb::List& l) const {
    out = Json::array();
    for (const Value& element : l) any_to_json(out.emplace_back(), element);
  }
  void operator()(const dynamodb::StringSet& s) const { out = s.members; }
  void operator()(const dynamodb::NumberSet& s) const {
    out = Json::array();
    for (const auto& n : s.members) ToJson{out.emplace_back()}(n);
  }
  void operator()(const dynamodb::BinarySet& s) const {
    out = Json::array();
    for (const auto& b : s.members) out.push_back(base::base64_encode(b));
  }
};

void any_to_json(Json& out, const Value& value) { std::visit(ToJson{out}, value.variant()); }

}  // namespace

namespace codec {
Value encode_json(const Json& json) { return any_json(json); }
void json(Json& out, dynamodb::ValueView stored) { any_to_json(out, dynamodb::unpack(stored)); }
void clear(Json& out) { out = Json(); }
}  // namespace codec

bool is_null(const Json& json) { return json.is_null(); }

Value from_json(const Shape& shape, const Json& json) {
  switch (shape.type) {
    case ShapeType::json:
      return any_json(json);
    case ShapeType::boolean:
      if (!json.is_boolean()) refuse(shape);
      return json.get<bool>();
    case ShapeType::integer:
      if (!json.is_number_integer()) refuse(shape);
      return json_integer(json);
    case ShapeType::decimal:  // a float is rounded already
      if (json.is_number_integer()) return json_integer(json);
      break;
    case ShapeType::real:
      if (json.is_number_integer()) return json_integer(json);
      if (json.is_number_float()) return codec::encode_double(json.get<double>());
      break;
    case ShapeType::list:
    case ShapeType::set: {
      if (!json.is_array()) refuse(shape);
      std::vector<Value> elements;
      for (const Json& element : json) {
        try {
          elements.push_back(from_json(*shape.element, element));
        } catch (const BadValue& e) {
          throw BadValue("element " + std::to_string(elements.size() + 1) + " " + e.what());
        }
      }
      return elements_of(shape, std::move(elements));
    }
    default:
      break;
  }
  if (!json.is_string()) refuse(shape);
  return text_of(shape, json.get_ref<const std::string&>());
}

Value coerce(const Shape& shape, const Value& value) {
  if (value.is<dynamodb::Null>() || shape.type == ShapeType::json) return value;
  if (const auto* elements = value.get_if<dynamodb::List>();
      elements && (shape.type == ShapeType::list || shape.type == ShapeType::set)) {
    std::vector<Value> out;
    for (const Value& element : *elements) {
      if (shape.type == ShapeType::set && element.is<dynamodb::Null>())
        throw BadValue("element " + std::to_string(out.size() + 1) + " " + wanted(*shape.element));
      out.push_back(coerce(*shape.element, element));
    }
    return elements_of(shape, std::move(out));
  }
  const auto* text = value.get_if<std::string>();
  if (!text) {
    if (value.type() != shape.stored()) refuse(shape);
    if (const auto* n = value.get_if<dynamodb::Number>()) return number_from_text(shape, n->text());
    return value;
  }
  if (shape.type == ShapeType::boolean) {
    if (*text == "true" || *text == "True" || *text == "1" || *text == "on") return true;
    if (*text == "false" || *text == "False" || *text == "0") return false;
    refuse(shape);
  }
  if (shape.type == ShapeType::integer || shape.type == ShapeType::real)
    return number_from_text(shape, *text);
  return text_of(shape, *text);
}

Value stored_form(const Shape& shape, Value value) {
  if (shape.type == ShapeType::epoch && value.is<std::string>()) return coerce(shape, value);
  return value;
}

namespace {
std::string epoch_text(const Value& value) {
  const std::string packed = dynamodb::pack_value(value);
  return base::to_iso(codec::epoch(dynamodb::ValueView(packed)));
}
}  // namespace

Json to_json(const Shape& shape, const Value& value) {
  Json out;
  if (shape.type == ShapeType::epoch && value.is<dynamodb::Number>()) return epoch_text(value);
  if (const auto* n = value.get_if<dynamodb::Number>()) {
    if (shape.type == ShapeType::decimal) return n->text();  // a JSON reader would round a number
    if (shape.type == ShapeType::real) return n->to_double();
  }
  const Shape* leaf = &shape;
  while (leaf->element) leaf = leaf->element;
  if (leaf != &shape && leaf->type == ShapeType::decimal) {
    const auto* list = value.get_if<dynamodb::List>();
    const auto* set = value.get_if<dynamodb::NumberSet>();
    out = Json::array();
    if (list) {
      for (const Value& element : *list) out.push_back(to_json(*shape.element, element));
    }
    if (set) {
      for (const auto& n : set->members) out.push_back(n.text());
    }
    if (list || set) return out;
  }
  any_to_json(out, value);
  return out;
}

void write_json(const Shape& shape, const Value& value, base::JsonWriter& out) {
  if (const auto* s = value.get_if<std::string>()) return out.value(std::string_view(*s));
  if (const auto* b = value.get_if<bool>()) return out.value(*b);
  if (value.is<dynamodb::Null>()) return out.value(nullptr);
  if (shape.type == ShapeType::epoch && value.is<dynamodb::Number>())
    return out.value(std::string_view(epoch_text(value)));
  if (const auto* n = value.get_if<dynamodb::Number>(); n && shape.type == ShapeType::integer)
    return out.raw(n->text());
  out.value(to_json(shape, value));
}

}  // namespace dynamo_backend
