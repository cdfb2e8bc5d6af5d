// Values of fields as text: for people, for forms and URLs; rows as text, and keys of rows in URLs.
// Thread safety: functions of their arguments.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/model_info.h"

namespace admin {

using dynamo_backend::FieldInfo;
using dynamo_backend::ModelInfo;
using dynamo_backend::Value;

// ---- values
// "2026-11-22 10:00:00", "Yes", "red, green"; "" where there is no value.
std::string display_text(const FieldInfo& field, const Value& value);
// What a form's input holds, and a form sends. Lists and sets of texts: an element a line; other
// lists and Json: JSON. Line ends are '\n'.
std::string input_text(const FieldInfo& field, const Value& value);
// Its inverse. Throws dynamo_backend::BadValue with a sentence for people.
Value value_from_input(const FieldInfo& field, std::string_view text);
// Whether two inputs mean one value: a browser leaves out a time's seconds where they are 0.
bool is_same_input(const FieldInfo& field, std::string_view a, std::string_view b);
// "\r\n" as "\n", and so a "\r" alone: it stands in no text that a browser sends.
std::string unix_lines(std::string_view text);
// What was typed into the field's input: texts of one line without the spaces around them.
std::string typed_text(const FieldInfo& field, std::string_view text);
// Without empty ones, and without spaces around them.
std::vector<std::string> lines_of(std::string_view text);
// The texts that input_text() of a list shows, as lines or as JSON.
std::vector<std::string> values_of(std::string_view text);

// ---- rows
std::shared_ptr<void> row_of(const ModelInfo& model, std::string_view packed);
// The model's own str(); else "post 6f1c…".
std::string row_text(const ModelInfo& model, const void* row);
// The texts of rows of `model`, by their `pk`, read in batches of 100; "" of those that are gone.
std::map<std::string, std::string> row_texts(const ModelInfo& model,
                                             const std::set<std::string>& keys);

// A row's key in a URL: its UUID; of other keys base64url of the packed key.
std::string url_key(const ModelInfo& model, const dynamodb::Item& key);
std::optional<dynamodb::Item> key_from_url(const ModelInfo& model, std::string_view text);

// 1,234; 0.5
std::string number_text(double number);

}  // namespace admin
