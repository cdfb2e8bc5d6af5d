// Operations: their JSON, their descriptions, what they do to the state, and how they are undone.
#include "dynamo_backend/migrations/operation.h"

#include "dynamo_backend/migrations/migration.h"
#include "dynamo_backend/migrations/test_states.h"

namespace dynamo_backend::migrations {
namespace {

using dynamodb::StreamViewType;
using testing::HasSubstr;

struct Golden {
  Operation operation;
  std::string json;
  std::string description;
};

// One for each kind, and one for each option.
std::vector<Golden> goldens() {
  IndexState narrow = index("by_title", "title");
  narrow.projection = dynamodb::ProjectionType::include;
  narrow.include = {"slug", "views"};
  IndexState wide = index("wide", "title");
  wide.partition = {"title", "slug"};
  wide.projection = dynamodb::ProjectionType::keys_only;
  ModelState event = model("Event", {field("tags", "set of text"), field("until", "integer")});
  event.ttl = "until";
  event.stream = StreamViewType::new_image;
  return {
      {CreateTable{event},
       R"({"operation":"create_table","model":"Event","table":"blog_event","partition_key":"pk","fields":[{"name":"pk","type":"uuid"},{"name":"tags","type":"set of text"},{"name":"until","type":"integer"}],"ttl":"until","stream":"new_image"})",
       "Create table blog_event of Event (3 fields)"},
      {CreateTable{
           model("Tag", {field("slug")}, {index("slug-index", "slug")}, {{.fields = {"slug"}}})},
       R"({"operation":"create_table","model":"Tag","table":"blog_tag","partition_key":"pk","fields":[{"name":"pk","type":"uuid"},{"name":"slug","type":"text"}],"indexes":[{"name":"slug-index","partition_key":"slug"}],"unique":[{"fields":["slug"]}]})",
       "Create table blog_tag of Tag (2 fields, 1 index)"},
      {DeleteTable{"Post"}, R"({"operation":"delete_table","model":"Post"})",
       "Delete the table of Post with its rows"},
      {RenameModel{"Post", "Article"},
       R"({"operation":"rename_model","model":"Post","new_name":"Article"})",
       "Rename model Post to Article"},
      {AddField{.model = "Post", .field = nullable(field("note"))},
       R"({"operation":"add_field","model":"Post","field":{"name":"note","type":"text","nullable":true}})",
       "Add field note to Post"},
      {AddField{.model = "Post",
                .field = field("price", "decimal"),
                .backfill = {.value = dynamodb::Number::parse("1.50").value()}},
       R"({"operation":"add_field","model":"Post","field":{"name":"price","type":"decimal"},"backfill":{"value":"1.5"}})",
       "Add field price to Post, giving existing rows a value"},
      {AddField{.model = "Post",
                .field = field("tags", "list of text"),
                .backfill = {.value = dynamodb::List{}}},
       R"({"operation":"add_field","model":"Post","field":{"name":"tags","type":"list of text"},"backfill":{"value":[]}})",
       "Add field tags to Post, giving existing rows a value"},
      {AddField{
           .model = "Post", .field = field("code"), .backfill = {.function = "blog.fill_codes"}},
       R"({"operation":"add_field","model":"Post","field":{"name":"code","type":"text"},"backfill":{"function":"blog.fill_codes"}})",
       "Add field code to Post, filling existing rows by blog.fill_codes"},
      {AddField{
           .model = "Post", .field = field("until", "epoch"), .backfill = {.value = 1767323045}},
       R"({"operation":"add_field","model":"Post","field":{"name":"until","type":"epoch"},"backfill":{"value":"2026-01-02T03:04:05.000000+00:00"}})",
       "Add field until to Post, giving existing rows a value"},
      {AddField{.model = "Post", .field = computed("timeline")},
       R"({"operation":"add_field","model":"Post","field":{"name":"timeline","type":"text","computed":true}})",
       "Add field timeline to Post, computing it for existing rows"},
      {RemoveField{"Post", "views"},
       R"({"operation":"remove_field","model":"Post","field":"views"})",
       "Remove field views of Post with its data"},
      {RemoveField{"Post", "views", true},
       R"({"operation":"remove_field","model":"Post","field":"views","keep_data":true})",
       "Remove field views of Post, keeping its data"},
      {RenameField{"Post", "views", "reads"},
       R"({"operation":"rename_field","model":"Post","field":"views","new_name":"reads"})",
       "Rename field views of Post to reads"},
      {AlterField{.model = "Post", .field = field("views"), .conversion = "integer to text"},
       R"({"operation":"alter_field","model":"Post","field":{"name":"views","type":"text"},"conversion":"integer to text"})",
       "Alter field views of Post, converting integer to text"},
      {AlterField{.model = "Post",
                  .field = field("due", "integer"),
                  .conversion = "@blog.to_days",
                  .reverse_conversion = "@blog.from_days",
                  .backfill = {.value = 0}},
       R"({"operation":"alter_field","model":"Post","field":{"name":"due","type":"integer"},"conversion":"@blog.to_days","reverse_conversion":"@blog.from_days","backfill":{"value":0}})",
       "Alter field due of Post, converting @blog.to_days, giving existing rows a value"},
      {RecomputeField{"Post", "feed"},
       R"({"operation":"recompute_field","model":"Post","field":"feed"})",
       "Compute field feed of every Post"},
      {AddIndex{"Post", narrow},
       R"({"operation":"add_index","model":"Post","index":{"name":"by_title","partition_key":"title","projection":"include","include":["slug","views"]}})",
       "Add index by_title to Post"},
      {AddIndex{"Post", wide},
       R"({"operation":"add_index","model":"Post","index":{"name":"wide","partition_key":["title","slug"],"projection":"keys_only"}})",
       "Add index wide to Post"},
      {RemoveIndex{"Post", "slug-index"},
       R"({"operation":"remove_index","model":"Post","index":"slug-index"})",
       "Remove index slug-index of Post"},
      {AddUnique{"Post", {.fields = {"author_pk", "title"}, .fold_case = true}},
       R"({"operation":"add_unique","model":"Post","unique":{"fields":["author_pk","title"],"fold_case":true}})",
       "Make author_pk, title of Post unique, without regard to case"},
      {RemoveUnique{"Post", {"slug"}},
       R"({"operation":"remove_unique","model":"Post","fields":["slug"]})",
       "Let slug of Post repeat"},
      {SetTtl{"Post", "views"}, R"({"operation":"set_ttl","model":"Post","field":"views"})",
       "Let rows of Post expire by views"},
      {SetTtl{"Post", ""}, R"({"operation":"set_ttl","model":"Post","field":null})",
       "Let rows of Post no longer expire"},
      {SetStream{"Post", StreamViewType::new_and_old_images},
       R"({"operation":"set_stream","model":"Post","view":"new_and_old_images"})",
       "Switch on the stream of Post (new_and_old_images)"},
      {SetStream{"Post", std::nullopt},
       R"({"operation":"set_stream","model":"Post","view":"none"})",
       "Switch off the stream of Post"},
      {RunFunction{.function = "blog.mend", .reverse = "blog.unmend", .model = "Post"},
       R"({"operation":"run_function","model":"Post","function":"blog.mend","reverse":"blog.unmend"})",
       "Run blog.mend over every Post"},
      {RunFunction{.function = "blog.once"},
       R"({"operation":"run_function","function":"blog.once"})", "Run blog.once"},
  };
}

TEST(Operation, EveryKind_HasTheJsonThatItIsReadFrom) {
  std::set<std::string_view> kinds;
  for (const Golden& golden : goldens()) {
    kinds.insert(name_of(golden.operation));
    EXPECT_EQ(to_json(golden.operation).dump(), golden.json);
    EXPECT_TRUE(operation_from_json(base::parse_json(golden.json), "blog") == golden.operation)
        << golden.json;
    EXPECT_EQ(describe(golden.operation), golden.description);
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<Operation>);
}

// Each golden object with one key taken away, mistyped, or one too many: the key is named.
TEST(Operation, Json_IsReadStrictly) {
  for (const Golden& golden : goldens()) {
    const base::Json json = base::parse_json(golden.json);
    base::Json more = json;
    more["colour"] = 1;
    expect_error([&] { operation_from_json(more, "blog"); }, "\"colour\"", "the keys are ");
    for (const auto& [key, value] : json.items()) {
      base::Json mistyped = json;
      mistyped[key] = 7;
      expect_error([&] { operation_from_json(mistyped, "blog"); });
    }
  }
}

TEST(Operation, Json_MistakesAreNamed) {
  const auto read = [](const char* text) {
    return [text] { operation_from_json(base::parse_json(text), "blog"); };
  };
  expect_error(read(R"({"operation":"drop_table","model":"Post"})"), "drop_table", "delete_table");
  expect_error(read(R"({"model":"Post"})"), "\"operation\" is missing");
  expect_error(read(R"([])"), "must be an object");
  expect_error(
      read(R"({"operation":"add_field","model":"Post","field":{"name":"a","type":"int"}})"),
      "field a", "\"int\" is no stored type", "integer");
  expect_error(
      read(R"({"operation":"add_field","model":"Post","field":{"name":"a","type":"set of json"}})"),
      "set of json");
  expect_error(
      read(
          R"({"operation":"add_field","model":"Post","field":{"name":"a","type":"integer"},"backfill":{"value":1.5}})"),
      "backfill of a", "must be a whole number");
  expect_error(
      read(
          R"({"operation":"add_field","model":"Post","field":{"name":"a","type":"text"},"backfill":{"value":null}})"),
      "must not be null");
  expect_error(
      read(
          R"({"operation":"add_field","model":"Post","field":{"name":"a","type":"integer"},"backfill":{"function":"uuid4"}})"),
      "backfill of a", "no integer");
  expect_error(
      read(
          R"({"operation":"add_field","model":"Post","field":{"name":"a","type":"text"},"backfill":{}})"),
      "one of the two");
  expect_error(
      read(
          R"({"operation":"add_index","model":"Post","index":{"name":"a","partition_key":"b","include":["c"]}})"),
      "include");
  expect_error(
      read(
          R"({"operation":"create_table","model":"A","table":"a","partition_key":"pk","fields":[{"name":"id","type":"text"}]})"),
      "partition_key", "\"pk\"");
  expect_error(
      read(
          R"({"operation":"create_table","model":"A","table":"a","partition_key":"pk","fields":[{"name":"pk","type":"text"},{"name":"pk","type":"text"}]})"),
      "fields", "two entries");
  expect_error(read(R"({"operation":"set_stream","model":"Post","view":"all"})"), "\"all\"",
               "new_image");
}

TEST(Operation, Types_AreAsDeepAsDynamoDbStores) {
  const auto nested = [](int levels) {
    std::string type = "text";
    for (int i = 0; i < levels; ++i) type.insert(0, "list of ");
    return type;
  };
  EXPECT_EQ(type_of(shape_of(nested(32))), nested(32));
  for (const int levels : {33, 100'000})
    expect_error([&] { shape_of(nested(levels)); }, "list of list of", "32 levels");
}

// ---- what they do to the state

struct State : testing::Test {
  ProjectState state = project({post(), model("Author", {field("name")})});
  void run(const Operation& operation) { apply(operation, "blog", state); }
  const ModelState& the_post() { return state.model("blog", "Post"); }
};

TEST_F(State, EachOperation_ChangesIt) {
  run(CreateTable{model("Tag", {})});
  run(AddField{.model = "Post", .field = field("note")});
  run(AlterField{.model = "Post", .field = nullable(field("note"))});
  run(RenameField{"Post", "note", "remark"});
  EXPECT_EQ(*the_post().find_field("remark"), nullable(field("remark")));
  EXPECT_EQ(the_post().find_field("note"), nullptr);
  run(AddIndex{"Post", index("remark-index", "remark")});
  run(RemoveIndex{"Post", "feed"});
  EXPECT_NE(the_post().find_index("remark-index"), nullptr);
  EXPECT_EQ(the_post().find_index("feed"), nullptr);
  run(RemoveUnique{"Post", {"slug"}});
  run(AddUnique{"Post", {.fields = {"title", "slug"}}});
  EXPECT_THAT(the_post().unique, testing::ElementsAre(UniqueState{.fields = {"title", "slug"}}));
  run(SetTtl{"Post", "views"});
  run(SetStream{"Post", StreamViewType::keys_only});
  EXPECT_EQ(the_post().ttl, "views");
  EXPECT_EQ(the_post().stream, StreamViewType::keys_only);
  run(SetTtl{"Post", ""});
  run(RemoveField{"Post", "views"});
  run(RenameModel{"Author", "Writer"});
  EXPECT_EQ(the_post().find_field("author_pk")->references, "blog.Writer");
  EXPECT_EQ(state.model("blog", "Writer").table, "blog_author");
  run(DeleteTable{"Tag"});
  run(RecomputeField{"Post", "feed"});
  run(RunFunction{.function = "f", .model = "Post"});
  EXPECT_EQ(state.models.size(), 2u);
}

TEST_F(State, WhatDoesNotFit_IsRefusedWithTheReason) {
  const auto bad = [this](const Operation& operation, const auto&... texts) {
    const ProjectState before = state;
    expect_error([&] { run(operation); }, texts...);
    state = before;
  };
  bad(DeleteTable{"Nope"}, "no model Nope", "Author, Post");
  bad(CreateTable{post()}, "blog_post", "already");
  ModelState other = model("Other", {});
  other.partition = "tags";
  other.fields.push_back(field("tags", "list of text"));
  bad(CreateTable{other}, "tags", "list of text");
  ModelState expiring = model("Expiring", {field("until")});
  expiring.ttl = "until";
  bad(CreateTable{expiring}, "Expiring.until", "number of seconds");
  bad(RenameModel{"Post", "Author"}, "already");
  bad(AddField{.model = "Post", .field = field("title")}, "already");
  bad(RemoveField{"Post", "nope"}, "no field nope", "title");
  bad(RemoveField{"Post", "pk"}, "table's key");
  bad(RenameField{"Post", "pk", "id"}, "table's key");
  bad(RenameField{"Post", "views", "title"}, "already");
  bad(RemoveField{"Post", "slug"}, "index slug-index", "remove_index");
  bad(AlterField{.model = "Post", .field = field("pk", "integer"), .conversion = "@f"},
      "table's key");
  bad(AlterField{.model = "Post", .field = field("views"), .conversion = "integer to boolean"},
      "blog.Post.views", "\"integer to boolean\"", "\"integer to text\"");
  bad(AlterField{.model = "Post", .field = field("views"), .conversion = "integer to nothing"},
      "\"nothing\" is no stored type");
  bad(AlterField{.model = "Post",
                 .field = field("views"),
                 .conversion = "integer to text",
                 .reverse_conversion = "text to boolean"},
      "blog.Post.views", "\"text to boolean\"", "\"text to integer\"");
  bad(
      AlterField{
          .model = "Post", .field = field("slug", "integer"), .conversion = "text to integer"},
      "index slug-index");
  bad(AlterField{.model = "Post", .field = field("views")}, "integer", "\"integer to text\"");
  bad(AlterField{.model = "Post", .field = field("views", "uuid")}, "@app.function");
  bad(AlterField{.model = "Post", .field = field("feed")}, "computed");
  bad(RecomputeField{"Post", "title"}, "no computed field");
  bad(AddIndex{"Post", index("slug-index", "title")}, "already");
  bad(AddIndex{"Post", index("x", "nope")}, "nope");
  IndexState local = index("l", "pk", "title");
  local.local = true;
  bad(AddIndex{"Post", local}, "local");
  bad(RemoveIndex{"Post", "nope"}, "no index nope");
  bad(AddUnique{"Post", {.fields = {"slug"}}}, "already");
  bad(AddUnique{"Post", {.fields = {"nope"}}}, "nope");
  bad(RemoveUnique{"Post", {"title"}}, "no such unique");
  bad(SetTtl{"Post", "due"}, "number");
  bad(RunFunction{.function = "f", .model = "Nope"}, "Nope");
  run(RemoveIndex{"Post", "slug-index"});
  bad(RemoveField{"Post", "slug"}, "unique", "remove_unique");
  run(SetTtl{"Post", "views"});
  bad(RenameField{"Post", "views", "reads"}, "TTL", "set_ttl");
}

// "Remove the index first" would be no help: DynamoDB cannot.
TEST_F(State, FieldOfALocalIndex_StaysAsItIs_AndTheRefusalSaysWhatCanBeDone) {
  ModelState log = model("Log", {field("title"), field("views", "integer")});
  log.sort = "title";
  log.indexes.push_back(
      {.name = "by-views", .partition = {"pk"}, .sort = {"views"}, .local = true});
  run(CreateTable{log});
  for (const Operation& operation : std::initializer_list<Operation>{
           AlterField{.model = "Log", .field = field("views"), .conversion = "integer to text"},
           RenameField{"Log", "views", "reads"}, RemoveField{"Log", "views"}})
    expect_error([&] { run(operation); }, "local index by-views", "another table_name",
                 "add another");
}

// ---- and back

TEST_F(State, WhatCanBeUndone_LeadsBack) {
  const std::vector<Operation> operations{
      CreateTable{model("Tag", {})},
      RenameModel{"Post", "Article"},
      AddField{.model = "Post", .field = field("note")},
      RemoveField{"Post", "author_pk", true},
      RenameField{"Post", "views", "reads"},
      AlterField{.model = "Post", .field = field("views"), .conversion = "integer to text"},
      AlterField{.model = "Post", .field = field("due", "datetime"), .backfill = {.value = "x"}},
      RecomputeField{"Post", "feed"},
      AddIndex{"Post", index("by_title", "title")},
      RemoveIndex{"Post", "feed"},
      AddUnique{"Post", {.fields = {"title"}}},
      RemoveUnique{"Post", {"slug"}},
      SetTtl{"Post", "views"},
      SetStream{"Post", StreamViewType::old_image},
      RunFunction{.function = "f", .reverse = "g", .model = "Post"}};
  for (const Operation& operation : operations) {
    const ProjectState before = state;
    const Reversal back = reverse(operation, "blog", before);
    ASSERT_TRUE(back.operation) << describe(operation) << back.reason;
    run(operation);
    run(*back.operation);
    // A field or an index that is put back stands at the end.
    const auto sorted = [](ProjectState s) {
      for (auto& [label, m] : s.models) {
        const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
        std::sort(m.fields.begin(), m.fields.end(), by_name);
        std::sort(m.indexes.begin(), m.indexes.end(), by_name);
      }
      return to_json(s).dump();
    };
    EXPECT_EQ(sorted(state), sorted(before)) << describe(operation);
    state = before;
  }
}

TEST_F(State, WhatCannotBeUndone_SaysWhy) {
  const auto why = [this](const Operation& operation) {
    const Reversal back = reverse(operation, "blog", state);
    EXPECT_FALSE(back.operation) << describe(operation);
    return back.reason;
  };
  EXPECT_THAT(why(DeleteTable{"Post"}), HasSubstr("blog_post"));
  EXPECT_THAT(why(RemoveField{"Post", "title"}), HasSubstr("Post.title"));
  EXPECT_THAT(why(RunFunction{.function = "f"}), HasSubstr("\"reverse\""));
  EXPECT_THAT(why(AlterField{.model = "Post", .field = field("title"), .conversion = "@f"}),
              HasSubstr("reverse_conversion"));
  EXPECT_THAT(
      why(AlterField{.model = "Post", .field = field("views", "list of text"), .conversion = "@f"}),
      HasSubstr("reverse_conversion"));
}

TEST_F(State, Reversal_TellsWhatDataGoes) {
  EXPECT_TRUE(reverse(CreateTable{model("Tag", {})}, "blog", state).loses_data);
  EXPECT_TRUE(reverse(AddField{.model = "Post", .field = field("a")}, "blog", state).loses_data);
  EXPECT_FALSE(
      reverse(AddField{.model = "Post", .field = computed("a")}, "blog", state).loses_data);
  EXPECT_FALSE(reverse(RenameField{"Post", "title", "a"}, "blog", state).loses_data);
}

TEST(Work, SaysWhatTheDatabaseDoes) {
  EXPECT_TRUE(work_of(RenameModel{"A", "B"}).nothing());
  EXPECT_TRUE(work_of(AddField{.model = "A", .field = nullable(field("x"))}).nothing());
  EXPECT_TRUE(work_of(AlterField{.model = "A", .field = field("x")}).nothing());
  EXPECT_TRUE(work_of(AddField{.model = "A", .field = computed("x")}).writes_rows);
  EXPECT_TRUE(work_of(AddIndex{"A", {}}).builds_index);
  EXPECT_TRUE(work_of(AddUnique{"A", {}}).claims_values);
  EXPECT_FALSE(work_of(RemoveField{"A", "x", true}).walks_rows);
}

// ---- files

TEST(MigrationFile, IsReadableAndReadsBack) {
  const Migration migration{
      .id = {"blog", "0002_note"},
      .description = "Add field note to Post",
      .dependencies = {{"blog", "0001_initial"}, {"auth", "0003_x"}},
      .operations = {CreateTable{post()}, AddField{.model = "Post", .field = field("note")}}};
  const std::string text = to_text(migration);
  EXPECT_EQ(text, R"({
  "description": "Add field note to Post",
  "dependencies": ["blog.0001_initial", "auth.0003_x"],
  "operations": [
    {
      "operation": "create_table",
      "model": "Post",
      "table": "blog_post",
      "partition_key": "pk",
      "fields": [
        {"name": "pk", "type": "uuid"},
        {"name": "title", "type": "text"},
        {"name": "slug", "type": "text"},
        {"name": "views", "type": "integer"},
        {"name": "due", "type": "datetime", "nullable": true},
        {"name": "feed", "type": "text", "computed": true},
        {"name": "author_pk", "type": "uuid", "references": "blog.Author"}
      ],
      "indexes": [
        {"name": "slug-index", "partition_key": "slug"},
        {"name": "feed", "partition_key": "feed", "sort_key": "title"}
      ],
      "unique": [{"fields": ["slug"], "fold_case": true}]
    },
    {"operation": "add_field", "model": "Post", "field": {"name": "note", "type": "text"}}
  ]
}
)");
  EXPECT_TRUE(migration_from_text(text, migration.id, "x.json") == migration);
}

TEST(MigrationFile, MistakesNameFileOperationAndKey) {
  const auto read = [](const std::string& text) {
    return [text] { migration_from_text(text, {"blog", "0002_x"}, "blog/migrations/0002_x.json"); };
  };
  expect_error(read("{"), "blog/migrations/0002_x.json:1: ");
  expect_error(read(""), "blog/migrations/0002_x.json");
  expect_error(read("{\n  \"dependencies\": [],\n  \"operations\": [],\n}"),
               "blog/migrations/0002_x.json:4: the syntax is wrong");
  expect_error(read("{\n\n \"operations\": [}\n"), "blog/migrations/0002_x.json:3: ");
  expect_error(read("{}"), "0002_x.json", "\"operations\" is missing");
  expect_error(read(R"({"operations": [], "operation": []})"), "unknown key \"operation\"",
               "dependencies");
  expect_error(read(R"({"operations": [], "dependencies": ["0001_initial"]})"), "0001_initial",
               "app.name");
  expect_error(
      read(
          R"({"operations": [{"operation": "delete_table", "model": "A"}, {"operation": "delete_table"}]})"),
      "operation 2", "delete_table", "\"model\" is missing");
  expect_error(read(R"({"operations": [], "operations": []})"), "0002_x.json");
}

}  // namespace
}  // namespace dynamo_backend::migrations
