// Signing in with the local provider through real sockets: what tests of it start from.
#pragma once
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/cognito_mock/test_site.h"

namespace auth::cognito_mock {

class Login : public testing::Test {
 protected:
  std::string who() { return browser.get("/").body; }
  // The provider's answer to a log-in: where it sends the browser.
  std::string callback_url(Browser& from, const std::string& next = "/") {
    const Page page = from.get(from.get(kLoginPath + ("?next=" + next)).location);
    return page.status == 200 ? from.sign_in(page).location : page.location;
  }
  std::string callback_url() { return callback_url(browser); }
  // What the browser sees of a log-in that fails.
  void expect_failure(const Page& page, int status = 400) {
    EXPECT_EQ(page.status, status) << page.body;
    EXPECT_THAT(page.body, testing::HasSubstr("Try again"));
    EXPECT_EQ(who(), "");
    EXPECT_EQ(site.signed_in, 0);
  }
  std::string csrf() { return browser.get("/token/").body; }
  Page log_out() { return browser.post("/accounts/logout/", {{"csrfmiddlewaretoken", csrf()}}); }

  TestSite site;
  Browser browser{site.origin()};
};

}  // namespace auth::cognito_mock
