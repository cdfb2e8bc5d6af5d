// Context: what a page's template is filled with.
//
//   web::Context context;
//   context.set("title", post.title);
//   context.set("body", render_markdown(post.body));   // SafeHtml
//   for (const auto& comment : comments) {
//     web::Context turn = context.add("comments");     // one turn of {{#comments}}…{{/comments}}
//     turn.set("text", comment.text);
//   }
//   context.show("can_edit", user == author);
//
// What a section does not have is looked up outside it, up to the page. What is nowhere is empty,
// and a section that is neither shown nor added to is left out.
//
// Thread safety: one thread at a time. A turn must not outlive the page's context.
#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "web/safe_html.h"

namespace ctemplate {
class TemplateDictionary;
}

namespace web {

class Context {
 public:
  Context();
  ~Context();
  Context(Context&&) noexcept;
  Context& operator=(Context&&) noexcept;

  // Text, escaped for where it stands.
  Context& set(std::string_view name, std::string_view text);
  // Markup: as it is between tags, escaped in attributes.
  Context& set(std::string_view name, const SafeHtml& markup);
  template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>) Context& set(std::string_view name,
                                                                          T number) {
    return set_number(name, std::to_string(number));
  }
  // For <script type="application/json">{{name}}</script>.
  Context& set_json(std::string_view name, const base::Json& value);

  Context& show(std::string_view section, bool shown = true);
  // The next turn of a section.
  Context add(std::string_view section);

  // Whether the page that is rendered names it; for context processors, to leave undone what no
  // one asks for. True outside of render().
  bool wants(std::string_view name) const { return !wants_ || wants_(name); }

 private:
  friend class PageContext;
  explicit Context(ctemplate::TemplateDictionary* turn);
  Context& set_number(std::string_view name, const std::string& digits);
  Context& set_tagged(std::string_view name, char tag, std::string_view value);

  std::unique_ptr<ctemplate::TemplateDictionary> owned_;  // of the page's context alone
  ctemplate::TemplateDictionary* dictionary_;
  bool fallback_ = false;  // what is set yields to what the view has set
  std::function<bool(std::string_view)> wants_{};
};

}  // namespace web
