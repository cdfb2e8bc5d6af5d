// Files, the graph of dependencies, plans, numbers and names, merging.
#include "dynamo_backend/migrations/loader.h"

#include <filesystem>
#include <fstream>

#include "dynamo_backend/migrations/plan.h"
#include "dynamo_backend/migrations/test_states.h"
#include "dynamo_backend/migrations/writer.h"
#include "tests/temporary_folder.h"

namespace dynamo_backend::migrations {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Migration migration(const std::string& id, const std::vector<std::string>& needs = {},
                    std::vector<Operation> operations = {}) {
  Migration made{.id = parse_id(id), .operations = std::move(operations)};
  for (const std::string& needed : needs) made.dependencies.push_back(parse_id(needed));
  return made;
}
MigrationGraph graph_of(const std::vector<Migration>& migrations) {
  MigrationGraph graph;
  for (const Migration& m : migrations) graph.add(m);
  graph.link();
  return graph;
}
template <class Migrations>
std::vector<std::string> names(const Migrations& migrations) {
  std::vector<std::string> out;
  for (const Migration* m : migrations) out.push_back(m->id.str());
  return out;
}

// ---- files

struct Files : testing::Test {
  const tests::TemporaryFolder folder;
  const MigrationFolders folders{.base = folder.path(), .of_apps = {{"shop", "src/shop/moves"}}};

  void put(const std::string& path, const std::string& text) const {
    const auto file = std::filesystem::path(folder.path()) / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
};

TEST_F(Files, AreWrittenAndReadBack) {
  const Migration first = migration("blog.0001_initial", {}, {CreateTable{post()}});
  const Migration second = migration("shop.0001_initial", {"blog.0001_initial"});
  write(folders, first);
  write(folders, second);
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/blog/migrations/0001_initial.json"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "/src/shop/moves/0001_initial.json"));
  const MigrationGraph graph = load(folders, {"shop"});  // and what it depends on
  EXPECT_THAT(names(graph.in_order()), ElementsAre("blog.0001_initial", "shop.0001_initial"));
  EXPECT_TRUE(*graph.find(first.id) == first);
  EXPECT_EQ(graph.state(), project({post()}));
  EXPECT_THAT(apps_with_files(folders), ElementsAre("blog", "shop"));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(folder.path() + "/blog/migrations"))
    ++files;
  EXPECT_EQ(files, 1u);  // nothing temporary is left
}

TEST_F(Files, AnExistingFile_IsNeverWrittenOver) {
  put("blog/migrations/0001_initial.json", "mine");
  expect_error([&] { write(folders, migration("blog.0001_initial")); },
               "blog/migrations/0001_initial.json", "File exists");
}

TEST_F(Files, WhatIsNoMigration_IsPassedOver) {
  put("blog/migrations/README.md", "x");
  put("blog/migrations/0001_a.json~", "x");
  put("other/file.json", "x");
  EXPECT_THAT(names(load(folders, {"blog", "nothing"}).in_order()), IsEmpty());
  EXPECT_THAT(apps_with_files(folders), IsEmpty());
}

TEST_F(Files, MistakesNameTheFile) {
  put("blog/migrations/0001_a.json", "{");
  expect_error([&] { load(folders, {"blog"}); }, folder.path() + "/blog/migrations/0001_a.json");
  put("blog/migrations/0001_a.json", R"({"operations": [{"operation": "add_fields"}]})");
  expect_error([&] { load(folders, {"blog"}); }, "0001_a.json", "operation 1", "add_fields");
  std::filesystem::remove(folder.path() + "/blog/migrations/0001_a.json");
  put("blog/migrations/0001 a.json", "{}");
  expect_error([&] { load(folders, {"blog"}); }, "0001 a.json", "letters");
  std::filesystem::remove(folder.path() + "/blog/migrations/0001 a.json");
  put("blog/migrations/0002_b.json", R"({"dependencies": ["blog.0001_a"], "operations": []})");
  expect_error([&] { load(folders, {"blog"}); }, "blog.0002_b depends on blog.0001_a",
               "blog has 0002_b");
}

// ---- the graph

TEST(Graph, Circle_IsShown) {
  expect_error(
      [] {
        graph_of({migration("a.1"), migration("a.2", {"a.1", "b.2"}), migration("b.1", {"a.2"}),
                  migration("b.2", {"b.1"})});
      },
      "circle", "a.2 -> b.2 -> b.1 -> a.2");
}

TEST(Graph, OrderIsDependenciesThenName) {
  const auto graph = graph_of({migration("b.0002", {"b.0001"}), migration("b.0001", {"c.0001"}),
                               migration("a.0001"), migration("c.0001", {"a.0001"})});
  EXPECT_THAT(names(graph.in_order()), ElementsAre("a.0001", "c.0001", "b.0001", "b.0002"));
}

TEST(Graph, TwoHeads_AreToldWithTheWayOut) {
  const auto graph =
      graph_of({migration("a.0001"), migration("a.0002_x", {"a.0001"}),
                migration("a.0002_y", {"a.0001"}), migration("b.0001", {"a.0002_x"})});
  EXPECT_THAT(names(graph.heads("a")), ElementsAre("a.0002_x", "a.0002_y"));
  expect_error([&] { graph.check_heads(); }, "0002_x, 0002_y", "dmakemigrations --merge a");
}

TEST(Graph, OperationThatDoesNotFit_NamesItsMigration) {
  const auto graph = graph_of({migration("blog.0001", {}, {DeleteTable{"Post"}})});
  expect_error([&] { graph.state(); }, "blog.0001", "Delete the table of Post", "no model Post");
}

// ---- plans

struct Plan : testing::Test {
  MigrationGraph graph =
      graph_of({migration("blog.0001_initial", {}, {CreateTable{model("Post", {})}}),
                migration("blog.0002_a", {"blog.0001_initial"},
                          {AddField{.model = "Post", .field = nullable(field("a"))}}),
                migration("blog.0003_b", {"blog.0002_a"},
                          {AddField{.model = "Post", .field = nullable(field("b"))}}),
                migration("shop.0001_initial", {"blog.0002_a"}), migration("user.0001_initial")});

  std::vector<std::string> plan(const std::set<std::string>& applied, const Goal& goal = {}) {
    std::set<MigrationId> ids;
    for (const std::string& id : applied) ids.insert(parse_id(id));
    std::vector<std::string> lines;
    for (const Step& step : make_plan(graph, ids, goal)) {
      const ModelState* post_model = step.before.find("blog", "Post");
      lines.push_back((step.backwards ? "-" : "+") + step.migration->id.str() + " on " +
                      std::to_string(post_model ? post_model->fields.size() : 0));
    }
    return lines;
  }
};

TEST_F(Plan, WithoutAGoal_IsEverything) {
  EXPECT_THAT(plan({}),
              ElementsAre("+blog.0001_initial on 0", "+blog.0002_a on 1", "+blog.0003_b on 2",
                          "+shop.0001_initial on 3", "+user.0001_initial on 3"));
  EXPECT_THAT(plan({"blog.0001_initial", "blog.0002_a", "user.0001_initial"}),
              ElementsAre("+blog.0003_b on 2", "+shop.0001_initial on 3"));
}

TEST_F(Plan, Target_IsReachedForwards) {
  EXPECT_THAT(plan({}, {"shop", ""}), ElementsAre("+blog.0001_initial on 0", "+blog.0002_a on 1",
                                                  "+shop.0001_initial on 2"));
  EXPECT_THAT(plan({"blog.0001_initial"}, {"blog", "0002"}), ElementsAre("+blog.0002_a on 1"));
  EXPECT_THAT(plan({"blog.0001_initial"}, {"blog", "0001_initial"}), IsEmpty());
}

TEST_F(Plan, Target_IsReachedBackwards_WithWhatNeedsTheRest) {
  const std::set<std::string> all{"blog.0001_initial", "blog.0002_a", "blog.0003_b",
                                  "shop.0001_initial", "user.0001_initial"};
  EXPECT_THAT(plan(all, {"blog", "0001"}),
              ElementsAre("-shop.0001_initial on 3", "-blog.0003_b on 2", "-blog.0002_a on 1"));
  EXPECT_THAT(plan(all, {"blog", "0002"}), ElementsAre("-blog.0003_b on 2"));
  EXPECT_THAT(plan(all, {"blog", "zero"}),
              ElementsAre("-shop.0001_initial on 3", "-blog.0003_b on 2", "-blog.0002_a on 1",
                          "-blog.0001_initial on 0"));
  EXPECT_THAT(plan(all, {"user", "zero"}), ElementsAre("-user.0001_initial on 3"));
  EXPECT_THAT(plan({}, {"blog", "zero"}), IsEmpty());
}

TEST_F(Plan, MistakesAreNamed) {
  expect_error([&] { plan({}, {"nope", ""}); }, "\"nope\"");
  expect_error([&] { plan({}, {"blog", "0009"}); }, "0009", "0001_initial, 0002_a, 0003_b");
  expect_error([&] { plan({}, {"blog", "000"}); }, "several", "0002_a");
  expect_error([&] { plan({"blog.0002_a"}); }, "blog.0002_a", "not blog.0001_initial", "--fake");
}

// Its record was lost: it stands before what was built on it, and the rest behind all of that.
TEST_F(Plan, WhatIsMissingAmongTheApplied_HasItsOwnPlace) {
  graph = graph_of({migration("blog.0001_initial", {}, {CreateTable{model("Post", {})}}),
                    migration("blog.0002_t", {"blog.0001_initial"},
                              {AddField{.model = "Post", .field = nullable(field("t"))}}),
                    migration("blog.0003_u", {"blog.0002_t"}, {RenameField{"Post", "t", "u"}}),
                    migration("blog.0004_v", {"blog.0003_u"},
                              {AddField{.model = "Post", .field = nullable(field("v"))}}),
                    migration("blog.0004_x", {"blog.0001_initial"})});
  const std::set<std::string> applied{"blog.0001_initial", "blog.0003_u"};
  EXPECT_THAT(plan(applied, {"blog", "0002"}), ElementsAre("+blog.0002_t on 1"));
  EXPECT_THAT(plan(applied, {"blog", "0004_v"}),
              ElementsAre("+blog.0002_t on 1", "+blog.0004_v on 2"));
  EXPECT_THAT(plan({"blog.0001_initial", "blog.0002_t", "blog.0003_u"}, {"blog", "0004_x"}),
              ElementsAre("+blog.0004_x on 2"));
}

// ---- numbers, names, dependencies

Changes changes(const std::map<std::string, std::vector<Operation>>& operations) {
  return {.operations = operations};
}

TEST(Writer, NumbersNamesAndDependencies) {
  const auto graph =
      graph_of({migration("blog.0001_initial"), migration("blog.0007_x", {"blog.0001_initial"}),
                migration("auth.0002_y")});
  ModelState comment = model("Comment", {reference("by", "auth.User")});
  comment.app = "news";
  const auto made =
      make_migrations(graph,
                      changes({{"blog", {AddField{.model = "Post", .field = field("subtitle")}}},
                               {"news", {CreateTable{comment}}}}),
                      "");
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0].id.str(), "blog.0008_add_subtitle");
  EXPECT_THAT(made[0].dependencies, ElementsAre(MigrationId{"blog", "0007_x"}));
  EXPECT_EQ(made[0].description, "Add field subtitle to Post");
  EXPECT_EQ(made[1].id.str(), "news.0001_initial");
  EXPECT_THAT(made[1].dependencies, ElementsAre(MigrationId{"auth", "0002_y"}));
  EXPECT_EQ(make_migrations(graph, changes({{"blog", {DeleteTable{"Post"}}}}), "gone")[0].id.name,
            "0008_gone");
  EXPECT_EQ(empty_migration(graph, "blog", "fill").id.name, "0008_fill");
  EXPECT_THAT(empty_migration(graph, "blog", "").description, HasSubstr("run_function"));
}

TEST(Writer, AppsThatReferToEachOther_DependInOneDirection) {
  ModelState a = model("A", {reference("b", "other.B")}),
             b = model("B", {reference("a", "blog.A")});
  b.app = "other";
  auto made =
      make_migrations({}, changes({{"blog", {CreateTable{a}}}, {"other", {CreateTable{b}}}}), "");
  EXPECT_EQ(made[0].id.app, "other");  // first: it waits for none
  EXPECT_THAT(made[0].dependencies, IsEmpty());
  EXPECT_THAT(made[1].dependencies, ElementsAre(made[0].id));
  graph_of(made);  // throws for a circle
}

TEST(Writer, Names_SayWhatIsDoneAndStayShort) {
  const auto name = [](const std::vector<Operation>& operations) {
    return suggested_name(operations, false);
  };
  EXPECT_EQ(name({AddField{.model = "A", .field = field("x")}, RemoveField{"A", "y"}}),
            "add_x_remove_y");
  EXPECT_EQ(name({AddIndex{"A", index("author-recent", "x")}}), "index_author_recent");
  EXPECT_EQ(name({RunFunction{.function = "blog.fill"}}), "run_blog_fill");
  std::vector<Operation> many;
  for (int i = 0; i < 30; ++i) many.push_back(RemoveField{"A", "field" + std::to_string(i)});
  EXPECT_LE(name(many).size(), 70u);
  EXPECT_THAT(name(many), testing::EndsWith("_and_more"));
  const std::string long_name(255, 'x');
  EXPECT_LE(name({RemoveField{"A", long_name}}).size(), 70u);
  EXPECT_LE(name({RemoveField{"A", long_name}, RemoveField{"A", "y"}}).size(), 70u);
}

// ---- merging

MigrationGraph branches(std::vector<Operation> left, std::vector<Operation> right) {
  return graph_of({migration("blog.0001_initial", {}, {CreateTable{post()}}),
                   migration("blog.0002_x", {"blog.0001_initial"}, std::move(left)),
                   migration("blog.0002_y", {"blog.0001_initial"}, std::move(right))});
}

TEST(Merge, OfWhatDoesNotMeet) {
  const auto graph = branches({AddField{.model = "Post", .field = nullable(field("a"))}},
                              {AddField{.model = "Post", .field = nullable(field("b"))},
                               AddIndex{"Post", index("by_b", "b")}});
  EXPECT_THAT(merge_conflicts(graph, "blog"), IsEmpty());
  EXPECT_EQ(describe_heads(graph, "blog"),
            "  Branch 0002_x\n    - Add field a to Post\n  Branch 0002_y\n    - Add field b to "
            "Post\n    - Add index by_b to Post\n");
  const Migration merge = merge_migration(graph, "blog", "");
  EXPECT_EQ(merge.id.name, "0003_merge_0002_x_0002_y");
  EXPECT_THAT(merge.dependencies,
              ElementsAre(MigrationId{"blog", "0002_x"}, MigrationId{"blog", "0002_y"}));
  MigrationGraph merged = graph;
  merged.add(merge);
  merged.link();
  merged.check_heads();
  EXPECT_NE(merged.state().model("blog", "Post").find_index("by_b"), nullptr);
}

TEST(Merge, OfWhatMeets_IsAConflict) {
  const auto conflict = [](Operation left, Operation right) {
    return merge_conflicts(branches({left}, {right}), "blog");
  };
  const Operation add_a = AddField{.model = "Post", .field = nullable(field("a"))};
  EXPECT_THAT(conflict(add_a, add_a), ElementsAre("0002_x and 0002_y both change Post.a"));
  EXPECT_THAT(conflict(RenameField{"Post", "views", "a"}, add_a),
              ElementsAre("0002_x and 0002_y both change Post.a"));
  EXPECT_THAT(conflict(DeleteTable{"Post"}, add_a),
              ElementsAre("0002_x and 0002_y both change Post"));
  EXPECT_THAT(conflict(AddIndex{"Post", index("views", "views")}, RemoveField{"Post", "views"}),
              ElementsAre("0002_x and 0002_y both change Post.views"));
  IndexState including = index("titles", "title");
  including.include = {"views"};
  EXPECT_THAT(conflict(AddIndex{"Post", including}, RemoveField{"Post", "views"}),
              ElementsAre("0002_x and 0002_y both change Post.views"));
  // Both only use it.
  EXPECT_THAT(
      conflict(AddIndex{"Post", including}, AddIndex{"Post", index("t2", "title", "views")}),
      IsEmpty());
  EXPECT_THAT(conflict(AddUnique{"Post", {.fields = {"title", "views"}}},
                       AddUnique{"Post", {.fields = {"title", "due"}}}),
              IsEmpty());
  EXPECT_THAT(conflict(RunFunction{.function = "f", .model = "Post"}, add_a),
              ElementsAre("0002_x and 0002_y both change Post"));
  EXPECT_THAT(conflict(RunFunction{.function = "f"}, add_a), IsEmpty());
}

TEST(Merge, OfThreeHeads_WhatTwoOfThemShareIsNoConflict) {
  const auto add = [](const std::string& name) -> Operation {
    return AddField{.model = "Post", .field = nullable(field(name))};
  };
  const auto graph = graph_of({migration("blog.0001_initial", {}, {CreateTable{post()}}),
                               migration("blog.0002_base", {"blog.0001_initial"}, {add("base")}),
                               migration("blog.0002_z", {"blog.0001_initial"}, {add("z")}),
                               migration("blog.0003_x", {"blog.0002_base"}, {add("x")}),
                               migration("blog.0003_y", {"blog.0002_base"}, {add("y")})});
  EXPECT_THAT(merge_conflicts(graph, "blog"), IsEmpty());
}

// By name alone, blog's second migration would come before shop's first, which refers to the model
// by the name that it had then.
TEST(Writer, ARenamedModel_ComesAfterTheMigrationsThatKnowItsOldName) {
  ModelState order = model("Order", {reference("post_pk", "blog.Post")});
  order.app = "shop";
  MigrationGraph graph =
      graph_of({migration("blog.0001_initial", {}, {CreateTable{post()}}),
                migration("shop.0001_initial", {"blog.0001_initial"}, {CreateTable{order}})});
  const auto made = make_migrations(
      graph, Changes{.operations = {{"blog", {RenameModel{"Post", "Article"}}}}}, "");
  ASSERT_EQ(made.size(), 1u);
  graph.add(made[0]);
  graph.link();
  EXPECT_EQ(graph.state().model("shop", "Order").find_field("post_pk")->references, "blog.Article");
}

}  // namespace
}  // namespace dynamo_backend::migrations
