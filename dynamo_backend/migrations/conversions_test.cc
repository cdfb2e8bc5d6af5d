// Conversions of stored values, and what operations make of rows.
#include "dynamo_backend/migrations/conversions.h"

#include "dynamo_backend/migrations/row_change.h"
#include "dynamo_backend/migrations/test_states.h"
#include "dynamo_backend/models.h"

namespace migrated {
using namespace dynamo_backend;

// What the table blog_post is in the end.
struct Post : DynamoModel<Post> {
  std::string title{};
  bool published = false;
  static std::optional<std::string> feed(const Post& post) {
    return post.published ? std::optional<std::string>("feed of " + post.title) : std::nullopt;
  }
  static constexpr auto schema =
      define<Post>({.app_label = "blog", .table_name = "blog_post"}, CharField<&Post::title>{},
                   BooleanField<&Post::published>{}, ComputedIndex<&Post::feed>{.name = "feed"});
};
}  // namespace migrated

namespace dynamo_backend::migrations {
namespace {

using dynamodb::Item;
using dynamodb::List;
using dynamodb::NumberSet;
using dynamodb::StringSet;
using testing::HasSubstr;

struct Case {
  std::string from, to;
  Value value, expected;
};

TEST(Conversion, TurnsValuesIntoTheNewType_AndAgainChangesNothing) {
  const std::string uuid = "6f1c1a52-3c1f-4f0e-9a57-1f7d0c9d2b11";
  const Value date = "2026-01-02T03:04:05.000000+00:00";
  const std::vector<Case> cases{
      {"integer", "text", 42, "42"},
      {"decimal", "text", *dynamodb::Number::parse("1.50"), "1.5"},
      {"boolean", "text", true, "true"},
      {"text", "integer", " 42 ", 42},
      {"text", "decimal", "-1.5e1", -15},
      {"boolean", "integer", true, 1},
      {"datetime", "integer", "2026-01-02T03:04:05.000000+00:00", 1767323045},
      {"integer", "datetime", 1767323045, date},
      {"text", "datetime", "2026-01-02T03:04:05Z", date},
      {"text", "datetime", "2026-01-02T03:04:05.0000000Z", date},
      {"text", "boolean", "false", false},
      {"integer", "boolean", 1, true},
      {"text", "uuid", "6F1C1A52-3C1F-4F0E-9A57-1F7D0C9D2B11", uuid},
      {"text", "list of text", "a", List{"a"}},
      {"list of text", "set of text", List{"b", "a", "b"}, StringSet{{"a", "b"}}},
      {"set of integer", "list of text", NumberSet{{1, 2}}, List{"1", "2"}},
      {"list of text", "list of integer", List{"1", "2"}, List{1, 2}},
      {"set of text", "json", StringSet{{"a"}}, List{"a"}},
      {"datetime", "epoch", "2026-01-02T03:04:05.000000+00:00", 1767323045},
      {"epoch", "datetime", 1767323045, date},
      {"text", "epoch", "2026-01-02T03:04:05Z", 1767323045},
      {"json", "integer", "7", 7}};
  for (const Case& c : cases) {
    const auto name = standard_conversion(c.from, c.to);
    ASSERT_EQ(name, c.from + " to " + c.to);
    check_conversion(*name);
    const Value once = convert(*name, c.value);
    EXPECT_EQ(once, c.expected) << *name;
    EXPECT_EQ(convert(*name, once), c.expected) << *name;
  }
}

TEST(Conversion, WhatReadsAsTheNewType_NeedsNone) {
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"text", "text"},
                                                        {"uuid", "text"},
                                                        {"datetime", "text"},
                                                        {"integer", "decimal"},
                                                        {"epoch", "integer"},
                                                        {"integer", "real"},
                                                        {"decimal", "real"},
                                                        {"text", "json"},
                                                        {"list of uuid", "list of text"},
                                                        {"integer", "json"},
                                                        {"set of uuid", "set of text"},
                                                        {"list of integer", "json"}})
    EXPECT_EQ(standard_conversion(from, to), "") << from << to;
}

TEST(Conversion, WhatHasNoMeaning_NeedsAFunction) {
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"boolean", "datetime"},
                                                        {"integer", "uuid"},
                                                        {"list of text", "text"},
                                                        {"text", "binary"},
                                                        {"binary", "text"},
                                                        {"datetime", "boolean"},
                                                        {"binary", "json"},
                                                        {"set of integer", "integer"},
                                                        {"uuid", "integer"}}) {
    EXPECT_EQ(standard_conversion(from, to), std::nullopt) << from << to;
    expect_error([&, name = from + " to " + to] { check_conversion(name); }, from + " to " + to,
                 "@app.function");
  }
  for (const char* name : {"", "integer", "text to integers", "uuid to text", "to"})
    expect_error([&] { check_conversion(name); });
}

TEST(Conversion, NeverGuesses) {
  const std::vector<Case> bad{
      {"text", "integer", "1.5", {}},
      {"text", "integer", "x", {}},
      {"text", "integer", "99999999999999999999", {}},
      {"decimal", "integer", *dynamodb::Number::parse("-1e30"), {}},
      {"text", "integer", "2026-01-31", {}},
      {"list of text", "list of integer", List{"2026-01-31"}, {}},
      {"text", "integer", "", {}},
      {"decimal", "integer", *dynamodb::Number::parse("0.5"), {}},
      {"datetime", "integer", "2026-01-02T03:04:05.900000+00:00", {}},
      {"datetime", "epoch", "2026-01-02T03:04:05.900000+00:00", {}},
      {"list of datetime", "list of integer", List{"2026-01-02T03:04:05.900000+00:00"}, {}},
      {"text", "datetime", "2026-01-02T03:04:05.1234567Z", {}},
      {"text", "epoch", "2026-01-02T03:04:05.0000001Z", {}},
      {"text", "boolean", "maybe", {}},
      {"integer", "boolean", 2, {}},
      {"text", "datetime", "yesterday", {}},
      {"text", "uuid", "x", {}},
      {"json", "text", dynamodb::Map{}, {}},
      {"text", "integer", List{}, {}},
      {"integer", "datetime", *dynamodb::Number::parse("1e30"), {}},
      {"integer", "datetime", -62'135'596'801, {}},  // a second before the year 1
      {"epoch", "datetime", -253'402'300'799, {}},
      {"text", "datetime", "0001-01-01T00:00:00+05:00", {}},
      {"text", "datetime", "9999-12-31T23:59:59-05:00", {}}};
  for (const Case& c : bad)
    EXPECT_THROW(convert(*standard_conversion(c.from, c.to), c.value), BadValue)
        << c.from << " to " << c.to;
  EXPECT_EQ(convert("text to integer", Value()), Value());  // an absent one stays so
}

// ---- rows

struct Rows : testing::Test {
  ProjectState state = project({model("Post", {field("title"), field("views", "integer"),
                                               field("published", "boolean"), computed("feed")})});
  Functions functions;
  Registry registry;

  // The row afterwards. Running the operation again on that must change nothing.
  Item run(const Operation& operation, Item row) {
    const RowChanger change = row_changer(operation, "blog", state, functions, registry);
    if (!change) {
      ADD_FAILURE() << "no change: " << describe(operation);
      return row;
    }
    const dynamodb::PackedItem packed(row);
    MigrationRow migrated(packed.view());
    change(migrated);
    const dynamodb::PackedItem after = migrated.changed();
    MigrationRow again(after.view());
    change(again);
    EXPECT_TRUE(again.changes().empty()) << describe(operation);
    return dynamodb::unpack(after.view());
  }
};

TEST_F(Rows, AddField_FillsRowsThatLackIt) {
  const Operation by_value =
      AddField{.model = "Post", .field = field("x"), .backfill = {.value = "new"}};
  EXPECT_EQ(run(by_value, {{"pk", "1"}}), (Item{{"pk", "1"}, {"x", "new"}}));
  EXPECT_EQ(run(by_value, {{"pk", "1"}, {"x", "old"}}), (Item{{"pk", "1"}, {"x", "old"}}));
  functions.add_row("blog.fill", [](MigrationRow& row) { row.set("x", row.text("title") + "!"); });
  const Operation by_function =
      AddField{.model = "Post", .field = field("x"), .backfill = {.function = "blog.fill"}};
  EXPECT_EQ(run(by_function, {{"title", "a"}}), (Item{{"title", "a"}, {"x", "a!"}}));
  EXPECT_EQ(run(by_function, {{"title", "a"}, {"x", "b"}}), (Item{{"title", "a"}, {"x", "b"}}));
  const Operation by_uuid =
      AddField{.model = "Post", .field = field("x", "uuid"), .backfill = {.function = "uuid4"}};
  const Item a = run(by_uuid, {{"pk", "1"}}), b = run(by_uuid, {{"pk", "1"}});
  EXPECT_TRUE(Uuid::parse(a.at("x").as<std::string>()));
  EXPECT_NE(a, b);
}

TEST_F(Rows, RenameAndRemove) {
  EXPECT_EQ(run(RenameField{"Post", "title", "name"}, {{"title", "a"}, {"z", 1}}),
            (Item{{"name", "a"}, {"z", 1}}));
  EXPECT_EQ(run(RenameField{"Post", "title", "name"}, {{"title", "old"}, {"name", "new"}}),
            (Item{{"name", "new"}}));
  EXPECT_EQ(run(RenameField{"Post", "title", "name"}, {{"z", 1}}), (Item{{"z", 1}}));
  EXPECT_EQ(run(RemoveField{"Post", "title"}, {{"title", "a"}, {"z", 1}}), (Item{{"z", 1}}));
  EXPECT_FALSE(row_changer(RemoveField{"Post", "title", true}, "blog", state, functions, registry));
}

TEST_F(Rows, AlterField_ConvertsAndFills) {
  const AlterField to_text{.model = "Post",
                           .field = field("views"),
                           .conversion = "integer to text",
                           .backfill = {.value = "0"}};
  EXPECT_EQ(run(to_text, {{"views", 7}}), (Item{{"views", "7"}}));
  EXPECT_EQ(run(to_text, {{"pk", "1"}}), (Item{{"pk", "1"}, {"views", "0"}}));
  functions.add_row("blog.convert", [](MigrationRow& row) { row.set("views", "many"); });
  EXPECT_EQ(run(AlterField{.model = "Post", .field = field("views"), .conversion = "@blog.convert"},
                {{"views", 7}}),
            (Item{{"views", "many"}}));
}

TEST_F(Rows, AValueThatDoesNotConvert_IsNamed) {
  state = project({model("Post", {field("views")})});
  const AlterField alter{
      .model = "Post", .field = field("views", "integer"), .conversion = "text to integer"};
  const RowChanger change = row_changer(alter, "blog", state, functions, registry);
  const dynamodb::PackedItem packed(Item{{"views", "many"}});
  MigrationRow row(packed.view());
  expect_error([&] { change(row); }, "views", "\"many\"", "no number");
}

TEST_F(Rows, FunctionsThatAreNotThere_AreToldBeforeAnyRow) {
  functions.add_row("blog.one", [](MigrationRow&) {});
  for (const Operation& operation : std::vector<Operation>{
           RunFunction{.function = "blog.two", .model = "Post"},
           AddField{.model = "Post", .field = field("x"), .backfill = {.function = "blog.two"}},
           AlterField{.model = "Post", .field = field("views"), .conversion = "@blog.two"}})
    expect_error([&] { row_changer(operation, "blog", state, functions, registry); }, "blog.two",
                 "blog.one", "models()");
  expect_error([&] { functions.whole("blog.one"); }, "add_whole");
}

TEST_F(Rows, ComputedAttributes_FollowEveryChange) {
  registry.add<migrated::Post>();
  EXPECT_EQ(run(RecomputeField{"Post", "feed"}, {{"title", "a"}, {"published", true}}),
            (Item{{"title", "a"}, {"published", true}, {"feed", "feed of a"}}));
  EXPECT_EQ(run(RecomputeField{"Post", "feed"}, {{"title", "a"}, {"feed", "stale"}}),
            (Item{{"title", "a"}}));
  functions.add_row("blog.publish", [](MigrationRow& row) { row.set("published", true); });
  EXPECT_EQ(run(RunFunction{.function = "blog.publish", .model = "Post"}, {{"title", "a"}}),
            (Item{{"title", "a"}, {"published", true}, {"feed", "feed of a"}}));
  state = project({model("Post", {field("title"), computed("feed")})});
  const AddField add{
      .model = "Post", .field = field("published", "boolean"), .backfill = {.value = true}};
  EXPECT_EQ(run(add, {{"title", "a"}}),
            (Item{{"title", "a"}, {"published", true}, {"feed", "feed of a"}}));
}

// Midway through several migrations a row may be of a form that the compiled model cannot read.
TEST_F(Rows, ComputedAttributes_WaitForRowsThatTheModelCannotReadYet) {
  registry.add<migrated::Post>();
  state = project({model("Post", {field("title"), field("published"), computed("feed")})});
  EXPECT_EQ(run(RecomputeField{"Post", "feed"}, {{"title", "a"}, {"published", "true"}}),
            (Item{{"title", "a"}, {"published", "true"}}));
  EXPECT_EQ(run(AlterField{.model = "Post",
                           .field = field("published", "boolean"),
                           .conversion = "text to boolean"},
                {{"title", "a"}, {"published", "true"}}),
            (Item{{"title", "a"}, {"published", true}, {"feed", "feed of a"}}));
}

TEST_F(Rows, MigrationRow_RecordsOnlyWhatDiffers) {
  const dynamodb::PackedItem packed(Item{{"a", 1}, {"b", "x"}});
  MigrationRow row(packed.view());
  row.set("a", 2);
  row.set("a", 1);
  row.set("b", "x");
  row.remove("c");
  EXPECT_TRUE(row.changes().empty());
  row.set("b", "y");
  row.remove("a");
  row.set("c", true);
  const dynamodb::PackedItem changed = row.changed();
  EXPECT_EQ(dynamodb::unpack(changed.view()), (Item{{"b", "y"}, {"c", true}}));
  EXPECT_EQ(row.text("b"), "y");
  EXPECT_FALSE(row.has("a"));
}

}  // namespace
}  // namespace dynamo_backend::migrations
