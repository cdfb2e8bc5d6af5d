// Form: fields, what was sent for them, what is wrong with it, and their markup.
//
//   forms::Form form({{.name = "name", .max_length = 100}, {.name = "body", …}});
//   if (request.method() == "POST" && form.bind(web::form(request))) {
//     save(form.text("name"), form.text("body"));
//     return web::Response::redirect(url, 303);
//   }
//   context.set("form", form.html());   // with what was entered, and messages beside it
//
// A form takes the fields that it has and nothing else of what is sent; read-only fields are shown
// and never taken. Markup: each control has its label, names its help and its errors by
// aria-describedby, and says aria-invalid and required. There is no inline code or style.
//
// Thread safety: one thread at a time.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "forms/field.h"
#include "web/form_data.h"
#include "web/safe_html.h"

namespace forms {

class Form {
 public:
  // `prefix`: before each name as "<prefix>-", for several forms on one page.
  explicit Form(std::vector<Field> fields, std::string prefix = {});
  virtual ~Form() = default;

  // The definition, to be changed before bind(). Throws std::invalid_argument for an unknown name.
  Field& field(std::string_view name);
  const Field& field(std::string_view name) const;
  bool has(std::string_view name) const;
  std::vector<std::string_view> names() const;          // of those that are not hidden, in order
  std::string input_name(std::string_view name) const;  // with the prefix
  std::string id(std::string_view name) const;          // of its element

  // Takes what was sent. True where it is valid. Files stay views of `data`.
  virtual bool bind(const web::FormData& data);
  bool is_bound() const { return bound_; }
  bool is_valid() const { return bound_ && errors_.empty(); }

  // ---- Values: what was taken of a bound form (NULL where it is wrong), the initial ones of
  // another. Throw std::invalid_argument for an unknown name.
  const Value& value(std::string_view name) const;
  std::string text(std::string_view name) const;  // empty where it is no text
  bool checked(std::string_view name) const;
  std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const;
  std::vector<std::string> texts(std::string_view name) const;  // of lines and several
  const web::UploadedFile* file(std::string_view name) const;   // nullptr: none was chosen
  // Whether what was sent differs from what the form showed.
  bool has_changed(std::string_view name) const;
  std::vector<std::string_view> changed() const;

  // ---- Errors. Those of no field are under "".
  using Errors = std::map<std::string, std::vector<std::string>, std::less<>>;
  void add_error(std::string_view name, std::string message);
  void add_error(std::string message) { add_error("", std::move(message)); }
  const Errors& errors() const { return errors_; }
  const std::vector<std::string>& errors(std::string_view name) const;

  // ---- Markup
  web::SafeHtml html() const;  // all of it, without <form> and its button
  web::SafeHtml field_html(std::string_view name) const;  // label, control, help and errors
  web::SafeHtml label_html(std::string_view name) const;
  web::SafeHtml control_html(std::string_view name) const;  // the element alone
  web::SafeHtml errors_html(std::string_view name) const;   // "": of no field
  web::SafeHtml hidden_html() const;  // the hidden fields, for pages that place the others
  bool needs_multipart() const;       // a field is a file: enctype of <form>

 protected:
  struct Bound {
    Field field;
    std::vector<std::string> sent{};
    Value value{};
    const web::UploadedFile* file = nullptr;
  };
  Bound& bound(std::string_view name);
  const Bound& bound(std::string_view name) const;
  std::vector<Bound>& all() { return fields_; }
  const std::vector<Bound>& all() const { return fields_; }

 private:
  void take(Bound& to, const web::FormData& data);
  std::vector<std::string> shown(const Bound& of) const;
  std::vector<std::string> described_by(const Bound& of) const;

  std::string prefix_;
  std::vector<Bound> fields_{};
  Errors errors_{};
  bool bound_ = false;
};

}  // namespace forms
