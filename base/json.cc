#include "base/json.h"

#include <set>

#include <simdjson.h>

namespace base {
namespace {

std::string too_deep(const JsonLimits& limits) {
  return "nested deeper than " + std::to_string(limits.max_depth) + " levels";
}

class Converter {
 public:
  explicit Converter(const JsonLimits& limits) : limits_(limits) {}

  Json convert(simdjson::dom::element element) {
    using simdjson::dom::element_type;
    switch (element.type()) {
      case element_type::OBJECT:
        return object(element.get_object());
      case element_type::ARRAY:
        return array(element.get_array());
      case element_type::STRING:
        return std::string_view(element.get_string());
      case element_type::INT64:
        return std::int64_t(element.get_int64());
      case element_type::UINT64:
        return std::uint64_t(element.get_uint64());
      case element_type::DOUBLE:
        return double(element.get_double());
      case element_type::BOOL:
        return bool(element.get_bool());
      case element_type::NULL_VALUE:
        return nullptr;
    }
    throw JsonError("unknown JSON type");
  }

 private:
  // Counts the containers that are open; simdjson's own limit does not count an innermost empty
  // one.
  class Nested {
   public:
    explicit Nested(Converter& converter) : depth_(converter.depth_) {
      if (++depth_ > converter.limits_.max_depth) throw JsonError(too_deep(converter.limits_));
    }
    ~Nested() { --depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    std::size_t& depth_;
  };

  Json object(simdjson::dom::object members) {
    const Nested nested(*this);
    Json result = Json::object();
    std::set<std::string_view> seen;
    for (const auto& [key, value] : members) {
      if (++keys_ > limits_.max_keys) {
        throw JsonError("more than " + std::to_string(limits_.max_keys) + " object members");
      }
      if (!seen.insert(key).second) throw JsonError("duplicate key \"" + std::string(key) + "\"");
      result.emplace(std::string(key), convert(value));
    }
    return result;
  }
  Json array(simdjson::dom::array elements) {
    const Nested nested(*this);
    Json result = Json::array();
    for (const auto element : elements) result.push_back(convert(element));
    return result;
  }

  const JsonLimits& limits_;
  std::size_t keys_ = 0;
  std::size_t depth_ = 0;
};

std::string explain(simdjson::error_code code, const JsonLimits& limits) {
  switch (code) {
    case simdjson::EMPTY:
      return "the text is empty";
    case simdjson::DEPTH_ERROR:
      return too_deep(limits);
    case simdjson::UTF8_ERROR:
      return "the text is not valid UTF-8";
    case simdjson::NUMBER_ERROR:
      return "a number is malformed or out of range";
    case simdjson::UNCLOSED_STRING:
      return "a string is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds an unescaped control character";
    case simdjson::STRING_ERROR:
      return "a string holds a bad escape";
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
      return "a word is not true, false or null";
    default:
      return "the syntax is wrong";
  }
}

}  // namespace

Json parse_json(std::string_view text, const JsonLimits& limits) {
  simdjson::dom::parser parser;
  // Bounds simdjson's own work; the exact limit is the converter's.
  if (auto code = parser.allocate(text.size(), limits.max_depth + 1); code) {
    throw JsonError(explain(code, limits));
  }
  simdjson::dom::element root;
  if (auto code = parser.parse(text.data(), text.size()).get(root); code) {
    throw JsonError(explain(code, limits));
  }
  return Converter(limits).convert(root);
}

}  // namespace base
