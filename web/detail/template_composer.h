// Composes a template: what it extends and includes, its blocks and tags become one text.
//
// Thread safety: pure functions.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "web/templates.h"

namespace web::detail {

// One text that knows which file and line each of its parts came from.
class FlatTemplate {
 public:
  void append(const std::shared_ptr<const std::string>& file, std::size_t line,
              std::string_view text);
  const std::string& text() const { return text_; }
  // "blog/post.html:12"
  std::string where(std::size_t offset) const;

 private:
  struct Part {
    std::size_t offset;
    std::size_t line;
    std::shared_ptr<const std::string> file;
  };
  std::string text_;
  std::vector<Part> parts_;
};

// The text of the template of that name; nullopt: there is none.
using TemplateReader = std::function<std::optional<std::string>(std::string_view name)>;

// Throws TemplateError.
FlatTemplate compose(std::string_view name, const TemplateReader& read,
                     const Templates::Resolvers& resolvers);

}  // namespace web::detail
