// Which URLs may stand in a link: http, https, mailto, and paths of this site.
//
// One rule for templates, Markdown and URL fields, so that what one lets through no other must
// catch. Not for redirects, which must not leave the site either.
//
// Thread safety: pure functions.
#pragma once
#include <string_view>

namespace base {

// Decided as a browser reads it: control characters and spaces are passed over, letters have no
// case. "//host" and "/\host", which take the page's scheme, are not safe.
bool is_safe_url(std::string_view url);

}  // namespace base
