// The lines of docs/topics/forms.md, sessions.md and security.md, asked by a test client on an
// embedded database in memory.
#include <filesystem>
#include <iostream>

#include "dynamo_backend/models.h"
#include "dynamodb/local/engine.h"
#include "forms/model_form.h"
#include "web/csrf.h"
#include "web/messages.h"
#include "web/rate_limit.h"
#include "web/safe_redirect.h"
#include "web/session.h"
#include "web/session_store.h"
#include "web/test_client.h"
#include "web/uploads.h"

// The docs show these lines; they are laid out for them.
// clang-format off
namespace example {

using namespace dynamo_backend;
using forms::Type;
using forms::Widget;

struct Post : DynamoModel<Post> {
  std::string title{};
  std::string body{};
  std::uint64_t version = 0;
  static constexpr auto schema = define<Post>(CharField<&Post::title>{.max_length = 200},
                                              TextField<&Post::body>{.blank = true, .help_text = "Markdown."},
                                              VersionField<&Post::version>{});
};

// What a template puts between <form method="post"> and its button.
web::Response page(web::Request& request, const web::SafeHtml& fields) {
  return web::Response::html("<form method=\"post\"><input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"" +
                             web::csrf_token(request) + "\">" + fields.str() + "<button>Save</button></form>");
}

web::Response contact(web::Request& request) {
  forms::Form form({{.name = "email", .type = Type::email, .autocomplete = "email"},
                    {.name = "topic", .choices = {{"bug", "A bug"}, {"idea", "An idea"}}},
                    {.name = "body", .widget = Widget::textarea, .max_length = 2000},
                    {.name = "copy", .label = "Send me a copy", .type = Type::boolean}});
  if (request.method() == "POST" && form.bind(web::form(request))) {
    web::flash(request, web::Level::success, "Thank you, " + form.text("email") + ".");
    return web::Response::redirect("/", 303);
  }
  return page(request, form.html());
}

web::Response post_edit(web::Request& request, Uuid pk) {
  Post post = Post::objects.get(pk);
  forms::ModelForm form(post, {.fields = {"title", "body"}});
  if (request.method() == "POST" && form.bind(web::form(request)) && form.save())
    return web::Response::redirect(web::safe_next(request, request.query("next").value_or("")), 303);
  return page(request, form.html());
}

web::Response home(web::Request& request) {
  web::Session& session = web::session(request);
  session.set("visits", (session.find("visits") ? session.find("visits")->get<int>() : 0) + 1);
  std::string text = "visit " + session.find("visits")->dump();
  for (const web::Message& message : web::take_messages(request))
    text += "\n" + std::string(web::level_name(message.level)) + ": " + message.text;
  return web::Response::text(text);
}

web::Response sign_in(web::Request& request) {
  web::session(request).set_user_key("alice");  // a new identifier; data of another user is gone
  return web::Response::redirect("/", 303);
}
web::Response sign_out(web::Request& request) {
  web::session(request).flush();
  return web::Response::redirect("/", 303);
}

std::string link_for(web::Request& request, const std::string& user) {
  const web::Signer signer(request.application().secret_keys(), "reset-password");
  const std::string text = signer.sign(user);
  const auto value = signer.unsign(text, std::chrono::hours(1));  // std::nullopt: forged, or too old
  return value == user ? text : "";
}

void urls(web::Router& r, const web::Uploads& covers) {
  r.get("/", home);
  r.get("/contact/", contact);
  r.post("/contact/", contact).rate_limit({.name = "contact", .allowed = 5});
  r.get("/posts/<uuid:pk>/edit/", post_edit);
  r.post("/posts/<uuid:pk>/edit/", post_edit);
  r.post("/sign-in/", sign_in);
  r.post("/sign-out/", sign_out);
  r.get("/link/", [](web::Request& request) { return web::Response::text(link_for(request, "alice")); });
  r.post("/covers/", [&covers](web::Request& request) {
    const web::UploadedFile* file = web::form(request).file("cover");
    if (file == nullptr) throw web::HttpError(400, "no_file", "Choose a file.");
    const web::Upload kept = covers.add(*file);  // HttpError 400 for what is no image
    return web::Response::text(kept.name, 201);
  }).body_limit(6 << 20);
  r.get("/covers/<str:name>", [&covers](web::Request&, std::string name) { return covers.serve(name); });
}

void middleware(web::Application& app) {
  app.use(web::sessions(std::make_shared<web::MemorySessionStore>()));
  app.use(web::csrf());
  app.use(web::messages());
  app.use(web::rate_limits(std::make_shared<web::MemoryCounterStore>()));
}

}  // namespace example
// clang-format on

namespace {

using namespace example;

// Prints what does not hold.
bool all_good = true;
void expect(bool holds, const char* what) {
  if (!holds) std::cout << "does not hold: " << what << "\n";
  all_good = all_good && holds;
}

// The value of a hidden field of a page.
std::string hidden(const std::string& html, const std::string& name) {
  const std::size_t at = html.find("name=\"" + name + "\"");
  const std::size_t begin = html.find("value=\"", at) + 7;
  return html.substr(begin, html.find('"', begin) - begin);
}

void show(web::TestClient& client, const Post& post) {
  const std::string token = hidden(client.get("/contact/").body, "csrfmiddlewaretoken");
  const auto send = [&](const std::string& path, web::HeaderList fields) {
    fields.emplace_back("csrfmiddlewaretoken", token);
    return client.post_form(path, fields);
  };
  expect(client.post_form("/contact/", {{"email", "a@example.com"}}).status == 403, "CSRF");
  expect(send("/contact/", {{"email", "x"}}).body.find("Enter a valid email") != std::string::npos,
         "an error beside its field");
  expect(send("/contact/", {{"email", "a@example.com"}, {"topic", "bug"}, {"body", "b"}}).status ==
             303,
         "a form that is taken");
  expect(client.get("/").body == "visit 1\nsuccess: Thank you, a@example.com.", "a message");
  expect(client.get("/").body == "visit 2", "a session");

  const std::string edit = "/posts/" + post.pk.str() + "/edit/?next=//evil.example";
  const std::string version = hidden(client.get(edit).body, "version");
  const auto saved = send(edit, {{"title", "New"}, {"body", ""}, {"version", version}});
  expect(saved.status == 303 && saved.header("Location") == "/", "R1");
  expect(send(edit, {{"title", "Late"}, {"version", version}}).body.find("someone else") !=
             std::string::npos,
         "edits of another");

  expect(send("/sign-in/", {}).status == 303, "signing in");
  expect(send("/sign-out/", {}).status == 403, "tokens from before signing in");
  expect(!client.get("/link/").body.empty(), "a signed link");
}

}  // namespace

int main() {
  const auto engine = dynamodb::local::Engine::open({});
  dynamo_backend::ScopedConnection connection(*engine);
  dynamo_backend::Registry registry;
  registry.add<Post>();
  dynamo_backend::ensure_tables(registry);
  const Post post = Post::objects.create({.title = "Old"});

  const std::string folder = std::filesystem::temp_directory_path() / "ddb_forms_example";
  const web::Uploads covers({.folder = folder, .extensions = {"png", "jpg"}});
  web::Application app({.debug = true});
  middleware(app);
  urls(app.router(), covers);
  web::TestClient client(app);
  show(client, post);
  std::filesystem::remove_all(folder);
  if (all_good) std::cout << "all as documented\n";
  return all_good ? 0 : 1;
}
