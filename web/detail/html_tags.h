// The start tags of a page, for checks and crawlers. Not for rewriting pages.
//
// Thread safety: pure functions.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace web::detail {

struct HtmlTag {
  std::string name{};  // lower case, as its attributes' names
  std::vector<std::pair<std::string, std::string>> attributes{};  // values with &amp; decoded

  std::optional<std::string_view> attribute(std::string_view wanted) const;
};

// Comments and the text of <script>, <style>, <textarea> and <title> are passed over.
std::vector<HtmlTag> html_tags(std::string_view page);

}  // namespace web::detail
