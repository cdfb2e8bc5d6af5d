// Field: one field of a form, what it takes, and how it is shown.
//
//   forms::Form form({{.name = "email", .type = forms::Type::email},
//                     {.name = "body", .widget = forms::Widget::textarea, .max_length = 2000},
//                     {.name = "notify", .type = forms::Type::boolean}});
//
// Thread safety: a value.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dynamo_backend/codec.h"

namespace forms {

using dynamo_backend::Value;

// What a field takes, and the Value that it makes of it.
enum class Type : std::uint8_t {
  text,      // S, without spaces around it but in a textarea or password
  slug,      // S
  email,     // S
  url,       // S: http or https
  integer,   // N
  decimal,   // N
  real,      // N
  boolean,   // BOOL; nullable: a choice of three
  date,      // S: 2026-11-26
  datetime,  // S: ISO 8601 in UTC, as models store times
  uuid,      // S: also the key of another row
  json,      // what `shape` says, or any JSON
  lines,     // L of S: one a line, empty ones left out
  several,   // L of S: some of `choices`
  file,      // NULL; see Form::file()
};

enum class Widget : std::uint8_t {
  automatic,  // what fits the type
  text,
  textarea,
  password,  // never shows its value again
  number,
  email,
  url,
  date,
  datetime,
  checkbox,
  select,
  multi_select,
  checkbox_list,
  radio_list,
  file,
  hidden,
};

struct Choice {
  std::string value{};
  std::string label{};
};

struct Field {
  std::string name{};
  std::string label{};  // default: the name with spaces
  std::string help_text{};
  Type type = Type::text;
  Widget widget = Widget::automatic;
  bool required = true;               // of a boolean: has no effect
  bool nullable = false;              // nothing entered is NULL, not an empty text
  bool read_only = false;             // shown as text, never taken
  std::size_t max_length = 0;         // characters; 0: 64 KiB of them
  std::optional<std::int64_t> min{};  // of an integer
  std::optional<std::uint64_t> max{};
  std::size_t max_bytes = 1024 * 1024;  // of a file
  // Where there are any, nothing else is taken. Of a select that is not required, an empty one
  // comes first.
  std::vector<Choice> choices{};
  const dynamo_backend::Shape* shape = nullptr;  // of json
  std::string autocomplete{};                    // "email", "current-password", "off"
  // Further attributes of the element, such as data-…; never on…, which the page policy forbids.
  std::vector<std::pair<std::string, std::string>> attributes{};
  Value initial{};  // what an unbound form shows

  std::string shown_label() const;
  Widget shown_widget() const;
};

// What was sent for a field, as a value: NULL where nothing was.
struct Parsed {
  Value value{};
  std::string error{};  // a sentence; empty: the value is good
};
Parsed parse(const Field& field, const std::vector<std::string>& sent);

// A value as the texts that a form would send for it: the inverse of parse().
std::vector<std::string> sent_form(const Field& field, const Value& value);

}  // namespace forms
