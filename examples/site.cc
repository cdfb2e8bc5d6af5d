// The code of docs/topics/web.md, templates.md and static_files.md: a site of one page, asked by
// the test client.
#include <cstdio>
#include <cstdlib>

#include "base/json.h"
#include "web/application.h"
#include "web/cookies.h"
#include "web/openapi.h"
#include "web/test_client.h"

namespace notes {

web::TemplateFolder templates();   // made by ddb_templates()
web::StaticFolder static_files();  // made by ddb_static()

web::Response note_list(web::Request& request) {
  web::Context context;
  context.set("title", "Notes & <things>");
  context.set("query", request.query("q").value_or(""));
  for (const char* text : {"milk", "bread"}) {
    web::Context note = context.add("notes");
    note.set("url", "https://example.com/" + std::string(text)).set("text", text);
    note.show("is_new", text == std::string("milk"));
  }
  return web::render(request, "notes/list.html", context);
}

web::Response choose_theme(web::Request& request) {
  const std::string theme(request.query("theme").value_or("light"));
  return web::Response::redirect("/").add_cookie({.name = "theme", .value = theme, .secure = true});
}

void urls(web::Router& r) {
  r.get("/", note_list, "notes").access(web::Access::public_);
  r.get("/theme/", choose_theme).access(web::Access::public_);
}

void configure(web::Application& app) {
  app.templates().add(templates());
  app.add_static(static_files());
  app.add_context_processor([](web::Request& request, web::Context& context) {
    if (context.wants("theme")) context.set("theme", request.cookie("theme").value_or("light"));
  });
  web::add_openapi(app, {.title = "Notes"});
  app.add_metrics();
}

}  // namespace notes

namespace {

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::exit(EXIT_FAILURE);
}

}  // namespace

int main() {
  web::Application app({.allowed_hosts = {"localhost"}});
  notes::configure(app);
  notes::urls(app.router());
  web::TestClient client(app);
  const web::TestResponse page = client.get("/?q=a%26b");
  std::printf("%s", page.body.c_str());
  expect(page.body.find("<h1>Notes &amp; &lt;things&gt;</h1>") != std::string::npos,
         "text is escaped");
  expect(page.body.find("<a href=\"/?q=a%26b\">") != std::string::npos, "a URL's part is encoded");
  expect(page.body.find("/static/css/site.") != std::string::npos, "static files have their hash");
  client.get("/theme/?theme=dark");
  expect(client.cookies["theme"] == "dark", "the cookie is kept");
  expect(client.get("/api/schema/").status == 200, "the API has its document");
}
