// The admin of a small magazine in pages, and browsers of people with and without rights: for
// tests.
#pragma once
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "admin/audit.h"
#include "admin/test_models.h"
#include "admin/views.h"
#include "auth/auth.h"
#include "auth/models.h"
#include "auth/passwords.h"
#include "auth/permissions.h"
#include "auth/session_store.h"
#include "auth/test_auth.h"
#include "auth/users.h"
#include "web/csrf.h"
#include "web/messages.h"
#include "web/session.h"
#include "web/test_client.h"

namespace magazine {

inline std::string encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, "%%%02X", static_cast<unsigned char>(c));
    out += buffer;
  }
  return out;
}

// A browser: it keeps cookies, and sends the inputs of the forms that it was shown.
class Browser {
 public:
  explicit Browser(const web::Application& application) : client_(application) {}

  web::TestResponse get(const std::string& path) { return send("GET", path, {}); }
  // With the token of the page before.
  using Fields = std::vector<std::pair<std::string, std::string>>;
  web::TestResponse post(const std::string& path, Fields fields) {
    if (token_.empty()) get("/admin/");
    fields.emplace_back("csrfmiddlewaretoken", token_);
    return send("POST", path, fields);
  }
  web::TestResponse post_without_token(const std::string& path, const Fields& fields) {
    return send("POST", path, fields);
  }
  // The inputs that the page has, with their values.
  static Fields inputs(std::string page) {
    Fields fields;
    for (std::size_t at; (at = page.find("<template")) != std::string::npos;)
      page.erase(at, page.find("</template>", at) - at + std::strlen("</template>"));
    for (std::size_t at = page.find("<input"); at != std::string::npos;
         at = page.find("<input", at + 1)) {
      const std::string tag = page.substr(at, page.find('>', at) - at);
      const std::string type = attribute(tag, "type"), name = attribute(tag, "name");
      if (name.empty() || name == "csrfmiddlewaretoken") continue;
      if (type == "checkbox") {
        if (tag.find(" checked") != std::string::npos) fields.emplace_back(name, "on");
      } else {
        fields.emplace_back(name, attribute(tag, "value"));
      }
    }
    for (std::size_t at = page.find("<textarea"); at != std::string::npos;
         at = page.find("<textarea", at + 1)) {
      const std::size_t open = page.find('>', at) + 1;
      std::string text = page.substr(open, page.find("</textarea", open) - open);
      if (text.starts_with('\n')) text.erase(0, 1);
      fields.emplace_back(attribute(page.substr(at, open - at), "name"), unescaped(text));
    }
    for (std::size_t at = page.find("<select"); at != std::string::npos;
         at = page.find("<select", at + 1)) {
      const std::string tag = page.substr(at, page.find("</select", at) - at);
      const std::string name = attribute(tag.substr(0, tag.find('>')), "name");
      for (std::size_t i = tag.find("<option"); i != std::string::npos;
           i = tag.find("<option", i + 1)) {
        const std::string option = tag.substr(i, tag.find('>', i) - i);
        if (option.ends_with(" selected")) fields.emplace_back(name, attribute(option, "value"));
      }
    }
    return fields;
  }
  static void set(Fields& fields, const std::string& name, const std::string& value) {
    for (auto& [n, v] : fields)
      if (n == name) {
        v = value;
        return;
      }
    fields.emplace_back(name, value);
  }

 private:
  static std::string unescaped(std::string text) {
    for (const auto& [from, to] :
         {std::pair("&quot;", "\""), std::pair("&#39;", "'"), std::pair("&lt;", "<"),
          std::pair("&gt;", ">"), std::pair("&amp;", "&")}) {
      for (std::size_t at; (at = text.find(from)) != std::string::npos;)
        text.replace(at, std::strlen(from), to);
    }
    return text;
  }
  static std::string attribute(const std::string& tag, const std::string& name) {
    const std::size_t at = tag.find(" " + name + "=\"");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 3;
    return unescaped(tag.substr(begin, tag.find('"', begin) - begin));
  }
  web::TestResponse send(const std::string& method, const std::string& path, const Fields& fields) {
    web::TestRequest request;
    if (method == "POST") {
      request.content_type = "application/x-www-form-urlencoded";
      for (const auto& [name, value] : fields)
        request.body += (request.body.empty() ? "" : "&") + encoded(name) + "=" + encoded(value);
    }
    auto response = client_.request(method, path, request);
    const std::string mark = "name=\"csrfmiddlewaretoken\" value=\"";
    if (const auto at = response.body.find(mark); at != std::string::npos) {
      const std::size_t begin = at + mark.size();
      token_ = response.body.substr(begin, response.body.find('"', begin) - begin);
    }
    return response;
  }
  web::TestClient client_;
  std::string token_{};
};

class PagesTest : public AdminTest {
 protected:
  PagesTest() {
    tick = std::chrono::milliseconds(1);  // the admin asks for the password after an hour
    auth::models(Registry::instance());
    admin::models(Registry::instance());
    ensure_tables();
    admin::configure(application);
    application.use(web::sessions(std::make_shared<auth::DynamoSessionStore>(),
                                  {.now = [this] { return connection->now(); }}));
    application.use(web::csrf());
    application.use(web::messages());
    application.use(auth::authentication());
    admin::urls(application.router());
    application.router()
        .get("/sign-in/<str:name>/",
             [](web::Request& request, std::string name) {
               auth::login(request, *auth::find_by_username(name));
               return web::Response::text("in");
             })
        .access(web::Access::public_);
  }

  auth::User make_user(const std::string& name, std::set<std::string> permissions,
                       bool staff = true, bool superuser = false) {
    auth::User user{.username = name};
    user.is_staff = staff;
    user.is_superuser = superuser;
    user.permissions = std::move(permissions);
    return auth::create_user(std::move(user), "violet-harbour-42", auth::PasswordCheck::none);
  }
  Browser browser_of(const std::string& name) {
    Browser browser(application);
    EXPECT_EQ(browser.get("/sign-in/" + name + "/").status, 200);
    return browser;
  }
  Browser boss() {
    if (!auth::find_by_username("boss")) make_user("boss", {}, true, true);
    return browser_of("boss");
  }

  auth::PasswordHasher hasher{auth::quick_hashes()};
  auth::ScopedPasswordHasher scoped_hasher{hasher};
  web::Application application{{.debug = true, .secret_keys = {.current = "a secret of tests"}}};
  Writer ann = Writer::objects.create({.name = "Ann"});
  Article post = article("first", ann);
  const std::string post_url = "/admin/magazine/article/" + post.pk.str() + "/";
};

}  // namespace magazine
