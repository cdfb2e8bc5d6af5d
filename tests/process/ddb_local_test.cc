// The real `ddb-local` program as its users run it.
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/process/manage_process.h"

namespace process_tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;

using DdbLocal = Manage;  // MANAGE_PROGRAM is ddb-local here

Answer call(std::uint16_t port, const std::string& operation, const std::string& json,
            const std::string& more_headers = {}) {
  return ask(port, "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810." +
                       operation +
                       "\r\nContent-Type: application/x-amz-json-1.0\r\n"
                       "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/"
                       "aws4_request, SignedHeaders=host, Signature=0\r\n" +
                       more_headers + "Content-Length: " + std::to_string(json.size()) +
                       "\r\n\r\n" + json);
}

const std::string kCreate =
    R"({"TableName":"posts","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],)"
    R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],)"
    R"("BillingMode":"PAY_PER_REQUEST"})";
const std::string kPut = R"({"TableName":"posts","Item":{"pk":{"S":"a"}}})";
const std::string kGet = R"({"TableName":"posts","Key":{"pk":{"S":"a"}}})";

TEST(DdbLocal, OptionsOfDynamoDbLocal_AreTaken) {
  const Site site;
  DdbLocal server(site, {"-inMemory", "-port", "0", "-sharedDb", "-cors", "*",
                         "-delayTransientStatuses", "-disableTelemetry"});
  EXPECT_EQ(call(server.port(), "ListTables", "{}").body, R"({"TableNames":[]})");
  EXPECT_THAT(server.out(), HasSubstr("in memory"));
  EXPECT_FALSE(std::filesystem::exists(site.folder() + "/ddb-local-data"));
}

TEST(DdbLocal, Terminated_KeepsItsDataAndAnswersZero) {
  const Site site;
  {
    DdbLocal server(site, {"--port", "0", "--db-path", "db"});
    const std::uint16_t port = server.port();
    EXPECT_EQ(call(port, "CreateTable", kCreate).status, 200);
    EXPECT_EQ(call(port, "PutItem", kPut).body, "{}");
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
  }
  DdbLocal server(site, {"-port", "0", "-dbPath", "db"});
  EXPECT_EQ(call(server.port(), "GetItem", kGet).body, R"({"Item":{"pk":{"S":"a"}}})");
}

TEST(DdbLocal, Killed_KeepsWhatItAnswered) {
  const Site site;
  {
    DdbLocal server(site, {"--port", "0"});
    call(server.port(), "CreateTable", kCreate);
    call(server.port(), "PutItem", kPut);
    server.signal(SIGKILL);
    EXPECT_EQ(server.wait(), -SIGKILL);
  }
  DdbLocal server(site, {"--port", "0"});
  EXPECT_EQ(call(server.port(), "GetItem", kGet).body, R"({"Item":{"pk":{"S":"a"}}})");
}

TEST(DdbLocal, SameFolderTwice_SaysThatItIsInUse) {
  const Site site;
  DdbLocal server(site, {"--port", "0", "--db-path", "db"});
  ASSERT_NE(server.port(), 0);
  const Finished second = run(site, {"--port", "0", "--db-path", "db"});
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err, AllOf(HasSubstr("db"), HasSubstr("in use by another process")));
}

TEST(DdbLocal, PortInUse_IsAClearError) {
  const Site site;
  DdbLocal server(site, {"--port", "0", "--in-memory"});
  const Finished second = run(site, {"--port", std::to_string(server.port()), "--in-memory"});
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err, HasSubstr("in use"));
}

TEST(DdbLocal, BadOptions_AreNamed) {
  const Site site;
  for (const auto& [option, named] :
       {std::pair{"--nonsense", "--nonsense"}, std::pair{"--fault=thr=1", "thr"},
        std::pair{"--port=99999", "--port"}}) {
    const Finished finished = run(site, {option});
    EXPECT_EQ(finished.code, 2) << option;
    EXPECT_THAT(finished.err, HasSubstr(named));
  }
  const Finished missing = run(site, {"--in-memory", "--verify-credentials", "no-such-file"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("no-such-file"));
}

TEST(DdbLocal, Help_ShowsExamples) {
  const Site site;
  for (const char* const option : {"--help", "-help"}) {
    const Finished help = run(site, {option});
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.out, AllOf(HasSubstr("Examples:"), HasSubstr("--db-path")));
  }
}

TEST(DdbLocal, Faults_AreOfTheOptionUnlessTheHeaderSaysOtherwise) {
  const Site site;
  DdbLocal server(site, {"--port", "0", "--in-memory", "--fault", "throttle=1"});
  const std::uint16_t port = server.port();
  EXPECT_EQ(call(port, "CreateTable", kCreate).status, 200);
  EXPECT_THAT(call(port, "GetItem", kGet).body, HasSubstr("ProvisionedThroughputExceeded"));
  EXPECT_EQ(call(port, "GetItem", kGet, "x-ddb-local-fault: throttle=0\r\n").body, "{}");
}

TEST(DdbLocal, TestClock_ExpiresItems) {
  const Site site;
  DdbLocal server(site, {"--port", "0", "--in-memory"});
  const std::uint16_t port = server.port();
  call(port, "CreateTable", kCreate);
  EXPECT_EQ(call(port, "UpdateTimeToLive",
                 R"({"TableName":"posts","TimeToLiveSpecification":)"
                 R"({"AttributeName":"until","Enabled":true}})")
                .status,
            200);
  const auto soon = std::chrono::duration_cast<std::chrono::seconds>(
                        std::chrono::system_clock::now().time_since_epoch()) +
                    std::chrono::minutes(30);
  call(port, "PutItem",
       R"({"TableName":"posts","Item":{"pk":{"S":"a"},"until":{"N":")" +
           std::to_string(soon.count()) + R"("}}})");
  const std::string advance = R"({"advance":"1h"})";
  EXPECT_EQ(ask(port,
                "POST /_ddb/clock HTTP/1.1\r\nHost: localhost\r\n"
                "Content-Type: application/json\r\nContent-Length: " +
                    std::to_string(advance.size()) + "\r\n\r\n" + advance)
                .body,
            R"({"expired":1})");
  EXPECT_EQ(call(port, "GetItem", kGet).body, "{}");
}

TEST(DdbLocal, SnapshotAndRestore_WhileServingAndOnAFolder) {
  const Site site;
  {
    DdbLocal server(site, {"--port", "0", "--db-path", "db"});
    const std::uint16_t port = server.port();
    const std::string endpoint = "http://127.0.0.1:" + std::to_string(port);
    call(port, "CreateTable", kCreate);
    call(port, "PutItem", kPut);
    const Finished made = run(site, {"snapshot", "copy", "--endpoint", endpoint});
    EXPECT_EQ(made.code, 0) << made.err;
    EXPECT_EQ(run(site, {"snapshot", "copy", "--endpoint", endpoint}).code, 1);  // is there already
    call(port, "DeleteItem", kGet);
    EXPECT_EQ(call(port, "GetItem", kGet).body, "{}");
    EXPECT_EQ(run(site, {"restore", "copy", "--endpoint", endpoint}).code, 0);
    EXPECT_EQ(call(port, "GetItem", kGet).body, R"({"Item":{"pk":{"S":"a"}}})");
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
  }
  const Finished onto = run(site, {"restore", "copy", "--db-path", "other"});
  EXPECT_EQ(onto.code, 0) << onto.err;
  EXPECT_THAT(run(site, {"export", "posts", "--db-path", "other"}).out,
              HasSubstr(R"({"Item":{"pk":{"S":"a"}}})"));
}

TEST(DdbLocal, Snapshot_OfAServerThatVerifies_IsSigned) {
  const Site site;
  for (const auto& [keys, code] : {std::pair{"local:local", 0}, std::pair{"local:other", 1}}) {
    std::ofstream(site.folder() + "/keys") << keys << '\n';
    DdbLocal server(site, {"--port", "0", "--in-memory", "--verify-credentials", "keys"});
    const std::string endpoint = "http://127.0.0.1:" + std::to_string(server.port());
    const Finished made = run(site, {"snapshot", "copy", "--endpoint", endpoint});
    EXPECT_EQ(made.code, code) << made.err;
    EXPECT_EQ(std::filesystem::exists(site.folder() + "/copy"), code == 0);
    std::filesystem::remove_all(site.folder() + "/copy");
  }
}

TEST(DdbLocal, Faults_GsiLagNeedsNothingElse) {
  const Site site;
  DdbLocal server(site, {"--port", "0", "--in-memory", "--fault", "gsi-lag=10s"});
  const std::uint16_t port = server.port();
  call(port, "CreateTable",
       R"({"TableName":"posts","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],)"
       R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},)"
       R"({"AttributeName":"g","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST",)"
       R"("GlobalSecondaryIndexes":[{"IndexName":"by_g","KeySchema":[{"AttributeName":"g",)"
       R"("KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]})");
  call(port, "PutItem", R"({"TableName":"posts","Item":{"pk":{"S":"a"},"g":{"S":"g"}}})");
  const auto indexed = [&](const std::string& headers) {
    return call(port, "Scan", R"({"TableName":"posts","IndexName":"by_g","Select":"COUNT"})",
                headers)
        .body;
  };
  EXPECT_EQ(indexed(""), R"({"Count":0,"ScannedCount":0})");
  EXPECT_EQ(indexed("x-ddb-local-fault: gsi-lag=0\r\n"), R"({"Count":1,"ScannedCount":1})");
}

TEST(DdbLocal, ExportAndImport_BesideAServerAndWithoutOne) {
  const Site site;
  {
    DdbLocal server(site, {"--port", "0", "--db-path", "db"});
    const std::uint16_t port = server.port();
    call(port, "CreateTable", kCreate);
    call(port, "PutItem", kPut);
    EXPECT_EQ(run(site, {"export", "posts", "--db-path", "db", "--output", "a.jsonl"}).code, 0);
    const Finished by_http =
        run(site, {"export", "posts", "--endpoint", "http://127.0.0.1:" + std::to_string(port)});
    EXPECT_EQ(by_http.code, 0) << by_http.err;
    EXPECT_THAT(by_http.out, HasSubstr(R"({"Item":{"pk":{"S":"a"}}})"));
  }
  EXPECT_EQ(run(site, {"import", "a.jsonl", "--db-path", "other"}).code, 0);
  EXPECT_THAT(run(site, {"export", "posts", "--db-path", "other"}).out,
              HasSubstr(R"({"Item":{"pk":{"S":"a"}}})"));
  const Finished missing = run(site, {"export", "posts", "--db-path", "nowhere"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_FALSE(std::filesystem::exists(site.folder() + "/nowhere"));
}

}  // namespace
}  // namespace process_tests
