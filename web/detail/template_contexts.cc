#include "web/detail/template_contexts.h"

#include <algorithm>
#include <array>

#include "base/safe_url.h"
#include "net/text.h"

namespace web::detail {
namespace {

enum class Mode : std::uint8_t {
  text,            // between tags
  tag_name,        //
  in_tag,          // between attributes
  attribute_name,  //
  after_name,      //
  before_value,    //
  value,           // of an attribute
  comment,         //
  declaration,     // <!doctype …>
  escapable_text,  // of <title> and <textarea>: no tags but the end tag
  script,          // of <script src=…>
  data,            // of <script type="application/json">
};

// What an attribute's value is, and how far into a URL it is.
enum class Value : std::uint8_t {
  plain,
  url_start,
  url_after_variable,  // one that began the URL: a ':' here might make it a scheme
  url_rest,
  url_unclear,  // a section that may be left out has begun the URL
  forbidden,    // a list of URLs, a document
};

struct State {
  Mode mode = Mode::text;
  Value value = Value::plain;
  char quote = '\0';
  bool end_tag = false;
  bool needs_space = false;  // a section ended where an attribute's name would go on
  std::string tag{};

  bool same_place(const State& other) const {
    return mode == other.mode && quote == other.quote && end_tag == other.end_tag &&
           tag == other.tag && is_url() == other.is_url();
  }
  bool is_url() const { return value != Value::plain && value != Value::forbidden; }
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool is_letter(char c) {
  const char lower = net::to_lower(c);
  return lower >= 'a' && lower <= 'z';
}
bool is_name_character(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; }

template <std::size_t N>
bool one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Value value_of(std::string_view attribute) {
  static constexpr std::array<std::string_view, 15> kUrls = {
      "action", "background", "cite",     "classid", "codebase", "data", "formaction", "href",
      "icon",   "longdesc",   "manifest", "poster",  "profile",  "src",  "xlink:href"};
  static constexpr std::array<std::string_view, 6> kForbidden = {
      "archive", "http-equiv", "imagesrcset", "ping", "srcdoc", "srcset"};
  if (one_of(attribute, kUrls)) return Value::url_start;
  return one_of(attribute, kForbidden) ? Value::forbidden : Value::plain;
}

class Scanner {
 public:
  explicit Scanner(const FlatTemplate& source) : source_(source), text_(source.text()) {}

  ContextualTemplate scan() {
    while (position_ < text_.size()) {
      if (text_.compare(position_, 2, "{{") == 0)
        marker();
      else
        literal();
    }
    if (!sections_.empty())
      fail(sections_.back().offset,
           "{{#" + sections_.back().name + "}} has no {{/" + sections_.back().name + "}}");
    if (state_.mode != Mode::text) fail(text_.size(), "the template ends inside " + place());
    return std::move(out_);
  }

 private:
  struct Section {
    std::string name;
    std::size_t offset;
    State state;
  };

  [[noreturn]] void fail(std::size_t offset, const std::string& what) const {
    throw TemplateError(source_.where(offset) + ": " + what);
  }
  [[noreturn]] void fail(const std::string& what) const { fail(position_, what); }

  // ---- Markup

  bool starts_with(std::string_view wanted) const {
    return net::equals_ignoring_case(std::string_view(text_).substr(position_, wanted.size()),
                                     wanted);
  }
  char peek(std::size_t ahead) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }
  void copy(std::size_t count) {
    out_.text.append(text_, position_, count);
    position_ += count;
  }

  // One character, or what belongs together.
  void literal() {
    const char c = text_[position_];
    switch (state_.mode) {
      case Mode::text:
        return between_tags(c);
      case Mode::tag_name:
        if (is_space(c) || c == '/' || c == '>') {
          state_.mode = Mode::in_tag;
          return literal();
        }
        state_.tag += net::to_lower(c);
        break;
      case Mode::in_tag:
        return between_attributes(c);
      case Mode::attribute_name:
        if (is_space(c)) {
          state_.mode = Mode::after_name;
        } else if (c == '=') {
          state_.mode = Mode::before_value;
        } else if (c == '/' || c == '>') {
          finish_attribute();
          return literal();
        } else {
          attribute_ += net::to_lower(c);
        }
        break;
      case Mode::after_name:
        if (c == '=') {
          state_.mode = Mode::before_value;
        } else if (!is_space(c)) {
          finish_attribute();
          return literal();
        }
        break;
      case Mode::before_value:
        if (is_space(c)) break;
        begin_value(c);
        if (state_.quote == '\0') return literal();
        break;
      case Mode::value:
        return in_value(c);
      case Mode::comment:
        if (!starts_with("-->")) break;
        state_.mode = Mode::text;
        return copy(3);
      case Mode::declaration:
        if (c == '>') state_.mode = Mode::text;
        break;
      case Mode::escapable_text:
      case Mode::script:
      case Mode::data:
        return in_raw_text(c);
    }
    copy(1);
  }

  void between_tags(char c) {
    if (c != '<') return copy(1);
    if (starts_with("<!--")) {
      state_.mode = Mode::comment;
      return copy(4);
    }
    const bool end_tag = peek(1) == '/';
    const char first = peek(end_tag ? 2 : 1);
    if (is_letter(first)) {
      begin_tag(end_tag);
      return copy(end_tag ? 2 : 1);
    }
    if (first == '{' && peek(end_tag ? 3 : 2) == '{') fail("a tag's name cannot be a variable");
    if (peek(1) == '!' || peek(1) == '?') state_.mode = Mode::declaration;
    copy(1);
  }

  void begin_tag(bool end_tag) {
    state_ = {.mode = Mode::tag_name, .end_tag = end_tag};
    has_source_ = false;
    is_data_ = false;
  }

  void between_attributes(char c) {
    if (c == '>') {
      copy(1);
      return end_of_tag();
    }
    if (is_space(c) || c == '/') {
      state_.needs_space = false;
      return copy(1);
    }
    if (state_.needs_space) fail("put a space between a section and the attribute behind it");
    state_.mode = Mode::attribute_name;
    attribute_ = std::string(1, net::to_lower(c));
    literal_value_.clear();
    copy(1);
  }

  void begin_value(char c) {
    check_attribute();
    state_.mode = Mode::value;
    state_.quote = c == '"' || c == '\'' ? c : '\0';
    state_.value = value_of(attribute_);
    value_offset_ = position_;
  }

  void in_value(char c) {
    const bool ends = state_.quote != '\0' ? c == state_.quote : is_space(c) || c == '>';
    if (ends) {
      const bool quoted = state_.quote != '\0';
      finish_attribute();
      return quoted ? copy(1) : literal();
    }
    literal_value_ += c;
    if (state_.value == Value::url_after_variable) {
      if (c == ':') fail("a ':' behind a variable that begins a URL would make it a scheme");
      if (c == '/' || c == '?' || c == '#') state_.value = Value::url_rest;
    } else if (state_.value == Value::url_start) {
      state_.value = Value::url_rest;
    }
    copy(1);
  }

  // What the page policy (T3) forbids in a page.
  void check_attribute() const {
    if (attribute_.starts_with("on"))
      fail("the attribute " + attribute_ +
           " holds code: the page policy forbids it, add a "
           "listener in a script file");
    if (attribute_ == "style")
      fail("the page policy forbids style attributes: use a class of the style sheet");
    if (attribute_ == "srcdoc")
      fail(
          "the attribute srcdoc holds a document: the page policy "
          "forbids it");
  }

  void finish_attribute() {
    if (state_.mode == Mode::value) {
      if (state_.is_url() && state_.value == Value::url_rest && !has_variable_ &&
          !base::is_safe_url(literal_value_) && !literal_value_.starts_with("data:image/"))
        fail(value_offset_, "the URL \"" + literal_value_ +
                                "\" is neither http, https or mailto nor a path of this site");
      if (attribute_ == "src") has_source_ = true;
      if (attribute_ == "type")
        is_data_ = literal_value_ == "application/json" || literal_value_ == "application/ld+json";
    } else {
      check_attribute();
    }
    state_.mode = Mode::in_tag;
    state_.value = Value::plain;
    state_.quote = '\0';
    has_variable_ = false;
  }

  void end_of_tag() {
    const std::string tag = state_.tag;
    const bool end_tag = state_.end_tag;
    state_ = {};
    if (end_tag) return;
    if (tag == "style") fail("the page policy forbids <style>: write it into a static file");
    if (tag == "script" && !has_source_ && !is_data_)
      fail(
          "the page policy forbids code in the page: write it into a static file and name that in "
          "src; data is <script type=\"application/json\">");
    if (tag == "title" || tag == "textarea")
      state_.mode = Mode::escapable_text;
    else if (tag == "script")
      state_.mode = is_data_ ? Mode::data : Mode::script;
    if (state_.mode != Mode::text) state_.tag = tag;
  }

  // Until "</title", "</script", …
  void in_raw_text(char c) {
    const char behind = peek(2 + state_.tag.size());
    const bool ends = c == '<' && starts_with("</" + state_.tag) &&
                      (is_space(behind) || behind == '/' || behind == '>');
    if (!ends) return copy(1);
    begin_tag(/*end_tag=*/true);
    copy(2);
  }

  std::string place() const {
    switch (state_.mode) {
      case Mode::text:
        return "text";
      case Mode::comment:
        return "a comment";
      case Mode::declaration:
        return "a <!declaration>";
      case Mode::value:
        return "the value of " + attribute_;
      case Mode::escapable_text:
      case Mode::script:
      case Mode::data:
        return "<" + state_.tag + ">";
      default:
        return "the tag <" + state_.tag + ">";
    }
  }

  // ---- Markers

  void marker() {
    const std::size_t end = text_.find("}}", position_);  // the composer has seen that it is there
    const std::string_view inside =
        std::string_view(text_).substr(position_ + 2, end - position_ - 2);
    const char first = inside.empty() ? '\0' : inside.front();
    const bool is_section = first == '#' || first == '/';
    const std::string name(is_section ? inside.substr(1) : inside);
    if (first == '>') fail("write {% include \"page.html\" %} in place of {{>…}}");
    if (first == '!') fail("write {# a comment #} in place of {{!…}}");
    if (name.find(':') != std::string::npos)
      fail("{{" + name + "}}: the escaping follows from the place, a template cannot choose it");
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_character))
      fail("{{" + std::string(inside) + "}}: a name has letters, digits and '_' only");
    out_.names.insert(name);
    if (first == '#')
      begin_section(name);
    else if (first == '/')
      end_section(name);
    else
      out_.text += "{{" + name + modifier(name) + "}}";
    if (is_section) out_.text.append(text_, position_, end + 2 - position_);
    position_ = end + 2;
  }

  // Ends what a section may not stand in, but beside: names of tags and of attributes.
  void settle() {
    if (state_.mode == Mode::attribute_name || state_.mode == Mode::after_name)
      finish_attribute();
    else if (state_.mode != Mode::tag_name)
      return;
    state_.mode = Mode::in_tag;
    state_.needs_space = true;
  }

  void begin_section(const std::string& name) {
    settle();
    const bool fits = state_.mode == Mode::text || state_.mode == Mode::in_tag ||
                      state_.mode == Mode::escapable_text ||
                      (state_.mode == Mode::value && state_.quote != '\0');
    if (!fits) fail("the section {{#" + name + "}} cannot stand in " + place());
    sections_.push_back({name, position_, state_});
  }

  void end_section(const std::string& name) {
    if (sections_.empty() || sections_.back().name != name)
      fail("{{/" + name + "}} ends no section" +
           (sections_.empty() ? "" : "; {{#" + sections_.back().name + "}} is open"));
    settle();
    const State before = sections_.back().state;
    sections_.pop_back();
    if (!state_.same_place(before))
      fail("the section {{#" + name + "}} ends in another place of the page than it begins in");
    state_.needs_space = state_.needs_space || before.needs_space;
    if (state_.is_url() && state_.value != before.value) state_.value = Value::url_unclear;
  }

  std::string modifier(const std::string& name) {
    switch (state_.mode) {
      case Mode::text:
        return ":x-text";
      case Mode::escapable_text:
        return ":x-attribute";
      case Mode::data:
        return ":x-json";
      case Mode::value:
        if (state_.quote == '\0')
          fail("{{" + name + "}} in a value without quotes: write " + attribute_ + "=\"{{" + name +
               "}}\"");
        has_variable_ = true;
        return value_modifier(name);
      case Mode::before_value:
        fail("{{" + name + "}} in a value without quotes: write " + attribute_ + "=\"{{" + name +
             "}}\"");
      default:
        fail("{{" + name + "}} cannot stand in " + place() + ": no escaping makes it safe there");
    }
  }

  std::string value_modifier(const std::string& name) {
    switch (state_.value) {
      case Value::plain:
        return ":x-attribute";
      case Value::url_start:
        state_.value = Value::url_after_variable;
        return ":x-url";
      case Value::url_rest:
        if (!base::is_safe_url(literal_value_))
          fail("{{" + name + "}} behind \"" + literal_value_ + "\" in a URL");
        return ":x-url-part";
      case Value::url_after_variable:
        return ":x-url-part";
      case Value::url_unclear:
        fail("{{" + name +
             "}}: the section before it may be left out, so that it is not clear "
             "whether this begins the URL; put the whole URL into one variable");
      case Value::forbidden:
        break;
    }
    fail("{{" + name + "}} cannot stand in " + place() + ": no escaping makes it safe there");
  }

  const FlatTemplate& source_;
  const std::string& text_;
  std::size_t position_ = 0;
  State state_;
  std::string attribute_;
  std::string literal_value_;  // what is literal of the attribute's value
  std::size_t value_offset_ = 0;
  bool has_variable_ = false;  // in the attribute's value
  bool has_source_ = false;    // the tag has src
  bool is_data_ = false;       // the tag has type="application/json"
  std::vector<Section> sections_;
  ContextualTemplate out_;
};

}  // namespace

ContextualTemplate add_contexts(const FlatTemplate& source) { return Scanner(source).scan(); }

}  // namespace web::detail
