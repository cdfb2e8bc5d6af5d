#include "base/safe_url.h"

#include <string>

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(SafeUrl, O2_HttpMailtoAndPaths_AreSafe) {
  for (const char* url :
       {"http://example.com/", "HTTPS://example.com", "https://a/?x=javascript:1", "mailto:a@b.c",
        "", "/", "/a/b", "a/b:c", "?q=a:b", "#a:b", "../x", "/search/?next=http://x",
        "a-quite-long-path-without-a-slash", "a-quite-long-path/with:colon"}) {
    EXPECT_TRUE(is_safe_url(url)) << url;
  }
}

TEST(SafeUrl, O2_OtherSchemesAndHosts_AreNot) {
  for (const std::string url :
       {"javascript:alert(1)", "JaVa\tScript:alert(1)", " javascript:alert(1)",
        "java\nscript\n:alert(1)", "\x01javascript:alert(1)", "data:text/html,<script>",
        "vbscript:msgbox", "//evil", "/\\evil", "\\\\evil", "/\t/evil", "ftp://x", "blob:x",
        "https:evil", "http:/evil", "a:b", "averyveryverylongscheme:x", ":x",
        "javascript&colon;:x"}) {
    EXPECT_FALSE(is_safe_url(url)) << url;
  }
  EXPECT_FALSE(is_safe_url(std::string("java\0script:alert(1)", 20)));
}

}  // namespace
}  // namespace base
