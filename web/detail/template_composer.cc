#include "web/detail/template_composer.h"

#include <algorithm>
#include <map>

namespace web::detail {
namespace {

constexpr std::size_t kMaxDepth = 32;  // of extends and includes: more is a circle

using FileName = std::shared_ptr<const std::string>;

struct Node {
  enum class Kind : std::uint8_t { text, block, include, super };
  Kind kind = Kind::text;
  std::string value{};  // the text, or the name
  std::size_t line = 1;
  std::vector<Node> children{};  // of a block
};

struct File {
  FileName name;
  std::string extends{};
  std::vector<Node> nodes{};
};

[[noreturn]] void fail(const std::string& file, std::size_t line, const std::string& what) {
  throw TemplateError(file + ":" + std::to_string(line) + ": " + what);
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_blank(std::string_view text) { return std::all_of(text.begin(), text.end(), is_space); }

class Parser {
 public:
  Parser(FileName name, std::string_view text, const Templates::Resolvers& resolvers)
      : text_(text), resolvers_(resolvers) {
    file_.name = std::move(name);
  }

  File parse() {
    file_.nodes = nodes(/*in_block=*/"");
    if (!file_.extends.empty()) check_child();
    return std::move(file_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { detail::fail(*file_.name, line_, what); }

  // Up to the end of the file, or of the block.
  std::vector<Node> nodes(const std::string& in_block) {
    std::vector<Node> found;
    const std::size_t opened = line_;
    while (position_ < text_.size()) {
      add_text(found, next_opening());
      if (position_ == text_.size()) break;
      const char second = text_[position_ + 1];
      if (second == '{') {
        add_text(found, std::min(end_of("}}"), text_.size()));
      } else if (second == '#') {
        skip_to(end_of("#}"));
      } else if (tag(found, in_block)) {
        return found;
      }
    }
    if (!in_block.empty())
      detail::fail(*file_.name, opened, "{% block " + in_block + " %} has no {% endblock %}");
    return found;
  }

  // The next "{{", "{%" or "{#", else the end.
  std::size_t next_opening() const {
    for (std::size_t at = text_.find('{', position_); at < text_.size() - 1;
         at = text_.find('{', at + 1)) {
      if (text_[at + 1] == '{' || text_[at + 1] == '%' || text_[at + 1] == '#') return at;
    }
    return text_.size();
  }

  // Behind the closing of what opens here.
  std::size_t end_of(std::string_view closing) const {
    const std::size_t at = text_.find(closing, position_ + 2);
    if (at == std::string_view::npos)
      fail("\"" + std::string(text_.substr(position_, 2)) + "\" is not closed by \"" +
           std::string(closing) + "\"");
    return at + 2;
  }

  void skip_to(std::size_t end) {
    line_ += static_cast<std::size_t>(
        std::count(text_.begin() + static_cast<std::ptrdiff_t>(position_),
                   text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    position_ = end;
  }

  void add_text(std::vector<Node>& to, std::size_t end) {
    if (end > position_)
      to.push_back({.value = std::string(text_.substr(position_, end - position_)), .line = line_});
    skip_to(end);
  }

  // Reads one tag; true: it ends the block that is read.
  bool tag(std::vector<Node>& found, const std::string& in_block) {
    const std::size_t end = end_of("%}");
    const std::vector<std::string> words = split(text_.substr(position_ + 2, end - position_ - 4));
    const std::string name = words.empty() ? "" : words[0];
    const std::string argument = words.size() == 2 ? words[1] : "";
    const auto needs = [&](const char* form) {
      if (argument.empty()) fail("write " + std::string(form));
    };
    Node node{.line = line_};
    if (name == "extends") {
      needs("{% extends \"base.html\" %}");
      const bool first = std::all_of(found.begin(), found.end(), [](const Node& before) {
        return before.kind == Node::Kind::text && is_blank(before.value);
      });
      if (!first || !in_block.empty() || !file_.extends.empty())
        fail("{% extends %} must be the first of a template, and the only one");
      file_.extends = argument;
    } else if (name == "block") {
      needs("{% block name %}");
      skip_to(end);
      node.kind = Node::Kind::block;
      node.value = argument;
      node.children = nodes(argument);
      found.push_back(std::move(node));
      return false;
    } else if (name == "endblock") {
      if (in_block.empty()) fail("{% endblock %} without a {% block %}");
      if (!argument.empty() && argument != in_block)
        fail("{% endblock " + argument + " %} ends the block " + in_block);
      skip_to(end);
      return true;
    } else if (name == "super" && words.size() == 1) {
      if (in_block.empty()) fail("{% super %} outside of a block");
      node.kind = Node::Kind::super;
      found.push_back(std::move(node));
    } else if (name == "include") {
      needs("{% include \"page.html\" %}");
      node.kind = Node::Kind::include;
      node.value = argument;
      found.push_back(std::move(node));
    } else if (name == "static") {
      needs("{% static \"css/site.css\" %}");
      node.value = resolve(resolvers_.static_url, argument);
      found.push_back(std::move(node));
    } else if (name == "url") {
      needs("{% url \"route-name\" %}");
      node.value = resolve(resolvers_.url, argument);
      found.push_back(std::move(node));
    } else {
      fail("unknown tag {% " + name +
           " %}; known: extends, block, endblock, super, include, static, url");
    }
    skip_to(end);
    return false;
  }

  std::string resolve(const std::function<std::string(std::string_view)>& resolver,
                      const std::string& argument) const {
    try {
      return resolver(argument);
    } catch (const std::exception& error) {
      fail(error.what());
    }
  }

  // Words at spaces; quotes hold a word together and are taken off.
  std::vector<std::string> split(std::string_view text) const {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < text.size();) {
      if (is_space(text[i])) {
        ++i;
        continue;
      }
      const bool quoted = text[i] == '"' || text[i] == '\'';
      const std::size_t start = quoted ? i + 1 : i;
      const std::size_t end = quoted ? text.find(text[i], start)
                                     : std::min(text.find_first_of(" \t\r\n", i), text.size());
      if (end == std::string_view::npos) fail("a quote is not closed");
      words.emplace_back(text.substr(start, end - start));
      i = quoted ? end + 1 : end;
    }
    return words;
  }

  // What a child has outside of blocks would be lost.
  void check_child() const {
    for (const Node& node : file_.nodes) {
      if (node.kind == Node::Kind::block) continue;
      if (node.kind != Node::Kind::text || !is_blank(node.value))
        detail::fail(*file_.name, node.line,
                     "outside of a {% block %} of a template that extends \"" + file_.extends +
                         "\" nothing is shown");
    }
  }

  std::string_view text_;
  const Templates::Resolvers& resolvers_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
  File file_;
};

// Emits the root of a chain of files, with each block as the last of the chain has it.
class Composer {
 public:
  Composer(const TemplateReader& read, const Templates::Resolvers& resolvers)
      : read_(read), resolvers_(resolvers) {}

  FlatTemplate compose(std::string_view name) {
    chain_.push_back(parse(name, "", 1));
    while (!chain_.back().extends.empty()) {
      if (chain_.size() > kMaxDepth)
        fail(*chain_[0].name, 1, "extends itself, by way of \"" + chain_.back().extends + "\"");
      const File& child = chain_.back();
      chain_.push_back(parse(child.extends, *child.name, 1));
    }
    for (const File& file : chain_) {
      std::map<std::string, std::size_t> lines;
      collect(file, file.nodes, lines);
    }
    emit(chain_.back().name, chain_.back().nodes, nullptr, 0);
    return std::move(out_);
  }

 private:
  struct Definition {
    FileName file;
    const Node* block;
  };
  using Definitions = std::vector<Definition>;  // the one that is shown first

  File parse(std::string_view name, const std::string& from, std::size_t line) const {
    const std::optional<std::string> text = read_(name);
    if (!text) {
      const std::string what = "there is no template \"" + std::string(name) + "\"";
      if (from.empty()) throw TemplateError(what);
      fail(from, line, what);
    }
    return Parser(std::make_shared<const std::string>(name), *text, resolvers_).parse();
  }

  void collect(const File& file, const std::vector<Node>& nodes,
               std::map<std::string, std::size_t>& lines) {
    for (const Node& node : nodes) {
      if (node.kind != Node::Kind::block) continue;
      const auto [first, is_new] = lines.try_emplace(node.value, node.line);
      if (!is_new)
        fail(*file.name, node.line,
             "the block " + node.value + " is here twice, first in line " +
                 std::to_string(first->second));
      blocks_[node.value].push_back({file.name, &node});
      collect(file, node.children, lines);
    }
  }

  // `definitions` and `index`: the block that the nodes are of.
  void emit(const FileName& file, const std::vector<Node>& nodes, const Definitions* definitions,
            std::size_t index) {
    for (const Node& node : nodes) {
      switch (node.kind) {
        case Node::Kind::text:
          out_.append(file, node.line, node.value);
          break;
        case Node::Kind::block:
          emit_block(file, node);
          break;
        case Node::Kind::super:
          if (index + 1 == definitions->size())
            fail(*file, node.line, "{% super %}: no other template has this block");
          emit((*definitions)[index + 1].file, (*definitions)[index + 1].block->children,
               definitions, index + 1);
          break;
        case Node::Kind::include:
          emit_include(file, node);
          break;
      }
    }
  }

  void emit_block(const FileName& file, const Node& node) {
    const auto found = blocks_.find(node.value);
    if (depth_ > 0 || found == blocks_.end())
      fail(*file, node.line, "an included template has no blocks");
    emit(found->second[0].file, found->second[0].block->children, &found->second, 0);
  }

  void emit_include(const FileName& file, const Node& node) {
    if (++depth_ > kMaxDepth) fail(*file, node.line, "\"" + node.value + "\" includes itself");
    const File included = parse(node.value, *file, node.line);
    if (!included.extends.empty())
      fail(*file, node.line, "\"" + node.value + "\" extends another: it cannot be included");
    emit(included.name, included.nodes, nullptr, 0);
    --depth_;
  }

  const TemplateReader& read_;
  const Templates::Resolvers& resolvers_;
  std::vector<File> chain_;  // from the template to its root
  std::map<std::string, Definitions> blocks_;
  FlatTemplate out_;
  std::size_t depth_ = 0;  // of includes
};

}  // namespace

void FlatTemplate::append(const std::shared_ptr<const std::string>& file, std::size_t line,
                          std::string_view text) {
  parts_.push_back({text_.size(), line, file});
  text_ += text;
}

std::string FlatTemplate::where(std::size_t offset) const {
  const auto after =
      std::upper_bound(parts_.begin(), parts_.end(), offset,
                       [](std::size_t wanted, const Part& part) { return wanted < part.offset; });
  if (after == parts_.begin()) return "";
  const Part& part = *(after - 1);
  const auto lines = std::count(text_.begin() + static_cast<std::ptrdiff_t>(part.offset),
                                text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
  return *part.file + ":" + std::to_string(part.line + static_cast<std::size_t>(lines));
}

FlatTemplate compose(std::string_view name, const TemplateReader& read,
                     const Templates::Resolvers& resolvers) {
  return Composer(read, resolvers).compose(name);
}

}  // namespace web::detail
