#include "forms/widget.h"

#include <algorithm>

namespace forms {
namespace {

// One element, written attribute by attribute. Every value is escaped here and nowhere else.
class Markup {
 public:
  Markup& open(std::string_view element) {
    text_.append("<").append(element);
    return *this;
  }
  Markup& attribute(std::string_view name, std::string_view value) {
    text_.append(" ").append(name).append("=\"");
    web::append_escaped_html(text_, value);
    text_ += '"';
    return *this;
  }
  Markup& flag(std::string_view name, bool on) {
    if (on) text_.append(" ").append(name);
    return *this;
  }
  Markup& end() {
    text_ += '>';
    return *this;
  }
  Markup& text(std::string_view value) {
    web::append_escaped_html(text_, value);
    return *this;
  }
  Markup& close(std::string_view element) {
    text_.append("</").append(element).append(">");
    return *this;
  }
  web::SafeHtml html() && { return web::SafeHtml(std::move(text_)); }

 private:
  std::string text_{};
};

std::string joined(const std::vector<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) out += (out.empty() ? "" : " ") + id;
  return out;
}

void add_description(Markup& markup, const ControlState& state) {
  if (!state.described_by.empty()) markup.attribute("aria-describedby", joined(state.described_by));
  if (state.invalid) markup.attribute("aria-invalid", "true");
}

// What every single control has.
void add_common(Markup& markup, const Field& field, const ControlState& state) {
  markup.attribute("name", state.name).attribute("id", state.id);
  if (!field.autocomplete.empty()) markup.attribute("autocomplete", field.autocomplete);
  const bool may_require = field.type != Type::boolean;
  markup.flag("required", field.required && may_require);
  add_description(markup, state);
  for (const auto& [name, value] : field.attributes) markup.attribute(name, value);
}

std::string_view input_type(Widget widget) {
  switch (widget) {
    case Widget::password:
      return "password";
    case Widget::number:
      return "number";
    case Widget::email:
      return "email";
    case Widget::url:
      return "url";
    case Widget::date:
      return "date";
    case Widget::datetime:
      return "datetime-local";
    case Widget::checkbox:
      return "checkbox";
    case Widget::file:
      return "file";
    case Widget::hidden:
      return "hidden";
    default:
      return "text";
  }
}

std::string_view first(const std::vector<std::string>& shown) {
  return shown.empty() ? std::string_view() : std::string_view(shown.front());
}

void add_limits(Markup& markup, const Field& field, Widget widget) {
  const bool is_text = widget == Widget::text || widget == Widget::password ||
                       widget == Widget::email || widget == Widget::url ||
                       widget == Widget::textarea;
  if (is_text && field.max_length != 0)
    markup.attribute("maxlength", std::to_string(field.max_length));
  if (widget == Widget::number && field.type != Type::integer) markup.attribute("step", "any");
  if (widget == Widget::number && field.min) markup.attribute("min", std::to_string(*field.min));
  if (widget == Widget::number && field.max) markup.attribute("max", std::to_string(*field.max));
  if (widget == Widget::datetime) markup.attribute("step", "1");
}

web::SafeHtml hidden(const Field& field, const ControlState& state) {
  Markup markup;
  const auto add = [&](std::string_view value) {
    markup.open("input").attribute("type", "hidden").attribute("name", state.name);
    if (field.type != Type::several) markup.attribute("id", state.id);
    markup.attribute("value", value).end();
  };
  if (field.type != Type::several) add(first(state.shown));
  if (field.type == Type::several)
    for (const std::string& value : state.shown) add(value);
  return std::move(markup).html();
}

web::SafeHtml input(const Field& field, const ControlState& state, Widget widget) {
  Markup markup;
  markup.open("input").attribute("type", input_type(widget));
  add_common(markup, field, state);
  add_limits(markup, field, widget);
  if (widget == Widget::checkbox)
    markup.flag("checked", field.type == Type::boolean
                               ? parse(field, state.shown).value == Value(true)
                               : !state.shown.empty());
  else if (widget != Widget::password && widget != Widget::file)
    markup.attribute("value", first(state.shown));
  return std::move(markup.end()).html();
}

web::SafeHtml textarea(const Field& field, const ControlState& state) {
  Markup markup;
  markup.open("textarea");
  const bool sets_rows =
      std::any_of(field.attributes.begin(), field.attributes.end(),
                  [](const auto& attribute) { return attribute.first == "rows"; });
  if (!sets_rows) markup.attribute("rows", field.type == Type::lines ? "4" : "10");
  add_common(markup, field, state);
  add_limits(markup, field, Widget::textarea);
  // A newline that follows the tag at once is not content.
  markup.end().text("\n").text(first(state.shown)).close("textarea");
  return std::move(markup).html();
}

bool is_shown(const ControlState& state, const std::string& value) {
  return std::find(state.shown.begin(), state.shown.end(), value) != state.shown.end();
}

std::vector<Choice> choices_of(const Field& field, Widget widget) {
  std::vector<Choice> choices = field.choices;
  if (field.type == Type::boolean && choices.empty()) choices = {{"true", "Yes"}, {"false", "No"}};
  const bool chosen = !field.required || sent_form(field, field.initial).empty() ||
                      first(sent_form(field, field.initial)).empty();
  if (widget == Widget::select && chosen) choices.insert(choices.begin(), {"", "---------"});
  return choices;
}

web::SafeHtml select(const Field& field, const ControlState& state, Widget widget) {
  Markup markup;
  markup.open("select");
  add_common(markup, field, state);
  markup.flag("multiple", widget == Widget::multi_select).end();
  for (const Choice& choice : choices_of(field, widget)) {
    const bool selected =
        is_shown(state, choice.value) || (choice.value.empty() && first(state.shown).empty());
    markup.open("option").attribute("value", choice.value);
    markup.flag("selected", selected).end().text(choice.label).close("option");
  }
  return std::move(markup.close("select")).html();
}

// Radio buttons or checkboxes inside the fieldset that the form writes.
web::SafeHtml group(const Field& field, const ControlState& state, Widget widget) {
  Markup markup;
  std::size_t number = 0;
  for (const Choice& choice : choices_of(field, widget)) {
    const std::string id = state.id + "_" + std::to_string(number++);
    markup.open("div").attribute("class", "choice").end();
    markup.open("input")
        .attribute("type", widget == Widget::radio_list ? "radio" : "checkbox")
        .attribute("name", state.name)
        .attribute("id", id)
        .attribute("value", choice.value);
    markup.flag("checked", is_shown(state, choice.value));
    markup.flag("required", field.required && widget == Widget::radio_list);
    if (state.invalid) markup.attribute("aria-invalid", "true");
    markup.end().open("label").attribute("for", id).end().text(choice.label).close("label");
    markup.close("div");
  }
  return std::move(markup).html();
}

// A read-only field, as people read it.
web::SafeHtml output(const Field& field, const ControlState& state) {
  std::string text;
  for (const std::string& value : state.shown) {
    const auto choice = std::find_if(field.choices.begin(), field.choices.end(),
                                     [&](const Choice& c) { return c.value == value; });
    text += (text.empty() ? "" : ", ") + (choice == field.choices.end() ? value : choice->label);
  }
  if (field.type == Type::boolean) text = first(state.shown).empty() ? "No" : "Yes";
  if (field.type == Type::boolean && first(state.shown) == "false") text = "No";
  Markup markup;
  markup.open("output").attribute("id", state.id).attribute("class", "read-only");
  add_description(markup, state);
  return std::move(markup.end().text(text.empty() ? "-" : text).close("output")).html();
}

}  // namespace

bool is_group(Widget widget) {
  return widget == Widget::checkbox_list || widget == Widget::radio_list;
}

web::SafeHtml control(const Field& field, const ControlState& state) {
  if (field.read_only) return output(field, state);
  const Widget widget = field.shown_widget();
  switch (widget) {
    case Widget::hidden:
      return hidden(field, state);
    case Widget::textarea:
      return textarea(field, state);
    case Widget::select:
    case Widget::multi_select:
      return select(field, state, widget);
    case Widget::checkbox_list:
    case Widget::radio_list:
      return group(field, state, widget);
    default:
      return input(field, state, widget);
  }
}

}  // namespace forms
