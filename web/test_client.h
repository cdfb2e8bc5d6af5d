// TestClient: requests to an Application without sockets, through its whole chain.
//
//   web::TestClient client(app);
//   auto response = client.post("/api/posts/", base::Json{{"title", "Hello"}});
//   EXPECT_EQ(response.status, 201);
//   EXPECT_EQ(response.json()["title"], "Hello");
//
// Cookies of answers are kept and sent with later requests, as a browser does.
//
// Thread safety: one thread at a time.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_fwd.h"
#include "web/application.h"

namespace web {

struct TestResponse {
  int status = 0;
  net::HeaderBlock headers{};
  std::string body{};

  base::Json json() const;  // throws base::JsonError
  // Empty where the header is absent.
  std::string header(std::string_view name) const {
    return std::string(headers.get(name).value_or(""));
  }
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct TestRequest {
  std::string body{};
  std::string content_type{};  // none where empty
  HeaderList headers{};
};

class TestClient {
 public:
  explicit TestClient(const Application& application) : application_(application) {}

  // What every request carries; Host is "localhost" unless set here or in a request.
  HeaderList default_headers{};
  std::string peer = "127.0.0.1";
  std::map<std::string, std::string> cookies{};

  TestResponse request(std::string_view method, std::string_view target,
                       const TestRequest& request = {});

  TestResponse get(std::string_view target, HeaderList headers = {});
  TestResponse head(std::string_view target, HeaderList headers = {});
  TestResponse options(std::string_view target, HeaderList headers = {});
  TestResponse del(std::string_view target, HeaderList headers = {});
  // The body is sent as application/json.
  TestResponse post(std::string_view target, const base::Json& body, HeaderList headers = {});
  TestResponse put(std::string_view target, const base::Json& body, HeaderList headers = {});
  TestResponse patch(std::string_view target, const base::Json& body, HeaderList headers = {});
  // POST as a form without files sends it.
  TestResponse post_form(std::string_view target, const HeaderList& fields,
                         HeaderList headers = {});

 private:
  void keep_cookies(const net::HeaderBlock& headers);
  TestResponse send_json(std::string_view method, std::string_view target, const base::Json& body,
                         HeaderList headers);
  const Application& application_;
};

}  // namespace web
