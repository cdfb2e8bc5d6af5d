// Markdown: what it becomes, and what it never becomes (rule O4).
#include "demo_app/markdown.h"

#include <algorithm>
#include <cctype>
#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace demo_app {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string html(std::string_view text) { return markdown(text).str(); }
std::string repeated(std::string_view part, std::size_t size) {
  std::string out;
  while (out.size() < size) out += part;
  return out;
}

// What a browser takes the URL of an attribute for: its scheme in lower case, "//" of another host,
// or nothing of a path.
std::string scheme_of(std::string value) {
  for (std::size_t at; (at = value.find("&amp;")) != std::string::npos;) value.replace(at, 5, "&");
  std::string url;
  for (const char c : value) {
    const bool passed_over = static_cast<unsigned char>(c) <= ' ';
    if (!passed_over) url += c == '\\' ? '/' : static_cast<char>(std::tolower(c));
  }
  if (url.starts_with("//")) return "//";
  const std::size_t end = url.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+.-");
  return end != std::string::npos && url[end] == ':' ? url.substr(0, end) : "";
}

TEST(Markdown, CommonMarkup) {
  EXPECT_EQ(html("One *two* **three** `four`"),
            "<p>One <em>two</em> <strong>three</strong> <code>four</code></p>\n");
  EXPECT_EQ(html("a\nb  \nc"), "<p>a\nb<br>\nc</p>\n");
  EXPECT_EQ(html("- a\n- b"), "<ul><li>a</li>\n<li>b</li>\n</ul>\n");
  EXPECT_EQ(html("3. a"), "<ol start=\"3\"><li>a</li>\n</ol>\n");
  EXPECT_EQ(html("> said"), "<blockquote><p>said</p>\n</blockquote>\n");
  EXPECT_EQ(html("```cpp\nif (a < b) {}\n```"),
            "<pre tabindex=\"0\"><code>if (a &lt; b) {}\n</code></pre>\n");
  EXPECT_EQ(html("***"), "<hr>\n");
  EXPECT_EQ(html("~~gone~~"), "<p><del>gone</del></p>\n");
  EXPECT_EQ(html("|a|b|\n|-|-|\n|c|d|"),
            "<table tabindex=\"0\"><tr><th>a</th><th>b</th></tr>\n<tr><td>c</td><td>d</td></tr>\n"
            "</table>\n");
  EXPECT_EQ(html(""), "");
}

// The page has an h1 already.
TEST(Markdown, HeadingsBeginAtTwo) {
  EXPECT_EQ(html("# One"), "<h2>One</h2>\n");
  EXPECT_EQ(html("###### Six"), "<h6>Six</h6>\n");
}

TEST(Markdown, O4_LinksSayWhatTheyAre) {
  EXPECT_EQ(html("[a](https://example.com/?a=1&b=2)"),
            "<p><a href=\"https://example.com/?a=1&amp;b=2\" rel=\"nofollow ugc noopener\">a</a>"
            "</p>\n");
  EXPECT_EQ(html("[a](/posts/)"),
            "<p><a href=\"/posts/\" rel=\"nofollow ugc noopener\">a</a></p>\n");
  EXPECT_THAT(html("see www.example.com"), HasSubstr("rel=\"nofollow ugc noopener\""));
  EXPECT_THAT(html("<https://example.com>"), HasSubstr("rel=\"nofollow ugc noopener\""));
}

TEST(Markdown, O4_RawHtmlIsLeftOut) {
  for (const char* text :
       {"<script>alert(1)</script>", "a <b onclick=\"x()\">b</b>", "<img src=x onerror=alert(1)>",
        "<!-- c -->", "<iframe src=\"https://example.com\"></iframe>", "<?php x ?>",
        "<![CDATA[<script>]]>", "<style>*{}</style>", "<svg/onload=alert(1)>",
        "<a href=\"javascript:alert(1)\">x</a>", "> <script>\n> alert(1)\n> </script>",
        "<div\nonmouseover=alert(1)>x", "`a` <form action=\"//evil\">", "<details ontoggle=x open>",
        "<scr<script>ipt>alert(1)</script>", "<a\x0bhref=x>"}) {
    const std::string shown = html(text);
    EXPECT_THAT(shown,
                Not(testing::ContainsRegex("<(script|img|iframe|style|svg|form|details|div|b[ >]|"
                                           "!|[?])")))
        << text << " becomes " << shown;
    EXPECT_THAT(shown, Not(testing::ContainsRegex("<[^>]* on[a-z]+="))) << text;
  }
}

// Links and images with schemes that run, in the disguises that are known.
TEST(Markdown, O4_UrlsThatRunAreNoLinks) {
  for (const char* url :
       {"javascript:alert(1)", "JaVaScRiPt:alert(1)", "javascript&#58;alert(1)",
        "&#106;avascript:alert(1)", "&#x6A&#x61;vascript:alert(1)", "java&Tab;script:alert(1)",
        "java\\script:alert(1)", "vbscript:x", "data:text/html,<script>alert(1)</script>",
        "data:text/html;base64,PHNjcmlwdD4=", "file:///etc/passwd", "//evil.example",
        "/\\evil.example", "&#1;javascript:alert(1)", "%01javascript:alert(1)",
        "feed:javascript:alert(1)", "blob:https://example.com/x"}) {
    for (const std::string& text :
         {"[a](" + std::string(url) + ")", "[a](<" + std::string(url) + ">)",
          "![a](" + std::string(url) + ")", "[a]\n\n[a]: " + std::string(url),
          "<" + std::string(url) + ">", "[![a](" + std::string(url) + ")](" + url + ")"}) {
      const std::string shown = html(text);
      for (const char* attribute : {"href=\"", "src=\""}) {
        for (std::size_t at = 0; (at = shown.find(attribute, at)) != std::string::npos;) {
          at = shown.find('"', at) + 1;
          EXPECT_EQ(scheme_of(shown.substr(at, shown.find('"', at) - at)), "")
              << text << " becomes " << shown;
        }
      }
    }
  }
}

TEST(Markdown, O4_TextCannotLeaveItsAttribute) {
  EXPECT_EQ(html("[a](/x\"onclick=\"y)"),
            "<p><a href=\"/x&quot;onclick=&quot;y\" rel=\"nofollow ugc noopener\">a</a></p>\n");
  EXPECT_EQ(html("![\"><script>](/i.png)"),
            "<p><img src=\"/i.png\" loading=\"lazy\" alt=\"&quot;&gt;\"></p>\n");
  EXPECT_EQ(html("`<script>`"), "<p><code>&lt;script&gt;</code></p>\n");
  EXPECT_EQ(html("&lt;script&gt; \" ' &"), "<p>&lt;script&gt; &quot; &#39; &amp;</p>\n");
  EXPECT_THAT(html("```\" onclick=\"x\na\n```"), Not(HasSubstr("onclick")));
}

// The page policy would not load them.
TEST(Markdown, O4_ImagesOfOtherSitesAreLinks) {
  EXPECT_EQ(html("![alt *text*](https://example.com/a.png)"),
            "<p><a href=\"https://example.com/a.png\" rel=\"nofollow ugc noopener\">alt text</a>"
            "</p>\n");
  EXPECT_EQ(html("[![alt](https://example.com/a.png)](/b)"),
            "<p><a href=\"/b\" rel=\"nofollow ugc noopener\">alt</a></p>\n");
  EXPECT_EQ(html("![](https://example.com/a.png?b&c)"),
            "<p><a href=\"https://example.com/a.png?b&amp;c\" rel=\"nofollow ugc noopener\">"
            "https://example.com/a.png?b&amp;c</a></p>\n");
  EXPECT_EQ(html("[![](https://example.com/a.png)](/b)"),
            "<p><a href=\"/b\" rel=\"nofollow ugc noopener\">https://example.com/a.png</a></p>\n");
  EXPECT_EQ(html("![a ![b](/c.png)](/d.png)"),
            "<p><img src=\"/d.png\" loading=\"lazy\" alt=\"a b\"></p>\n");
}

TEST(Markdown, O4_M3_NestingIsBounded) {
  for (const char* part : {"> ", "- ", "1. ", "* "}) {
    const std::string shown = html(repeated(part, 4000) + "text");
    std::size_t depth = 0, deepest = 0;
    for (std::size_t at = 0; (at = shown.find('<', at)) != std::string::npos; ++at) {
      if (shown[at + 1] == '/')
        --depth;
      else
        deepest = std::max(deepest, ++depth);
    }
    EXPECT_LE(deepest, static_cast<std::size_t>(kMarkdownNesting)) << part;
    EXPECT_THAT(shown, HasSubstr("text"));
  }
  EXPECT_THAT(html(repeated("**a _b ", 4000)), HasSubstr("a"));
}

// Inputs that are known to make Markdown parsers slow, or their output large.
TEST(Markdown, O4_TimeAndOutputAreBounded) {
  std::string fences;
  for (std::size_t i = 1; fences.size() < kMarkdownLimit; ++i) fences += std::string(i, '`') + "e";
  std::string table = repeated("|a", 2000) + "\n" + repeated("|-", 2000) + "\n";
  std::string table_of_cr = table + repeated("|b\r", 12'000);
  std::replace(table_of_cr.begin(), table_of_cr.end(), '\n', '\r');
  for (const std::string& text :
       {repeated("![[]()", kMarkdownLimit), repeated("[a](b", kMarkdownLimit),
        repeated("[", kMarkdownLimit), repeated("> ", kMarkdownLimit),
        repeated("- ", kMarkdownLimit), repeated("*a_ ", kMarkdownLimit),
        repeated("a@", kMarkdownLimit), repeated("<!--", kMarkdownLimit),
        repeated("[]()", kMarkdownLimit), repeated("\"", kMarkdownLimit),
        repeated(">\n\n", kMarkdownLimit), repeated("&", kMarkdownLimit), fences,
        table + repeated("|b\n", kMarkdownLimit / 2), table_of_cr,
        repeated("- ", 2000) + "a\n" + repeated("\n", kMarkdownLimit - 3000),
        repeated("> ", 40'000) + "a\n" + repeated("a\n", kMarkdownLimit - 41'000),
        repeated("1. ", 3000) + "a\r" + repeated("\r", kMarkdownLimit - 4000),
        repeated("x", 4 * kMarkdownLimit)}) {
    const auto start = std::chrono::steady_clock::now();
    const std::string shown = html(text);
    EXPECT_LE(shown.size(), std::max<std::size_t>(1024, 10 * text.size())) << text.substr(0, 20);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2))
        << text.substr(0, 20);
  }
}

// What is bounded is far from what people write.
TEST(Markdown, LongTextsWithListsAndCode) {
  const std::string part = "# A\n\n> quoted\n> > twice\n\n- one\n  - two\n    1. three\n\n```\n" +
                           std::string(60, ' ') + "deep\n----------------\n```\n\n" +
                           repeated("- - - ", 12) + "\n\n";
  const std::string shown = html(repeated(part, 90'000));
  EXPECT_THAT(shown, HasSubstr("<h2>A</h2>"));
  EXPECT_THAT(shown, HasSubstr("<li>two<ol><li>three</li>"));
}

TEST(Markdown, Excerpt_IsTextOnOneLine) {
  EXPECT_EQ(markdown_excerpt("# Title\n\nSome *text*,\nwith `code` <b>and</b> [links](/x).", 100),
            "Title Some text, with code and links.");
  EXPECT_EQ(markdown_excerpt("one two three", 9), "one two…");
  EXPECT_EQ(markdown_excerpt("one two three", 13), "one two three");
  EXPECT_EQ(markdown_excerpt("äöü äöü", 3), "äöü…");
  EXPECT_EQ(markdown_excerpt("", 10), "");
  EXPECT_EQ(markdown_excerpt("<script>alert(1)</script>", 10), "");
  EXPECT_LE(markdown_excerpt(repeated("word ", 1'000'000), 220).size(), 223u);
}

}  // namespace
}  // namespace demo_app
