#include "forms/field.h"

#include <algorithm>

#include "base/json.h"
#include "dynamo_backend/text.h"
#include "dynamo_backend/validation.h"

namespace forms {
namespace {

namespace db = dynamo_backend;
using db::Json;
using db::Shape;

constexpr std::size_t kMaxText = 64 * 1024;
constexpr std::string_view kRequired = "This field is required.";

Parsed problem(std::string text) { return {.value = {}, .error = std::move(text)}; }

bool is_choice(const Field& field, std::string_view value) {
  return std::any_of(field.choices.begin(), field.choices.end(),
                     [&](const Choice& choice) { return choice.value == value; });
}

std::string not_a_choice(std::string_view value) {
  return "Select a valid choice. \"" + std::string(value.substr(0, 100)) +
         "\" is not one of the available choices.";
}

Parsed parse_text(const Field& field, const std::string& text) {
  const std::size_t limit = field.max_length != 0 ? field.max_length : kMaxText;
  const std::size_t length = db::count_characters(text);
  if (length > limit)
    return problem("Ensure this value has at most " + std::to_string(limit) +
                   " characters (it has " + std::to_string(length) + ").");
  if (field.type == Type::slug && !db::is_slug(text))
    return problem("Enter a slug: letters, numbers, underscores or hyphens.");
  if (field.type == Type::email && !db::is_email(text))
    return problem("Enter a valid email address.");
  if (field.type == Type::url && !db::is_http_url(text))
    return problem("Enter a valid URL that starts with http:// or https://.");
  return {.value = text, .error = {}};
}

Parsed parse_integer(const Field& field, std::string_view text) {
  const auto number = dynamodb::Number::parse(text);
  const bool whole = number && number->text().find('.') == std::string::npos;
  const auto low = whole ? number->to_int64() : std::nullopt;
  const auto high = whole ? number->to_uint64() : std::nullopt;
  if (!low && !high) return problem("Enter a whole number.");
  if (field.min && low && *low < *field.min)
    return problem("Ensure this value is at least " + std::to_string(*field.min) + ".");
  if (field.max && high && *high > *field.max)
    return problem("Ensure this value is at most " + std::to_string(*field.max) + ".");
  return {.value = *number, .error = {}};
}

Parsed parse_number(std::string_view text) {
  auto number = dynamodb::Number::parse(text);
  if (!number) return problem("Enter a number.");
  return {.value = *std::move(number), .error = {}};
}

Parsed parse_date(const std::string& text) {
  if (text.size() != 10 || !base::parse_iso(text + "T00:00"))
    return problem("Enter a date, such as 2026-11-26.");
  return {.value = text, .error = {}};
}

Parsed parse_time(const std::string& text) {
  const auto time = base::parse_iso(text);
  if (!time) return problem("Enter a date and time, such as 2026-11-26T10:00.");
  return {.value = base::to_iso(*time), .error = {}};
}

Parsed parse_json(const Field& field, std::string_view text) {
  static constexpr Shape kAny{Shape::Type::json};
  try {
    return {.value = db::from_json(field.shape ? *field.shape : kAny, base::parse_json(text)),
            .error = {}};
  } catch (const base::JsonError& error) {
    return problem(std::string("Enter valid JSON: ") + error.what() + ".");
  } catch (const db::BadValue& error) {
    return problem(std::string("This value ") + error.what() + ".");
  }
}

Parsed parse_several(const Field& field, const std::vector<std::string>& sent) {
  dynamodb::List list;
  for (const std::string& value : sent) {
    if (value.empty()) continue;
    if (!is_choice(field, value)) return problem(not_a_choice(value));
    if (std::find(list.begin(), list.end(), Value(value)) == list.end()) list.emplace_back(value);
  }
  if (list.empty() && field.required) return problem(std::string(kRequired));
  return {.value = std::move(list), .error = {}};
}

Parsed parse_lines(const Field& field, std::string_view text) {
  dynamodb::List list;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const std::string_view line = db::trimmed(text.substr(0, end)); !line.empty())
      list.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (list.empty() && field.required) return problem(std::string(kRequired));
  return {.value = std::move(list), .error = {}};
}

Parsed parse_boolean(const Field& field, const std::string& text) {
  if (!field.nullable) {  // what programs send for "no" is none of "on"
    const std::string sent = db::ascii_lower(text);
    return {.value = !sent.empty() && sent != "false" && sent != "0", .error = {}};
  }
  if (text.empty()) return {};
  if (text != "true" && text != "false") return problem(not_a_choice(text));
  return {.value = text == "true", .error = {}};
}

// Of one text that is not empty.
Parsed parse_one(const Field& field, const std::string& text) {
  if (!field.choices.empty() && !is_choice(field, text)) return problem(not_a_choice(text));
  switch (field.type) {
    case Type::integer:
      return parse_integer(field, text);
    case Type::decimal:
    case Type::real:
      return parse_number(text);
    case Type::date:
      return parse_date(text);
    case Type::datetime:
      return parse_time(text);
    case Type::uuid: {
      const auto uuid = db::Uuid::parse(text);
      return uuid ? Parsed{.value = uuid->str(), .error = {}}
                  : problem("Enter a valid key, such as 6f1c1a52-3c1f-4f0e-9a57-1f7d0c9d2b11.");
    }
    case Type::json:
      return parse_json(field, text);
    default:
      return parse_text(field, text);
  }
}

bool makes_text(Type type) {
  return type == Type::text || type == Type::slug || type == Type::email || type == Type::url;
}

std::string number_text(const Value& value) {
  const auto* const number = value.get_if<dynamodb::Number>();
  return number ? std::string(number->text()) : std::string();
}

// To the second, as browsers' inputs take it.
std::string time_text(const Value& value) {
  const auto* const text = value.get_if<std::string>();
  return text ? text->substr(0, 19) : std::string();
}

std::vector<std::string> texts_of(const Value& value) {
  std::vector<std::string> out;
  if (const auto* const list = value.get_if<dynamodb::List>()) {
    for (const Value& element : *list) {
      if (const auto* const text = element.get_if<std::string>()) out.push_back(*text);
    }
  } else if (const auto* const set = value.get_if<dynamodb::StringSet>()) {
    out = set->members;
  }
  return out;
}

// Whether both values of a boolean are there to choose from.
bool is_chosen(Widget widget) { return widget == Widget::select || widget == Widget::radio_list; }

std::string json_text(const Field& field, const Value& value) {
  static constexpr Shape kAny{Shape::Type::json};
  return db::to_json(field.shape ? *field.shape : kAny, value).dump(2);
}

}  // namespace

std::string Field::shown_label() const {
  if (!label.empty()) return label;
  std::string text = name;
  std::replace(text.begin(), text.end(), '_', ' ');
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

Widget Field::shown_widget() const {
  if (widget != Widget::automatic) return widget;
  switch (type) {
    case Type::several:
      return choices.size() > 12 ? Widget::multi_select : Widget::checkbox_list;
    case Type::boolean:
      return nullable ? Widget::select : Widget::checkbox;
    case Type::file:
      return Widget::file;
    default:
      break;
  }
  if (!choices.empty()) return Widget::select;
  switch (type) {
    case Type::email:
      return Widget::email;
    case Type::url:
      return Widget::url;
    case Type::integer:
    case Type::decimal:
    case Type::real:
      return Widget::number;
    case Type::date:
      return Widget::date;
    case Type::datetime:
      return Widget::datetime;
    case Type::json:
    case Type::lines:
      return Widget::textarea;
    default:
      return Widget::text;
  }
}

Parsed parse(const Field& field, const std::vector<std::string>& sent) {
  if (field.type == Type::several) return parse_several(field, sent);
  const Widget widget = field.shown_widget();
  const bool verbatim = widget == Widget::textarea || widget == Widget::password;
  std::string text = sent.empty() ? std::string() : sent.front();
  if (!db::is_valid_utf8(text)) return problem("This text is not valid UTF-8.");
  text = verbatim ? db::without_crlf(text) : std::string(db::trimmed(text));
  if (field.type == Type::boolean) return parse_boolean(field, text);
  if (field.type == Type::lines) return parse_lines(field, text);
  if (text.empty() || (db::is_blank(text) && widget != Widget::password)) {
    if (field.required) return problem(std::string(kRequired));
    return {.value = makes_text(field.type) && !field.nullable ? Value(std::string()) : Value(),
            .error = {}};
  }
  return parse_one(field, text);
}

std::vector<std::string> sent_form(const Field& field, const Value& value) {
  const auto* const boolean = value.get_if<bool>();
  switch (field.type) {
    case Type::several:
      return texts_of(value);
    case Type::boolean:
      if (!boolean) return {};
      if (field.nullable || is_chosen(field.shown_widget())) return {*boolean ? "true" : "false"};
      return *boolean ? std::vector<std::string>{"on"} : std::vector<std::string>{};
    case Type::lines: {
      std::string lines;
      for (const std::string& line : texts_of(value)) lines += (lines.empty() ? "" : "\n") + line;
      return {lines};
    }
    case Type::integer:
    case Type::decimal:
    case Type::real:
      return {number_text(value)};
    case Type::datetime:
      return {time_text(value)};
    case Type::json:
      return {value.is<dynamodb::Null>() ? std::string() : json_text(field, value)};
    case Type::file:
      return {};
    default: {
      const auto* const text = value.get_if<std::string>();
      return {text ? *text : std::string()};
    }
  }
}

}  // namespace forms
