#include "dynamo_backend/search/opensearch/bulk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace dynamo_backend::search::opensearch {
namespace {

using base::Json;
using testing::HasSubstr;
using Status = Outcome::Status;

IndexDefinition posts() {
  return {.name = "posts",
          .texts = {{"title", 2}},
          .filters = {{"tags", FilterType::text, true},
                      {"price", FilterType::decimal},
                      {"created_at", FilterType::time},
                      {"public", FilterType::boolean}}};
}

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> all;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    all.push_back(Json::parse(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return all;
}

Outcome outcome(int status, const char* type, const char* reason) {
  return outcome_of(
      {{"index", {{"status", status}, {"error", {{"type", type}, {"reason", reason}}}}}});
}

TEST(Bulk, Document_IsAnOperationWithItsVersion_AndItsFields) {
  std::string text;
  append_document(text, posts(),
                  {.key = "a \"quoted\" key",
                   .version = 1'700'000'000'000'000,
                   .texts = {"line\nbreak"},
                   .filters = {{Value("x"), Value("y")},
                               {Value(*dynamodb::Number::parse("12.30"))},
                               {Value("2026-01-02T03:04:05.678901+00:00")},
                               {}}});
  const auto lines = lines_of(text);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0],
            Json::parse(R"({"index": {"_id": "a \"quoted\" key", "version": 1700000000000000,
                                                "version_type": "external_gte"}})"));
  EXPECT_EQ(lines[1]["deleted"], false);
  EXPECT_EQ(lines[1]["texts"], Json::parse(R"({"title": "line\nbreak"})"));
  EXPECT_EQ(lines[1]["filters"], Json::parse(R"({"tags": ["x", "y"], "price": "12.3",
                                                 "created_at": "2026-01-02T03:04:05.678901+00:00"})"));
  EXPECT_TRUE(lines[1]["exact"].contains("price"));
  EXPECT_EQ(lines[1]["exact"]["created_at"], "2026-01-02T03:04:05.678901+00:00");
  EXPECT_EQ(lines[1]["bucket"], bucket_of("a \"quoted\" key"));
}

TEST(Bulk, Tombstone_HasAKeyAlone) {
  std::string text;
  append_document(text, posts(), {.key = "a", .version = 7, .deleted = true});
  EXPECT_EQ(lines_of(text).at(1), Json::parse(R"({"key": "a", "deleted": true})"));
}

TEST(Bulk, Checkpoint_IsWrittenOrDeleted) {
  std::string text;
  append_checkpoint(text, {"shard-1", "100"});
  append_checkpoint(text, {"shard-2", ""});
  const auto lines = lines_of(text);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1], Json::parse(R"({"checkpoint": "shard-1", "position": "100"})"));
  EXPECT_TRUE(lines[2].contains("delete"));
}

TEST(Bulk, DocumentsThatCannotBeSent_AreKnownBefore) {
  EXPECT_EQ(why_not({.key = "a"}), "");
  EXPECT_NE(why_not({.key = ""}), "");
  EXPECT_NE(why_not({.key = "\x01"
                            "checkpoint:x"}),
            "");
  EXPECT_NE(why_not({.key = "a", .version = -1}), "");
}

TEST(Bulk, Outcomes_AreOfEachOperation) {
  EXPECT_EQ(outcome_of({{"index", {{"status", 201}}}}).status, Status::written);
  EXPECT_EQ(outcome_of({{"delete", {{"status", 404}}}}).status, Status::written);
  EXPECT_EQ(outcome_of({{"index", {{"status", 500}}}}).status, Status::failed);
  EXPECT_EQ(outcome(409, "version_conflict_engine_exception", "[a]: …").status, Status::older);
  EXPECT_EQ(outcome(429, "rejected_execution_exception", "full").status, Status::failed);
  EXPECT_EQ(outcome(503, "unavailable_shards_exception", "…").status, Status::failed);
  EXPECT_THROW(outcome(404, "index_not_found_exception", "no such index [posts_v1]"), IndexMissing);
  EXPECT_THROW(outcome_of(Json::array()), Unavailable);
}

TEST(Bulk, Refusal_NamesTheField) {
  const Outcome refused = outcome(400, "mapper_parsing_exception",
                                  "failed to parse field [filters.view%2Ecount] of type [long] in "
                                  "document with id 'a'. Preview of field's value: 'many'");
  EXPECT_EQ(refused.status, Status::refused);
  EXPECT_THAT(refused.reason, HasSubstr("'view.count' does not fit the index"));
  EXPECT_THAT(outcome(400, "illegal_argument_exception", "no").reason,
              HasSubstr("illegal_argument_exception: no"));
}

}  // namespace
}  // namespace dynamo_backend::search::opensearch
