// dumpdata, loaddata and flush as their users type them: which models, and what is refused before a
// row is written or deleted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/models.h"
#include "dynamo_backend/tables.h"
#include "dynamodb/local/engine.h"
#include "management/fixtures/fixture_line.h"
#include "management/test_program.h"

namespace depot {

using namespace dynamo_backend;

struct Item : DynamoModel<Item> {
  std::string name{};
  static constexpr auto schema = define<Item>(CharField<&Item::name>{});
};
struct Box : DynamoModel<Box> {
  std::string name{};
  static constexpr auto schema = define<Box>(CharField<&Box::name>{});
};
struct Crate : DynamoModel<Crate> {
  std::string name{};
  void clean(ValidationError&) const {
    if (name == "odd") throw std::out_of_range("no shelf is called odd");
  }
  static constexpr auto schema = define<Crate>(CharField<&Crate::name>{});
};

}  // namespace depot

namespace management {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Every command names the app: other tests of the program leave models in the registry.
class DataCommands : public TestProgram {
 protected:
  DataCommands() {
    project.models = [](dynamo_backend::Registry& registry) {
      registry.add<depot::Item>();
      registry.add<depot::Box>();
      registry.add<depot::Crate>();
    };
    set_up_database("create_tables_on_startup = false\n");
  }
  template <class... Models>
  void make_tables() const {
    const auto engine = dynamodb::local::Engine::open({.directory = folder.path() + "/data"});
    (engine->create_table(dynamo_backend::table_definition(dynamo_backend::model_info<Models>()))
         .value(),
     ...);
  }
  static std::string row(const std::string& model, const std::string& name) {
    return R"({"model":"depot.)" + model + R"(","item":{"name":{"S":")" + name +
           R"("},"pk":{"S":"0f8fad5b-d9cb-469f-a165-70867728950e"}}})" + "\n";
  }
  // A line by which loaddata makes the table.
  template <class Model>
  static std::string table(const std::string& key = "pk") {
    auto form = dynamo_backend::table_definition(dynamo_backend::model_info<Model>());
    form.key.partition.name = key;
    std::string line;
    append_table(line, dynamo_backend::model_info<Model>().label(), form);
    return line;
  }
  // With one row each.
  void load_all() {
    make_tables<depot::Item, depot::Box, depot::Crate>();
    const std::string rows =
        write("all.jsonl", row("Item", "i") + row("Box", "b") + row("Crate", "c"));
    ASSERT_EQ(manage({"loaddata", rows.c_str()}), 0) << err;
  }
};

TEST_F(DataCommands, Exclude_TakesOneValue_AndIsRepeated) {
  load_all();
  EXPECT_EQ(manage({"flush", "--no-input", "-e", "depot.Item", "depot.Box"}), 0) << err;
  EXPECT_EQ(manage({"dumpdata", "depot"}), 0) << err;
  EXPECT_EQ(out, row("Item", "i") + row("Crate", "c"));
  EXPECT_EQ(manage({"dumpdata", "-e", "depot.Item", "--exclude=depot.Crate", "depot"}), 0) << err;
  EXPECT_EQ(out, "");
  const char* key = "0f8fad5b-d9cb-469f-a165-70867728950e";
  EXPECT_EQ(manage({"dumpdata", "--pks", key, "depot.Crate"}), 0) << err;
  EXPECT_EQ(out, row("Crate", "c"));
  EXPECT_EQ(manage({"flush", "--no-input", "depot"}), 0) << err;
  const std::string rows = folder.path() + "/all.jsonl";
  EXPECT_EQ(manage({"loaddata", "-e", "depot.Item", rows.c_str()}), 0) << err;
  EXPECT_EQ(manage({"dumpdata", "depot"}), 0) << err;
  EXPECT_EQ(out, row("Box", "b") + row("Crate", "c"));
}

TEST_F(DataCommands, LoadData_LooksAtTheTables_BeforeItWrites) {
  make_tables<depot::Item>();
  const std::string rows = write("rows.jsonl", row("Item", "i") + row("Box", "b"));
  EXPECT_EQ(manage({"loaddata", rows.c_str()}), 1);
  EXPECT_THAT(err, HasSubstr("depot.Box: the table depot_box does not exist; make it, or leave"));
  EXPECT_EQ(manage({"dumpdata", "depot.Item"}), 0) << err;
  EXPECT_EQ(out, "");
  EXPECT_EQ(manage({"loaddata", "--check", rows.c_str()}), 0) << err;
  // A line that makes the table comes before the rows, in this file or in one before.
  const std::string late = write("late.jsonl", row("Box", "b") + table<depot::Box>());
  EXPECT_EQ(manage({"loaddata", late.c_str()}), 1);
  const std::string first = write("first.jsonl", table<depot::Box>());
  EXPECT_EQ(manage({"loaddata", first.c_str(), rows.c_str()}), 0) << err;
  EXPECT_EQ(manage({"dumpdata", "depot.Item", "depot.Box"}), 0) << err;
  EXPECT_EQ(out, row("Item", "i") + row("Box", "b"));
}

TEST_F(DataCommands, LoadData_RefusesTablesWithAnotherKey) {
  make_tables<depot::Item>();
  const std::string rows = write("rows.jsonl", row("Item", "i") + table<depot::Box>("id"));
  EXPECT_EQ(manage({"loaddata", rows.c_str()}), 1);
  EXPECT_THAT(err, AllOf(HasSubstr("rows.jsonl:2: depot.Box: "),
                         HasSubstr("a table with the key id (S); the model needs pk (S)")));
  {
    const auto engine = dynamodb::local::Engine::open({.directory = folder.path() + "/data"});
    engine->create_table({.name = "depot_box", .key = {.partition = {"id"}}}).value();
  }
  for (const std::string& line : {row("Box", "b"), table<depot::Box>()}) {
    write("rows.jsonl", row("Item", "i") + line);
    EXPECT_EQ(manage({"loaddata", rows.c_str()}), 1);
    EXPECT_THAT(err, HasSubstr("the table depot_box is there with the key id (S)"));
  }
  EXPECT_EQ(manage({"dumpdata", "depot.Item"}), 0) << err;
  EXPECT_EQ(out, "");
}

TEST_F(DataCommands, Validate_NamesTheLine_WhateverCleanThrows) {
  load_all();
  const std::string rows = write("rows.jsonl", row("Crate", "even") + row("Crate", "odd") + "{}\n");
  EXPECT_EQ(manage({"loaddata", "--validate", "--check", rows.c_str()}), 1);
  EXPECT_THAT(err,
              AllOf(HasSubstr("rows.jsonl:2: depot.Crate: "), HasSubstr("no shelf is called odd"),
                    HasSubstr("rows.jsonl:3: "), HasSubstr("2 lines do not fit")));
}

}  // namespace
}  // namespace management
