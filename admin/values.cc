#include "admin/values.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/base64.h"
#include "base/json.h"
#include "dynamo_backend/codec.h"
#include "dynamo_backend/connection.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/text.h"

namespace admin {

using dynamo_backend::BadValue;
using dynamo_backend::Kind;
using dynamo_backend::Shape;

namespace {

bool is_lines(const Shape& shape) {
  return (shape.type == Shape::Type::list || shape.type == Shape::Type::set) && shape.element &&
         (shape.element->type == Shape::Type::text || shape.element->type == Shape::Type::uuid);
}

bool has_uuid_key(const ModelInfo& model) {
  return !model.sort && model.partition->shape().type == Shape::Type::uuid;
}

base::Json json_of(const FieldInfo& field, const Value& value) {
  return dynamo_backend::to_json(field.shape(), value);
}

// "2026-11-22T10:00:00.000000+00:00" without what is nought.
std::string time_text(std::string iso, char between) {
  if (iso.size() < 19) return iso;
  iso[10] = between;
  const bool whole = iso.size() > 26 && iso.substr(19, 7) == ".000000";
  return iso.substr(0, whole ? 19 : std::min<std::size_t>(26, iso.size()));
}

}  // namespace

std::string unix_lines(std::string_view text) {
  std::string out = dynamo_backend::without_crlf(text);
  std::replace(out.begin(), out.end(), '\r', '\n');
  return out;
}

std::string typed_text(const FieldInfo& field, std::string_view text) {
  std::string out = unix_lines(text);
  const bool is_line = is_text(field.kind) && field.kind != Kind::text;
  return is_line ? std::string(dynamo_backend::trimmed(out)) : out;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
    if (!line.empty()) lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string display_text(const FieldInfo& field, const Value& value) {
  if (value.is<dynamodb::Null>()) return "";
  switch (field.shape().type) {
    case Shape::Type::boolean:
      return value.as<bool>() ? "Yes" : "No";
    case Shape::Type::datetime:
    case Shape::Type::epoch:
      return time_text(json_of(field, value).get<std::string>(), ' ');
    case Shape::Type::list:
    case Shape::Type::set: {
      if (!is_lines(field.shape())) break;
      std::string text;
      for (const base::Json& element : json_of(field, value))
        text += (text.empty() ? "" : ", ") + element.get<std::string>();
      return text;
    }
    default:
      break;
  }
  return input_text(field, value);
}

std::string input_text(const FieldInfo& field, const Value& value) {
  if (value.is<dynamodb::Null>()) return "";
  if (const auto* text = value.get_if<std::string>()) {
    if (field.shape().type == Shape::Type::datetime) return time_text(*text, 'T');
    return unix_lines(*text);
  }
  if (const auto* number = value.get_if<dynamodb::Number>();
      number && field.shape().type != Shape::Type::epoch)
    return number->text();
  if (const auto* flag = value.get_if<bool>()) return *flag ? "true" : "false";
  if (const auto* binary = value.get_if<dynamodb::Binary>())
    return base::base64_encode(binary->bytes);
  const base::Json json = json_of(field, value);
  if (field.shape().type == Shape::Type::epoch) return time_text(json.get<std::string>(), 'T');
  if (!is_lines(field.shape())) return json.dump(2);
  std::string text;
  for (const base::Json& element : json) {
    const auto line = element.get<std::string>();
    if (lines_of(line) != std::vector{line}) return json.dump(2);  // not as lines: keeps them
    text += (text.empty() ? "" : "\n") + line;
  }
  return text.starts_with('[') ? json.dump(2) : text;  // which would be taken for JSON
}

std::vector<std::string> values_of(std::string_view text) {
  if (!text.starts_with('[')) return lines_of(text);
  try {
    std::vector<std::string> values;
    for (const base::Json& value : base::parse_json(text)) {
      if (!value.is_string()) return lines_of(text);
      values.push_back(value.get<std::string>());
    }
    return values;
  } catch (const base::JsonError&) {  // it is shown again as it was sent
    return lines_of(text);
  }
}

Value value_from_input(const FieldInfo& field, std::string_view raw) {
  const std::string text = dynamo_backend::without_crlf(raw);
  const Shape& shape = field.shape();
  const bool is_plain_text = shape.type == Shape::Type::text;
  if (text.empty()) {
    if (field.nullable()) return {};
    if (is_plain_text) return text;
    if (shape.type == Shape::Type::list) return dynamodb::List{};
    if (shape.type == Shape::Type::set || shape.type == Shape::Type::json) return {};
    if (is_relation(field.kind)) return {};
    if (shape.type == Shape::Type::boolean) return false;
    throw BadValue("This field is required.");
  }
  try {
    if (shape.type == Shape::Type::boolean) {
      if (text != "true" && text != "false") throw BadValue("Choose yes or no.");
      return text == "true";
    }
    if (is_lines(shape) && !text.starts_with('[')) {
      base::Json lines = base::Json::array();
      for (const std::string& line : lines_of(text)) lines.push_back(line);
      return dynamo_backend::from_json(shape, lines);
    }
    if (shape.type == Shape::Type::list || shape.type == Shape::Type::set ||
        shape.type == Shape::Type::json)
      return dynamo_backend::from_json(shape, base::parse_json(text));
    return dynamo_backend::coerce(shape, text);
  } catch (const base::JsonError& e) {
    throw BadValue(std::string("This is no JSON: ") + e.what());
  } catch (const BadValue& e) {
    std::string message = e.what();
    if (message.starts_with("must")) message = "The value " + message + ".";
    throw BadValue(message);
  }
}

bool is_same_input(const FieldInfo& field, std::string_view a, std::string_view b) {
  if (unix_lines(a) == unix_lines(b)) return true;
  try {
    return value_from_input(field, a) == value_from_input(field, b);
  } catch (const BadValue&) {
    return false;
  }
}

std::shared_ptr<void> row_of(const ModelInfo& model, std::string_view packed) {
  std::shared_ptr<void> row = model.row.make();
  dynamo_backend::load_row(model, row.get(), packed);
  return row;
}

std::string row_text(const ModelInfo& model, const void* row) {
  if (model.row.str) {
    std::string text = model.row.str(row);
    if (!text.empty()) return text;
  }
  return dynamo_backend::key_text(model, dynamo_backend::key_of(model, row));
}

std::map<std::string, std::string> row_texts(const ModelInfo& model,
                                             const std::set<std::string>& keys) {
  std::map<std::string, std::string> texts;
  std::vector<dynamodb::Item> wanted;
  for (const std::string& key : keys) {
    texts[key];
    // What a form sent, which may be of any length.
    if (has_uuid_key(model) && !base::Uuid::parse(key)) continue;
    wanted.push_back({{std::string(model.partition->attribute), key}});
  }
  if (wanted.empty()) return texts;
  const auto& connection = dynamo_backend::Connection::current();
  const auto read = dynamo_backend::batch_get(connection, connection.table(model.table),
                                              std::move(wanted), {}, /*consistent=*/false);
  for (const auto& page : read.pages) {
    for (std::size_t i = 0; i < page.size(); ++i) {
      const auto row = row_of(model, page.packed(i));
      texts[dynamo_backend::key_text(model, dynamo_backend::key_of(model, page[i]))] =
          row_text(model, row.get());
    }
  }
  return texts;
}

// ---- keys in URLs

std::string url_key(const ModelInfo& model, const dynamodb::Item& key) {
  if (has_uuid_key(model)) return dynamo_backend::key_text(model, key);
  return base::base64url_encode(dynamodb::PackedItem(key).bytes());
}

std::optional<dynamodb::Item> key_from_url(const ModelInfo& model, std::string_view text) {
  if (has_uuid_key(model)) {
    const auto uuid = base::Uuid::parse(text);
    if (!uuid) return std::nullopt;
    return dynamodb::Item{{std::string(model.partition->attribute), uuid->str()}};
  }
  const auto bytes = base::base64url_decode(text);
  if (!bytes || !dynamodb::is_packed_item(*bytes)) return std::nullopt;
  dynamodb::Item key = dynamodb::unpack(dynamodb::ItemView(*bytes));
  std::size_t parts = 0;
  for (const FieldInfo* f : {model.partition, model.sort}) {
    if (!f) continue;
    const auto at = key.find(f->attribute);
    if (at == key.end() || at->second.type() != f->shape().stored()) return std::nullopt;
    ++parts;
  }
  return key.size() == parts ? std::optional(std::move(key)) : std::nullopt;
}

std::string number_text(double number) {
  char text[64];
  if (number < 10 && std::abs(number - std::round(number)) > 0.05) {
    std::snprintf(text, sizeof text, "%.1f", number);
    return text;
  }
  std::string digits(text,
                     static_cast<std::size_t>(std::snprintf(text, sizeof text, "%.0f", number)));
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace admin
