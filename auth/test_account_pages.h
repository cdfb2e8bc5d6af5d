// What tests of the pages below /accounts/ start from: a site of them, and a browser.
#pragma once
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "auth/accounts.h"
#include "auth/auth.h"
#include "auth/session_store.h"
#include "auth/test_auth.h"
#include "web/csrf.h"
#include "web/messages.h"
#include "web/session.h"
#include "web/templates.h"
#include "web/test_client.h"

namespace auth {

struct AccountPages : testing::Test, AuthDatabase {
  AccountPages() { start(true); }
  void start(bool verify_email) {
    app = std::make_unique<web::Application>(web::ApplicationOptions{
        .allowed_hosts = {"localhost"}, .secret_keys = {.current = "a secret of tests"}});
    app->use(
        web::sessions(std::make_shared<DynamoSessionStore>(), {.now = [this] { return now; }}));
    app->use(web::csrf());
    app->use(web::messages());
    app->use(authentication());
    account_urls(app->router(),
                 {.secret = "secret", .mailer = mails, .verify_email = verify_email});
    app->templates().add(templates());
    app->add_context_processor([](web::Request& request, web::Context& context) {
      context.set("csrf_token", web::csrf_token(request));
    });
    app->router()
        .get("/",
             [](web::Request& request) {
               const User* const found = user(request);
               return web::Response::text(found ? found->username : "nobody");
             })
        .access(web::Access::public_);
    client = std::make_unique<web::TestClient>(*app);
    client->default_headers = {{"Host", "localhost"}};
  }
  // The value of a hidden field of the page.
  static std::string hidden(const std::string& html, const std::string& name) {
    const std::string start = "name=\"" + name + "\" value=\"";
    const auto at = html.find(start);
    if (at == std::string::npos) return "";
    const auto from = at + start.size();
    return html.substr(from, html.find('"', from) - from);
  }
  // Opens the page and sends its form.
  web::TestResponse send(const std::string& path, web::HeaderList fields) {
    const web::TestResponse page = client->get(path);
    EXPECT_EQ(page.status, 200) << path << page.body;
    fields.emplace_back("csrfmiddlewaretoken", hidden(page.body, "csrfmiddlewaretoken"));
    return client->post_form(path, fields);
  }
  web::TestResponse sign_in(const std::string& name, const std::string& password) {
    return send("/accounts/login/", {{"login", name}, {"password", password}});
  }
  void sign_up(const std::string& name) {
    const auto done = send("/accounts/signup/", {{"username", name},
                                                 {"email", name + "@example.com"},
                                                 {"password1", kPassword},
                                                 {"password2", kPassword}});
    EXPECT_EQ(done.status, 303) << done.body;
  }
  // Opens the link that a mail holds, and sends the page's form; of a page without one, any form.
  web::TestResponse confirm(const std::string& link) {
    const web::TestResponse page = client->get(link);
    const std::string token = link.substr(link.find('=') + 1);
    return client->post_form("/accounts/confirm-email/",
                             {{"token", page.status == 200 ? hidden(page.body, "token") : token},
                              {"csrfmiddlewaretoken", hidden(client->get("/accounts/login/").body,
                                                             "csrfmiddlewaretoken")}});
  }
  std::string who() { return client->get("/").body; }
  // The path of the link in the last mail.
  std::string link() const {
    const std::string text = mails->sent().back().text;
    const auto at = text.find("/accounts/");
    return text.substr(at, text.find('\n', at) - at);
  }

  std::shared_ptr<MemoryMailer> mails = std::make_shared<MemoryMailer>();
  std::unique_ptr<web::Application> app;
  std::unique_ptr<web::TestClient> client;
};

}  // namespace auth
