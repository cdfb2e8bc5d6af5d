// Markdown to markup that is safe to show: CommonMark with tables, strikethrough and bare links.
//
// The tree that cmark-gfm parses is written by our own renderer, which knows a fixed list of
// elements: raw HTML is left out, links and images lead to where base/safe_url.h lets them (else to
// "#"), links carry rel="nofollow ugc noopener", and an image of another site is a link (the page
// policy would not load it). Headings begin at h2, below the page's own.
//
// Bounds: 32 levels of nesting, what is deeper is shown as text; output at most ten times the input
// (and a kilobyte); what is longer than kMarkdownLimit, or made to be slow, is shown as plain text.
//
// Thread safety: functions of their arguments.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "web/safe_html.h"

namespace demo_app {

inline constexpr std::size_t kMarkdownLimit = 100 * 1024;  // bytes
inline constexpr int kMarkdownNesting = 32;

web::SafeHtml markdown(std::string_view text);

// The beginning of what it says, on one line, without markup; with "…" where it is cut, at a word.
std::string markdown_excerpt(std::string_view text, std::size_t characters);

}  // namespace demo_app
