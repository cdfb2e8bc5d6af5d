#include "web/templates.h"

#include <cstring>  // which ctemplate's headers use
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <ctemplate/template.h>
#include <ctemplate/template_dictionary.h>

#include "web/application.h"
#include "web/detail/template_composer.h"
#include "web/detail/template_contexts.h"
#include "web/detail/template_values.h"

namespace web {

namespace fs = std::filesystem;

namespace detail {

// A file that a page was made from, or would have been made from.
struct TemplateSource {
  fs::path path;
  std::optional<fs::file_time_type> written;  // nullopt: it is not there
};

struct Page {
  std::unique_ptr<ctemplate::Template> body;
  std::set<std::string, std::less<>> names;
  std::vector<TemplateSource> sources;
};

}  // namespace detail

namespace {

std::optional<fs::file_time_type> written(const fs::path& path) {
  std::error_code absent;
  const auto time = fs::last_write_time(path, absent);
  return absent ? std::nullopt : std::optional(time);
}

bool is_stale(const detail::Page& page) {
  return std::any_of(
      page.sources.begin(), page.sources.end(),
      [](const detail::TemplateSource& source) { return written(source.path) != source.written; });
}

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// Names come from templates' own tags and from views; this is against mistakes.
bool is_name(std::string_view name) {
  return !name.empty() && name.front() != '/' && name.find("..") == std::string_view::npos;
}

}  // namespace

Templates::Templates(Resolvers resolvers, bool live)
    : resolvers_(std::move(resolvers)), live_(live) {
  detail::register_modifiers();
}

Templates::~Templates() = default;

void Templates::add(TemplateFolder folder) {
  std::error_code absent;
  if (!live_ || !fs::is_directory(folder.source, absent)) folder.source.clear();
  folders_.push_back(std::move(folder));
}

std::vector<std::string> Templates::names() const {
  std::set<std::string> names;
  for (const TemplateFolder& folder : folders_) {
    for (const EmbeddedTemplate& file : folder.files)
      names.insert(folder.prefix + std::string(file.name));
    if (folder.source.empty()) continue;
    for (const auto& entry : fs::recursive_directory_iterator(folder.source)) {
      if (entry.path().extension() == ".html")
        names.insert(folder.prefix + entry.path().lexically_relative(folder.source).string());
    }
  }
  return {names.begin(), names.end()};
}

void Templates::load() {
  std::string problems;
  for (const std::string& name : names()) {
    try {
      page(name);
    } catch (const TemplateError& error) {
      // Mistakes of a layout are found by every page that extends it.
      if (problems.find(error.what()) == std::string::npos)
        problems.append(problems.empty() ? "" : "\n").append(error.what());
    }
  }
  if (!problems.empty()) throw TemplateError(problems);
}

// `sources`: where the files are noted that were looked for, whether they are there or not.
std::optional<std::string> Templates::read(std::string_view name,
                                           std::vector<detail::TemplateSource>* sources) const {
  if (!is_name(name)) return std::nullopt;
  const auto embedded = [](const TemplateFolder& folder,
                           std::string_view local) -> std::optional<std::string> {
    for (const EmbeddedTemplate& file : folder.files)
      if (file.name == local) return std::string(file.text);
    return std::nullopt;
  };
  for (const TemplateFolder& folder : folders_) {
    if (!name.starts_with(folder.prefix)) continue;
    const std::string_view local = name.substr(folder.prefix.size());
    std::optional<std::string> found;
    if (folder.source.empty()) {
      found = embedded(folder, local);
    } else {
      const fs::path path = fs::path(folder.source) / local;
      if (sources) sources->push_back({path, written(path)});
      found = read_file(path);
    }
    if (found) return found;
  }
  for (const TemplateFolder& folder : defaults_)
    if (auto found = embedded(folder, name)) return found;
  return std::nullopt;
}

bool Templates::has(std::string_view name) const { return read(name, nullptr).has_value(); }

std::shared_ptr<const detail::Page> Templates::load_page(std::string_view name) const {
  auto page = std::make_shared<detail::Page>();
  const auto reader = [&](std::string_view wanted) { return read(wanted, &page->sources); };
  detail::ContextualTemplate ready =
      detail::add_contexts(detail::compose(name, reader, resolvers_));
  page->names.insert(ready.names.begin(), ready.names.end());
  page->body.reset(ctemplate::Template::StringToTemplate(ready.text, ctemplate::DO_NOT_STRIP));
  if (!page->body) throw TemplateError(std::string(name) + ": ctemplate cannot read it");
  return page;
}

std::shared_ptr<const detail::Page> Templates::page(std::string_view name) const {
  std::shared_ptr<const detail::Page> known;
  {
    const std::lock_guard lock(mutex_);
    const auto found = pages_.find(std::string(name));
    if (found != pages_.end()) known = found->second;
  }
  if (known && !(live_ && is_stale(*known))) return known;
  auto made = load_page(name);
  const std::lock_guard lock(mutex_);
  pages_[std::string(name)] = made;
  return made;
}

bool Templates::uses(std::string_view name, std::string_view variable) const {
  return page(name)->names.contains(variable);
}

class PageContext {
 public:
  static std::string expand(const detail::Page& page, const Context& context) {
    std::string out;
    page.body->Expand(&out, context.dictionary_);
    return out;
  }

  // What context processors fill.
  static Context fallbacks(const Templates& templates, std::string_view name, Context& context) {
    Context view(context.dictionary_);
    view.fallback_ = true;
    view.wants_ = [&templates, name](std::string_view variable) {
      return templates.uses(name, variable);
    };
    return view;
  }
};

std::string Templates::render(std::string_view name, const Context& context) const {
  return PageContext::expand(*page(name), context);
}

Response render(Request& request, std::string_view name, Context& context, int status) {
  const Application& application = request.application();
  Context fallbacks = PageContext::fallbacks(application.templates(), name, context);
  for (const ContextProcessor& process : application.context_processors())
    process(request, fallbacks);
  return Response::html(application.templates().render(name, context), status);
}

}  // namespace web
