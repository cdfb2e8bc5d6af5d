// Tags of tables, by ARN. L!: DynamoDB Local has none.
#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class TagsTest : public ConformanceTest {
 protected:
  std::string arn(const std::string& table) { return describe(table).arn; }
  Tags tags(const std::string& arn) {
    Tags all;
    ListTagsOfResourceRequest request{.arn = arn};
    do {
      auto page = db().list_tags_of_resource(request).value();
      all.merge(page.tags);
      request.next_token = page.next_token;
    } while (!request.next_token.empty());
    return all;
  }
  testing::AssertionResult refused(const std::string& arn, Tags tags, std::string_view part) {
    return fails(db().tag_resource({.arn = arn, .tags = std::move(tags)}), ErrorCode::validation,
                 part);
  }
};
RUN_ON_EVERY_BACKEND(TagsTest);

TEST_P(TagsTest, Create_TakesTags) {
  const Tags given{{"team", "blog"}, {"empty", ""}};
  const auto table = make_table(TableDefinition{.key = hash_key(), .tags = given});
  EXPECT_EQ(tags(arn(table)), given);
  Tags many;
  for (int i = 0; i < 51; ++i) many.emplace(std::to_string(i), "");
  const auto name = random_name();
  EXPECT_TRUE(fails(db().create_table({.name = name, .key = hash_key(), .tags = many}),
                    ErrorCode::validation, "Number of Tags exceed the current limit"));
  EXPECT_TRUE(fails(db().describe_table(name), ErrorCode::resource_not_found));
}

TEST_P(TagsTest, Tag_AddsAndReplaces_Untag_Removes) {
  const auto resource = arn(make_table(hash_key()));
  EXPECT_EQ(tags(resource), Tags{});
  db().tag_resource({.arn = resource, .tags = {{"a", "1"}, {"b", "2"}}}).value();
  db().tag_resource({.arn = resource, .tags = {{"b", "3"}, {"c", ""}}}).value();
  EXPECT_EQ(tags(resource), (Tags{{"a", "1"}, {"b", "3"}, {"c", ""}}));
  db().untag_resource({.arn = resource, .keys = {"a", "not-there"}}).value();
  EXPECT_EQ(tags(resource), (Tags{{"b", "3"}, {"c", ""}}));
}

TEST_P(TagsTest, Tag_AtMost50) {
  const auto resource = arn(make_table(hash_key()));
  Tags first, second;
  for (int i = 0; i < 50; ++i) first.emplace(std::to_string(i), "x");
  for (int i = 49; i < 51; ++i) second.emplace(std::to_string(i), "y");
  db().tag_resource({.arn = resource, .tags = first}).value();
  EXPECT_TRUE(refused(resource, second, "Number of Tags exceed the current limit"));
  EXPECT_EQ(tags(resource), first);
}

TEST_P(TagsTest, List_IsPaged) {
  const auto resource = arn(make_table(hash_key()));
  Tags given;
  for (int i = 0; i < 12; ++i) given.emplace("key" + std::to_string(i), "x");
  db().tag_resource({.arn = resource, .tags = given}).value();
  const auto first = db().list_tags_of_resource({.arn = resource}).value();
  EXPECT_EQ(first.tags.size(), 10u);
  const auto second =
      db().list_tags_of_resource({.arn = resource, .next_token = first.next_token}).value();
  EXPECT_EQ(second.tags.size(), 2u);
  EXPECT_EQ(second.next_token, "");
  EXPECT_EQ(tags(resource), given);
}

TEST_P(TagsTest, Tag_TextsAreChecked) {
  const auto resource = arn(make_table(hash_key()));
  EXPECT_TRUE(refused(resource, {}, "Atleast one Tag needs to be provided as Input."));
  EXPECT_TRUE(refused(resource, {{"", "x"}}, "The Tag Key provided is invalid, Key: "));
  EXPECT_TRUE(refused(resource, {{std::string(129, 'x'), "x"}}, "The Tag Key provided is invalid"));
  EXPECT_TRUE(refused(resource, {{"x", std::string(257, 'x')}}, "The Tag Value provided is"));
  EXPECT_TRUE(refused(resource, {{"hi!", "x"}}, "The Tag Key provided is invalid, Key: hi!"));
  EXPECT_TRUE(refused(resource, {{"x", "d%g"}}, "The Tag Value provided is invalid, Value: d%g"));
  EXPECT_TRUE(refused(resource, {{"aws:x", "x"}}, "Tag Key cannot be prefixed with aws:"));
  Tags longest{{std::string(128, 'k'), std::string(256, 'v')}};
  std::string hebrew;  // 128 characters are 256 bytes
  for (int i = 0; i < 128; ++i) hebrew += "א";
  longest.emplace(hebrew, "a b+c-d=e._:/@");
  EXPECT_TRUE(succeeds(db().tag_resource({.arn = resource, .tags = longest})));
  EXPECT_EQ(tags(resource), longest);
}

TEST_P(TagsTest, Arns_AreChecked) {
  const auto resource = arn(make_table(TableDefinition{
      .key = hash_key(), .global_indexes = {{.name = "by-a", .key = {{"a", Type::S}}}}}));
  EXPECT_TRUE(refused("posts", {{"k", "v"}}, "ARNs must start with 'arn:'"));
  EXPECT_TRUE(refused("arn:aws:s3:::posts", {{"k", "v"}}, "not a DynamoDB resource arn"));
  EXPECT_TRUE(refused(resource + "/index/by-a", {{"k", "v"}}, "Invalid resource arn provided"));
  EXPECT_TRUE(fails(db().list_tags_of_resource({.arn = resource + "/index/by-a"}),
                    ErrorCode::validation, "Invalid resource arn provided"));
  EXPECT_TRUE(fails(db().tag_resource({.arn = resource + "x", .tags = {{"k", "v"}}}),
                    ErrorCode::resource_not_found, "Requested resource not found"));
  EXPECT_TRUE(fails(db().untag_resource({.arn = resource + "x", .keys = {"k"}}),
                    ErrorCode::resource_not_found));
  EXPECT_TRUE(fails(db().list_tags_of_resource({.arn = resource + "x"}), ErrorCode::access_denied,
                    "is not authorized to perform: dynamodb:ListTagsOfResource"));
}

}  // namespace conformance
