// Templates: HTML pages with layouts and includes, escaped by context.
//
//   {% extends "base.html" %}
//   {% block content %}
//     <h1>{{title}}</h1>
//     {{#comments}}<p>{{text}}</p>{{/comments}}
//     {% include "blog/share.html" %}  <img src="{% static "img/logo.svg" %}" alt="">
//     <a href="{% url "home" %}">Home</a>
//   {% endblock %}
//
//   web::Response post_page(web::Request& request, base::Uuid pk) {
//     web::Context context;
//     context.set("title", post.title);
//     return web::render(request, "blog/post.html", context);
//   }
//
// Tags ({% … %}) are resolved when a template is loaded, into one text, so that each {{variable}}
// is escaped for its place in the whole page: text, quoted attribute, URL (what base/safe_url.h
// refuses becomes "#"), data in <script type="application/json">. Places where no escaping is safe,
// and markup that the page policy forbids (inline scripts and styles), are errors at load, with
// file and line. `{% super %}` is what the block overrides; {# … #} is left out.
//
// Thread safety: add folders on one thread; then everything from any.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "web/context.h"
#include "web/embedded.h"
#include "web/response.h"

namespace web {

class Request;

// A mistake in a template: "blog/post.html:12: …".
struct TemplateError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {
struct Page;
struct TemplateSource;
}  // namespace detail

class Templates {
 public:
  // What tags ask for. Both throw for what does not exist.
  struct Resolvers {
    std::function<std::string(std::string_view path)> static_url{};
    std::function<std::string(std::string_view route)> url{};
  };

  // `live`: read from the folders' sources, where they exist, and again whenever a file changes.
  Templates(Resolvers resolvers, bool live);
  ~Templates();
  Templates(const Templates&) = delete;
  Templates& operator=(const Templates&) = delete;

  // The first folder that has a name wins.
  void add(TemplateFolder folder);
  // What is used where no folder has a name, always as embedded.
  void add_default(TemplateFolder folder) { defaults_.push_back(std::move(folder)); }
  bool has(std::string_view name) const;
  // Reads every template of every folder. Throws TemplateError that lists all mistakes.
  void load();
  // Throws TemplateError; also when there is no such template.
  std::string render(std::string_view name, const Context& context) const;
  // Whether the template has a variable or section of that name.
  bool uses(std::string_view name, std::string_view variable) const;
  std::vector<std::string> names() const;

 private:
  std::optional<std::string> read(std::string_view name,
                                  std::vector<detail::TemplateSource>* sources) const;
  std::shared_ptr<const detail::Page> page(std::string_view name) const;
  std::shared_ptr<const detail::Page> load_page(std::string_view name) const;

  const Resolvers resolvers_;
  const bool live_;
  std::vector<TemplateFolder> folders_;
  std::vector<TemplateFolder> defaults_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, std::shared_ptr<const detail::Page>> pages_;
};

// Puts what every page may show into its context: the user, messages, a CSRF token. What the view
// has set itself stays.
using ContextProcessor = std::function<void(Request&, Context&)>;

// The page `name` of the request's application, through its context processors.
Response render(Request& request, std::string_view name, Context& context, int status = 200);

}  // namespace web
