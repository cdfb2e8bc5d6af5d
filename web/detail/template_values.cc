#include "web/detail/template_values.h"

#include <cstring>  // which ctemplate's headers use
#include <string>
#include <string_view>

#include <ctemplate/template_emitter.h>
#include <ctemplate/template_modifiers.h>

#include "base/json_writer.h"
#include "base/safe_url.h"
#include "net/text.h"
#include "web/safe_html.h"

namespace web::detail {
namespace {

void emit(ctemplate::ExpandEmitter& out, std::string_view text) {
  out.Emit(text.data(), text.size());
}

void emit_escaped(ctemplate::ExpandEmitter& out, std::string_view text) {
  if (text.find_first_of("&<>\"'") == std::string_view::npos) return emit(out, text);
  std::string escaped;
  append_escaped_html(escaped, text);
  emit(out, escaped);
}

// Strings stay what they are when '<', '>', '&' and the line separators U+2028 and U+2029 are
// written as \u: neither "</script" nor "<!--" can then be in them.
void emit_json(ctemplate::ExpandEmitter& out, std::string_view json) {
  std::string safe;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '<') {
      safe += "\\u003c";
    } else if (json[i] == '>') {
      safe += "\\u003e";
    } else if (json[i] == '&') {
      safe += "\\u0026";
    } else if (json.substr(i, 2) == "\xE2\x80" &&
               (json.substr(i + 2, 1) == "\xA8" || json.substr(i + 2, 1) == "\xA9")) {
      safe += json[i + 2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      safe += json[i];
    }
  }
  emit(out, safe);
}

using Escape = void (*)(ctemplate::ExpandEmitter& out, char tag, std::string_view value);

class Modifier : public ctemplate::TemplateModifier {
 public:
  explicit Modifier(Escape escape) : escape_(escape) {}
  void Modify(const char* in, std::size_t size, const ctemplate::PerExpandData*,
              ctemplate::ExpandEmitter* out, const std::string&) const override {
    if (size > 0) escape_(*out, in[0], std::string_view(in + 1, size - 1));
  }

 private:
  const Escape escape_;
};

void escape_text(ctemplate::ExpandEmitter& out, char tag, std::string_view value) {
  if (tag == kMarkup) return emit(out, value);
  emit_escaped(out, value);
}

void escape_attribute(ctemplate::ExpandEmitter& out, char, std::string_view value) {
  emit_escaped(out, value);
}

void escape_url(ctemplate::ExpandEmitter& out, char, std::string_view value) {
  if (base::is_safe_url(value)) return emit_escaped(out, value);
  emit(out, "#");
}

void escape_url_part(ctemplate::ExpandEmitter& out, char, std::string_view value) {
  emit(out, net::percent_encode(value));
}

void escape_json(ctemplate::ExpandEmitter& out, char tag, std::string_view value) {
  if (tag == kJson || tag == kNumber) return emit_json(out, value);
  std::string text = "\"";
  base::append_json_text(text, value);
  emit_json(out, text + "\"");
}

}  // namespace

void register_modifiers() {
  static const bool registered = [] {
    // For the life of the process, as ctemplate keeps them.
    static const Modifier text(escape_text);
    static const Modifier attribute(escape_attribute);
    static const Modifier url(escape_url);
    static const Modifier url_part(escape_url_part);
    static const Modifier json(escape_json);
    return ctemplate::AddXssSafeModifier("x-text", &text) &&
           ctemplate::AddXssSafeModifier("x-attribute", &attribute) &&
           ctemplate::AddXssSafeModifier("x-url", &url) &&
           ctemplate::AddXssSafeModifier("x-url-part", &url_part) &&
           ctemplate::AddXssSafeModifier("x-json", &json);
  }();
  static_cast<void>(registered);
}

}  // namespace web::detail
