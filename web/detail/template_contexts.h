// Gives each {{variable}} of a composed template the escaping of its place in the page.
//
// The page is read as a browser's tokenizer reads it. A section must end in the place where it
// begins, since it is shown any number of times.
//
// Thread safety: pure functions.
#pragma once
#include <set>
#include <string>

#include "web/detail/template_composer.h"

namespace web::detail {

struct ContextualTemplate {
  std::string text;             // variables have their modifier: {{title:x-text}}
  std::set<std::string> names;  // of variables and sections
};

// Throws TemplateError for places that cannot be escaped, and for scripts and styles that stand in
// the page itself.
ContextualTemplate add_contexts(const FlatTemplate& source);

}  // namespace web::detail
