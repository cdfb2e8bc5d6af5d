#include "dynamo_backend/migrations/conversions.h"

#include <algorithm>
#include <chrono>

#include "dynamo_backend/migrations/state.h"

namespace dynamo_backend::migrations {
namespace {

using Type = Shape::Type;

bool is_number(Type t) { return t == Type::integer || t == Type::real || t == Type::decimal; }
bool is_time(Type t) { return t == Type::datetime || t == Type::epoch; }
bool is_container(Type t) { return t == Type::list || t == Type::set; }

bool same(const Shape& a, const Shape& b) { return type_of(a) == type_of(b); }

// Whether values of `from` can be read as `to` without a change.
bool reads_as(const Shape& from, const Shape& to) {
  if (same(from, to)) return true;
  switch (to.type) {
    case Type::text:
      return from.type == Type::datetime || from.type == Type::uuid;
    case Type::integer:
      return from.type == Type::epoch;
    case Type::real:
    case Type::decimal:
      return is_number(from.type) || from.type == Type::epoch;
    case Type::list:
    case Type::set:
      return from.type == to.type && reads_as(*from.element, *to.element);
    case Type::json:
      return from.type != Type::set && from.type != Type::binary &&
             (from.type != Type::list || reads_as(*from.element, to));
    default:
      return false;
  }
}

bool converts(const Shape& from, const Shape& to) {
  if (reads_as(from, to)) return true;
  if (from.type == Type::json) return to.type != Type::binary;
  switch (to.type) {
    case Type::text:
      return is_number(from.type) || from.type == Type::boolean || from.type == Type::epoch;
    case Type::integer:
      return is_number(from.type) || from.type == Type::text || from.type == Type::boolean ||
             is_time(from.type);
    case Type::epoch:
      return is_number(from.type) || from.type == Type::text || is_time(from.type);
    case Type::real:
    case Type::decimal:
    case Type::boolean:
      return is_number(from.type) || from.type == Type::text || from.type == Type::boolean;
    case Type::datetime:
      return from.type == Type::text || is_number(from.type) || is_time(from.type);
    case Type::uuid:
      return from.type == Type::text;
    case Type::list:
    case Type::set:
      return converts(is_container(from.type) ? *from.element : from, *to.element);
    case Type::json:
      return from.type == Type::set && from.element->type != Type::binary;
    default:
      return false;
  }
}

std::pair<std::string_view, std::string_view> halves(std::string_view name) {
  constexpr std::string_view kTo = " to ";
  const auto at = name.find(kTo);
  if (at == std::string_view::npos) return {};
  return {name.substr(0, at), name.substr(at + kTo.size())};
}

[[noreturn]] void refuse(const Shape& to, const Value& value) {
  throw BadValue("cannot be made " + type_of(to) + " of a value of type " +
                 std::string(dynamodb::type_name(value.type())));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Value to_text(const Value& value, const Shape& to) {
  if (value.is<std::string>()) return value;
  if (const auto* n = value.get_if<dynamodb::Number>()) return n->text();
  if (const auto* b = value.get_if<bool>()) return *b ? "true" : "false";
  refuse(to, value);
}

dynamodb::Number number_of(const std::string& text) {
  if (auto number = dynamodb::Number::parse(trimmed(text))) return *std::move(number);
  throw BadValue("is \"" + text + "\", which is no number");
}

// nullopt: it is no time. Throws BadValue where a Timestamp would cut its fraction.
std::optional<Timestamp> parse_time(const std::string& text) {
  const auto time = base::parse_iso(text);
  constexpr std::size_t kDigits = 6;
  const auto point = text.find('.');
  if (!time || point == std::string::npos) return time;
  const auto end = std::min(text.find_first_not_of("0123456789", point + 1), text.size());
  const auto last = text.find_last_not_of('0', end - 1);  // the point, where there are zeros alone
  if (last - point > kDigits) throw BadValue("is \"" + text + "\", a time finer than microseconds");
  return time;
}

// What time a text says, where it may be one: of a field of texts it is a number or nothing.
std::optional<Timestamp> time_of(const std::string& text, const Shape& from, const Shape& to) {
  const bool may_be =
      to.type == Type::epoch || (to.type == Type::integer && from.type == Type::datetime);
  return may_be ? parse_time(text) : std::nullopt;
}

dynamodb::Number seconds_of(Timestamp time, const std::string& text) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  if (whole != time) throw BadValue("is \"" + text + "\", whose fraction of a second would be cut");
  return dynamodb::Number(whole.time_since_epoch().count());
}

Value to_number(const Value& value, const Shape& from, const Shape& to) {
  if (const auto* b = value.get_if<bool>()) return *b ? 1 : 0;
  dynamodb::Number number;
  if (const auto* n = value.get_if<dynamodb::Number>()) {
    number = *n;
  } else if (const auto* s = value.get_if<std::string>()) {
    const auto time = time_of(*s, from, to);
    number = time ? seconds_of(*time, *s) : number_of(*s);
  } else {
    refuse(to, value);
  }
  if ((to.type == Type::integer || to.type == Type::epoch) &&
      number.text().find('.') != std::string::npos)
    throw BadValue("is " + number.text() + ", which is no whole number");
  if (to.type == Type::integer && !number.to_int64() && !number.to_uint64())
    throw BadValue("is " + number.text() + ", which no integer of a program holds");
  return number;
}

Value to_boolean(const Value& value, const Shape& to) {
  if (value.is<bool>()) return value;
  if (const auto* n = value.get_if<dynamodb::Number>()) {
    if (n->text() == "0" || n->text() == "1") return n->text() == "1";
    throw BadValue("is " + n->text() + ", which is neither 0 nor 1");
  }
  if (!value.is<std::string>()) refuse(to, value);
  try {
    return coerce(to, value);
  } catch (const BadValue&) {
    throw BadValue("is \"" + value.as<std::string>() + "\", which is neither true nor false");
  }
}

// A year that stored times do not have would be cut.
Value stored_time(Timestamp time, const std::string& text) {
  std::string stored = base::to_iso(time);
  if (base::parse_iso(stored) != time)
    throw BadValue("is " + text + ", which is not in the years 1 to 9999");
  return stored;
}

Value to_datetime(const Value& value, const Shape& to) {
  if (const auto* n = value.get_if<dynamodb::Number>()) {
    const auto seconds = n->to_int64();
    constexpr std::int64_t kFarthest = 253402300799;  // 9999-12-31T23:59:59Z
    if (!seconds || *seconds > kFarthest || *seconds < -kFarthest)
      throw BadValue("is " + n->text() + ", which is no time in whole seconds");
    return stored_time(Timestamp(std::chrono::seconds(*seconds)), n->text());
  }
  if (!value.is<std::string>()) refuse(to, value);
  const std::string text = "\"" + value.as<std::string>() + "\"";
  const auto time = parse_time(value.as<std::string>());
  if (!time) throw BadValue("is " + text + ", which is no ISO 8601 time");
  return stored_time(*time, text);
}

Value to_uuid(const Value& value, const Shape& to) {
  if (!value.is<std::string>()) refuse(to, value);
  const auto uuid = Uuid::parse(value.as<std::string>());
  if (!uuid) throw BadValue("is \"" + value.as<std::string>() + "\", which is no UUID");
  return uuid->str();
}

std::vector<Value> elements_of(const Value& value) {
  if (const auto* list = value.get_if<dynamodb::List>()) return *list;
  const auto type = value.type();
  if (type != dynamodb::Type::SS && type != dynamodb::Type::NS && type != dynamodb::Type::BS)
    return {value};
  const std::string packed = dynamodb::pack_value(value);
  return codec::set_members(dynamodb::ValueView(packed));
}

Value to_shape(const Value& value, const Shape& from, const Shape& to);

Value to_container(const Value& value, const Shape& from, const Shape& to) {
  const Shape& element_from = is_container(from.type) ? *from.element : from;
  std::vector<Value> elements;
  for (const Value& element : elements_of(value))
    elements.push_back(to_shape(element, element_from, *to.element));
  if (to.type == Type::set) return codec::make_set(std::move(elements));
  return dynamodb::List(std::move(elements));
}

Value to_json_value(const Value& value) {
  const auto type = value.type();
  const bool set =
      type == dynamodb::Type::SS || type == dynamodb::Type::NS || type == dynamodb::Type::BS;
  return set ? Value(dynamodb::List(elements_of(value))) : value;
}

Value to_shape(const Value& value, const Shape& from, const Shape& to) {
  switch (to.type) {
    case Type::text:
      return to_text(value, to);
    case Type::integer:
    case Type::epoch:
    case Type::real:
    case Type::decimal:
      return to_number(value, from, to);
    case Type::boolean:
      return to_boolean(value, to);
    case Type::datetime:
      return to_datetime(value, to);
    case Type::uuid:
      return to_uuid(value, to);
    case Type::list:
    case Type::set:
      return to_container(value, from, to);
    case Type::json:
      return to_json_value(value);
    default:
      if (value.type() != to.stored()) refuse(to, value);
      return value;
  }
}

}  // namespace

std::optional<std::string> standard_conversion(std::string_view from, std::string_view to) {
  const Shape &a = shape_of(from), &b = shape_of(to);
  if (reads_as(a, b)) return "";
  if (!converts(a, b)) return std::nullopt;
  return std::string(from) + " to " + std::string(to);
}

void check_conversion(std::string_view name) {
  const auto [from, to] = halves(name);
  std::string why = "conversions are called \"<type> to <type>\", such as \"text to integer\"";
  if (!from.empty()) {
    if (const auto standard = standard_conversion(from, to); standard && !standard->empty()) return;
    why =
        "values of the one type do not become values of the other by themselves; name a row "
        "function, as \"@app.function\"";
  }
  throw MigrationError("There is no conversion \"" + std::string(name) + "\": " + why);
}

Value convert(std::string_view name, const Value& value) {
  if (value.is<dynamodb::Null>()) return value;
  const auto [from, to] = halves(name);
  return to_shape(value, shape_of(from), shape_of(to));
}

}  // namespace dynamo_backend::migrations
