// Highlights as HTML: text with kMarkBegin and kMarkEnd in it, escaped, with <mark> around what
// matched.
// Thread safety: a function of its argument.
#pragma once
#include <string>
#include <string_view>

namespace dynamo_backend::search {

// Marks that do not pair are dropped, so that what comes out always nests.
std::string highlight_html(std::string_view marked);

}  // namespace dynamo_backend::search
