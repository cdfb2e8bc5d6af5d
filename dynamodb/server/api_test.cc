// The API over real sockets: AWS's headers, errors and refusals around any Client's answers.
#include "dynamodb/server/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/server/test_server.h"
#include "net/gzip.h"

namespace dynamodb::server {
namespace {

using net::detail::body_of;
using net::detail::RawClient;
using net::detail::status_of;
using testing::HasSubstr;
using testing::Not;

std::string header_of(const std::string& response, const std::string& name) {
  const std::size_t at = response.find("\r\n" + name + ": ");
  if (at == std::string::npos || at > response.find("\r\n\r\n")) return "";
  const std::size_t begin = at + name.size() + 4;
  return response.substr(begin, response.find("\r\n", begin) - begin);
}

void expect_dynamodb_headers(const std::string& response) {
  EXPECT_THAT(header_of(response, "x-amzn-RequestId"), testing::MatchesRegex("[0-9A-Z]{52}"));
  EXPECT_EQ(header_of(response, "x-amz-crc32"), std::to_string(net::crc32(body_of(response))));
  EXPECT_EQ(header_of(response, "Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(header_of(response, "X-Request-Id"), "");
}

std::string ask_streams(const Served& served, const std::string& operation,
                        const std::string& json) {
  std::string request = call(operation, json);
  request.replace(request.find("DynamoDB_2012"), 9, "DynamoDBStreams_");
  return body_of(served.ask(request));
}

// The first member of that name in an answer; "" where there is none.
std::string text_member(const std::string& json, const std::string& name) {
  const std::string opening = '"' + name + "\":\"";
  const std::size_t at = json.find(opening);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + opening.size();
  return json.substr(begin, json.find('"', begin) - begin);
}

const std::string kPut = R"({"TableName":"posts","Item":{"pk":{"S":"a"},"n":{"N":"5.0"}}})";

TEST(Api, PutThenGet_AnswersTheItemWithDynamoDbsHeaders) {
  Served served;
  served.make_table("posts");
  const std::string put = served.ask(call("PutItem", kPut));
  EXPECT_EQ(status_of(put), 200);
  EXPECT_EQ(body_of(put), "{}");
  expect_dynamodb_headers(put);
  const std::string got =
      served.ask(call("GetItem", R"({"TableName":"posts","Key":{"pk":{"S":"a"}}})"));
  EXPECT_EQ(body_of(got), R"({"Item":{"n":{"N":"5"},"pk":{"S":"a"}}})");
  expect_dynamodb_headers(got);
}

TEST(Api, RequestIds_AreDifferent) {
  Served served;
  EXPECT_NE(header_of(served.ask(call("ListTables", "{}")), "x-amzn-RequestId"),
            header_of(served.ask(call("ListTables", "{}")), "x-amzn-RequestId"));
}

TEST(Api, ConsumedCapacity_ComesWhereItIsAskedFor) {
  Served served;
  served.make_table("posts");
  EXPECT_EQ(served.body("PutItem", R"({"TableName":"posts","Item":{"pk":{"S":"a"}},)"
                                   R"("ReturnConsumedCapacity":"TOTAL"})"),
            R"({"ConsumedCapacity":{"TableName":"posts","CapacityUnits":1.0}})");
  const std::string get = R"({"TableName":"posts","Key":{"pk":{"S":"a"}},)";
  EXPECT_THAT(served.body("GetItem", get + "\"Return\\u0043onsumedCapacity\":\"TOTAL\"}"),
              HasSubstr("ConsumedCapacity"));
  EXPECT_THAT(served.body("GetItem", get + "\"ReturnConsumedCapacity\":\"SOME\"}"),
              HasSubstr("ValidationException"));
}

TEST(Api, SelectCount_HasNoItems) {
  Served served;
  served.make_table("posts");
  EXPECT_EQ(served.body("Scan", R"({"TableName":"posts","Select":"COUNT"})"),
            R"({"Count":0,"ScannedCount":0})");
}

TEST(Api, Errors_HaveTypeStatusAndChecksum) {
  Served served;
  served.make_table("posts");
  const std::string failed =
      served.ask(call("PutItem", R"({"TableName":"posts","Item":{"pk":{"S":"a"}},)"
                                 "\"ConditionExpression\":\"attribute_exists(pk)\"}"));
  EXPECT_EQ(status_of(failed), 400);
  EXPECT_EQ(body_of(failed),
            R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",)"
            R"("message":"The conditional request failed"})");
  expect_dynamodb_headers(failed);
}

TEST(Api, MalformedJson_IsSerializationException) {
  Served served;
  for (const char* const json : {"", "{", "[]", "{\"TableName\":5}", "{\"a\":\"\xff\"}"}) {
    const std::string response = served.ask(call("DescribeTable", json));
    EXPECT_EQ(status_of(response), 400) << json;
    EXPECT_THAT(body_of(response), HasSubstr("#SerializationException")) << json;
  }
}

TEST(Api, UnknownTarget_IsUnknownOperationException) {
  Served served;
  for (const char* const target :
       {"X-Amz-Target: DynamoDB_20120810.Nothing\r\n", "X-Amz-Target: GetItem\r\n", ""}) {
    const std::string response =
        served.ask(post(std::string(target) + kJsonType + kAnySignature, "{}"));
    EXPECT_EQ(status_of(response), 400) << target;
    EXPECT_EQ(body_of(response),
              R"({"__type":"com.amazon.coral.service#UnknownOperationException"})");
    expect_dynamodb_headers(response);
  }
}

TEST(Api, MissingAuthorization_IsMissingAuthenticationToken) {
  Served served;
  const std::string target = "X-Amz-Target: DynamoDB_20120810.ListTables\r\n";
  const std::string response = served.ask(post(target + kJsonType, "{}"));
  EXPECT_EQ(status_of(response), 400);
  EXPECT_EQ(body_of(response),
            R"({"__type":"com.amazon.coral.service#MissingAuthenticationTokenException",)"
            R"("message":"Request is missing Authentication Token"})");
}

TEST(Api, HalfASignature_IsIncompleteSignature) {
  Served served;
  const std::string target = "X-Amz-Target: DynamoDB_20120810.ListTables\r\n";
  const std::string response = served.ask(
      post(target + kJsonType + "Authorization: AWS4-HMAC-SHA256 Credential=a\r\n", "{}"));
  EXPECT_THAT(body_of(response),
              HasSubstr("IncompleteSignatureException\",\"message\":\"Authorization header "
                        "requires 'Signature' parameter. Authorization header requires "
                        "'SignedHeaders' parameter. Authorization=AWS4"));
}

TEST(Api, JsonContentType_IsAnsweredAlike) {
  Served served;
  const std::string target = "X-Amz-Target: DynamoDB_20120810.ListTables\r\n";
  for (const char* const type : {"application/json", "application/json; charset=utf-8"}) {
    const std::string response =
        served.ask(post(target + "Content-Type: " + type + "\r\n" + kAnySignature, "{}"));
    EXPECT_EQ(body_of(response), R"({"TableNames":[]})");
    EXPECT_EQ(header_of(response, "Content-Type"), "application/json");
  }
}

TEST(Api, OtherContentTypesAndMethods_AreNotFound) {
  Served served;
  const std::string target = "X-Amz-Target: DynamoDB_20120810.ListTables\r\n";
  EXPECT_EQ(
      status_of(served.ask(post(target + "Content-Type: text/plain\r\n" + kAnySignature, "{}"))),
      404);
  EXPECT_EQ(status_of(served.ask("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")), 404);
  EXPECT_EQ(status_of(served.ask("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")), 404);
}

TEST(Api, Get_TellsThatItIsHealthy) {
  Served served({.region = "eu-west-1"});
  const std::string response = served.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(response), 200);
  EXPECT_EQ(body_of(response), "healthy: dynamodb.eu-west-1.amazonaws.com ");
}

TEST(Api, BodyOver16MiB_Is413) {
  Served served;
  const std::string response =
      served.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16777217\r\n\r\n");
  EXPECT_EQ(status_of(response), 413);
  expect_dynamodb_headers(response);
  // Up to there it is read, and it is the API that answers.
  EXPECT_THAT(served.body("ListTables", "{\"a\":\"" + std::string((16 << 20) - 8, 'x') + "\"}"),
              HasSubstr("TableNames"));
}

TEST(Api, BrokenHttp_IsAnsweredInDynamoDbsForm) {
  Served served;
  const std::string response = served.ask("POST / HTTP/1.1\r\nbroken\r\n\r\n");
  EXPECT_EQ(status_of(response), 400);
  expect_dynamodb_headers(response);
  EXPECT_THAT(body_of(response), HasSubstr("__type"));
}

TEST(Api, HalfSentRequest_IsEndedAtTheDeadline) {
  net::ServerOptions options;
  options.deadlines.body = std::chrono::milliseconds(50);
  Served served({}, options);
  RawClient client(served.port());
  const std::string whole = call("ListTables", "{}");
  const std::string response = client.ask(whole.substr(0, whole.size() - 1));
  EXPECT_EQ(status_of(response), 408);
  EXPECT_THAT(body_of(response), HasSubstr("__type"));
  EXPECT_TRUE(client.is_closed());
}

TEST(Api, GzipRequests_AreRead) {
  Served served;
  const std::string gzipped = "Content-Encoding: gzip\r\n";
  EXPECT_EQ(served.body("ListTables", net::compress("{}"), gzipped), R"({"TableNames":[]})");
  EXPECT_EQ(served.body("ListTables", net::compress("{}"), "content-encoding: GZIP\r\n"),
            R"({"TableNames":[]})");
  const std::string cut = net::compress("{}");
  for (const std::string& bad : {std::string("{}"), cut.substr(0, cut.size() - 1), cut + "x"}) {
    EXPECT_THAT(served.body("ListTables", bad, gzipped), HasSubstr("InternalServerError"));
  }
  EXPECT_EQ(status_of(served.ask(call("ListTables", "{}", "Content-Encoding: br\r\n"))), 500);
}

TEST(Api, GzipBomb_IsRefused) {
  Served served;
  const std::string bomb = net::compress(std::string((16 << 20) + 1, ' '));
  EXPECT_THAT(served.body("ListTables", bomb, "Content-Encoding: gzip\r\n"),
              HasSubstr("InternalServerError"));
}

TEST(Api, LargeAnswer_IsGzippedWhereTheClientTakesIt) {
  Served served;
  served.make_table("posts");
  const std::string large(100'000, 'x');
  served.body("PutItem",
              R"({"TableName":"posts","Item":{"pk":{"S":"a"},"t":{"S":")" + large + R"("}}})");
  const std::string get = R"({"TableName":"posts","Key":{"pk":{"S":"a"}}})";
  const std::string plain = served.ask(call("GetItem", get));
  EXPECT_EQ(header_of(plain, "Content-Encoding"), "");
  const std::string packed = served.ask(call("GetItem", get, "Accept-Encoding: gzip, deflate\r\n"));
  EXPECT_EQ(header_of(packed, "Content-Encoding"), "gzip");
  EXPECT_LT(packed.size(), 5'000U);
  EXPECT_EQ(net::decompress(body_of(packed), 1 << 20), body_of(plain));
  expect_dynamodb_headers(packed);  // the checksum is of the bytes sent
  EXPECT_EQ(header_of(served.ask(call("GetItem", get, "Accept-Encoding: gzip;q=0\r\n")),
                      "Content-Encoding"),
            "");
}

TEST(Api, Browsers_MayCallFromAnyOrigin) {
  Served served;
  const std::string preflight = served.ask(
      "OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: http://site.test\r\n"
      "Access-Control-Request-Method: PUT\r\n"
      "Access-Control-Request-Headers: authorization,x-amz-target\r\n\r\n");
  EXPECT_EQ(status_of(preflight), 200);
  EXPECT_EQ(header_of(preflight, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(header_of(preflight, "Access-Control-Allow-Headers"), "authorization,x-amz-target");
  EXPECT_EQ(header_of(preflight, "Access-Control-Allow-Methods"), "PUT");
  const std::string answer = served.ask(call("ListTables", "{}", "Origin: http://site.test\r\n"));
  EXPECT_EQ(header_of(answer, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(header_of(served.ask(call("ListTables", "{}")), "Access-Control-Allow-Origin"), "");
}

TEST(Api, AllowedOrigins_AreTheOnlyOnes) {
  Served served({.allowed_origins = {"http://site.test"}});
  const auto allowed = [&](const std::string& origin) {
    return header_of(served.ask(call("ListTables", "{}", "Origin: " + origin + "\r\n")),
                     "Access-Control-Allow-Origin");
  };
  EXPECT_EQ(allowed("http://site.test"), "http://site.test");
  EXPECT_EQ(allowed("http://other.test"), "");
}

TEST(Api, LimitsAndEndpoints_AreTold) {
  Served served;
  EXPECT_THAT(served.body("DescribeLimits", "{}"),
              HasSubstr("\"TableMaxReadCapacityUnits\":40000"));
  EXPECT_EQ(served.body("DescribeEndpoints", "{}"),
            R"({"Endpoints":[{"Address":"localhost","CachePeriodInMinutes":1440}]})");
}

TEST(Api, TagsTimeToLiveAndStreams_AreAnswered) {
  Served served;
  served.make_table("posts");
  const std::string arn = "arn:aws:dynamodb:ddblocal:000000000000:table/posts";
  EXPECT_EQ(served.body("TagResource",
                        R"({"ResourceArn":")" + arn + R"(","Tags":[{"Key":"a","Value":"b"}]})"),
            "");
  EXPECT_EQ(served.body("ListTagsOfResource", R"({"ResourceArn":")" + arn + "\"}"),
            R"({"Tags":[{"Key":"a","Value":"b"}]})");
  EXPECT_EQ(served.body("DescribeTimeToLive", R"({"TableName":"posts"})"),
            R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}})");
  EXPECT_THAT(served.body("DescribeContinuousBackups", R"({"TableName":"posts"})"),
              HasSubstr("ContinuousBackupsStatus"));
  EXPECT_EQ(ask_streams(served, "ListStreams", "{}"), R"({"Streams":[]})");
}

TEST(Api, Streams_TellWhatWasWritten) {
  Served served;
  served.body("CreateTable",
              R"({"TableName":"posts","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],)"
              R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],)"
              R"("BillingMode":"PAY_PER_REQUEST","StreamSpecification":{"StreamEnabled":true,)"
              R"("StreamViewType":"NEW_AND_OLD_IMAGES"}})");
  const std::string arn =
      text_member(ask_streams(served, "ListStreams", R"({"TableName":"posts"})"), "StreamArn");
  const std::string description =
      ask_streams(served, "DescribeStream", R"({"StreamArn":")" + arn + "\"}");
  EXPECT_THAT(description, HasSubstr(R"("StreamStatus":"ENABLED")"));
  const std::string iterator =
      text_member(ask_streams(served, "GetShardIterator",
                              R"({"StreamArn":")" + arn + R"(","ShardId":")" +
                                  text_member(description, "ShardId") +
                                  R"(","ShardIteratorType":"TRIM_HORIZON"})"),
                  "ShardIterator");
  const auto records = [&](const std::string& from) {
    return ask_streams(served, "GetRecords", R"({"ShardIterator":")" + from + "\"}");
  };
  const std::string none = records(iterator);
  EXPECT_THAT(none, HasSubstr(R"("Records":[])"));
  served.body("PutItem", kPut);
  served.body("PutItem", kPut);  // changes nothing: no record
  served.body("DeleteItem", R"({"TableName":"posts","Key":{"pk":{"S":"a"}}})");
  for (const std::string& from : {iterator, text_member(none, "NextShardIterator")}) {
    const std::string got = records(from);
    EXPECT_THAT(got, testing::AllOf(HasSubstr(R"("eventName":"INSERT")"),
                                    HasSubstr(R"("NewImage":{"n":{"N":"5"},"pk":{"S":"a"}})"),
                                    HasSubstr(R"("eventName":"REMOVE")"),
                                    HasSubstr(R"("OldImage":{"n":{"N":"5"},"pk":{"S":"a"}})"),
                                    Not(HasSubstr("MODIFY"))));
  }
  EXPECT_THAT(records("no iterator"), HasSubstr("#ValidationException"));
  EXPECT_THAT(ask_streams(served, "DescribeStream", R"({"StreamArn":")" + arn + R"(0"})"),
              HasSubstr("#ResourceNotFoundException"));
  // Each operation under its own service's name.
  EXPECT_THAT(served.body("ListStreams", "{}"), HasSubstr("#UnknownOperationException"));
  EXPECT_THAT(ask_streams(served, "ListTables", "{}"), HasSubstr("#UnknownOperationException"));
}

TEST(Api, TimeToLive_ExpiresByTheServersClock) {
  Served served;
  served.make_table("posts");
  const std::string on = R"({"TableName":"posts","TimeToLiveSpecification":)"
                         R"({"AttributeName":"until","Enabled":true}})";
  EXPECT_EQ(served.body("UpdateTimeToLive", on),
            R"({"TimeToLiveSpecification":{"Enabled":true,"AttributeName":"until"}})");
  EXPECT_THAT(served.body("UpdateTimeToLive", on),
              HasSubstr("#ValidationException\",\"message\":\"TimeToLive is already enabled"));
  const auto until = std::chrono::duration_cast<std::chrono::seconds>(
                         (base::now() + std::chrono::hours(1)).time_since_epoch())
                         .count();
  served.body("PutItem", R"({"TableName":"posts","Item":{"pk":{"S":"a"},"until":{"N":")" +
                             std::to_string(until) + R"("}}})");
  const std::string get = R"({"TableName":"posts","Key":{"pk":{"S":"a"}}})";
  served.engine().expire_now().value();
  EXPECT_THAT(served.body("GetItem", get), HasSubstr("until"));
  EXPECT_THAT(served.body("DescribeTimeToLive", R"({"TableName":"posts"})"),
              testing::AllOf(HasSubstr(R"("TimeToLiveStatus":"ENABLED")"),
                             HasSubstr(R"("AttributeName":"until")")));
  served.advance_clock(std::chrono::hours(2));
  EXPECT_EQ(served.engine().expire_now().value(), 1U);
  EXPECT_EQ(served.body("GetItem", get), "{}");
}

TEST(Api, IdempotencyTokens_AreForgottenAfterTenMinutes) {
  Served served;
  served.make_table("posts");
  served.body("PutItem", kPut);
  const auto add = [&](int n) {
    return served.body("ExecuteTransaction",
                       R"({"ClientRequestToken":"token","ReturnConsumedCapacity":"TOTAL",)"
                       R"("TransactStatements":[{"Statement":"UPDATE posts SET n = n + )" +
                           std::to_string(n) + R"( WHERE pk = 'a'"}]})");
  };
  const auto stored = [&] {
    return served.body("GetItem", R"({"TableName":"posts","Key":{"pk":{"S":"a"}}})");
  };
  EXPECT_THAT(add(1), HasSubstr(R"("CapacityUnits":2.0,"WriteCapacityUnits":2.0)"));
  served.advance_clock(std::chrono::minutes(9));
  EXPECT_THAT(add(1), HasSubstr(R"("CapacityUnits":2.0,"ReadCapacityUnits":2.0)"));
  EXPECT_THAT(add(2), HasSubstr("#IdempotentParameterMismatchException"));
  EXPECT_THAT(stored(), HasSubstr(R"({"N":"6"})"));
  served.advance_clock(std::chrono::minutes(2));
  EXPECT_THAT(add(2), HasSubstr("WriteCapacityUnits"));
  EXPECT_THAT(stored(), HasSubstr(R"({"N":"8"})"));
}

TEST(Api, TablesNamedByArn_AreNamedSoInTheAnswer) {
  Served served;
  served.make_table("posts");
  const std::string arn = "arn:aws:dynamodb:us-east-1:123456789012:table/posts";
  const std::string item = R"({"pk":{"S":"a"}})";
  EXPECT_EQ(served.body("PutItem", R"({"TableName":")" + arn + R"(","Item":)" + item +
                                       R"(,"ReturnConsumedCapacity":"TOTAL"})"),
            R"({"ConsumedCapacity":{"TableName":")" + arn + R"(","CapacityUnits":1.0}})");
  EXPECT_EQ(served.body("BatchGetItem", R"({"RequestItems":{")" + arn + R"(":{"Keys":[)" + item +
                                            R"(]}},"ReturnConsumedCapacity":"TOTAL"})"),
            R"({"Responses":{")" + arn + R"(":[)" + item +
                R"(]},"UnprocessedKeys":{},"ConsumedCapacity":[{"TableName":")" + arn +
                R"(","CapacityUnits":0.5}]})");
  EXPECT_THAT(served.body("TransactWriteItems", R"({"TransactItems":[{"Put":{"TableName":")" + arn +
                                                    R"(","Item":)" + item +
                                                    R"(}}],"ReturnConsumedCapacity":"TOTAL"})"),
              HasSubstr(R"("TableName":")" + arn));
}

TEST(Api, ConnectionGoesOn_AfterAnError) {
  Served served;
  RawClient client(served.port());
  EXPECT_EQ(status_of(client.ask(call("Nothing", "{}"))), 400);
  EXPECT_EQ(status_of(client.ask(call("ListTables", "{}"))), 200);
}

}  // namespace
}  // namespace dynamodb::server
