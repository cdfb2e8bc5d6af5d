// Random requests: whatever a client sends, the API answers it with 2xx, 3xx or 4xx (503 from the
// search alone), in JSON, and as the API's document says.
#include <cstdlib>
#include <random>

#include "demo_app/seed.h"
#include "demo_app/test_api_document.h"
#include "demo_app/test_random_requests.h"

namespace demo_app {
namespace {

constexpr int kRequests = 20'000;

int rounds() { return std::getenv("DDB_NIGHTLY") != nullptr ? 20 : 1; }

// DDB_SEED repeats a run.
unsigned first_seed() {
  const char* given = std::getenv("DDB_SEED");
  return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                          : std::random_device{}();
}

class ApiFuzz : public ApiTest {
 protected:
  // A broken path may be a page's: "/?%2Fapi/posts/".
  static bool is_page(const TestResponse& response) {
    return response.header("Content-Type").starts_with("text/html");
  }
  // "" where the answer is one that the API may give.
  std::string problem(const std::string& method, const TestResponse& response) {
    const bool search = response.status == 503 &&
                        (response.body.empty() || response.json()["code"] == "search_unavailable");
    if (response.status < 200 || (response.status >= 500 && !search))
      return "status " + std::to_string(response.status);
    if (method == "HEAD" || response.status == 204 || response.status / 100 == 3)
      return response.body.empty() ? "" : "a body where none may be";
    if (is_page(response)) return "";
    Json answer;
    try {
      answer = response.json();
    } catch (const base::JsonError& error) {
      return error.what();
    }
    if (!answer.is_object()) return "no object";
    if (response.status < 400) return "";
    if (!answer.value("error", Json()).is_string() || !answer.value("code", Json()).is_string())
      return "an error without error and code";
    if (answer["code"] == "internal") return "an internal error";
    return "";
  }

  void run(unsigned seed) {
    RequestMaker make(seed);
    for (int i = 0; i < kRequests; ++i) {
      const RequestMaker::Made made = make.request();
      const TestResponse response = client.request(made.method, made.target, made.request);
      ++statuses[response.status];
      ASSERT_EQ(problem(made.method, response), "")
          << "request " << i << ": " << made.method << " " << made.target << "\n"
          << made.request.body << "\n-> " << response.body;
      ASSERT_EQ(document.problem(made.method, made.target, made.request.body, response), "")
          << "request " << i << ": " << made.method << " " << made.target << "\n"
          << made.request.body << "\n-> " << response.body;
      if ((response.status != 200 && response.status != 201) || response.body.empty() ||
          is_page(response))
        continue;
      const Json answer = response.json();
      if (response.status == 201 && !made.makes.empty())
        remember(make.keys[made.makes], answer["pk"], make);
      if (answer.contains("next_cursor") && answer["next_cursor"].is_string())
        remember(make.cursors, answer["next_cursor"], make);
    }
  }

  static void remember(std::vector<std::string>& list, const std::string& text,
                       RequestMaker& make) {
    if (list.size() < 200)
      list.push_back(text);
    else
      list[make.below(list.size())] = text;
  }

  const ApiDocument document{application.router()};
  std::map<int, int> statuses{};
};

TEST_F(ApiFuzz, G1_RandomRequests_NeverGiveAServerError) {
  unsigned seed = first_seed();
  for (int round = 0; round < rounds(); ++round, ++seed) {
    std::printf("DDB_SEED=%u\n", seed);
    SCOPED_TRACE("DDB_SEED=" + std::to_string(seed));
    ASSERT_NO_FATAL_FAILURE(run(seed));
    // The requests got somewhere: rows were made, read, changed and deleted, and refused in every
    // way.
    for (const int status : {200, 201, 204, 308, 400, 404, 405, 409, 415, 503})
      EXPECT_GT(statuses[status], 0) << status;
    clear_blog();
  }
}

}  // namespace
}  // namespace demo_app
