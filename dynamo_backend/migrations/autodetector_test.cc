// The autodetector: a table of changes, what is asked and what is refused.
#include "dynamo_backend/migrations/autodetector.h"

#include "dynamo_backend/migrations/questioner.h"
#include "dynamo_backend/migrations/test_states.h"

namespace dynamo_backend::migrations {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const DeclaredDefault kNoDefaults = [](const std::string&, const std::string&) {
  return Backfill{};
};
const DeclaredDefault kZero = [](const std::string&, const std::string&) {
  return Backfill{.value = 0};
};

std::vector<std::string> described(const Changes& changes) {
  std::vector<std::string> lines;
  const auto found = changes.operations.find("blog");
  if (found == changes.operations.end()) return lines;
  for (const Operation& operation : found->second) lines.push_back(describe(operation));
  return lines;
}

struct Detect : testing::Test {
  GivenAnswers answers;
  std::vector<std::string> notes{};

  std::vector<std::string> changes(std::vector<ModelState> from, std::vector<ModelState> to,
                                   const DeclaredDefault& declared = kNoDefaults) {
    const Changes found =
        detect(project(std::move(from)), project(std::move(to)), {"blog"}, answers, declared);
    notes = found.notes;
    return described(found);
  }
  void expect_refusal(std::vector<ModelState> from, std::vector<ModelState> to,
                      std::vector<std::string> texts) {
    expect_error([&] { changes(from, to); });
    try {
      changes(from, to);
    } catch (const MigrationError& error) {
      for (const auto& text : texts) EXPECT_THAT(error.what(), HasSubstr(text));
    }
  }
};

TEST_F(Detect, NoDifference_IsNothing) {
  EXPECT_THAT(changes({post()}, {post()}), IsEmpty());
  ModelState other = post();
  std::reverse(other.fields.begin() + 1, other.fields.end());
  std::reverse(other.indexes.begin(), other.indexes.end());
  EXPECT_THAT(changes({post()}, {other}), IsEmpty());  // order is no difference
}

TEST_F(Detect, Tables) {
  EXPECT_THAT(changes({}, {model("Tag", {})}),
              ElementsAre("Create table blog_tag of Tag (1 field)"));
  EXPECT_THAT(changes({model("Tag", {field("a")})}, {model("Label", {})}),
              ElementsAre("Create table blog_label of Label (1 field)",
                          "Delete the table of Tag with its rows"));
  EXPECT_THAT(notes, ElementsAre("Deletes the table blog_tag of blog.Tag with its rows."));
}

TEST_F(Detect, Fields) {
  EXPECT_THAT(changes({model("A", {})}, {model("A", {nullable(field("x"))})}),
              ElementsAre("Add field x to A"));
  EXPECT_THAT(changes({model("A", {})}, {model("A", {field("x", "set of text")})}),
              ElementsAre("Add field x to A"));
  EXPECT_THAT(changes({model("A", {})}, {model("A", {field("x", "integer")})}, kZero),
              ElementsAre("Add field x to A, giving existing rows a value"));
  EXPECT_THAT(changes({model("A", {field("x")})}, {model("A", {})}),
              ElementsAre("Remove field x of A with its data"));
  EXPECT_THAT(notes, ElementsAre(HasSubstr("blog.A.x")));
  EXPECT_THAT(changes({model("A", {field("x")})}, {model("A", {field("x", "integer")})}),
              ElementsAre("Alter field x of A, converting text to integer"));
  EXPECT_THAT(changes({model("A", {field("x")})}, {model("A", {nullable(field("x"))})}),
              ElementsAre("Alter field x of A"));
  EXPECT_THAT(changes({model("A", {nullable(field("x", "integer"))})},
                      {model("A", {field("x", "integer")})}, kZero),
              ElementsAre("Alter field x of A, giving existing rows a value"));
  EXPECT_THAT(changes({model("A", {reference("x", "blog.B")}), model("B", {}), model("C", {})},
                      {model("A", {reference("x", "blog.C")}), model("B", {}), model("C", {})}),
              ElementsAre("Alter field x of A"));
}

TEST_F(Detect, Indexes_NewOnesComeBeforeOldOnesGo) {
  const std::vector<FieldState> fields{field("a"), field("b")};
  EXPECT_THAT(
      changes({model("A", fields, {index("old", "a")})}, {model("A", fields, {index("new", "b")})}),
      ElementsAre("Add index new to A", "Remove index old of A"));
  EXPECT_THAT(changes({model("A", fields, {index("same", "a")})},
                      {model("A", fields, {index("same", "a", "b")})}),
              ElementsAre("Remove index same of A", "Add index same to A"));
  IndexState narrow = index("same", "a");
  narrow.projection = dynamodb::ProjectionType::keys_only;
  EXPECT_THAT(changes({model("A", fields, {index("same", "a")})}, {model("A", fields, {narrow})}),
              ElementsAre("Remove index same of A", "Add index same to A"));
}

TEST_F(Detect, Indexes_WithoutRoomForBoth_OldOnesGoFirst) {
  ModelState from = model("A", {field("a")}), to = from;
  for (int i = 0; i < 20; ++i) from.indexes.push_back(index("old" + std::to_string(i), "a"));
  for (int i = 0; i < 20; ++i) to.indexes.push_back(index("new" + std::to_string(i), "a"));
  const auto lines = changes({from}, {to});
  ASSERT_EQ(lines.size(), 40u);
  EXPECT_EQ(lines.front(), "Remove index old0 of A");
  EXPECT_EQ(lines.back(), "Add index new19 to A");
}

TEST_F(Detect, ComputedIndex_IsFieldThenIndex) {
  EXPECT_THAT(
      changes({model("A", {field("a")})},
              {model("A", {field("a"), computed("feed")}, {index("feed", "feed", "a")})}),
      ElementsAre("Add field feed to A, computing it for existing rows", "Add index feed to A"));
  EXPECT_THAT(changes({model("A", {field("a"), computed("feed")}, {index("feed", "feed", "a")})},
                      {model("A", {field("a")})}),
              ElementsAre("Remove index feed of A", "Remove field feed of A with its data"));
  EXPECT_THAT(changes({model("A", {computed("x")}, {index("i_x", "x")})},
                      {model("A", {nullable(field("x"))}, {index("i_x", "x")})}),
              ElementsAre("Remove index i_x of A", "Remove field x of A with its data",
                          "Add field x to A", "Add index i_x to A"));
}

// Its values are computed of the row, not converted; and programs of the new version may have
// written what is removed.
TEST_F(Detect, ComputedIndex_OfAnotherType_IsComputedAnew) {
  const IndexState by_feed = index("feed-index", "feed");
  FieldState number = computed("feed");
  number.type = "integer";
  EXPECT_THAT(changes({model("A", {field("a"), computed("feed")}, {by_feed})},
                      {model("A", {field("a"), number}, {by_feed})}),
              ElementsAre("Remove index feed-index of A", "Remove field feed of A with its data",
                          "Add field feed to A, computing it for existing rows",
                          "Add index feed-index to A"));
  EXPECT_THAT(notes, IsEmpty());
  changes({model("A", {computed("x")})}, {model("A", {nullable(field("x"))})});
  EXPECT_THAT(notes, ElementsAre(HasSubstr("blog.A.x was computed")));
}

// DynamoDB: an index leaves out rows whose key is empty.
TEST_F(Detect, AnIndexsKey_IsNotFilledWithAnEmptyText) {
  const ModelState from = model("A", {field("a")}),
                   to = model("A", {field("a"), field("b")}, {index("b-index", "b")});
  const DeclaredDefault empty = [](const std::string&, const std::string&) {
    return Backfill{.value = std::string()};
  };
  try {
    changes({from}, {to}, empty);
    FAIL();
  } catch (const MigrationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("pass --default blog.A.b="));
  }
  answers.add_default("blog.A.b=\"\"");
  expect_refusal({from}, {to}, {"b is the key of an index"});
  EXPECT_THAT(changes({from}, {model("A", {field("a"), field("b")})}, empty).size(), 1u);
}

TEST_F(Detect, Unique) {
  const std::vector<FieldState> fields{field("a"), field("b")};
  EXPECT_THAT(changes({model("A", fields)}, {model("A", fields, {}, {{.fields = {"a"}}})}),
              ElementsAre("Make a of A unique"));
  EXPECT_THAT(changes({model("A", fields, {}, {{.fields = {"a"}}})},
                      {model("A", fields, {}, {{.fields = {"a", "b"}}})}),
              ElementsAre("Make a, b of A unique", "Let a of A repeat"));
  EXPECT_THAT(changes({model("A", fields, {}, {{.fields = {"a"}}})},
                      {model("A", fields, {}, {{.fields = {"a"}, .fold_case = true}})}),
              ElementsAre("Let a of A repeat", "Make a of A unique, without regard to case"));
}

TEST_F(Detect, TtlAndStream) {
  ModelState from = model("A", {field("a", "integer"), field("b", "integer")}), to = from;
  to.ttl = "a";
  to.stream = dynamodb::StreamViewType::new_image;
  EXPECT_THAT(changes({from}, {to}),
              ElementsAre("Let rows of A expire by a", "Switch on the stream of A (new_image)"));
  EXPECT_THAT(changes({to}, {from}),
              ElementsAre("Let rows of A no longer expire", "Switch off the stream of A"));
  ModelState other = to;
  other.ttl = "b";
  EXPECT_THAT(changes({to}, {other}), ElementsAre("Let rows of A expire by b"));
}

// What DynamoDB keeps under the attribute's name goes before a rename or another type, and comes
// back after.
TEST_F(Detect, WhatUsesAChangedField_IsTakenAwayAndPutBack) {
  ModelState from = model("A", {field("slug"), field("x")}, {index("slug-index", "slug")},
                          {{.fields = {"slug"}}});
  ModelState to = model("A", {field("path"), field("x")}, {index("path-index", "path")},
                        {{.fields = {"path"}}});
  answers.add_rename("blog.A.slug:path");
  EXPECT_THAT(changes({from}, {to}),
              ElementsAre("Remove index slug-index of A", "Let slug of A repeat",
                          "Rename field slug of A to path", "Add index path-index to A",
                          "Make path of A unique"));
  to = model("A", {field("slug", "integer"), field("x")}, {index("slug-index", "slug")},
             {{.fields = {"slug"}}});
  EXPECT_THAT(changes({from}, {to}),
              ElementsAre("Remove index slug-index of A", "Let slug of A repeat",
                          "Alter field slug of A, converting text to integer",
                          "Add index slug-index to A", "Make slug of A unique"));
}

// "Removed" would be a guess, too, and lose the values.
TEST_F(Detect, Rename_IsNeverGuessed) {
  const auto from = model("A", {field("title")}), to = model("A", {field("headline")});
  expect_refusal({from}, {to},
                 {"blog.A.title is gone, and headline is there", "--rename blog.A.title:headline",
                  "--no-rename"});
  expect_refusal({model("A", {field("x")})}, {model("B", {field("x")})},
                 {"The model blog.A is gone, and B is there", "--rename blog.A:B", "--no-rename"});
  // Nor where the values become those of another type, which bytes do not.
  const auto number = model("A", {field("headline", "integer")});
  expect_refusal({from}, {number}, {"blog.A.title is gone, and headline is there"});
  EXPECT_THAT(changes({model("A", {field("title", "binary")})}, {number}, kZero),
              ElementsAre("Add field headline to A, giving existing rows a value",
                          "Remove field title of A with its data"));
  answers.add_rename("blog.A.title:headline");
  EXPECT_THAT(changes({from}, {to}), ElementsAre("Rename field title of A to headline"));
  EXPECT_THAT(answers.unused(), IsEmpty());
}

TEST_F(Detect, Rename_MayChangeTheType) {
  ModelState from = model("A", {field("slug"), field("x")}, {index("slug-index", "slug")});
  ModelState to =
      model("A", {field("x"), field("number", "integer")}, {index("number-index", "number")});
  answers.add_rename("blog.A.slug:number");
  EXPECT_THAT(changes({from}, {to}),
              ElementsAre("Remove index slug-index of A", "Rename field slug of A to number",
                          "Alter field number of A, converting text to integer",
                          "Add index number-index to A"));
  // A field of the same type is asked about before.
  to = model("A", {field("number", "integer"), field("path"), field("x")});
  from = model("A", {field("slug"), field("x"), field("old", "integer")});
  answers.add_rename("blog.A.old:number");
  answers.add_rename("blog.A.slug:path");
  EXPECT_THAT(changes({from}, {to}),
              ElementsAre("Rename field old of A to number", "Rename field slug of A to path"));
  // By a row function, where nothing else makes the new values of the old.
  to = model("A", {field("x"), field("data", "json")});
  from = model("A", {field("x"), field("blob", "binary")});
  answers.add_rename("blog.A.blob:data");
  answers.add_conversion("blog.A.data=@blog.decode");
  EXPECT_THAT(changes({from}, {to}), ElementsAre("Rename field blob of A to data",
                                                 "Alter field data of A, converting @blog.decode"));
}

// A key that becomes a reference keeps its values.
TEST_F(Detect, Rename_MayChangeWhatIsReferredTo) {
  const ModelState author = model("Author", {});
  const ModelState from = model("A", {nullable(field("author_id", "uuid"))}),
                   to = model("A", {nullable(reference("author_pk", "blog.Author"))});
  expect_refusal({author, from}, {author, to},
                 {"blog.A.author_id is gone, and author_pk is there"});
  answers.add_rename("blog.A.author_id:author_pk");
  EXPECT_THAT(
      changes({author, from}, {author, to}),
      ElementsAre("Rename field author_id of A to author_pk", "Alter field author_pk of A"));
}

TEST_F(Detect, NoRename_IsRemovedAndAdded) {
  answers.no_other_renames();
  EXPECT_THAT(changes({model("A", {field("title")})}, {model("A", {field("headline")})}, kZero),
              ElementsAre("Add field headline to A, giving existing rows a value",
                          "Remove field title of A with its data"));
}

TEST_F(Detect, RenamedModel_KeepsItsTable) {
  ModelState from = model("Post", {field("title")}), to = from;
  to.name = "Article";
  ModelState comment = model("Comment", {reference("post_pk", "blog.Post")});
  ModelState comment_after = model("Comment", {reference("post_pk", "blog.Article")});
  EXPECT_THAT(changes({from, comment}, {to, comment_after}),
              ElementsAre("Rename model Post to Article"));
  to.table = "blog_article";
  answers.add_rename("blog.Post:Article");
  expect_refusal({from}, {to}, {"blog.Post was renamed to Article", ".table_name = \"blog_post\""});
}

TEST_F(Detect, RenamedModel_ThatWasChangedToo_IsAskedAbout) {
  const auto from = model("Post", {field("title"), field("body"), field("slug")});
  expect_refusal({from}, {model("Article", {field("title"), field("body"), field("headline")})},
                 {"The model blog.Post is gone, and Article is there", "--rename blog.Post:Article",
                  "--no-rename"});
  // With half of the fields or less it is another model.
  EXPECT_THAT(changes({from}, {model("Note", {field("title"), field("text")})}).size(), 2u);
}

TEST_F(Detect, RenamedModel_TakesItsJoinTablesAlong) {
  const auto join = [](std::string name, std::string key, std::string to) {
    ModelState state = model(std::move(name), {reference(std::move(key), std::move(to)),
                                               reference("tag_pk", "blog.Tag")});
    state.table = "posts_labels";
    return state;
  };
  ModelState from = model("Post", {field("title")}), to = from;
  to.name = "Article";
  const ModelState tag = model("Tag", {});
  EXPECT_THAT(
      changes({from, tag, join("Post_labels", "post_pk", "blog.Post")},
              {to, tag, join("Article_labels", "article_pk", "blog.Article")}),
      ElementsAre("Rename model Post to Article", "Rename model Post_labels to Article_labels",
                  "Rename field post_pk of Article_labels to article_pk"));
}

TEST_F(Detect, RenamedManyToMany_KeepsItsTableByItsAttribute) {
  const auto join = [](const std::string& attribute) {
    ModelState state = model("Post_" + attribute,
                             {reference("post_pk", "blog.Post"), reference("tag_pk", "blog.Tag")});
    state.table = "blog_post_" + attribute;
    return state;
  };
  const ModelState post = model("Post", {}), tag = model("Tag", {});
  answers.add_rename("blog.Post_tags:Post_labels");
  expect_refusal({post, tag, join("tags")}, {post, tag, join("labels")},
                 {"set .attribute = \"tags\" in Post's ManyToManyField"});
}

// Nobody is asked about a model that is alike, where another has the table.
TEST_F(Detect, RenamedModel_IsTheOneWithItsTable) {
  ModelState to = model("Entry", {field("a")});
  to.table = "blog_post";
  EXPECT_THAT(changes({model("Note", {field("a")}), model("Post", {field("a")})}, {to}),
              ElementsAre("Rename model Post to Entry", "Delete the table of Note with its rows"));
}

TEST_F(Detect, RenamedModels_InAChain_TheLastGoesFirst) {
  const auto at = [](const char* name, const char* table) {
    ModelState state = model(name, {field("a")});
    state.table = table;
    return state;
  };
  EXPECT_THAT(
      changes({at("Group", "g"), at("Team", "t")}, {at("Group", "t"), at("Permission", "g")}),
      ElementsAre("Rename model Group to Permission", "Rename model Team to Group"));
  EXPECT_THAT(
      changes({at("Group", "g")}, {at("Group", "groups"), at("Permission", "g")}),
      ElementsAre("Rename model Group to Permission", "Create table groups of Group (2 fields)"));
  expect_refusal({at("Group", "g"), at("Team", "t")}, {at("Group", "t"), at("Team", "g")},
                 {"blog.Group: its table was g and would be t", ".table_name = \"g\""});
}

TEST_F(Detect, WhatDynamoDbCannotDo_IsRefusedWithAWayOut) {
  const ModelState from = model("A", {field("a"), field("b")});
  ModelState to = from;
  to.table = "other";
  expect_refusal({from}, {to}, {"blog.A", "blog_a", ".table_name", "run_function"});
  to = from;
  to.partition = "a";
  expect_refusal({from}, {to}, {"blog.A", "key", "pk", "run_function"});
  to = from;
  to.sort = "b";
  expect_refusal({from}, {to}, {"pk and b"});
  to = from;
  to.fields[0].type = "integer";
  expect_refusal({from}, {to}, {"type of its table's key"});
  ModelState sorted = from;
  sorted.sort = "a";
  to = sorted;
  to.indexes.push_back({.name = "local", .partition = {"pk"}, .sort = {"b"}, .local = true});
  expect_refusal({sorted}, {to}, {"local indexes", "global"});
  sorted = to;
  to.fields[1 + 1].type = "integer";  // b
  expect_refusal({sorted}, {to}, {"blog.A.b", "local index local", "another table_name"});
  ModelState moved = from;
  moved.app = "news";
  moved.table = "blog_a";
  expect_error(
      [&] {
        detect(project({from}), project({moved}), {"blog", "news"}, answers, kNoDefaults);
      },
      "news.A", "blog_a", ".app_label = \"blog\"");
}

// All that is wrong is told at once.
TEST_F(Detect, ValuesThatNobodyKnows_AreAskedFor) {
  const ModelState from = model("A", {nullable(field("b")), field("c", "boolean")});
  const ModelState to =
      model("A", {field("a"), field("b"), field("c", "uuid"), field("u")}, {}, {{.fields = {"u"}}});
  expect_refusal({from}, {to},
                 {"blog.A.a is added and has no default", "--default blog.A.a='<JSON>'",
                  "blog.A.b may no longer be absent", "--convert blog.A.c=@app.function",
                  "blog.A.u is added and is unique"});
  answers.add_default("blog.A.a=\"x\"");
  answers.add_default("blog.A.b=skip");
  answers.add_default("blog.A.u=@blog.numbers");
  answers.add_conversion("blog.A.c=@blog.uuids");
  EXPECT_THAT(
      changes({from}, {to}),
      ElementsAre("Add field a to A, giving existing rows a value", "Alter field b of A",
                  "Alter field c of A, converting @blog.uuids",
                  "Add field u to A, filling existing rows by blog.numbers", "Make u of A unique"));
  EXPECT_THAT(answers.unused(), IsEmpty());
}

TEST_F(Detect, UniqueField_TakesNoValueForAll) {
  const ModelState from = model("A", {}), to = model("A", {field("u")}, {}, {{.fields = {"u"}}});
  answers.add_default("blog.A.u=\"same\"");
  expect_refusal({from}, {to}, {"blog.A.u is unique"});
}

TEST_F(Detect, AModelDoesNotMoveToAnotherApp) {
  const auto news = [](std::string table) {
    ModelState moved = model("Post", {field("title"), field("slug")});
    moved.app = "news";
    moved.table = std::move(table);
    return moved;
  };
  const ModelState post = model("Post", {field("title"), field("slug")});
  const auto found = [&](const ModelState& is, const std::set<std::string>& apps) {
    return detect(project({post}), project({is}), apps, answers, kNoDefaults);
  };
  // Its table is the other app's by now: naming one app alone drops nothing.
  for (const std::set<std::string>& apps : {std::set<std::string>{"blog"}, {"blog", "news"}})
    expect_error([&] { found(news("blog_post"), apps); }, "news.Post has the table blog_post",
                 "keep .app_label = \"blog\"");
  // With the other app's name for it the rows would stay behind.
  for (const std::set<std::string>& apps : {std::set<std::string>{"news"}, {"blog", "news"}})
    expect_error([&] { found(news("news_post"), apps); }, "news.Post is like it",
                 ".app_label = \"blog\"", "--no-rename");
  answers.no_other_renames();
  EXPECT_EQ(found(news("news_post"), {"blog", "news"}).operations.size(), 2u);
}

// What somebody has said counts before what would happen by itself.
TEST_F(Detect, WhatIsGiven_ComesBeforeDefaultsAndStandardConversions) {
  answers.add_default("blog.A.x=9");
  answers.add_default("blog.A.note=\"n\"");
  answers.add_conversion("blog.A.price=@blog.parse");
  answers.add_rename("blog.B:A");
  ModelState was = model("B", {field("price")}),
             is = model(
                 "A", {field("price", "integer"), field("x", "integer"), nullable(field("note"))});
  was.table = is.table;
  const auto found = detect(project({was}), project({is}), {"blog"}, answers, kZero);
  EXPECT_THAT(answers.unused(), IsEmpty());
  const auto& operations = found.operations.at("blog");
  std::vector<Value> values;
  std::string conversion;
  for (const Operation& o : operations) {
    if (const auto* add = std::get_if<AddField>(&o)) values.push_back(add->backfill.value);
    if (const auto* alter = std::get_if<AlterField>(&o)) conversion = alter->conversion;
  }
  EXPECT_THAT(values, testing::UnorderedElementsAre(Value(9), Value("n")));
  EXPECT_EQ(conversion, "@blog.parse");
}

TEST_F(Detect, AUniqueFieldThatIsRequiredFromNowOn_IsClaimedAnew) {
  const auto filled = [](const std::string&, const std::string&) {
    return Backfill{.function = "blog.slug"};
  };
  EXPECT_THAT(changes({model("A", {nullable(field("slug"))}, {}, {{.fields = {"slug"}}})},
                      {model("A", {field("slug")}, {}, {{.fields = {"slug"}}})}, filled),
              AllOf(testing::Contains(HasSubstr("Let slug of A repeat")),
                    testing::Contains(HasSubstr("Make slug of A unique"))));
}

TEST_F(Detect, OtherApps_StayAsTheyAre) {
  EXPECT_THAT(detect(project({post()}), {}, {"news"}, answers, kNoDefaults).operations, IsEmpty());
}

}  // namespace
}  // namespace dynamo_backend::migrations
