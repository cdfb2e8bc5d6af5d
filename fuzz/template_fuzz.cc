// Templates: whatever their text, they are refused or rendered, and no value becomes markup.
#include <vector>

#include "fuzz/fuzz.h"
#include "web/templates.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  if (text.find("evil") != std::string::npos) return 0;
  const std::vector<web::EmbeddedTemplate> files = {
      {"a.html", text}, {"base.html", "<p>{% block a %}{% endblock %}</p>"}};
  web::Templates templates({.static_url = [](std::string_view) { return std::string("/static/x"); },
                            .url = [](std::string_view) { return std::string("/x/"); }},
                           /*live=*/false);
  templates.add({.files = files});
  web::Context context;
  context.set("x", "\"'><b>evil</b>");
  context.add("y").set("x", "javascript:");
  std::string page;
  try {
    page = templates.render("a.html", context);
  } catch (const web::TemplateError&) {
    return 0;
  }
  FUZZ_CHECK(page.find("<b>evil") == std::string::npos);
  return 0;
}
