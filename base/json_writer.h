// JsonWriter: JSON text appended to a string, member by member, without a tree in between.
//
// For answers that are built from rows; use Json where the value is looked at again. The writer
// places commas; the caller keeps begin and end in balance. Strings are escaped for JSON; `<`, `>`
// and `&` stay as they are (answers carry a JSON content type). Invalid UTF-8 is replaced by
// U+FFFD, so that the text is always valid JSON. Thread safety: one thread at a time.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json_fwd.h"

namespace base {

class JsonWriter {
 public:
  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(bool boolean);
  void value(std::int64_t number);
  void value(std::uint64_t number);
  void value(int number) { value(static_cast<std::int64_t>(number)); }
  void value(double number);  // shortest form that reads back the same; null for infinities and NaN
  void value(std::nullptr_t);
  void value(const Json& json);
  // Text that is JSON already: a number in decimal form, or another writer's output.
  void raw(std::string_view json);
  // The text so far, to append one value to that is JSON already. Valid until the next call.
  std::string& begin_raw();

  template <class T>
  void member(std::string_view name, const T& v) {
    key(name);
    value(v);
  }

  const std::string& text() const& { return text_; }
  std::string text() && { return std::move(text_); }

 private:
  void separate();
  std::string text_;
  bool need_comma_ = false;
};

// Appends `text` as what stands between a JSON string's quotes.
void append_json_text(std::string& out, std::string_view text);
// The same with its quotes.
void append_json_string(std::string& out, std::string_view text);

}  // namespace base
