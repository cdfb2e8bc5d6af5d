#include "forms/form.h"

#include <algorithm>
#include <stdexcept>

#include "forms/widget.h"

namespace forms {
namespace {

const std::vector<std::string> kNone;

// Event handlers and styles are code in the page, which its policy forbids.
void check_attributes(const Field& field) {
  for (const auto& [name, value] : field.attributes) {
    const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
    if (!plain || name.starts_with("on") || name == "style")
      throw std::invalid_argument("the form field \"" + field.name +
                                  "\" cannot have the attribute \"" + name + "\"");
  }
}

std::string escaped(std::string_view text) {
  std::string out;
  web::append_escaped_html(out, text);
  return out;
}

}  // namespace

Form::Form(std::vector<Field> fields, std::string prefix) : prefix_(std::move(prefix)) {
  fields_.reserve(fields.size());
  for (Field& field : fields) {
    check_attributes(field);
    if (has(field.name))
      throw std::invalid_argument("the form has two fields named \"" + field.name + "\"");
    Bound bound;
    bound.value = field.initial;
    bound.field = std::move(field);
    fields_.push_back(std::move(bound));
  }
}

Form::Bound& Form::bound(std::string_view name) {
  return const_cast<Bound&>(std::as_const(*this).bound(name));
}

const Form::Bound& Form::bound(std::string_view name) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const Bound& bound) { return bound.field.name == name; });
  if (found == fields_.end())
    throw std::invalid_argument("the form has no field named \"" + std::string(name) + "\"");
  return *found;
}

Field& Form::field(std::string_view name) { return bound(name).field; }
const Field& Form::field(std::string_view name) const { return bound(name).field; }

bool Form::has(std::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const Bound& bound) { return bound.field.name == name; });
}

std::vector<std::string_view> Form::names() const {
  std::vector<std::string_view> names;
  for (const Bound& bound : fields_) {
    if (bound.field.shown_widget() != Widget::hidden) names.emplace_back(bound.field.name);
  }
  return names;
}

std::string Form::input_name(std::string_view name) const {
  return (prefix_.empty() ? "" : prefix_ + "-") + std::string(name);
}

std::string Form::id(std::string_view name) const { return "id_" + input_name(name); }

// ---- Binding

bool Form::bind(const web::FormData& data) {
  bound_ = true;
  errors_.clear();
  for (Bound& bound : fields_) {
    if (!bound.field.read_only) take(bound, data);
  }
  return errors_.empty();
}

void Form::take(Bound& to, const web::FormData& data) {
  const Field& field = to.field;
  const std::string name = input_name(field.name);
  if (field.type == Type::file) {
    to.file = data.file(name);
    if (!to.file && field.required)
      add_error(field.name, "No file was chosen.");
    else if (to.file && to.file->content.size() > field.max_bytes)
      add_error(field.name, "Choose a file of at most " + std::to_string(field.max_bytes) +
                                " bytes (it has " + std::to_string(to.file->content.size()) + ").");
    return;
  }
  to.sent.clear();
  for (const std::string_view text : data.get_all(name)) to.sent.emplace_back(text);
  Parsed parsed = parse(field, to.sent);
  if (!parsed.error.empty()) {
    to.value = {};
    return add_error(field.name, std::move(parsed.error));
  }
  // What was not changed keeps what its control cannot show, such as parts of a second.
  const bool keep = !field.initial.is<dynamodb::Null>() && !has_changed(field.name);
  if (keep)
    to.value = field.initial;
  else
    to.value = std::move(parsed.value);
}

bool Form::has_changed(std::string_view name) const {
  const Bound& of = bound(name);
  if (!bound_ || of.field.read_only) return false;
  if (of.field.type == Type::file) return of.file != nullptr;
  // Nobody empties a hidden field; a page or a program left it out.
  if (of.field.shown_widget() == Widget::hidden && of.sent.empty()) return false;
  const Parsed sent = parse(of.field, of.sent);
  const std::vector<std::string> initial = sent_form(of.field, of.field.initial);
  if (!sent.error.empty()) return of.sent != initial && !(of.sent.empty() && initial == kNone);
  return sent.value != parse(of.field, initial).value;
}

std::vector<std::string_view> Form::changed() const {
  std::vector<std::string_view> names;
  for (const Bound& bound : fields_) {
    if (has_changed(bound.field.name)) names.emplace_back(bound.field.name);
  }
  return names;
}

// ---- Values

const Value& Form::value(std::string_view name) const { return bound(name).value; }

std::string Form::text(std::string_view name) const {
  const auto* const text = value(name).get_if<std::string>();
  return text ? *text : std::string();
}

bool Form::checked(std::string_view name) const {
  const auto* const boolean = value(name).get_if<bool>();
  return boolean && *boolean;
}

std::int64_t Form::integer(std::string_view name, std::int64_t otherwise) const {
  const auto* const number = value(name).get_if<dynamodb::Number>();
  return number ? number->to_int64().value_or(otherwise) : otherwise;
}

std::vector<std::string> Form::texts(std::string_view name) const {
  std::vector<std::string> out;
  if (const auto* const list = value(name).get_if<dynamodb::List>()) {
    for (const Value& element : *list) {
      if (const auto* const text = element.get_if<std::string>()) out.push_back(*text);
    }
  }
  return out;
}

const web::UploadedFile* Form::file(std::string_view name) const { return bound(name).file; }

// ---- Errors

void Form::add_error(std::string_view name, std::string message) {
  if (!name.empty() && !has(name)) return add_error(std::string(name) + ": " + message);
  errors_[std::string(name)].push_back(std::move(message));
}

const std::vector<std::string>& Form::errors(std::string_view name) const {
  const auto found = errors_.find(name);
  return found == errors_.end() ? kNone : found->second;
}

// ---- Markup

std::vector<std::string> Form::shown(const Bound& of) const {
  return bound_ && !of.field.read_only ? of.sent : sent_form(of.field, of.field.initial);
}

std::vector<std::string> Form::described_by(const Bound& of) const {
  std::vector<std::string> ids;
  if (!of.field.help_text.empty()) ids.push_back(id(of.field.name) + "_help");
  if (!errors(of.field.name).empty()) ids.push_back(id(of.field.name) + "_errors");
  return ids;
}

web::SafeHtml Form::control_html(std::string_view name) const {
  const Bound& of = bound(name);
  return control(of.field, {.id = id(name),
                            .name = input_name(name),
                            .shown = shown(of),
                            .described_by = described_by(of),
                            .invalid = !errors(name).empty()});
}

web::SafeHtml Form::label_html(std::string_view name) const {
  const Field& of = field(name);
  const bool starred = of.required && !of.read_only && of.type != Type::boolean;
  return web::SafeHtml("<label for=\"" + escaped(id(name)) + "\">" + escaped(of.shown_label()) +
                       (starred ? " <span class=\"required\" aria-hidden=\"true\">*</span>" : "") +
                       "</label>");
}

web::SafeHtml Form::errors_html(std::string_view name) const {
  const std::vector<std::string>& messages = errors(name);
  if (messages.empty()) return {};
  std::string html = name.empty() ? "<ul class=\"errors\" role=\"alert\">"
                                  : "<ul class=\"errors\" id=\"" + escaped(id(name)) + "_errors\">";
  for (const std::string& message : messages) html += "<li>" + escaped(message) + "</li>";
  return web::SafeHtml(html + "</ul>");
}

web::SafeHtml Form::field_html(std::string_view name) const {
  const Field& of = field(name);
  const Widget widget = of.shown_widget();
  if (widget == Widget::hidden && !of.read_only) return control_html(name);
  const bool grouped = is_group(widget) && !of.read_only;
  std::string html = "<div class=\"field";
  if (!errors(name).empty()) html += " has-errors";
  html += "\">";
  if (grouped) {
    html += "<fieldset id=\"" + escaped(id(name)) + "\"";
    std::string ids;
    for (const std::string& described : described_by(bound(name)))
      ids += (ids.empty() ? "" : " ") + described;
    if (!ids.empty()) html += " aria-describedby=\"" + escaped(ids) + "\"";
    html += "><legend>" + escaped(of.shown_label()) + "</legend>";
    html += control_html(name).str() + "</fieldset>";
  } else if (widget == Widget::checkbox && !of.read_only) {
    html += control_html(name).str() + " " + label_html(name).str();
  } else {
    html += label_html(name).str() + control_html(name).str();
  }
  if (!of.help_text.empty())
    html +=
        "<p class=\"help\" id=\"" + escaped(id(name)) + "_help\">" + escaped(of.help_text) + "</p>";
  return web::SafeHtml(html + errors_html(name).str() + "</div>");
}

web::SafeHtml Form::html() const {
  web::SafeHtml html = errors_html("");
  for (const Bound& of : fields_) html += field_html(of.field.name);
  return html;
}

web::SafeHtml Form::hidden_html() const {
  web::SafeHtml html;
  for (const Bound& of : fields_) {
    if (of.field.shown_widget() == Widget::hidden) html += control_html(of.field.name);
  }
  return html;
}

bool Form::needs_multipart() const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [](const Bound& of) { return of.field.type == Type::file; });
}

}  // namespace forms
