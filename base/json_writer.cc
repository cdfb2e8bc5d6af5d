#include "base/json_writer.h"

#include <charconv>
#include <cmath>
#include <iterator>

#include "base/json.h"
#include "base/json_text.h"

namespace base {

// By way of a buffer: what has many escapes would otherwise be appended in many small pieces.
void append_json_text(std::string& out, std::string_view text) {
  char buffer[512];
  do {
    char* const end = put_json_text(buffer, std::end(buffer), text);
    out.append(buffer, end);
  } while (!text.empty());
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_text(out, text);
  out += '"';
}

void JsonWriter::separate() {
  if (need_comma_) text_ += ',';
  need_comma_ = true;
}

void JsonWriter::begin_object() {
  separate();
  text_ += '{';
  need_comma_ = false;
}
void JsonWriter::end_object() {
  text_ += '}';
  need_comma_ = true;
}
void JsonWriter::begin_array() {
  separate();
  text_ += '[';
  need_comma_ = false;
}
void JsonWriter::end_array() {
  text_ += ']';
  need_comma_ = true;
}
void JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(text_, name);
  text_ += ':';
  need_comma_ = false;
}
void JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(text_, text);
}
void JsonWriter::value(bool boolean) { raw(boolean ? "true" : "false"); }
void JsonWriter::value(std::nullptr_t) { raw("null"); }
void JsonWriter::value(const Json& json) {
  raw(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void JsonWriter::value(std::int64_t number) {
  char digits[24];
  raw({digits, std::to_chars(digits, digits + sizeof digits, number).ptr});
}
void JsonWriter::value(std::uint64_t number) {
  char digits[24];
  raw({digits, std::to_chars(digits, digits + sizeof digits, number).ptr});
}
void JsonWriter::value(double number) {
  if (!std::isfinite(number)) return value(nullptr);
  char digits[32];
  const std::string_view text(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  raw(text);
  if (text.find_first_of(".e") == std::string_view::npos)
    text_ += ".0";  // stays a real number when read back
}

std::string& JsonWriter::begin_raw() {
  separate();
  return text_;
}

void JsonWriter::raw(std::string_view json) {
  separate();
  text_ += json;
}

}  // namespace base
