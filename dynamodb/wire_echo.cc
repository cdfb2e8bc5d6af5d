#include "dynamodb/wire_echo.h"

namespace dynamodb::wire {
namespace {

using Element = simdjson::dom::element;
using Kind = Shape::Kind;

// Longer ones are cut between elements: AWS echoes whole requests.
constexpr std::size_t kMaxEcho = 64 * 1024;

std::string lower_camel(std::string_view name) {
  std::string text(name);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return text;
}

class Echo {
 public:
  std::string text(Element json, const Shape& shape) {
    append(json, shape);
    return std::move(out_);
  }

 private:
  void append(Element json, const Shape& shape) {
    if (json.is_null()) {
      out_ += "null";
    } else if (shape.kind == Kind::list) {
      append_list(json, *shape.element);
    } else if (shape.kind == Kind::map) {
      append_map(json, *shape.element);
    } else if (shape.kind == Kind::structure) {
      append_structure(json, shape);
    } else {
      append_scalar(json);
    }
  }

  void append_scalar(Element json) {
    std::string_view text;
    out_ += json.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(json);
  }

  void append_list(Element json, const Shape& element) {
    out_ += '[';
    bool first = true;
    for (const Element each : simdjson::dom::array(json)) {
      if (!separate(first)) break;
      append(each, element);
    }
    out_ += ']';
  }

  void append_map(Element json, const Shape& element) {
    out_ += '{';
    bool first = true;
    for (const auto& [name, value] : simdjson::dom::object(json)) {
      if (!separate(first)) break;
      out_ += name;
      out_ += '=';
      append(value, element);
    }
    out_ += '}';
  }

  void append_structure(Element json, const Shape& shape) {
    out_ += shape.java;
    out_ += '(';
    bool first = true;
    for (const Field& field : shape.fields) {
      if (!separate(first)) break;
      out_ += lower_camel(field.name) + '=';
      Element value;
      if (simdjson::dom::object(json).at_key(field.name).get(value) == simdjson::SUCCESS) {
        append(value, *field.shape);
      } else {
        out_ += "null";
      }
    }
    out_ += ')';
  }

  // False where there is enough.
  bool separate(bool& first) {
    if (!first) out_ += ", ";
    first = false;
    if (out_.size() < kMaxEcho) return true;
    out_ += "...";
    return false;
  }

  std::string out_{};
};

}  // namespace

std::string echoed(Element json, const Shape& shape) { return Echo().text(json, shape); }

}  // namespace dynamodb::wire
