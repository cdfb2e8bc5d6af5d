#include "demo_app/markdown.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include "base/safe_url.h"
#include "demo_app/text.h"

namespace demo_app {
namespace {

struct FreeParser {
  void operator()(cmark_parser* parser) const { cmark_parser_free(parser); }
};
struct FreeNode {
  void operator()(cmark_node* node) const { cmark_node_free(node); }
};
struct FreeIterator {
  void operator()(cmark_iter* iterator) const { cmark_iter_free(iterator); }
};
using Tree = std::unique_ptr<cmark_node, FreeNode>;

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + what.size()))
    ++n;
  return n;
}

// cmark-gfm 0.29 takes time that grows with the square of some inputs: bounds that no honest text
// meets.
constexpr std::size_t kMostImages = 2000, kMostAddresses = 500, kMostCells = 20'000;
constexpr std::size_t kMostSteps = 400'000;  // from a line to a quote or list item around it

// Lines as CommonMark has them: "\r" alone ends one, too.
template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  while (true) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    visit(text.substr(0, end));
    if (end == text.size()) return;
    text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
  }
}

// Every row of a table is filled up to the columns of its head.
bool tables_are_bounded(std::string_view text) {
  std::size_t columns = 0, lines = 0;
  for_each_line(text, [&](std::string_view line) {
    columns = std::max(columns, count(line, "|"));
    ++lines;
  });
  return (columns + 1) * lines <= kMostCells;
}

// How many quotes and list items a line can stand in, at most: it names each by a marker, or goes
// on in an item by two columns or more.
std::size_t depth_of(std::string_view line) {
  std::size_t markers = 0, columns = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const char next = i + 1 < line.size() ? line[i + 1] : ' ';
    if (c == ' ' || c == '\t')
      columns += c == ' ' ? 1 : 4;
    else if (c == '>')
      ++markers;
    else if (std::string_view("-+*.)").find(c) != std::string_view::npos)
      markers += next == ' ' || next == '\t' ? 1 : 0;
    else if (c < '0' || c > '9')
      break;
  }
  return markers + columns / 2;
}

// Each line is compared with all that is open around it, which empty lines and lines of a paragraph
// leave open.
bool nesting_is_bounded(std::string_view text) {
  std::size_t depth = 0, lines = 0;
  for_each_line(text, [&](std::string_view line) {
    depth = std::max(depth, depth_of(line));
    ++lines;
  });
  return depth * lines <= kMostSteps;
}

void attach(cmark_parser& parser, const char* extension) {
  if (cmark_syntax_extension* found = cmark_find_syntax_extension(extension))
    cmark_parser_attach_syntax_extension(&parser, found);
}

// nullptr: not to be read as Markdown.
Tree parse(std::string_view text) {
  static const bool registered = (cmark_gfm_core_extensions_ensure_registered(), true);
  (void)registered;
  if (text.size() > kMarkdownLimit || count(text, "![") > kMostImages || !nesting_is_bounded(text))
    return nullptr;
  const std::unique_ptr<cmark_parser, FreeParser> parser(cmark_parser_new(CMARK_OPT_VALIDATE_UTF8));
  attach(*parser, "strikethrough");
  if (count(text, "@") <= kMostAddresses) attach(*parser, "autolink");
  if (tables_are_bounded(text)) attach(*parser, "table");
  cmark_parser_feed(parser.get(), text.data(), text.size());
  return Tree(cmark_parser_finish(parser.get()));
}

// Calls visit(node, entering) for each node in order; it returns false to stop.
template <class Visit>
void walk(cmark_node* root, Visit&& visit) {
  const std::unique_ptr<cmark_iter, FreeIterator> iterator(cmark_iter_new(root));
  for (cmark_event_type event = cmark_iter_next(iterator.get()); event != CMARK_EVENT_DONE;
       event = cmark_iter_next(iterator.get())) {
    if (!visit(cmark_iter_get_node(iterator.get()), event == CMARK_EVENT_ENTER)) return;
  }
}

std::string_view text_in(const char* text) { return text ? text : std::string_view(); }

// A leaf's text; raw HTML has none.
std::string_view literal(cmark_node* node) {
  const cmark_node_type type = cmark_node_get_type(node);
  const bool shown =
      type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE || type == CMARK_NODE_CODE_BLOCK;
  return shown ? text_in(cmark_node_get_literal(node)) : std::string_view();
}

bool is_site_path(std::string_view url) {
  return url.starts_with('/') && url.find(':') == std::string_view::npos && base::is_safe_url(url);
}

class Renderer {
 public:
  explicit Renderer(std::size_t limit) : limit_(limit) {}

  // nullopt: more than the limit.
  std::optional<web::SafeHtml> render(cmark_node* root) {
    walk(root, [&](cmark_node* node, bool entering) {
      visit(node, entering);
      return out_.size() <= limit_;
    });
    if (out_.size() > limit_) return std::nullopt;
    return web::SafeHtml(std::move(out_));  // every text in it is escaped, every URL checked
  }

 private:
  // Leaves are entered only.
  static bool is_leaf(cmark_node_type type) {
    return type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE || type == CMARK_NODE_CODE_BLOCK ||
           type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK ||
           type == CMARK_NODE_THEMATIC_BREAK || type == CMARK_NODE_HTML_BLOCK ||
           type == CMARK_NODE_HTML_INLINE;
  }

  void visit(cmark_node* node, bool entering) {
    const cmark_node_type type = cmark_node_get_type(node);
    if (is_leaf(type)) return leaf(node, type);
    if (!entering) --depth_;
    if (depth_ < kMarkdownNesting) container(node, type, entering);
    if (entering) ++depth_;
  }

  void leaf(cmark_node* node, cmark_node_type type) {
    if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) {
      if (images_ == 0 && type == CMARK_NODE_LINEBREAK) out_ += "<br>";
      out_ += '\n';
    } else if (type == CMARK_NODE_THEMATIC_BREAK) {
      out_ += "<hr>\n";
    } else if (type == CMARK_NODE_CODE && images_ == 0) {
      element("code", literal(node));
    } else if (type == CMARK_NODE_CODE_BLOCK) {
      // What scrolls must be within reach of the keyboard.
      out_ += "<pre tabindex=\"0\">";
      element("code", literal(node));
      out_ += "</pre>\n";
    } else {
      web::append_escaped_html(out_, literal(node));
    }
  }

  void element(const char* name, std::string_view text) {
    out_.append("<").append(name).append(">");
    web::append_escaped_html(out_, text);
    out_.append("</").append(name).append(">");
  }
  void tag(std::string_view name, bool entering, bool ends_line = false) {
    out_.append(entering ? "<" : "</").append(name).append(">");
    if (ends_line && !entering) out_ += '\n';
  }

  void container(cmark_node* node, cmark_node_type type, bool entering) {
    if (type == CMARK_NODE_IMAGE) return image(node, entering);
    if (images_ > 0) return;  // inside an image's text
    if (type == CMARK_NODE_LINK) return link(node, entering);
    if (type == CMARK_NODE_PARAGRAPH) {
      if (!in_tight_list(node)) tag("p", entering, true);
    } else if (type == CMARK_NODE_HEADING) {
      const int level = std::min(cmark_node_get_heading_level(node) + 1, 6);
      tag("h" + std::to_string(level), entering, true);
    } else if (type == CMARK_NODE_BLOCK_QUOTE) {
      tag("blockquote", entering, true);
    } else if (type == CMARK_NODE_LIST) {
      list(node, entering);
    } else if (type == CMARK_NODE_ITEM) {
      tag("li", entering, true);
    } else if (type == CMARK_NODE_EMPH) {
      tag("em", entering);
    } else if (type == CMARK_NODE_STRONG) {
      tag("strong", entering);
    } else {
      extension(node, cmark_node_get_type_string(node), entering);
    }
  }

  // The nodes of cmark-gfm's extensions are known by their names.
  void extension(cmark_node* node, std::string_view type, bool entering) {
    if (type == "strikethrough") {
      tag("del", entering);
    } else if (type == "table") {
      out_ += entering ? "<table tabindex=\"0\">" : "</table>\n";
    } else if (type == "table_row" || type == "table_header") {
      tag("tr", entering, true);
    } else if (type == "table_cell") {
      const std::string_view row = cmark_node_get_type_string(cmark_node_parent(node));
      tag(row == "table_header" ? "th" : "td", entering);
    }
  }

  static bool in_tight_list(cmark_node* paragraph) {
    cmark_node* item = cmark_node_parent(paragraph);
    cmark_node* list = item ? cmark_node_parent(item) : nullptr;
    return list && cmark_node_get_type(list) == CMARK_NODE_LIST && cmark_node_get_list_tight(list);
  }

  void list(cmark_node* node, bool entering) {
    const bool ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
    const int start = cmark_node_get_list_start(node);
    if (ordered && entering && start != 1)
      out_.append("<ol start=\"").append(std::to_string(start)).append("\">");
    else
      tag(ordered ? "ol" : "ul", entering, true);
  }

  void link(cmark_node* node, bool entering) {
    if (!entering) {
      out_ += "</a>";
      return;
    }
    const std::string_view url = text_in(cmark_node_get_url(node));
    out_ += "<a href=\"";
    web::append_escaped_html(out_, base::is_safe_url(url) ? url : "#");
    out_ += "\" rel=\"nofollow ugc noopener\">";
  }
  // Its text is the alternative text: without elements of its own.
  void image(cmark_node* node, bool entering) {
    if (entering ? images_++ > 0 : --images_ > 0) return;
    const std::string_view url = text_in(cmark_node_get_url(node));
    if (is_site_path(url)) {
      if (!entering) {
        out_ += "\">";
        return;
      }
      out_ += "<img src=\"";
      web::append_escaped_html(out_, url);
      out_ += "\" loading=\"lazy\" alt=\"";
      return;
    }
    const bool is_link = !in_link(node);
    if (entering) {
      if (is_link) link(node, true);
      image_text_ = out_.size();
      return;
    }
    // Without a text nobody would see it.
    if (out_.size() == image_text_) web::append_escaped_html(out_, url);
    if (is_link) link(node, false);
  }
  static bool in_link(cmark_node* node) {
    for (cmark_node* up = cmark_node_parent(node); up; up = cmark_node_parent(up)) {
      if (cmark_node_get_type(up) == CMARK_NODE_LINK) return true;
    }
    return false;
  }

  const std::size_t limit_;
  std::string out_{};
  int depth_ = 0;
  int images_ = 0;              // that are open
  std::size_t image_text_ = 0;  // where the text of the outermost begins
};

// Paragraphs and line breaks as they are typed.
web::SafeHtml plain(std::string_view text) {
  std::string out = "<p>";
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    web::append_escaped_html(out, text.substr(at, end - at));
    if (end < text.size()) out += "<br>\n";
    at = end + 1;
  }
  out += "</p>\n";
  return web::SafeHtml(std::move(out));  // every line of it is escaped
}

}  // namespace

web::SafeHtml markdown(std::string_view text) {
  const std::size_t limit = std::max<std::size_t>(1024, 10 * text.size());
  if (const Tree tree = parse(text)) {
    if (auto html = Renderer(limit).render(tree.get())) return *std::move(html);
  }
  return plain(text);
}

std::string markdown_excerpt(std::string_view text, std::size_t characters) {
  // Four bytes a character, and as much again for markup; the rest is not looked at.
  const Tree tree = parse(first_characters(text, 8 * characters));
  std::string line;
  const auto add = [&](std::string_view more) {
    for (const char c : more) {
      const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
      if (!space)
        line += c;
      else if (!line.empty() && line.back() != ' ')
        line += ' ';
    }
  };
  if (!tree) {
    add(first_characters(text, characters + 1));
  } else {
    walk(tree.get(), [&](cmark_node* node, bool entering) {
      if (entering) add(literal(node));
      const cmark_node_type type = cmark_node_get_type(node);
      const bool block = (type & CMARK_NODE_TYPE_MASK) == CMARK_NODE_TYPE_BLOCK;
      if ((block && !entering) || type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
        add(" ");
      return line.size() <= 8 * characters;
    });
  }
  while (line.ends_with(' ')) line.pop_back();
  const std::string_view kept = first_characters(line, characters);
  if (kept.size() == line.size()) return line;
  const std::size_t word = kept.rfind(' ');
  return std::string(kept.substr(0, word == std::string_view::npos ? kept.size() : word)) + "…";
}

}  // namespace demo_app
