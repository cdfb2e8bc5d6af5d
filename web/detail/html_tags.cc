#include "web/detail/html_tags.h"

#include <algorithm>

#include "net/text.h"

namespace web::detail {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool is_letter(char c) {
  const char lower = net::to_lower(c);
  return lower >= 'a' && lower <= 'z';
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), net::to_lower);
  return out;
}

std::string decoded(std::string_view value) {
  std::string out(value);
  for (std::size_t at = out.find("&amp;"); at != std::string::npos; at = out.find("&amp;", at + 1))
    out.erase(at + 1, 4);
  return out;
}

class Reader {
 public:
  explicit Reader(std::string_view page) : page_(page) {}

  std::vector<HtmlTag> read() {
    std::vector<HtmlTag> tags;
    while ((at_ = page_.find('<', at_)) != std::string_view::npos) {
      if (page_.substr(at_, 4) == "<!--") {
        skip_past("-->");
      } else if (at_ + 1 < page_.size() && is_letter(page_[at_ + 1])) {
        ++at_;
        tags.push_back(tag());
        skip_raw_text(tags.back().name);
      } else {
        ++at_;
      }
    }
    return tags;
  }

 private:
  bool ended() const { return at_ >= page_.size() || page_[at_] == '>'; }

  void skip_past(std::string_view end) {
    const std::size_t found = page_.find(end, at_);
    at_ = found == std::string_view::npos ? page_.size() : found + end.size();
  }

  template <class Predicate>
  std::string_view take_while(Predicate holds) {
    const std::size_t start = at_;
    while (at_ < page_.size() && holds(page_[at_])) ++at_;
    return page_.substr(start, at_ - start);
  }

  HtmlTag tag() {
    HtmlTag tag;
    tag.name = lower(take_while([](char c) { return !is_space(c) && c != '>' && c != '/'; }));
    while (true) {
      take_while([](char c) { return is_space(c) || c == '/'; });
      if (ended()) break;
      const std::string_view name =
          take_while([](char c) { return !is_space(c) && c != '>' && c != '=' && c != '/'; });
      if (name.empty()) ++at_;  // a stray '='
      take_while(is_space);
      std::string value;
      if (at_ < page_.size() && page_[at_] == '=') value = attribute_value();
      tag.attributes.emplace_back(lower(name), std::move(value));
    }
    return tag;
  }

  std::string attribute_value() {
    ++at_;
    take_while(is_space);
    if (at_ < page_.size() && (page_[at_] == '"' || page_[at_] == '\'')) {
      const char quote = page_[at_++];
      const std::string_view value = take_while([quote](char c) { return c != quote; });
      ++at_;
      return decoded(value);
    }
    return decoded(take_while([](char c) { return !is_space(c) && c != '>'; }));
  }

  void skip_raw_text(const std::string& name) {
    if (name != "script" && name != "style" && name != "textarea" && name != "title") return;
    const std::string end = "</" + name;
    while (at_ < page_.size() && !net::equals_ignoring_case(page_.substr(at_, end.size()), end))
      ++at_;
  }

  std::string_view page_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::string_view> HtmlTag::attribute(std::string_view wanted) const {
  for (const auto& [key, value] : attributes)
    if (key == wanted) return value;
  return std::nullopt;
}

std::vector<HtmlTag> html_tags(std::string_view page) { return Reader(page).read(); }

}  // namespace web::detail
