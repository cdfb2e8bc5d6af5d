// Requests signed by known keys, and AWS's refusals of the others.
#include "dynamodb/server/authorization.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "dynamodb/server/test_server.h"
#include "net/gzip.h"

namespace dynamodb::server {
namespace {

using testing::HasSubstr;

// A file that is gone with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("ddb-credentials-" + std::to_string(::getpid()))) {
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

constexpr char kKeys[] = "# two keys\nAKIDONE:secret/one\n\nAKIDTWO:secret:two\r\n";

std::shared_ptr<const net::aws::Verifier> verifier() {
  return make_verifier(TemporaryFile(kKeys).path());
}

std::string signed_call(const std::string& body, const net::aws::Credentials& credentials,
                        base::Timestamp now = base::now(), std::string more = {}) {
  std::vector<net::HeaderField> headers = {{"Host", "localhost"},
                                           {"X-Amz-Target", "DynamoDB_20120810.ListTables"},
                                           {"Content-Type", "application/x-amz-json-1.0"}};
  const net::aws::Signer signer("eu-north-1", "dynamodb");
  const auto added = signer.sign({.method = "POST", .path = "/", .headers = headers, .body = body},
                                 credentials, now);
  std::string lines = "X-Amz-Target: DynamoDB_20120810.ListTables\r\n" + std::string(kJsonType);
  for (const auto& header : added) lines += header.name + ": " + header.value + "\r\n";
  return post(lines + more, body);
}

std::string answer(const Served& served, const std::string& request) {
  return net::detail::body_of(served.ask(request));
}

const net::aws::Credentials kOne{.access_key_id = "AKIDONE", .secret_access_key = "secret/one"};

TEST(Authorization, SignedByAKnownKey_IsAnswered) {
  Served served({.verifier = verifier()});
  EXPECT_EQ(answer(served, signed_call("{}", kOne)), R"({"TableNames":[]})");
  EXPECT_EQ(answer(served, signed_call("{}", {.access_key_id = "AKIDTWO",
                                              .secret_access_key = "secret:two"})),
            R"({"TableNames":[]})");
}

TEST(Authorization, SignatureCoversTheBodyAsSent) {
  Served served({.verifier = verifier()});
  EXPECT_EQ(answer(served, signed_call(net::compress("{}"), kOne, base::now(),
                                       "Content-Encoding: gzip\r\n")),
            R"({"TableNames":[]})");
  std::string request = signed_call(R"({"Limit":1})", kOne);
  request.replace(request.find("1}"), 1, "2");
  EXPECT_THAT(answer(served, request), HasSubstr("#InvalidSignatureException"));
}

TEST(Authorization, OthersAreRefusedWithAwsErrors) {
  Served served({.verifier = verifier()});
  EXPECT_THAT(
      answer(served, signed_call("{}", {.access_key_id = "AKIDONE", .secret_access_key = "wrong"})),
      HasSubstr("#InvalidSignatureException"));
  EXPECT_THAT(answer(served, signed_call("{}", {.access_key_id = "AKIDTHREE",
                                                .secret_access_key = "secret/one"})),
              HasSubstr("#UnrecognizedClientException"));
  EXPECT_THAT(answer(served, signed_call("{}", kOne, base::now() - std::chrono::hours(1))),
              HasSubstr("#InvalidSignatureException\",\"message\":\"Signature expired"));
  EXPECT_THAT(answer(served, call("ListTables", "{}")), HasSubstr("Exception"));
  const std::string unsigned_call =
      post("X-Amz-Target: DynamoDB_20120810.ListTables\r\n" + std::string(kJsonType), "{}");
  EXPECT_THAT(answer(served, unsigned_call), HasSubstr("#MissingAuthenticationTokenException"));
}

TEST(Authorization, RefusedWrite_WritesNothing) {
  Served served({.verifier = verifier()});
  served.make_table("posts");
  served.body("PutItem", R"({"TableName":"posts","Item":{"pk":{"S":"a"}}})");
  EXPECT_EQ(served.client().scan({.table = "posts"}).value().count, 0U);
}

TEST(Authorization, EndpointsForTests_MustBeSignedToo) {
  int snapshots = 0;
  Served served({.verifier = verifier(),
                 .admin = {.snapshot = [&](const std::string&) -> Result<EmptyResult> {
                   ++snapshots;
                   return EmptyResult{};
                 }}});
  const std::string body = R"({"directory":"/x"})";
  const auto ask = [&](const net::aws::Credentials* credentials) {
    std::vector<net::HeaderField> headers = {{"Host", "localhost"},
                                             {"Content-Type", "application/json"}};
    std::string lines = "Content-Type: application/json\r\n";
    if (credentials != nullptr) {
      for (const auto& header :
           net::aws::Signer("eu-north-1", "dynamodb")
               .sign({.method = "POST", .path = "/_ddb/snapshot", .headers = headers, .body = body},
                     *credentials, base::now())) {
        lines += header.name + ": " + header.value + "\r\n";
      }
    }
    std::string request = post(lines, body);
    request.replace(request.find(" / "), 3, " /_ddb/snapshot ");
    return net::detail::status_of(served.ask(request));
  };
  EXPECT_EQ(ask(nullptr), 403);
  const net::aws::Credentials wrong{.access_key_id = "AKIDONE", .secret_access_key = "wrong"};
  EXPECT_EQ(ask(&wrong), 403);
  EXPECT_EQ(snapshots, 0);
  EXPECT_EQ(ask(&kOne), 200);
  EXPECT_EQ(snapshots, 1);
}

TEST(Authorization, FaultsByHeader_AreForThoseWhoMayCall) {
  Served served({.verifier = verifier()});
  EXPECT_THAT(served.body("ListTables", "{}", "x-ddb-local-fault: nonsense\r\n"),
              HasSubstr("#IncompleteSignatureException"));
  EXPECT_THAT(answer(served, signed_call("{}", kOne, base::now(), "x-ddb-local-fault: x\r\n")),
              HasSubstr("#ValidationException"));
}

TEST(Authorization, BadSources_AreNamedWithoutTheirSecrets) {
  EXPECT_THROW(make_verifier("/no/such/file"), std::runtime_error);
  try {
    make_verifier(TemporaryFile("AKID secret\n").path());
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("line 1"));
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("secret")));
  }
  EXPECT_THROW(make_verifier(TemporaryFile("# none\n").path()), std::runtime_error);
}

}  // namespace
}  // namespace dynamodb::server
