// RequestMaker: random requests to the REST API, most of them close to good ones.
//
// The same seed, fed with the same answers, makes the same requests.
// Thread safety: one thread at a time.
#pragma once
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "demo_app/test_api.h"

namespace demo_app {

class RequestMaker {
 public:
  explicit RequestMaker(unsigned seed) : random_(seed) {}

  // Keys of rows that there are, or were, by the name of their list.
  std::map<std::string, std::vector<std::string>> keys{
      {"authors", {kUnknown}}, {"posts", {kUnknown}},      {"comments", {kUnknown}},
      {"tags", {kUnknown}},    {"categories", {kUnknown}}, {"postcategories", {kUnknown}}};
  std::vector<std::string> cursors{"x"};

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class List>
  auto pick(const List& list) {
    return list[below(std::size(list))];
  }

  struct Made {
    std::string method, target;
    std::string makes{};  // the list that the answer's key belongs to
    web::TestRequest request{};
  };

  Made request() {
    static const std::vector<std::string> kMethods{"GET",  "POST",    "PUT",   "DELETE",
                                                   "HEAD", "OPTIONS", "PATCH", "X"};
    const Endpoint endpoint = pick(endpoints());
    Made made{.method = one_in(8) ? pick(kMethods) : endpoint.method,
              .target = path_of(endpoint.pattern),
              .makes = endpoint.makes};
    if (one_in(3)) made.target += "?" + query();
    if (made.method[0] == 'P' || one_in(20))
      made.request = {.body = body(endpoint), .content_type = content_type()};
    return made;
  }

 private:
  struct Endpoint {
    std::string method, pattern, makes{};
    std::vector<std::string> members{};  // most of which a body has
  };

  // Those that make rows are there more often than those that take them away.
  static const std::vector<Endpoint>& endpoints() {
    static const std::vector<Endpoint> all = [] {
      const std::vector<Endpoint> making{
          {"POST", "/api/authors/", "authors", {"username", "email", "bio"}},
          {"POST",
           "/api/posts/",
           "posts",
           {"title", "slug", "author_id", "body", "published", "tags"}},
          {"POST", "/api/posts/", "posts", {"title", "slug", "author_pk"}},
          {"POST", "/api/tags/", "tags", {"name", "colour"}},
          {"POST", "/api/categories/", "categories", {"name", "slug", "parent_id", "description"}},
          {"POST", "/api/posts/{posts}/comments/", "comments", {"author_name", "body", "approved"}},
          {"POST",
           "/api/posts/{posts}/categories/",
           "postcategories",
           {"category_id", "order", "pinned"}},
          {"POST",
           "/api/posts/{posts}/revisions/",
           "",
           {"editor_id", "body_snapshot", "change_summary"}},
          {"POST", "/api/posts/{posts}/labels/", "", {"tag_id"}},
          {"POST",
           "/api/authors/{authors}/profile/",
           "",
           {"website", "twitter", "location", "avatar_url", "follower_count"}},
      };
      std::vector<Endpoint> list{
          {"PUT", "/api/authors/{authors}/", "", {"username", "email", "bio"}},
          {"PUT",
           "/api/posts/{posts}/",
           "",
           {"title", "slug", "body", "published", "public", "tags"}},
          {"GET", "/api/"},
          {"GET", "/api/authors/"},
          {"GET", "/api/authors/{authors}/"},
          {"GET", "/api/authors/{authors}/posts/"},
          {"GET", "/api/authors/{authors}/profile/"},
          {"GET", "/api/posts/"},
          {"GET", "/api/posts/search/"},
          {"GET", "/api/posts/{posts}/"},
          {"GET", "/api/tags/"},
          {"GET", "/api/tags/{tags}/"},
          {"GET", "/api/categories/"},
          {"GET", "/api/categories/{categories}/"},
          {"GET", "/api/posts/{posts}/labels/"},
          {"GET", "/api/posts/{posts}/categories/"},
          {"GET", "/api/posts/{posts}/revisions/"},
          {"GET", "/api/posts/{posts}/comments/"},
          {"DELETE", "/api/authors/{authors}/"},
          {"DELETE", "/api/posts/{posts}/"},
          {"DELETE", "/api/comments/{comments}/"},
          {"DELETE", "/api/tags/{tags}/"},
          {"DELETE", "/api/categories/{categories}/"},
          {"DELETE", "/api/postcategories/{postcategories}/"},
          {"DELETE", "/api/posts/{posts}/labels/{tags}/"},
      };
      for (int i = 0; i < 3; ++i) list.insert(list.end(), making.begin(), making.end());
      return list;
    }();
    return all;
  }

  std::string key(const std::string& of) {
    if (!one_in(10)) return pick(keys.at(of));
    return pick(std::next(keys.begin(), static_cast<std::ptrdiff_t>(below(keys.size())))->second);
  }

  std::string path_of(const std::string& pattern) {
    std::string path;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] != '{') {
        path += pattern[i];
        continue;
      }
      const auto end = pattern.find('}', i);
      path += one_in(12) ? garbage_in_path() : key(pattern.substr(i + 1, end - i - 1));
      i = end;
    }
    if (one_in(15)) path.insert(below(path.size() + 1), garbage_in_path());
    if (one_in(30)) path.pop_back();
    if (path.empty() || path.front() != '/') path.insert(0, "/");
    return path;
  }

  std::string body(const Endpoint& endpoint) {
    std::string text = object(endpoint).dump();
    if (one_in(20)) text = json(3).dump();
    if (one_in(20)) text.resize(below(text.size() + 1));
    if (one_in(20) && !text.empty()) text[below(text.size())] = static_cast<char>(below(256));
    if (one_in(40)) text = bytes(below(200));
    if (one_in(100)) text = std::string(1 + below(2000), pick(std::string("[{\"")));
    return text;
  }

  std::string content_type() {
    static const std::vector<std::string> kOthers{"",
                                                  "text/plain",
                                                  "application/json; charset=utf-8",
                                                  "APPLICATION/JSON",
                                                  "multipart/form-data; boundary=x",
                                                  ";;"};
    return one_in(20) ? pick(kOthers) : "application/json";
  }

  std::string bytes(std::size_t size) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(below(256));
    return text;
  }

  // What a server could find in a path or a query: no space and no control character, those it
  // refuses itself.
  std::string garbage_in_path() {
    static const std::vector<std::string> kPieces{"%",
                                                  "%00",
                                                  "%2F",
                                                  "%2f..%2f",
                                                  "..",
                                                  "%zz",
                                                  "%ff%fe",
                                                  "%F0%9F%9A%80",
                                                  "//",
                                                  "<uuid>",
                                                  "'",
                                                  "\"",
                                                  "%25",
                                                  "+",
                                                  "00000000-0000-0000-0000-000000000000",
                                                  "0",
                                                  "-1",
                                                  "search",
                                                  "a",
                                                  "%C3",
                                                  "%ED%A0%80",
                                                  "\xFF",
                                                  "\\",
                                                  ";",
                                                  "&",
                                                  "=",
                                                  "?",
                                                  "#"};
    std::string text;
    for (std::size_t i = 1 + below(3); i > 0; --i) text += pick(kPieces);
    if (one_in(20)) text += std::string(below(3000), 'a');
    if (one_in(4)) {
      std::string broken = key("posts");
      broken[below(broken.size())] = pick(std::string("g-0%/z"));
      return broken;
    }
    return text;
  }

  std::string query() {
    static const std::vector<std::string> kNames{"limit", "cursor", "author_id", "author_pk",
                                                 "q",     "page",   "%6Cimit",   ""};
    static const std::vector<std::string> kNumbers{"0",
                                                   "1",
                                                   "2",
                                                   "-1",
                                                   "50",
                                                   "500",
                                                   "501",
                                                   "18446744073709551615",
                                                   "18446744073709551616",
                                                   "1e3",
                                                   "abc",
                                                   "%31",
                                                   " 1"};
    std::string text;
    for (std::size_t i = 1 + below(3); i > 0; --i) {
      std::string value;
      switch (below(5)) {
        case 0:
          value = pick(kNumbers);
          break;
        case 1:
          value = cursor();
          break;
        case 2:
          value = key("authors");
          break;
        case 3:
          value = garbage_in_path();
          break;
        default:
          break;
      }
      text += (text.empty() ? "" : "&") + pick(kNames) + (one_in(10) ? "" : "=") + value;
    }
    return text;
  }

  std::string cursor() {
    std::string text = pick(cursors);
    if (one_in(2)) return text;
    switch (below(3)) {
      case 0:
        text[below(text.size())] = pick(std::string("AZaz09-_=+/"));
        break;
      case 1:
        text.resize(below(text.size() + 1));
        break;
      default:
        text.insert(below(text.size() + 1), 1 + below(4), 'A');
        break;
    }
    return text;
  }

  // The endpoint's members, mostly with values that fit, sometimes with others beside them.
  Json object(const Endpoint& endpoint) {
    static const std::vector<std::string> kMembers{
        "username",  "email",     "bio",           "title",          "slug",           "body",
        "author_id", "author_pk", "published",     "public",         "tags",           "name",
        "colour",    "parent_id", "description",   "tag_id",         "category_id",    "order",
        "pinned",    "editor_id", "body_snapshot", "change_summary", "author_name",    "approved",
        "website",   "twitter",   "location",      "avatar_url",     "follower_count", "pk"};
    Json object = Json::object();
    for (const auto& name : endpoint.members) {
      if (!one_in(10)) object[name] = fitting(name);
    }
    if (one_in(8)) {
      const std::string name = pick(kMembers);
      object[name] = one_in(2) ? fitting(name) : json(3);
    }
    if (one_in(20)) object[text()] = json(2);
    return object;
  }

  Json fitting(const std::string& name) {
    if (name == "tag_id") return key("tags");
    if (name == "category_id" || name == "parent_id") return key("categories");
    if (name.ends_with("_id") || name.ends_with("_pk")) return key("authors");
    if (name == "email") return "a@example.com";
    if (name == "colour") return "#aabbcc";
    if (name == "slug") return "s" + std::to_string(below(3000));
    if (name == "tags") return Json::array({"a", text()});
    if (name == "published" || name == "public" || name == "pinned" || name == "approved")
      return one_in(2);
    if (name == "order" || name == "follower_count") return below(1000);
    if (name == "website" || name == "avatar_url") return "https://example.com/";
    return text() + std::to_string(below(100));
  }

  std::string text() {
    static const std::vector<std::string> kTexts{"",
                                                 "a",
                                                 "Title",
                                                 "\xC3\xA4\xC3\xB6",
                                                 "\xF0\x9F\x9A\x80",
                                                 std::string("\0", 1),
                                                 "\x01",
                                                 "</script>",
                                                 "\"",
                                                 "\\",
                                                 "{}",
                                                 "javascript:alert(1)",
                                                 "\xEF\xBF\xBF",
                                                 "%",
                                                 "__all__",
                                                 "pk",
                                                 "#"};
    std::string all = pick(kTexts);
    if (one_in(3)) all += pick(kTexts);
    if (one_in(50)) all += std::string(below(5000), 'x');
    return all;
  }

  Json json(int depth) {
    switch (below(depth > 0 ? 10 : 8)) {
      case 0:
        return nullptr;
      case 1:
        return one_in(2);
      case 2:
        return static_cast<std::int64_t>(below(100)) - 50;
      case 3:
        return std::numeric_limits<std::int64_t>::min();
      case 4:
        return std::numeric_limits<std::uint64_t>::max();
      case 5:
        return pick(std::vector<double>{0.5, -0.0, 1e300, 5e-324, 1e126});
      case 6:
        return text();
      case 7:
        return key("posts");
      case 8: {
        Json list = Json::array();
        for (std::size_t i = below(4); i > 0; --i) list.push_back(json(depth - 1));
        return list;
      }
      default: {
        Json map = Json::object();
        for (std::size_t i = below(4); i > 0; --i) map[text()] = json(depth - 1);
        return map;
      }
    }
  }

  std::mt19937 random_;
};

}  // namespace demo_app
