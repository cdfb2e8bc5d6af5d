// The REST API on a database in memory, for its tests: what each test of it starts from.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/auth.h"
#include "base/json.h"
#include "demo_app/models.h"
#include "demo_app/views.h"
#include "dynamodb/local/engine.h"
#include "web/test_client.h"

namespace demo_app {

using base::Json;
using web::TestResponse;

inline const std::string kUnknown =
    "00000000-0000-4000-8000-000000000001";  // a valid key that no row has

// Runs work(0) … work(count - 1) on threads of their own.
template <class Work>
void in_threads(int count, const Work& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&work, i] { work(i); });
  for (auto& thread : threads) thread.join();
}

inline std::vector<std::string> names_of(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

inline std::vector<std::string> all_of(const Json& list, const std::string& member) {
  std::vector<std::string> values;
  for (const Json& row : list)
    values.push_back(row[member].is_string() ? row[member].get<std::string>() : row[member].dump());
  return values;
}

// Whoever asks is staff.
struct EveryoneIsStaff : auth::BearerVerifier {
  std::optional<auth::User> user_of(web::Request&) const override {
    return auth::User{.username = "staff", .is_staff = true};
  }
};

// A query that would scan without saying why answers 503 here.
class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    models(dynamo_backend::Registry::instance());
    dynamo_backend::ensure_tables();
    configure(application);
    application.use(auth::authentication({.bearer = std::make_shared<EveryoneIsStaff>()}));
    urls(application.router());
  }

  // What a POST makes.
  Json create(const std::string& path, const Json& body) {
    const TestResponse response = client.post(path, body);
    EXPECT_EQ(response.status, 201) << path << " " << body << ": " << response.body;
    return response.status == 201 ? response.json() : Json::object({{"pk", kUnknown}});
  }
  std::string new_author(const std::string& username) {
    return create("/api/authors/", {{"username", username}})["pk"];
  }
  std::string new_post(const std::string& author, const std::string& slug) {
    return create("/api/posts/",
                  {{"title", "Title of " + slug}, {"slug", slug}, {"author_id", author}})["pk"];
  }
  std::string new_tag(const std::string& name) {
    return create("/api/tags/", {{"name", name}})["pk"];
  }
  std::string new_category(const std::string& name) {
    return create("/api/categories/", {{"name", name}})["pk"];
  }
  Json get(const std::string& path) {
    const TestResponse response = client.get(path);
    EXPECT_EQ(response.status, 200) << path << ": " << response.body;
    return response.json();
  }

  // A 400 that names `field`.
  static void expect_refused(const TestResponse& response, const std::string& field) {
    EXPECT_EQ(response.status, 400) << response.body;
    const Json answer = response.json();
    EXPECT_EQ(answer.value("code", ""), "invalid") << response.body;
    EXPECT_TRUE(answer.contains("fields") && answer["fields"].contains(field))
        << field << ": " << response.body;
  }
  static void expect_not_found(const TestResponse& response, const std::string& text) {
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.body, R"({"error":")" + text + R"(","code":"not_found"})");
  }
  static void expect_no_content(const TestResponse& response) {
    EXPECT_EQ(response.status, 204) << response.body;
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(response.header("Content-Type"), "");
  }

  std::atomic<std::int64_t> clock_reads = 0;  // each is a second after the one before
  std::unique_ptr<dynamodb::Client> engine = dynamodb::local::Engine::open({});
  dynamo_backend::ScopedConnection connection{
      *engine,
      {.scan_policy = dynamo_backend::ScanPolicy::forbid,
       .now =
           [this] {
             return *base::parse_iso("2026-11-22T10:00:00Z") + std::chrono::seconds(++clock_reads);
           },
       .sleep = [](auto) { std::this_thread::yield(); }}};
  web::Application application{{.debug = true}};
  web::TestClient client{application};
};

}  // namespace demo_app
