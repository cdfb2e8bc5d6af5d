#include "dynamodb/wire_json.h"

#include <algorithm>
#include <bit>
#include <limits>

#include <simdjson.h>

namespace dynamodb::wire {
namespace {

// An item nests 32 values at most, two JSON levels each; requests add a few around them. What is
// somewhat deeper is read, so that its error can say so; the rest is refused unread.
constexpr std::size_t kMaxDepth = 512;

using Element = simdjson::dom::element;
static_assert(sizeof(Element) == sizeof(JsonElement::bytes) &&
              std::is_trivially_copyable_v<Element>);

JsonElement wrap(Element element) { return {std::bit_cast<std::array<std::byte, 16>>(element)}; }
Element unwrap(const JsonElement& json) { return std::bit_cast<Element>(json.bytes); }

std::optional<std::string_view> repeated_key(simdjson::dom::object object) {
  constexpr std::size_t kFew = 16;
  std::array<std::string_view, kFew> few;
  std::size_t size = 0;
  if (object.size() <= kFew) {  // as most are: compared in place
    for (const auto& [key, value] : object) {
      const auto seen = few.begin() + static_cast<std::ptrdiff_t>(size);
      if (std::find(few.begin(), seen, key) != seen) return key;
      few[size++] = key;
    }
    return std::nullopt;
  }
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : object) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  const auto repeated = std::adjacent_find(keys.begin(), keys.end());
  return repeated == keys.end() ? std::nullopt : std::optional(*repeated);
}

// DynamoDB's own parser lets the last of two equal keys win; two readers that disagree on which one
// counts are an attack, so they are refused.
void check_keys(Element element, Errors& errors) {
  if (element.is_array()) {
    for (const Element child : simdjson::dom::array(element)) check_keys(child, errors);
  } else if (element.is_object()) {
    const simdjson::dom::object object(element);
    if (object.size() > 1) {
      if (const auto key = repeated_key(object))
        errors.serialization("Duplicate key: " + std::string(*key));
    }
    for (const auto& [key, value] : object) check_keys(value, errors);
  }
}

}  // namespace

struct JsonDocument::State {
  simdjson::dom::parser parser{};
  Element root{};
};

namespace {

// What a thread keeps of its parsers: one, for documents up to this size.
constexpr std::size_t kKeptCapacity = 4 << 20;

template <class State>
std::unique_ptr<State>& spare() {
  static thread_local std::unique_ptr<State> kept;
  return kept;
}

}  // namespace

JsonDocument::JsonDocument(std::string_view json, Errors& errors)
    : state_(std::move(spare<State>())) {
  if (!state_) state_ = std::make_unique<State>();
  auto& parser = state_->parser;
  if (json.empty()) json = " ";  // simdjson copies from its pointer, which may be null here
  auto code = simdjson::SUCCESS;
  if (json.size() > parser.capacity() || parser.max_depth() != kMaxDepth)
    code = parser.allocate(json.size(), kMaxDepth);
  if (code == simdjson::SUCCESS) code = parser.parse(json.data(), json.size()).get(state_->root);
  if (code != simdjson::SUCCESS) {
    is_json_ = false;
    errors.serialization(std::string("The JSON text is not readable: ") +
                         simdjson::error_message(code));
    return;
  }
  check_keys(state_->root, errors);
}
JsonDocument::~JsonDocument() {
  if (state_->parser.capacity() <= kKeptCapacity) spare<State>() = std::move(state_);
}
JsonElement JsonDocument::root() const { return wrap(state_->root); }

std::optional<std::string_view> JsonElement::string() const {
  std::string_view text;
  if (unwrap(*this).get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}
bool JsonElement::is_object() const { return unwrap(*this).is_object(); }
bool JsonElement::is_array() const { return unwrap(*this).is_array(); }
bool JsonElement::is_null() const { return unwrap(*this).is_null(); }

Reader::Reader(JsonElement object, Errors& errors) : errors_(errors) {
  if (object.is_object()) {
    object_ = object;
  } else {
    errors_.serialization("Unexpected value where an object was expected");
  }
}

void Reader::wrong_type(std::string_view name, std::string_view expected) const {
  errors_.serialization("The value of " + std::string(name) + " is not " + std::string(expected));
}

std::optional<JsonElement> Reader::member(std::string_view name) const {
  Element found;
  if (!object_ ||
      simdjson::dom::object(unwrap(*object_)).at_key(name).get(found) != simdjson::SUCCESS ||
      found.is_null()) {
    return std::nullopt;
  }
  return wrap(found);
}

std::optional<std::string> Reader::optional_text(std::string_view name) const {
  const auto found = member(name);
  if (!found) return std::nullopt;
  const auto text = found->string();
  if (!text) {
    wrong_type(name, "a string");
    return std::nullopt;
  }
  return std::string(*text);
}
std::string Reader::text(std::string_view name) const { return optional_text(name).value_or(""); }

bool Reader::boolean(std::string_view name) const {
  const auto found = member(name);
  bool value = false;
  if (!found || unwrap(*found).get(value) == simdjson::SUCCESS) return value;
  const auto text = found->string();
  const auto read = text ? boolean_text(*text) : std::nullopt;
  if (!read) wrong_type(name, "true or false");
  return read.value_or(false);
}

double Reader::real(std::string_view name) const {
  const auto found = member(name);
  double value = 0;
  if (found && unwrap(*found).get(value) != simdjson::SUCCESS) wrong_type(name, "a number");
  return value;
}

std::uint64_t Reader::count(std::string_view name) const {
  const auto found = member(name);
  std::uint64_t value = 0;
  if (found && unwrap(*found).get(value) != simdjson::SUCCESS) wrong_type(name, "a count");
  return value;
}

std::optional<std::int64_t> Reader::integer(std::string_view name) const {
  const auto found = member(name);
  if (!found) return std::nullopt;
  double value = 0;
  if (unwrap(*found).get(value) != simdjson::SUCCESS) wrong_type(name, "an integer");
  constexpr double kFar = 9e15;  // beyond any limit, and exact
  return static_cast<std::int64_t>(std::clamp(value, -kFar, kFar));
}

std::optional<std::uint32_t> Reader::limited(std::string_view name, std::string_view camel,
                                             std::uint32_t low) const {
  const auto found = member(name);
  if (!found) return std::nullopt;
  std::int64_t value = 0;
  if (unwrap(*found).get(value) != simdjson::SUCCESS) {
    wrong_type(name, "an integer");
    return std::nullopt;
  }
  constexpr std::int64_t kHigh = std::numeric_limits<std::int32_t>::max();
  if (value >= std::int64_t{low} && value <= kHigh) return static_cast<std::uint32_t>(value);
  errors_.add(validation_error("1 validation error detected: Value '" + std::to_string(value) +
                               "' at '" + std::string(camel) +
                               "' failed to satisfy constraint: Member must have value " +
                               (value < low ? "greater than or equal to " + std::to_string(low)
                                            : "less than or equal to " + std::to_string(kHigh))));
  return std::nullopt;
}

std::vector<std::string> Reader::texts(std::string_view name) const {
  std::vector<std::string> result;
  for (const JsonElement& element : elements(name)) {
    if (const auto text = element.string()) {
      result.emplace_back(*text);
    } else {
      wrong_type(name, "a list of strings");
    }
  }
  return result;
}

std::vector<double> Reader::reals(std::string_view name) const {
  std::vector<double> result;
  for (const JsonElement& element : elements(name)) {
    double value = 0;
    if (unwrap(element).get(value) != simdjson::SUCCESS) wrong_type(name, "a list of numbers");
    result.push_back(value);
  }
  return result;
}

Reader Reader::object(std::string_view name) const {
  const auto found = member(name);
  return found ? Reader(*found, errors_) : Reader(errors_);
}

std::vector<JsonElement> Reader::elements(std::string_view name) const {
  std::vector<JsonElement> result;
  const auto found = member(name);
  if (!found) return result;
  if (!found->is_array()) {
    wrong_type(name, "a list");
    return result;
  }
  for (const Element element : simdjson::dom::array(unwrap(*found)))
    result.push_back(wrap(element));
  return result;
}

std::vector<std::pair<std::string_view, JsonElement>> Reader::members(std::string_view name) const {
  std::vector<std::pair<std::string_view, JsonElement>> result;
  const auto found = member(name);
  if (!found) return result;
  if (!found->is_object()) {
    wrong_type(name, "an object");
    return result;
  }
  for (const auto& [key, value] : simdjson::dom::object(unwrap(*found)))
    result.emplace_back(key, wrap(value));
  return result;
}

}  // namespace dynamodb::wire
