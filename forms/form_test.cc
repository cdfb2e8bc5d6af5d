#include "forms/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace forms;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace {

web::FormData sent(std::initializer_list<std::pair<const char*, const char*>> fields) {
  web::FormData data;
  for (const auto& [name, value] : fields) data.add(name, value);
  return data;
}

Form comment() {
  return Form({{.name = "name", .max_length = 10},
               {.name = "email", .type = Type::email, .required = false},
               {.name = "body", .help_text = "Plain <text>.", .widget = Widget::textarea},
               {.name = "notify", .type = Type::boolean}});
}

// The error of one field to which `value` is sent; empty: it is taken.
std::string error_of(Field field, const std::string& value) {
  field.name = "x";
  Form form({std::move(field)});
  web::FormData data;
  data.add("x", value);
  form.bind(data);
  return form.errors("x").empty() ? "" : form.errors("x").front();
}

Value value_of(Field field, const std::string& value) {
  field.name = "x";
  Form form({std::move(field)});
  web::FormData data;
  data.add("x", value);
  EXPECT_TRUE(form.bind(data)) << value;
  return form.value("x");
}

}  // namespace

TEST(Form, ValidForm_HasItsValues) {
  Form form = comment();
  EXPECT_FALSE(form.is_bound());
  EXPECT_TRUE(form.bind(sent({{"name", " Ann "}, {"body", "a\r\n  b"}, {"notify", "on"}})));
  EXPECT_TRUE(form.is_valid());
  EXPECT_EQ(form.text("name"), "Ann");
  EXPECT_EQ(form.text("email"), "");
  EXPECT_EQ(form.text("body"), "a\n  b");
  EXPECT_TRUE(form.checked("notify"));
  EXPECT_THROW((void)form.value("nope"), std::invalid_argument);
}

TEST(Form, Errors_AreOfTheirFields_AllAtOnce) {
  Form form = comment();
  EXPECT_FALSE(form.bind(sent({{"name", "A name too long"}, {"email", "x@"}, {"body", " \n"}})));
  EXPECT_THAT(form.errors("name"),
              ElementsAre("Ensure this value has at most 10 characters (it has 15)."));
  EXPECT_THAT(form.errors("email"), ElementsAre("Enter a valid email address."));
  EXPECT_THAT(form.errors("body"), ElementsAre("This field is required."));
  EXPECT_TRUE(form.errors("notify").empty());
}

TEST(Form, ErrorsOfTheView_CountToo) {
  Form form = comment();
  form.bind(sent({{"name", "Ann"}, {"body", "b"}}));
  form.add_error("name", "This name is taken.");
  form.add_error("Comments are closed.");
  EXPECT_FALSE(form.is_valid());
  EXPECT_THAT(form.errors(""), ElementsAre("Comments are closed."));
}

TEST(Form, EnteredValues_AreKeptOnError) {
  Form form = comment();
  form.bind(sent({{"name", "A name too long"}, {"body", "x\ny"}, {"notify", "on"}}));
  const std::string html = form.html().str();
  EXPECT_THAT(html, HasSubstr("value=\"A name too long\""));
  EXPECT_THAT(html, HasSubstr(">\nx\ny</textarea>"));
  EXPECT_THAT(html, HasSubstr("id=\"id_notify\" checked"));
}

TEST(Form, Password_IsNeverShownAgain) {
  Form form(
      {{.name = "password", .widget = Widget::password}, {.name = "code", .type = Type::integer}});
  form.bind(sent({{"password", " secret "}, {"code", "x"}}));
  EXPECT_EQ(form.text("password"), " secret ");
  EXPECT_THAT(form.html().str(), Not(HasSubstr("secret")));
}

TEST(Form, Z3_ReadOnlyAndUnknownFields_AreNotTaken) {
  Form form({{.name = "title"}, {.name = "owner", .read_only = true, .initial = "alice"}});
  EXPECT_TRUE(form.bind(sent({{"title", "x"}, {"owner", "mallory"}, {"is_staff", "on"}})));
  EXPECT_EQ(form.text("owner"), "alice");
  EXPECT_FALSE(form.has("is_staff"));
  const std::string html = form.field_html("owner").str();
  EXPECT_THAT(html, HasSubstr("<output id=\"id_owner\" class=\"read-only\">alice</output>"));
  EXPECT_THAT(html, Not(HasSubstr("name=\"owner\"")));
}

TEST(Form, Prefix_SeparatesFormsOnOnePage) {
  Form a({{.name = "x"}}, "a"), b({{.name = "x"}}, "b");
  const web::FormData data = sent({{"a-x", "1"}, {"b-x", "2"}});
  EXPECT_TRUE(a.bind(data) && b.bind(data));
  EXPECT_EQ(a.text("x") + b.text("x"), "12");
  EXPECT_THAT(a.html().str(), HasSubstr("name=\"a-x\" id=\"id_a-x\""));
}

// ---- types

TEST(FormField, Z4_M3_Numbers_AreExact) {
  const Field integer{.type = Type::integer, .min = -5, .max = 100};
  EXPECT_EQ(value_of(integer, " 7 "), Value(7));
  EXPECT_EQ(value_of(integer, "-5"), Value(-5));
  for (const char* text : {"1.5", "x", "0x10", "1 2", "--1"})
    EXPECT_EQ(error_of(integer, text), "Enter a whole number.") << text;
  EXPECT_EQ(error_of(integer, "-6"), "Ensure this value is at least -5.");
  EXPECT_EQ(error_of(integer, "101"), "Ensure this value is at most 100.");
  EXPECT_EQ(error_of(integer, "99999999999999999999"), "Enter a whole number.");
  EXPECT_EQ(value_of({.type = Type::decimal}, "12.3400000000000000000000000001"),
            Value(*dynamodb::Number::parse("12.3400000000000000000000000001")));
  EXPECT_EQ(error_of({.type = Type::real}, "NaN"), "Enter a number.");
  EXPECT_EQ(value_of({.type = Type::integer, .required = false}, ""), Value());
}

TEST(FormField, TextsOfAForm_AreChecked) {
  EXPECT_THAT(error_of({.type = Type::slug}, "a b"), HasSubstr("Enter a slug"));
  EXPECT_THAT(error_of({.type = Type::url}, "javascript:alert(1)"), HasSubstr("valid URL"));
  EXPECT_EQ(value_of({.type = Type::url}, "https://example.com/x"), Value("https://example.com/x"));
  EXPECT_EQ(error_of({}, "\xff"), "This text is not valid UTF-8.");
  EXPECT_THAT(error_of({}, std::string(65537, 'x')), HasSubstr("65536"));
  EXPECT_EQ(value_of({.required = false, .nullable = true}, " "), Value());
  EXPECT_EQ(value_of({.required = false}, " "), Value(""));
}

TEST(FormField, DatesAndTimes) {
  EXPECT_EQ(value_of({.type = Type::datetime}, "2026-11-26T10:00"),
            Value("2026-11-26T10:00:00.000000+00:00"));
  EXPECT_EQ(value_of({.type = Type::datetime}, "2026-11-26T10:00+02:00"),
            Value("2026-11-26T08:00:00.000000+00:00"));
  EXPECT_THAT(error_of({.type = Type::datetime}, "2026-02-30T10:00"), HasSubstr("date and time"));
  EXPECT_EQ(value_of({.type = Type::date}, "2026-11-26"), Value("2026-11-26"));
  for (const char* text : {"2026-02-30", "26.11.2026", "2026-11-26T10:00"})
    EXPECT_THAT(error_of({.type = Type::date}, text), HasSubstr("Enter a date")) << text;
}

TEST(FormField, Choices_TakeNothingElse) {
  const Field colour{.choices = {{"r", "Red"}, {"g", "Green"}}};
  EXPECT_EQ(value_of(colour, "g"), Value("g"));
  EXPECT_THAT(error_of(colour, "b"), HasSubstr("Select a valid choice. \"b\""));
  Field some = colour;
  some.name = "x";
  some.type = Type::several;
  Form form({some});
  EXPECT_TRUE(form.bind(sent({{"x", "r"}, {"x", "g"}, {"x", "r"}})));
  EXPECT_THAT(form.texts("x"), ElementsAre("r", "g"));
  EXPECT_FALSE(form.bind(sent({{"x", "r"}, {"x", "b"}})));
  EXPECT_FALSE(form.bind(sent({})));
}

TEST(FormField, NullableBoolean_HasThreeStates) {
  const Field field{.type = Type::boolean, .nullable = true};
  EXPECT_EQ(value_of(field, ""), Value());
  EXPECT_EQ(value_of(field, "true"), Value(true));
  EXPECT_EQ(value_of(field, "false"), Value(false));
  EXPECT_THAT(error_of(field, "on"), HasSubstr("valid choice"));
}

TEST(FormField, Boolean_IsFalseByItsTextToo) {
  for (const char* text : {"on", "true", "True", "1", "yes"})
    EXPECT_EQ(value_of({.type = Type::boolean}, text), Value(true)) << text;
  for (const char* text : {"", "false", "False", "FALSE", "0", " "})
    EXPECT_EQ(value_of({.type = Type::boolean}, text), Value(false)) << text;
  Form form({{.name = "x", .type = Type::boolean}});
  form.bind(sent({{"x", "false"}}));
  EXPECT_THAT(form.html().str(), Not(HasSubstr("checked")));
  // Of both values that are there to choose from, the one that is stored is chosen.
  for (const Widget widget : {Widget::select, Widget::radio_list}) {
    Form shown({{.name = "x", .type = Type::boolean, .widget = widget, .initial = Value(false)}});
    EXPECT_THAT(shown.html().str(), testing::ContainsRegex("value=\"false\" (selected|checked)"));
    EXPECT_TRUE(shown.bind(sent({{"x", "false"}})));
    EXPECT_FALSE(shown.has_changed("x"));
    shown.bind(sent({{"x", "true"}}));
    EXPECT_TRUE(shown.checked("x"));
  }
}

TEST(FormField, JsonAndLines) {
  EXPECT_EQ(value_of({.type = Type::lines}, "a\r\n\r\n b \r\n"),
            Value(dynamodb::List{Value("a"), Value("b")}));
  EXPECT_EQ(value_of({.type = Type::json}, "{\"a\": [1, true]}"),
            Value(dynamodb::Map{{"a", dynamodb::List{Value(1), Value(true)}}}));
  EXPECT_THAT(error_of({.type = Type::json}, "{\"a\": 1, \"a\": 2}"), HasSubstr("valid JSON"));
}

TEST(FormField, R3_FileSize_IsLimited) {
  Form form({{.name = "cover", .type = Type::file, .max_bytes = 3}});
  EXPECT_TRUE(form.needs_multipart());
  web::FormData data;
  EXPECT_FALSE(form.bind(data));
  EXPECT_THAT(form.errors("cover"), ElementsAre("No file was chosen."));
  data.add_file({.field = "cover", .client_name = "a", .content = "1234"});
  EXPECT_FALSE(form.bind(data));
  EXPECT_THAT(form.errors("cover"), ElementsAre("Choose a file of at most 3 bytes (it has 4)."));
  web::FormData small;
  small.add_file({.field = "cover", .client_name = "a", .content = "123"});
  EXPECT_TRUE(form.bind(small));
  EXPECT_EQ(form.file("cover")->content, "123");
}

TEST(FormField, HasChanged_ComparesValues_NotTheirTexts) {
  Form form({{.name = "at", .type = Type::datetime, .initial = "2026-11-26T10:00:00.123456+00:00"},
             {.name = "n", .type = Type::integer, .initial = 7},
             {.name = "on", .type = Type::boolean, .initial = true},
             {.name = "t", .initial = "x"}});
  EXPECT_TRUE(
      form.bind(sent({{"at", "2026-11-26T10:00"}, {"n", "07"}, {"on", "on"}, {"t", "x "}})));
  EXPECT_TRUE(form.changed().empty());
  EXPECT_EQ(form.text("at"), "2026-11-26T10:00:00.123456+00:00");  // no part of it is lost
  form.bind(sent({{"at", "2026-11-26T10:01"}, {"n", "x"}, {"t", "y"}}));
  EXPECT_THAT(form.changed(), ElementsAre("at", "n", "on", "t"));
}

// ---- markup

TEST(FormMarkup, Control_HasItsLabel_HelpAndErrors) {
  Form form = comment();
  EXPECT_EQ(
      form.field_html("name").str(),
      "<div class=\"field\"><label for=\"id_name\">Name <span class=\"required\" "
      "aria-hidden=\"true\">*</span></label><input type=\"text\" name=\"name\" id=\"id_name\" "
      "required maxlength=\"10\" value=\"\"></div>");
  form.bind(sent({{"body", ""}}));
  EXPECT_EQ(form.field_html("body").str(),
            "<div class=\"field has-errors\"><label for=\"id_body\">Body <span class=\"required\" "
            "aria-hidden=\"true\">*</span></label><textarea rows=\"10\" name=\"body\" "
            "id=\"id_body\" required aria-describedby=\"id_body_help id_body_errors\" "
            "aria-invalid=\"true\">\n</textarea><p class=\"help\" id=\"id_body_help\">Plain "
            "&lt;text&gt;.</p><ul class=\"errors\" id=\"id_body_errors\"><li>This field is "
            "required.</li></ul></div>");
  form.add_error("Closed.");
  EXPECT_THAT(form.html().str(),
              HasSubstr("<ul class=\"errors\" role=\"alert\"><li>Closed.</li></ul>"));
}

TEST(FormMarkup, Textarea_HasTheHeightThatTheFieldSays) {
  const Form form({{.name = "t", .widget = Widget::textarea, .attributes = {{"rows", "16"}}}});
  const std::string html = form.field_html("t").str();
  EXPECT_THAT(html, HasSubstr("<textarea name="));
  EXPECT_THAT(html, HasSubstr(" rows=\"16\""));
}

TEST(FormMarkup, O1_EverythingIsEscaped) {
  const std::string evil = "\"><script>alert('1')</script>";
  Form form({{.name = "x" + evil,
              .label = evil,
              .help_text = evil,
              .max_length = 5,
              .autocomplete = evil,
              .attributes = {{"data-x", evil}}},
             {.name = "c", .choices = {{evil, evil}}},
             {.name = "s",
              .type = Type::several,
              .widget = Widget::checkbox_list,
              .choices = {{evil, evil}}},
             {.name = "t", .widget = Widget::textarea},
             {.name = "h", .widget = Widget::hidden},
             {.name = "r", .read_only = true, .initial = Value(evil)}},
            "p" + evil);
  web::FormData data;
  for (const std::string_view name : {"c", "s", "t", "h"}) data.add(form.input_name(name), evil);
  data.add(form.input_name("x" + evil), evil);
  form.bind(data);
  form.add_error(evil);
  const std::string html = form.html().str();
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("\">\"")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
}

TEST(FormMarkup, T3_HandlersAndStyles_AreRefused) {
  for (const char* name : {"onclick", "style", "ONCLICK", "a b", ""})
    EXPECT_THROW(Form({{.name = "x", .attributes = {{name, "y"}}}}), std::invalid_argument) << name;
}

TEST(FormMarkup, Groups_AreFieldsets) {
  Form form({{.name = "tags",
              .help_text = "Some.",
              .type = Type::several,
              .required = false,
              .choices = {{"1", "One"}, {"2", "Two"}},
              .initial = dynamodb::List{Value("2")}}});
  EXPECT_EQ(
      form.field_html("tags").str(),
      "<div class=\"field\"><fieldset id=\"id_tags\" aria-describedby=\"id_tags_help\"><legend>"
      "Tags</legend><div class=\"choice\"><input type=\"checkbox\" name=\"tags\" "
      "id=\"id_tags_0\" value=\"1\"><label for=\"id_tags_0\">One</label></div>"
      "<div class=\"choice\"><input type=\"checkbox\" name=\"tags\" id=\"id_tags_1\" "
      "value=\"2\" checked><label for=\"id_tags_1\">Two</label></div></fieldset>"
      "<p class=\"help\" id=\"id_tags_help\">Some.</p></div>");
}

TEST(FormMarkup, Select_MarksWhatIsChosen) {
  Field field{.name = "c", .required = false, .choices = {{"1", "One"}, {"2", "Two"}}};
  EXPECT_THAT(Form({field}).control_html("c").str(),
              HasSubstr("<option value=\"\" selected>---------</option><option value=\"1\">"));
  field.required = true;
  field.initial = "2";
  const std::string html = Form({field}).control_html("c").str();
  EXPECT_THAT(html, HasSubstr("<option value=\"2\" selected>Two</option>"));
  EXPECT_THAT(html, Not(HasSubstr("---------")));
}

TEST(FormMarkup, InputTypes_FitTheirFields) {
  const auto html = [](Field field) {
    field.name = "x";
    return Form({field}).control_html("x").str();
  };
  EXPECT_THAT(html({.type = Type::email}), HasSubstr("type=\"email\""));
  EXPECT_THAT(html({.type = Type::url}), HasSubstr("type=\"url\""));
  EXPECT_THAT(html({.type = Type::integer, .min = 1, .max = 9}),
              testing::AllOf(HasSubstr("type=\"number\""), HasSubstr("min=\"1\" max=\"9\"")));
  EXPECT_THAT(html({.type = Type::decimal}), HasSubstr("step=\"any\""));
  EXPECT_THAT(html({.type = Type::date, .initial = "2026-11-26"}),
              testing::AllOf(HasSubstr("type=\"date\""), HasSubstr("value=\"2026-11-26\"")));
  EXPECT_THAT(html({.type = Type::datetime, .initial = "2026-11-26T10:00:00.123456+00:00"}),
              testing::AllOf(HasSubstr("type=\"datetime-local\""), HasSubstr("step=\"1\""),
                             HasSubstr("value=\"2026-11-26T10:00:00\"")));
  EXPECT_THAT(html({.type = Type::file}), HasSubstr("type=\"file\""));
  EXPECT_THAT(html({.widget = Widget::hidden, .initial = "7"}),
              HasSubstr("<input type=\"hidden\" name=\"x\" id=\"id_x\" value=\"7\">"));
  EXPECT_THAT(html({.autocomplete = "username", .attributes = {{"data-slug-from", "title"}}}),
              HasSubstr("autocomplete=\"username\" required data-slug-from=\"title\""));
}
