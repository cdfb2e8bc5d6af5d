// Markdown: whatever the text, its markup has the elements and attributes that the renderer knows,
// closed in order, and is no longer than its bound.
#include <algorithm>
#include <string>
#include <vector>

#include "base/safe_url.h"
#include "demo_app/markdown.h"
#include "fuzz/fuzz.h"

namespace {

constexpr const char* kElements[] = {"p",  "h2", "h3", "h4", "h5",     "h6",  "blockquote",
                                     "ul", "ol", "li", "em", "strong", "del", "table",
                                     "tr", "th", "td", "a",  "code",   "pre"};
constexpr const char* kEmpty[] = {"br", "hr", "img"};

template <class Names>
bool is_one_of(const std::string& name, const Names& names) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

void check_attributes(std::string_view text) {
  while (!text.empty()) {
    FUZZ_CHECK(text.front() == ' ');
    const std::size_t equals = text.find("=\"");
    FUZZ_CHECK(equals != std::string_view::npos);
    const std::string name(text.substr(1, equals - 1));
    const std::size_t end = text.find('"', equals + 2);
    FUZZ_CHECK(end != std::string_view::npos);
    const std::string_view value = text.substr(equals + 2, end - equals - 2);
    constexpr const char* kNames[] = {"href", "src", "rel", "loading", "alt", "start", "tabindex"};
    FUZZ_CHECK(is_one_of(name, kNames));
    if (name == "href" || name == "src") FUZZ_CHECK(value == "#" || base::is_safe_url(value));
    text.remove_prefix(end + 1);
  }
}

void check(std::string_view html) {
  std::vector<std::string> open;
  while (!html.empty()) {
    const std::size_t begin = html.find('<');
    FUZZ_CHECK(html.substr(0, begin).find('>') == std::string_view::npos);
    if (begin == std::string_view::npos) break;
    const std::size_t end = html.find('>', begin);
    FUZZ_CHECK(end != std::string_view::npos);
    std::string_view tag = html.substr(begin + 1, end - begin - 1);
    html.remove_prefix(end + 1);
    if (tag.starts_with('/')) {
      FUZZ_CHECK(!open.empty() && open.back() == tag.substr(1));
      open.pop_back();
      continue;
    }
    const std::string name(tag.substr(0, tag.find(' ')));
    FUZZ_CHECK(is_one_of(name, kElements) || is_one_of(name, kEmpty));
    check_attributes(tag.substr(name.size()));
    if (!is_one_of(name, kEmpty)) open.push_back(name);
  }
  FUZZ_CHECK(open.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::string html = demo_app::markdown(text).str();
  FUZZ_CHECK(html.size() <= std::max<std::size_t>(1024, 10 * size));
  check(html);
  FUZZ_CHECK(demo_app::markdown_excerpt(text, 50).size() <= 50 * 4 + 3);
  return 0;
}
