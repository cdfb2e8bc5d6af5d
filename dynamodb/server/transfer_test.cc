// Tables as lines of JSON, there and back.
#include "dynamodb/server/transfer.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/local/engine.h"

namespace dynamodb::server {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TableDefinition posts() {
  return {.name = "posts",
          .key = {.partition = {.name = "pk"}, .sort = KeyAttribute{"n", Type::N}},
          .global_indexes = {{.name = "by_n", .key = {.partition = {"n", Type::N}}}}};
}

std::unique_ptr<Client> with_posts(int count) {
  auto engine = local::Engine::open({});
  engine->create_table(posts()).value();
  for (int i = 0; i < count; ++i) {
    engine
        ->put_item({.table = "posts",
                    .item = {{"pk", "post"},
                             {"n", Number::parse(std::to_string(i)).value()},
                             {"text", std::string(2000, 'x')},
                             {"bytes", Binary{std::string("\0\xff", 2)}}}})
        .value();
  }
  return engine;
}

TEST(Transfer, ExportThenImport_GivesTheSameTable) {
  const auto source = with_posts(1500);  // several pages and batches
  std::stringstream file;
  EXPECT_EQ(export_table(*source, "posts", file).value(), 1500U);
  const auto target = local::Engine::open({});
  EXPECT_EQ(import_table(*target, "", file).value(), 1500U);
  const auto description = target->describe_table("posts").value();
  EXPECT_EQ(description.definition.key, posts().key);
  EXPECT_EQ(description.definition.global_indexes, posts().global_indexes);
  std::stringstream again;
  EXPECT_EQ(export_table(*target, "posts", again).value(), 1500U);
  EXPECT_EQ(again.str(), file.str());
}

TEST(Transfer, Lines_AreTheTableAndTheItemsWithTypes) {
  const auto source = with_posts(1);
  std::stringstream file;
  export_table(*source, "posts", file).value();
  std::string table, item;
  std::getline(file, table);
  std::getline(file, item);
  EXPECT_THAT(table, StartsWith(R"({"Table":{)"));
  EXPECT_THAT(table, HasSubstr(R"("TableName":"posts")"));
  EXPECT_THAT(item,
              StartsWith(R"({"Item":{"bytes":{"B":"AP8="},"n":{"N":"0"},"pk":{"S":"post"},)"));
}

TEST(Transfer, OtherName_IsTaken) {
  std::stringstream file;
  export_table(*with_posts(3), "posts", file).value();
  const auto target = local::Engine::open({});
  EXPECT_EQ(import_table(*target, "copies", file).value(), 3U);
  EXPECT_EQ(target->scan({.table = "copies"}).value().count, 3U);
}

TEST(Transfer, AwsExport_IsReadIntoAnExistingTable) {
  const auto target = with_posts(0);
  std::istringstream file(
      "{\"Item\":{\"pk\":{\"S\":\"a\"},\"n\":{\"N\":\"1\"}}}\n"
      "{\"Item\":{\"pk\":{\"S\":\"a\"},\"n\":{\"N\":\"2\"}}}\n");
  EXPECT_EQ(import_table(*target, "posts", file).value(), 2U);
  EXPECT_EQ(target->scan({.table = "posts"}).value().count, 2U);
}

TEST(Transfer, BadLines_AreNamed) {
  const auto target = with_posts(0);
  const auto error_of = [&](const std::string& text, const std::string& table = "posts") {
    std::istringstream file(text);
    const auto result = import_table(*target, table, file);
    return result.has_error() ? result.error().message : "no error";
  };
  const std::string good = "{\"Item\":{\"pk\":{\"S\":\"a\"},\"n\":{\"N\":\"1\"}}}\n";
  EXPECT_THAT(error_of(good + "{\"Item\":{\"pk\":{\"S\":5}}}\n"), HasSubstr("line 2"));
  EXPECT_THAT(error_of(good + good.substr(0, 20)), HasSubstr("line 2"));
  EXPECT_THAT(error_of("{\"item\":{}}\n"), HasSubstr("line 1"));
  EXPECT_THAT(error_of("{\"Item\":{\"pk\":{\"S\":\"a\"}}}\n"), HasSubstr("after 0 items"));
  EXPECT_THAT(error_of(good, ""), HasSubstr("names no table"));
  EXPECT_THAT(error_of(good, "missing"), HasSubstr("not found"));
}

TEST(Transfer, MissingTable_IsNotExported) {
  const auto source = local::Engine::open({});
  std::stringstream file;
  EXPECT_EQ(export_table(*source, "posts", file).error().code, ErrorCode::resource_not_found);
  EXPECT_EQ(file.str(), "");
}

}  // namespace
}  // namespace dynamodb::server
