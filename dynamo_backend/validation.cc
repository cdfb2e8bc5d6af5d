#include "dynamo_backend/validation.h"

#include <algorithm>
#include <charconv>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/key_rules.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/text.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_letter(c) || is_digit(c); }

template <class Pred>
bool all_of_text(std::string_view s, Pred&& p) {
  return std::all_of(s.begin(), s.end(), p);
}

// A DNS label: 1-63 letters, digits and inner hyphens; bytes of other scripts pass (IDNs).
bool is_label(std::string_view s) {
  return !s.empty() && s.size() <= 63 && s.front() != '-' && s.back() != '-' &&
         all_of_text(s, [](char c) {
           return is_alnum(c) || c == '-' || static_cast<unsigned char>(c) >= 0x80;
         });
}

bool is_domain(std::string_view s, std::size_t least_labels) {
  if (s.empty() || s.size() > 253) return false;
  std::size_t labels = 0;
  for (;;) {
    const std::string_view label = s.substr(0, s.find('.'));
    if (!is_label(label)) return false;
    ++labels;
    if (label.size() == s.size()) break;
    s.remove_prefix(label.size() + 1);
    if (s.empty()) return false;
  }
  return labels >= least_labels;
}

bool is_port(std::string_view s) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), port);
  return error == std::errc() && end == s.data() + s.size() && s.size() <= 5;
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) {  // an IPv6 literal
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    const bool address = all_of_text(host.substr(1, end - 1), [](char c) {
      return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
             c == '.';
    });
    host.remove_prefix(end + 1);
    return address && (host.empty() || (host.front() == ':' && is_port(host.substr(1))));
  }
  const std::size_t colon = host.find(':');
  if (colon != std::string_view::npos && !is_port(host.substr(colon + 1))) return false;
  return is_domain(host.substr(0, colon), 1);
}

bool starts_with_ignoring_case(std::string_view s, std::string_view lower) {
  return s.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), s.begin(),
                    [](char l, char c) { return l == (c >= 'A' && c <= 'Z' ? c + 32 : c); });
}

std::string at_most(std::size_t limit, std::size_t has) {
  return "Ensure this value has at most " + std::to_string(limit) + " characters (it has " +
         std::to_string(has) + ").";
}

// Refused of all that people enter: what reads the text may end at one.
constexpr const char* kNulText = "Null characters are not allowed.";

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

bool has_nul(const Value& value) {
  const auto in = [](const auto& part) { return has_nul(part); };
  if (const auto* text = value.get_if<std::string>()) return has_nul(*text);
  if (const auto* list = value.get_if<dynamodb::List>())
    return std::any_of(list->begin(), list->end(), in);
  if (const auto* set = value.get_if<dynamodb::StringSet>())
    return std::any_of(set->members.begin(), set->members.end(), in);
  const auto* map = value.get_if<dynamodb::Map>();
  return map && std::any_of(map->begin(), map->end(), [](const auto& member) {
           return has_nul(member.first) || has_nul(member.second);
         });
}

void check_text(const FieldInfo& f, const std::string& text, Strictness strictness,
                ValidationError& errors) {
  if (!is_valid_utf8(text)) return errors.add(f.attribute, "This text is not valid UTF-8.");
  if (strictness == Strictness::full) {
    if (!f.blank && !f.nullable() && is_blank(text))
      return errors.add(f.attribute, "This field cannot be blank.");
    if (has_nul(text)) return errors.add(f.attribute, kNulText);
  }
  if (text.empty()) return;
  if (f.max_length != 0) {
    const std::size_t length = count_characters(text);
    if (length > f.max_length) errors.add(f.attribute, at_most(f.max_length, length));
  }
  if (f.kind == Kind::slug && !is_slug(text)) {
    errors.add(f.attribute, "Enter a slug: letters, numbers, underscores or hyphens.");
  } else if (f.kind == Kind::email && !is_email(text)) {
    errors.add(f.attribute, "Enter a valid email address.");
  } else if (f.kind == Kind::url && !is_http_url(text)) {
    errors.add(f.attribute, "Enter a valid URL that starts with http:// or https://.");
  }
}

bool is_sort_key(const ModelInfo& model, const FieldInfo& f) {
  return &f == model.sort ||
         std::any_of(model.indexes.begin(), model.indexes.end(), [&](const IndexInfo& index) {
           const auto keys = index.sort_keys();
           return std::find(keys.begin(), keys.end(), &f) != keys.end();
         });
}

}  // namespace

// DynamoDB: key attributes of tables and indexes are not empty, at most 2048 bytes (partition) or
// 1024 (sort).
void validate_key(const ModelInfo& model, const FieldInfo& f, const Value& value,
                  ValidationError& errors) {
  if (!f.key && !f.index_key && !f.unique) return;
  const auto* text = value.get_if<std::string>();
  const auto* binary = value.get_if<Binary>();
  if (!text && !binary) return;
  const std::size_t size = text ? text->size() : binary->bytes.size();
  if (size == 0) {  // which it may know as blank already
    if (errors.errors().count(f.attribute) == 0)
      errors.add(f.attribute, "This field cannot be empty: it is a key of an index.");
    return;
  }
  const std::size_t most =
      is_sort_key(model, f) ? dynamodb::kMaxSortKeySize : dynamodb::kMaxPartitionKeySize;
  if (size > most)
    errors.add(f.attribute, "Ensure this value has at most " + std::to_string(most) +
                                " bytes: it is a key of an index.");
}

bool is_slug(std::string_view s) {
  return !s.empty() && all_of_text(s, [](char c) { return is_alnum(c) || c == '-' || c == '_'; });
}

bool is_email(std::string_view s) {
  const std::size_t at = s.rfind('@');
  if (s.size() > 320 || at == std::string_view::npos || at == 0 || at > 64) return false;
  const std::string_view local = s.substr(0, at);
  if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos)
    return false;
  constexpr std::string_view kMarks = "!#$%&'*+/=?^_`{}|~.-";
  if (!all_of_text(local,
                   [&](char c) { return is_alnum(c) || kMarks.find(c) != std::string_view::npos; }))
    return false;
  return is_domain(s.substr(at + 1), 2);
}

bool is_http_url(std::string_view s) {
  if (s.size() > 2048) return false;
  if (!all_of_text(s, [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && c != '\\' && c != '"' &&
               c != '<' && c != '>';
      }))
    return false;
  if (starts_with_ignoring_case(s, "https://"))
    s.remove_prefix(8);
  else if (starts_with_ignoring_case(s, "http://"))
    s.remove_prefix(7);
  else
    return false;
  return is_host(s.substr(0, s.find_first_of("/?#")));
}

void validate_value(const FieldInfo& f, const Value& value, Strictness strictness,
                    ValidationError& errors) {
  if (value.is<dynamodb::Null>()) {
    if (f.key)
      errors.add(f.attribute, "This field cannot be empty: it is the table's key.");
    else if (f.nullable())
      return;
    else if (is_relation(f.kind) && strictness == Strictness::full)
      errors.add(f.attribute, "This field is required.");
    else if (!f.type->absent)
      errors.add(f.attribute, "This field cannot be null.");
    return;
  }
  if (f.kind == Kind::ttl && !f.nullable() && value == Value(0))
    errors.add(f.attribute,
               "Set the time at which the row expires; a std::optional member may be absent, for a "
               "row that never does.");
  if (is_text(f.kind)) check_text(f, value.as<std::string>(), strictness, errors);
  if (is_relation(f.kind) && value == Value(Uuid().str()))
    errors.add(f.attribute, "This field is required.");
  if (f.kind == Kind::json || f.kind == Kind::list || f.kind == Kind::set) {
    if (const auto wrong = dynamodb::check_value(value)) errors.add(f.attribute, *wrong);
    if (strictness == Strictness::full && has_nul(value)) errors.add(f.attribute, kNulText);
  }
}

void validate_row(const ModelInfo& model, const void* row, Strictness strictness) {
  ValidationError errors(model.name);
  for (const FieldInfo& f : model.fields) {
    if (!f.stored() || (f.key && model.generated_key)) continue;
    try {
      const Value value = f.get(row);
      validate_value(f, value, strictness, errors);
      validate_key(model, f, value, errors);
    } catch (const BadValue& e) {
      errors.add(f.attribute, std::string("This value ") + e.what() + ".");
    }
  }
  if (model.row.clean) model.row.clean(row, errors);
  if (!errors.empty()) throw errors;
}

}  // namespace dynamo_backend
