// SigV4: AWS's published examples, what the verifier refuses and in which words.
#include "net/aws/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/aws/detail/canonical_request.h"

namespace net::aws {

using namespace detail;

namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

const Credentials kExample{.access_key_id = "AKIDEXAMPLE",
                           .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
const base::Timestamp kTime = *base::parse_iso("2015-08-30T12:36:00Z");

std::string value_of(const std::vector<OwnedHeader>& headers, std::string_view name) {
  for (const OwnedHeader& header : headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

std::string signature_of(const std::vector<OwnedHeader>& headers) {
  const std::string authorization = value_of(headers, "Authorization");
  return authorization.substr(authorization.find("Signature=") + 10);
}

// The requests of AWS's SigV4 test suite, all to example.amazonaws.com.
struct SuiteCase {
  const char* name;
  std::string method, path, query;
  std::vector<HeaderField> headers;
  std::string body;
  std::string signature;
};

TEST(SigV4, TestSuiteOfAws_IsSignedTheSame) {
  const std::string vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
  const SuiteCase cases[] = {
      {"get-vanilla", "GET", "/", "", {}, "", vanilla},
      {"get-relative", "GET", "/example/..", "", {}, "", vanilla},
      {"get-relative-relative", "GET", "/example1/example2/../..", "", {}, "", vanilla},
      {"get-slash-dot-slash", "GET", "/./", "", {}, "", vanilla},
      {"get-slash", "GET", "//", "", {}, "", vanilla},
      {"get-space",
       "GET",
       "/example space/",
       "",
       {},
       "",
       "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
      {"get-utf8",
       "GET",
       "/\u1234",
       "",
       {},
       "",
       "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {"get-vanilla-query-order-key-case",
       "GET",
       "/",
       "Param2=value2&Param1=value1",
       {},
       "",
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-vanilla-empty-query-key",
       "GET",
       "/",
       "Param1=value1",
       {},
       "",
       "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
      {"get-vanilla-query-unreserved",
       "GET",
       "/",
       "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz="
       "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
       {},
       "",
       "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
      {"get-header-key-duplicate",
       "GET",
       "/",
       "",
       {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
       "",
       "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {"get-header-value-trim",
       "GET",
       "/",
       "",
       {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
       "",
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"post-vanilla",
       "POST",
       "/",
       "",
       {},
       "",
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"post-vanilla-query",
       "POST",
       "/",
       "Param1=value1",
       {},
       "",
       "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
      {"post-x-www-form-urlencoded",
       "POST",
       "/",
       "",
       {{"Content-Type", "application/x-www-form-urlencoded"}},
       "Param1=value1",
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
  };
  const Signer signer("us-east-1", "service");
  for (const SuiteCase& c : cases) {
    std::vector<HeaderField> headers = c.headers;
    headers.push_back({"Host", "example.amazonaws.com"});
    const auto added = signer.sign(
        {.method = c.method, .path = c.path, .query = c.query, .headers = headers, .body = c.body},
        kExample, kTime);
    EXPECT_EQ(signature_of(added), c.signature) << c.name;
  }
}

TEST(SigV4, ListUsersExampleOfTheGuide_IsSignedTheSame) {
  const Signer signer("us-east-1", "iam");
  ClientRequest request{
      .method = "GET",
      .url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
      .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}};
  signer.sign(request, kExample, kTime);
  EXPECT_EQ(value_of(request.headers, "Host"), "iam.amazonaws.com");
  EXPECT_EQ(value_of(request.headers, "X-Amz-Date"), "20150830T123600Z");
  EXPECT_EQ(value_of(request.headers, "Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST(SigV4, SigningKeyOfTheGuide_IsDerivedAndCached) {
  SigningKeys keys;
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(to_hex(keys.get(kExample.secret_access_key, "20150830", "us-east-1", "iam")),
              "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
  // More secrets than it keeps: each still gets its own key.
  std::vector<Sha256> first;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 40; ++i) {
      const Sha256 key = keys.get(std::to_string(i), "20150830", "us-east-1", "iam");
      if (round == 0)
        first.push_back(key);
      else
        EXPECT_EQ(key, first[static_cast<std::size_t>(i)]);
    }
  }
}

TEST(SigV4, Sign_ARequestAgain_ReplacesItsHeaders) {
  const Signer signer("us-east-1", "dynamodb");
  ClientRequest request{.url = "http://localhost:8000", .body = "{}"};
  Credentials credentials = kExample;
  credentials.session_token = "a token";
  signer.sign(request, credentials, kTime);
  EXPECT_EQ(value_of(request.headers, "Host"), "localhost:8000");
  EXPECT_EQ(value_of(request.headers, "X-Amz-Security-Token"), "a token");
  EXPECT_THAT(value_of(request.headers, "Authorization"),
              HasSubstr("host;x-amz-date;x-amz-security-token"));
  const auto once = request.headers.size();
  signer.sign(request, kExample, kTime + minutes(1));
  EXPECT_EQ(request.headers.size(), once - 1);
  EXPECT_EQ(value_of(request.headers, "X-Amz-Date"), "20150830T123700Z");
}

TEST(SigV4, Sign_HostOfTheUrl_IsWithoutTheSchemesOwnPort) {
  const Signer signer("us-east-1", "dynamodb");
  const auto host_of = [&](std::string url) {
    ClientRequest request{.url = std::move(url)};
    signer.sign(request, kExample, kTime);
    return value_of(request.headers, "Host");
  };
  EXPECT_EQ(host_of("https://a.example:443/x"), "a.example");
  EXPECT_EQ(host_of("http://a.example:80"), "a.example");
  EXPECT_EQ(host_of("http://a.example:443?x"), "a.example:443");
  EXPECT_EQ(host_of("http://[::1]:8000/"), "[::1]:8000");
}

TEST(SigV4, CanonicalQuery_IsDecodedEncodedAndSorted) {
  EXPECT_EQ(canonical_query("b=2&a=%7e&a=1&c&=x&&%zz=%"), "=x&%25zz=%25&a=1&a=~&b=2&c=");
  EXPECT_EQ(canonical_query("a=b=c&a=+"), "a=%2B&a=b%3Dc");
}

TEST(SigV4, CanonicalPath_IsNormalisedAndEncodedOnceMore) {
  EXPECT_EQ(canonical_path(""), "/");
  EXPECT_EQ(canonical_path("/a%20b//c/."), "/a%2520b/c");
  EXPECT_EQ(canonical_path("/../../a/"), "/a/");
  EXPECT_EQ(canonical_path("/a/.."), "/");
}

TEST(SigV4, BasicIso_RoundTrip) {
  EXPECT_EQ(basic_iso(kTime + std::chrono::microseconds(999'999)), "20150830T123600Z");
  EXPECT_EQ(parse_basic_iso("20150830T123600Z"), kTime);
  for (const char* bad : {"", "201", "20150830T123600", "2015-08-30T12:36:00Z", "20151330T123600Z",
                          "20150830 123600Z", "2015083 T123600Z", "+0150830T123600Z"})
    EXPECT_EQ(parse_basic_iso(bad), std::nullopt) << bad;
}

// A signed request that tests change.
class VerifierTest : public testing::Test {
 protected:
  VerifierTest() { sign(kExample, kTime); }

  void sign(const Credentials& credentials, base::Timestamp time,
            const Signer& signer = Signer("eu-west-1", "dynamodb")) {
    request.headers = {{"X-Amz-Target", "DynamoDB_20120810.GetItem"}, {"User-Agent", "x"}};
    signer.sign(request, credentials, time);
  }
  std::string& header(std::string_view name) {
    for (OwnedHeader& h : request.headers) {
      if (h.name == name) return h.value;
    }
    return request.headers.emplace_back(OwnedHeader{std::string(name), ""}).value;
  }
  void remove(std::string_view name) {
    std::erase_if(request.headers, [&](const OwnedHeader& h) { return h.name == name; });
  }
  void replace_in_authorization(std::string_view from, std::string_view to) {
    std::string& value = header("Authorization");
    const std::size_t at = value.find(from);
    ASSERT_NE(at, std::string::npos) << value;
    value.replace(at, from.size(), to);
  }

  std::optional<SignatureError> check(base::Timestamp now = kTime) const {
    std::vector<HeaderField> headers;
    for (const OwnedHeader& h : request.headers) headers.push_back({h.name, h.value});
    return verifier.check({.method = request.method,
                           .path = "/",
                           .query = query,
                           .headers = headers,
                           .body = request.body},
                          now);
  }
  void expect(SignatureFault fault, std::string_view message, base::Timestamp now = kTime) const {
    const auto error = check(now);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->fault, fault);
    EXPECT_EQ(error->message, message);
  }

  ClientRequest request{.url = "http://localhost:8000/", .body = R"({"TableName":"t"})"};
  std::string query;
  Verifier verifier{"eu-west-1", "dynamodb", [](std::string_view id) -> std::optional<KnownKey> {
                      if (id == "AKIDEXAMPLE") return KnownKey{kExample.secret_access_key};
                      if (id == "ASIATEMPORARY")
                        return KnownKey{kExample.secret_access_key, "the token"};
                      return std::nullopt;
                    }};
  const std::string mismatch =
      "The request signature we calculated does not match the signature you provided. Check your "
      "AWS Secret Access Key and signing method. Consult the service documentation for details.";
};

TEST_F(VerifierTest, SignedRequest_Passes) {
  EXPECT_FALSE(check());
  header("User-Agent") = "a proxy's";  // not signed
  EXPECT_FALSE(check());
}

TEST_F(VerifierTest, Authorization_WithSpacesOrCommasOnly_Passes) {
  replace_in_authorization(", SignedHeaders", " SignedHeaders");
  EXPECT_FALSE(check());
  replace_in_authorization(", Signature", ",Signature");
  EXPECT_FALSE(check());
}

TEST_F(VerifierTest, NoAuthorization_IsMissingToken) {
  header("Authorization") = "Bearer abc";
  expect(SignatureFault::missing_token, "Request is missing Authentication Token");
  remove("Authorization");
  expect(SignatureFault::missing_token, "Request is missing Authentication Token");
}

TEST_F(VerifierTest, MissingParts_AreAllNamed) {
  header("Authorization") = "AWS4-HMAC-SHA256 X=1";
  remove("X-Amz-Date");
  expect(SignatureFault::incomplete,
         "Authorization header requires 'Credential' parameter. Authorization header requires "
         "'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
         "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
         "Authorization=AWS4-HMAC-SHA256 X=1");
}

TEST_F(VerifierTest, PartWithoutEqualSign_IsIncomplete) {
  header("Authorization") = "AWS4-HMAC-SHA256 Signature=b, Credential";
  expect(SignatureFault::incomplete,
         "'Credential' not a valid key=value pair (missing equal-sign) in Authorization header: "
         "'AWS4-HMAC-SHA256 Signature=b, Credential'.");
}

TEST_F(VerifierTest, MalformedDate_IsIncomplete) {
  header("X-Amz-Date") = "201";
  expect(SignatureFault::incomplete,
         "Date must be in ISO-8601 'basic format'. Got '201'. See "
         "http://en.wikipedia.org/wiki/ISO_8601");
}

TEST_F(VerifierTest, DateHeader_StandsInForXAmzDate) {
  header("Date") = header("X-Amz-Date");
  remove("X-Amz-Date");
  // It is not the date that was signed, but it is looked at: the signature is what fails.
  expect(SignatureFault::invalid, mismatch);
}

TEST_F(VerifierTest, OldSignature_IsExpired) {
  EXPECT_FALSE(check(kTime + minutes(15)));
  expect(SignatureFault::invalid,
         "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
         "(20150830T125101Z - 15 min.)",
         kTime + minutes(15) + seconds(1));
}

TEST_F(VerifierTest, FutureSignature_IsNotYetCurrent) {
  EXPECT_FALSE(check(kTime - minutes(15)));
  expect(SignatureFault::invalid,
         "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z "
         "(20150830T122059Z + 15 min.)",
         kTime - minutes(15) - seconds(1));
}

TEST_F(VerifierTest, HostNotSigned_IsInvalid) {
  replace_in_authorization("SignedHeaders=host;", "SignedHeaders=");
  expect(SignatureFault::invalid, "'Host' must be a 'SignedHeader' in the AWS Authorization.");
}

TEST_F(VerifierTest, OtherAlgorithm_IsIncomplete) {
  replace_in_authorization("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512");
  expect(SignatureFault::incomplete,
         "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512' (only AWS4-HMAC-SHA256 for now). ");
}

TEST_F(VerifierTest, CredentialOfOtherForm_IsIncomplete) {
  replace_in_authorization("AKIDEXAMPLE/20150830/eu-west-1/dynamodb/aws4_request", "a/b/c/d");
  expect(SignatureFault::incomplete,
         "Credential must have exactly 5 slash-delimited elements, e.g. "
         "keyid/date/region/service/term, got 'a/b/c/d'");
}

TEST_F(VerifierTest, CredentialOfOtherScope_NamesEveryPart) {
  replace_in_authorization("20150830/eu-west-1/dynamodb/aws4_request", "b/c/d/e");
  expect(SignatureFault::invalid,
         "Credential should be scoped to a valid region, not 'c'. Credential should be scoped to "
         "correct service: 'dynamodb'. Credential should be scoped with a valid terminator: "
         "'aws4_request', not 'e'. Date in Credential scope does not match YYYYMMDD from ISO-8601 "
         "version of date from HTTP: 'b' != '20150830', from '20150830T123600Z'.");
}

TEST_F(VerifierTest, UnknownKey_IsUnrecognized) {
  sign({.access_key_id = "AKIDOTHER", .secret_access_key = "x"}, kTime);
  expect(SignatureFault::unrecognized_client,
         "The security token included in the request is invalid.");
}

TEST_F(VerifierTest, OtherSecret_DoesNotMatch) {
  sign({.access_key_id = "AKIDEXAMPLE", .secret_access_key = "x"}, kTime);
  expect(SignatureFault::invalid, mismatch);
}

TEST_F(VerifierTest, AnyChange_DoesNotMatch) {
  const ClientRequest original = request;
  request.body += ' ';
  expect(SignatureFault::invalid, mismatch);
  request = original;
  request.method = "PUT";
  expect(SignatureFault::invalid, mismatch);
  request = original;
  query = "x=1";
  expect(SignatureFault::invalid, mismatch);
  query.clear();
  header("X-Amz-Target") = "DynamoDB_20120810.DeleteItem";
  expect(SignatureFault::invalid, mismatch);
  request = original;
  remove("X-Amz-Target");
  expect(SignatureFault::invalid, mismatch);
  request = original;
  header("Authorization").back() ^= 1;
  expect(SignatureFault::invalid, mismatch);
  header("Authorization").pop_back();
  expect(SignatureFault::invalid, mismatch);
}

TEST_F(VerifierTest, SessionToken_IsCompared) {
  Credentials temporary = kExample;
  temporary.access_key_id = "ASIATEMPORARY";
  temporary.session_token = "the token";
  sign(temporary, kTime);
  EXPECT_FALSE(check());
  temporary.session_token = "another";
  sign(temporary, kTime);
  const std::string words = "The security token included in the request is invalid";
  expect(SignatureFault::unrecognized_client, words);
  temporary.session_token.clear();
  sign(temporary, kTime);
  expect(SignatureFault::unrecognized_client, words);
  temporary.access_key_id = "AKIDEXAMPLE";
  temporary.session_token = "uncalled for";
  sign(temporary, kTime);
  expect(SignatureFault::unrecognized_client, words);
}

TEST_F(VerifierTest, AnyRegion_PassesWhereNoneIsRequired) {
  const Verifier any("", "dynamodb",
                     [](std::string_view) { return KnownKey{kExample.secret_access_key}; });
  sign(kExample, kTime, Signer("mars-north-1", "dynamodb"));
  std::vector<HeaderField> headers;
  for (const OwnedHeader& h : request.headers) headers.push_back({h.name, h.value});
  EXPECT_FALSE(
      any.check({.method = "POST", .path = "/", .headers = headers, .body = request.body}, kTime));
}

}  // namespace
}  // namespace net::aws
