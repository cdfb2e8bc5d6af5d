// The blog's pages on a database in memory, asked as a browser asks: what tests of them start from.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/auth.h"
#include "auth/site.h"
#include "demo_app/models.h"
#include "demo_app/views.h"
#include "dynamo_backend/search/local/local_backend.h"
#include "dynamo_backend/search/service.h"
#include "dynamo_backend/search/sync/rebuild.h"
#include "dynamodb/local/engine.h"
#include "web/test_client.h"

namespace demo_app {

using web::TestResponse;
using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string encoded(const std::string& text) {
  std::string out;
  char buffer[4];
  for (const char c : text) {
    std::snprintf(buffer, sizeof buffer, "%%%02X",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += buffer;
  }
  return out;
}

class Pages : public testing::Test {
 protected:
  Pages() : Pages(true) {}
  explicit Pages(bool debug) : debug_(debug) {
    configure(application);
    auth::install(application, {.secret = "a secret"});
    urls(application.router());
    // What the pages of login do.
    application.router()
        .get("/test-login/<uuid:pk>/",
             [](web::Request& request, base::Uuid pk) {
               auth::login(request, auth::User::objects.get(pk));
               return web::Response::empty();
             })
        .access(web::Access::public_);
  }

  // As a browser: the client keeps cookies, and this the hidden fields of the last page's form.
  TestResponse ask(const std::string& method, const std::string& path, Fields fields = {}) {
    web::TestRequest request{.headers = {{"Accept", "text/html"}}};
    if (method == "POST") {
      if (!token_.empty()) fields.emplace_back("csrfmiddlewaretoken", token_);
      if (!version_.empty()) fields.emplace_back("updated_at", version_);
      for (const auto& [name, value] : fields)
        request.body += (request.body.empty() ? "" : "&") + name + "=" + encoded(value);
      request.content_type = "application/x-www-form-urlencoded";
    }
    const TestResponse response = client.request(method, path, request);
    keep(response.body, "csrfmiddlewaretoken", token_);
    keep(response.body, "updated_at", version_);
    return response;
  }
  static void keep(const std::string& body, const std::string& name, std::string& value) {
    const std::string field = "name=\"" + name + "\" value=\"";
    if (const auto at = body.find(field); at != std::string::npos)
      value = body.substr(at + field.size(), body.find('"', at + field.size()) - at - field.size());
  }
  std::string page(const std::string& path, int status = 200) {
    const TestResponse response = ask("GET", path);
    EXPECT_EQ(response.status, status) << path << ": " << response.body;
    EXPECT_EQ(response.header("Content-Type"), "text/html; charset=utf-8") << path;
    return response.body;
  }
  TestResponse submit(const std::string& path, const Fields& fields) {
    return ask("POST", path, fields);
  }

  auth::User sign_in(const std::string& username, bool staff = false) {
    auth::User user{.username = username, .is_staff = staff};
    user.save();
    client.cookies.clear();
    token_.clear();
    EXPECT_EQ(ask("GET", "/test-login/" + user.pk.str() + "/").status, 204);
    return user;
  }
  void sign_out() { client.cookies.clear(), token_.clear(); }

  Post post(const std::string& title, bool published = true, bool is_public = true) {
    Post made{.title = title,
              .slug = slugify(title),
              .author_pk = alice,
              .published = published,
              .is_public = is_public};
    made.save();
    return made;
  }
  static std::string url(const Post& post) { return "/posts/" + post.pk.str() + "/"; }
  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      ++n;
    return n;
  }

  static inline const std::string kUnknown =
      "00000000-0000-4000-8000-000000000001";  // a valid key that no row has
  struct Tables {
    Tables() {
      models(dynamo_backend::Registry::instance());
      auth::models(dynamo_backend::Registry::instance());
      dynamo_backend::ensure_tables();
    }
  };
  // In seconds; each reading is `tick` after the one before.
  std::atomic<std::int64_t> clock_reads = 0, tick = 1;
  std::function<void()> at_clock_read{};  // what happens just before one
  std::unique_ptr<dynamodb::Client> engine = dynamodb::local::Engine::open({});
  dynamo_backend::ScopedConnection connection{
      *engine,
      {.scan_policy = dynamo_backend::ScanPolicy::forbid,
       .now =
           [this] {
             if (at_clock_read) at_clock_read();
             return *base::parse_iso("2026-11-22T10:00:00Z") +
                    std::chrono::seconds(clock_reads += tick);
           },
       .sleep = [](auto) { std::this_thread::yield(); }}};
  Tables tables{};
  const bool debug_;
  web::Application application{
      {.debug = debug_,
       .allowed_hosts = {"localhost"},
       .secret_keys = {.current = "a secret of fifty characters, which is what one has."}}};
  web::TestClient client{application};
  Author alice = Author::objects.create({.username = "alice", .bio = "Writes."});
  std::string token_, version_;
};

// With an index.
class SearchedPages : public Pages {
 protected:
  void index() {
    const auto definition =
        dynamo_backend::search::index_definition(*connection, dynamo_backend::model_info<Post>());
    dynamo_backend::search::sync::Rebuild(*connection, *backend_, definition, {},
                                          dynamo_backend::search::sync::stoppable_wait({}))
        .run();
  }
  std::shared_ptr<dynamo_backend::search::Backend> backend_ =
      dynamo_backend::search::open_local_backend();
  dynamo_backend::search::ScopedService service_{backend_};
};

}  // namespace demo_app
