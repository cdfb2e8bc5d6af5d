#include "dynamo_backend/codec.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json.h"

namespace dynamo_backend {

std::optional<dynamodb::Type> Shape::stored() const {
  switch (type) {
    case Type::text:
    case Type::datetime:
    case Type::uuid:
      return dynamodb::Type::S;
    case Type::integer:
    case Type::epoch:
    case Type::real:
    case Type::decimal:
      return dynamodb::Type::N;
    case Type::boolean:
      return dynamodb::Type::BOOL;
    case Type::binary:
      return dynamodb::Type::B;
    case Type::list:
      return dynamodb::Type::L;
    case Type::set:
      if (!element) return std::nullopt;
      return element->stored() == dynamodb::Type::N   ? dynamodb::Type::NS
             : element->stored() == dynamodb::Type::B ? dynamodb::Type::BS
                                                      : dynamodb::Type::SS;
    case Type::json:
    case Type::none:
      break;
  }
  return std::nullopt;
}

bool Shape::is_key_type() const {
  const auto t = stored();
  return t == dynamodb::Type::S || t == dynamodb::Type::N || t == dynamodb::Type::B;
}

namespace codec {
namespace {

[[noreturn]] void wrong_type(dynamodb::ValueView stored, const char* wanted) {
  throw BadValue("is of type " + std::string(dynamodb::type_name(stored.type())) +
                 " where the model has " + wanted);
}

void expect(dynamodb::ValueView stored, dynamodb::Type type, const char* wanted) {
  if (stored.type() != type) wrong_type(stored, wanted);
}

// In quotes; a NUL, at which what() would end for its readers, is shown.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\0')
      out += "\\x00";
    else
      out += c;
  }
  return out + "\"";
}

template <class Int>
Int integer(dynamodb::ValueView stored, Int low, Int high) {
  const std::string_view text = number(stored);
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= low && value <= high)
    return value;
  if (text.find('.') != std::string_view::npos)
    throw BadValue("is " + std::string(text) + ", not a whole number");
  throw BadValue("is " + std::string(text) + ", not between " + std::to_string(low) + " and " +
                 std::to_string(high));
}

}  // namespace

Value encode_double(double real) {
  if (auto n = dynamodb::Number::from_double(real)) return *std::move(n);
  throw BadValue("is not a finite number of a magnitude from 1E-130 to 9.99E+125");
}

std::string_view text(dynamodb::ValueView stored) {
  expect(stored, dynamodb::Type::S, "text");
  return stored.text();
}
bool boolean(dynamodb::ValueView stored) {
  expect(stored, dynamodb::Type::BOOL, "true or false");
  return stored.boolean();
}
std::string_view number(dynamodb::ValueView stored) {
  expect(stored, dynamodb::Type::N, "a number");
  return stored.text();
}
std::int64_t signed_integer(dynamodb::ValueView stored, std::int64_t low, std::int64_t high) {
  return integer(stored, low, high);
}
std::uint64_t unsigned_integer(dynamodb::ValueView stored, std::uint64_t high) {
  return integer<std::uint64_t>(stored, 0, high);
}
double real(dynamodb::ValueView stored) {
  return dynamodb::Number::from_canonical(number(stored)).to_double();
}
Uuid uuid(dynamodb::ValueView stored) {
  const std::string_view text_form = text(stored);
  if (const auto parsed = Uuid::parse(text_form)) return *parsed;
  throw BadValue("is " + quoted(text_form) + ", not a UUID");
}
Timestamp datetime(dynamodb::ValueView stored) {
  const std::string_view text_form = text(stored);
  if (const auto parsed = base::parse_iso(text_form)) return *parsed;
  throw BadValue("is " + quoted(text_form) + ", not an ISO 8601 date and time");
}
// Any number may stand in a table; the calendar has the years 1 to 9999, as to_iso().
constexpr std::int64_t kFirstSecond = -62'135'596'800, kLastSecond = 253'402'300'799;

Value encode_epoch(Timestamp time) {
  const std::int64_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return Value(std::clamp(seconds, kFirstSecond, kLastSecond));
}
Timestamp epoch(dynamodb::ValueView stored) {
  if (stored.type() == dynamodb::Type::S) return datetime(stored);
  const double seconds = real(stored);
  if (!(seconds >= static_cast<double>(kFirstSecond) &&
        seconds <= static_cast<double>(kLastSecond)))
    throw BadValue("is " + std::string(number(stored)) + ", no time of the years 1 to 9999");
  return Timestamp(std::chrono::seconds(static_cast<std::int64_t>(std::floor(seconds))));
}
std::string_view binary(dynamodb::ValueView stored) {
  expect(stored, dynamodb::Type::B, "bytes");
  return stored.text();
}
dynamodb::ListView list(dynamodb::ValueView stored) {
  expect(stored, dynamodb::Type::L, "a list");
  return stored.list();
}

std::vector<Value> set_members(dynamodb::ValueView stored) {
  std::vector<Value> out;
  switch (stored.type()) {
    case dynamodb::Type::SS:
      for (std::string_view m : stored.set()) out.emplace_back(m);
      return out;
    case dynamodb::Type::NS:
      for (std::string_view m : stored.set()) out.emplace_back(dynamodb::Number::from_canonical(m));
      return out;
    case dynamodb::Type::BS:
      for (std::string_view m : stored.set()) out.emplace_back(Binary{std::string(m)});
      return out;
    default:
      wrong_type(stored, "a set");
  }
}

Value make_set(std::vector<Value> members) {
  if (members.empty()) return {};
  if (members.front().is<dynamodb::Number>()) {
    std::vector<dynamodb::Number> numbers;
    for (Value& m : members) numbers.push_back(std::move(m.as<dynamodb::Number>()));
    return dynamodb::NumberSet::make(std::move(numbers));
  }
  std::vector<std::string> texts;
  const bool binary_set = members.front().is<Binary>();
  for (Value& m : members)
    texts.push_back(binary_set ? std::move(m.as<Binary>().bytes) : std::move(m.as<std::string>()));
  if (binary_set) return dynamodb::BinarySet::make(std::move(texts));
  return dynamodb::StringSet::make(std::move(texts));
}

}  // namespace codec
}  // namespace dynamo_backend
