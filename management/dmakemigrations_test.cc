// dmakemigrations as its users type it.
#include <iostream>
#include <stdexcept>

#include <pty.h>
#include <unistd.h>

#include "management/test_migrations.h"

namespace basket {
using namespace dynamo_backend;

struct Line : DynamoModel<Line> {
  Ref<shop::Item> item_pk{};
  static constexpr auto schema = define<Line>(ForeignKey<&Line::item_pk>{});
};

}  // namespace basket

namespace management {
namespace {

// Standard input is a terminal on which this has been typed.
class Typed {
 public:
  explicit Typed(const std::string& text) : before_(::dup(STDIN_FILENO)) {
    int slave = -1;
    if (::openpty(&master_, &slave, nullptr, nullptr, nullptr) != 0)
      throw std::runtime_error("openpty");
    if (::write(master_, text.data(), text.size()) < 0) throw std::runtime_error("write");
    ::dup2(slave, STDIN_FILENO);
    ::close(slave);
    std::clearerr(stdin);
    std::cin.clear();
  }
  ~Typed() {
    ::dup2(before_, STDIN_FILENO);
    ::close(before_);
    ::close(master_);
  }
  Typed(const Typed&) = delete;
  Typed& operator=(const Typed&) = delete;

 private:
  int before_, master_ = -1;
};

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(Migrations, Make_WritesTheDifferenceOnce) {
  EXPECT_EQ(manage({"dmakemigrations", "shop"}), 0) << err;
  const std::string file = folder.path() + "/shop/migrations/0001_initial.json";
  EXPECT_EQ(out, "Migrations for 'shop':\n  " + file +
                     "\n    - Create table shop_item of Item (4 fields, 1 index)\n");
  const std::string expected = R"text({
  "description": "Create table shop_item of Item (4 fields, 1 index)",
  "dependencies": [],
  "operations": [
    {
      "operation": "create_table",
      "model": "Item",
      "table": "shop_item",
      "partition_key": "pk",
      "fields": [
        {"name": "pk", "type": "uuid"},
        {"name": "name", "type": "text"},
        {"name": "subtitle", "type": "text"},
        {"name": "price", "type": "integer"}
      ],
      "indexes": [{"name": "name-index", "partition_key": "name"}]
    }
  ]
}
)text";
  EXPECT_EQ(text_of("0001_initial.json"), expected);
  EXPECT_EQ(manage({"dmakemigrations", "shop"}), 0);
  EXPECT_EQ(out, "No changes detected in shop\n");
  EXPECT_EQ(manage({"makemigrations", "shop", "--check"}), 0);
}

TEST_F(Migrations, CheckAndDryRun_WriteNothing) {
  EXPECT_EQ(manage({"dmakemigrations", "shop", "--check"}), 1);
  EXPECT_THAT(out, HasSubstr("Create table shop_item"));
  EXPECT_THAT(err, HasSubstr("changes without a migration"));
  EXPECT_EQ(manage({"dmakemigrations", "shop", "--dry-run"}), 0);
  EXPECT_THAT(out, HasSubstr("\"operation\": \"create_table\""));
  EXPECT_TRUE(files().empty());
}

TEST_F(Migrations, Name_IsTheFiles) {
  EXPECT_EQ(manage({"dmakemigrations", "shop", "-n", "begin"}), 0);
  EXPECT_THAT(files(), testing::ElementsAre("0001_begin.json"));
  EXPECT_EQ(manage({"dmakemigrations", "shop", "--name", "../x"}), 1);
  EXPECT_EQ(err, "dmakemigrations: --name: letters, digits and _ alone; it is \"../x\"\n");
}

TEST_F(Migrations, Empty_IsForHands) {
  EXPECT_EQ(manage({"dmakemigrations", "--empty"}), 1);
  EXPECT_THAT(err, HasSubstr("--empty needs the app"));
  manage({"dmakemigrations", "shop"});
  EXPECT_EQ(manage({"dmakemigrations", "shop", "--empty", "--name", "fill"}), 0);
  EXPECT_THAT(text_of("0002_fill.json"),
              AllOf(HasSubstr("run_function"), HasSubstr("[\"shop.0001_initial\"]"),
                    HasSubstr("\"operations\": []")));
  EXPECT_EQ(manage({"dmakemigrations", "shop"}), 0);
  EXPECT_EQ(out, "No changes detected in shop\n");
}

TEST_F(Migrations, UnknownApp_ListsTheApps) {
  EXPECT_EQ(manage({"dmakemigrations", "shoop"}), 1);
  EXPECT_THAT(err, AllOf(HasSubstr("no app \"shoop\""), HasSubstr("shop")));
  EXPECT_EQ(manage({"dmigrate", "shoop"}), 1);
  EXPECT_THAT(err, HasSubstr("no app \"shoop\""));
}

TEST_F(Migrations, RequiredField_NeedsAValueForExistingRows) {
  record(R"({"name": "name", "type": "text"})", kIndex);
  EXPECT_EQ(manage({"dmakemigrations", "shop"}), 1);
  EXPECT_THAT(err, AllOf(HasSubstr("shop.Item.subtitle is added and has no default"),
                         HasSubstr("--default shop.Item.subtitle='<JSON>'")));
  EXPECT_EQ(files().size(), 1u);
  EXPECT_EQ(manage({"dmakemigrations", "shop", "--default", "shop.Item.subtitel=\"none\""}), 1);
  EXPECT_EQ(manage({"dmakemigrations", "--default", "shop.Item.subtitle=\"none\"", "shop"}), 0)
      << err;
  const std::string text = text_of("0002_add_subtitle_add_price.json");
  EXPECT_THAT(text, AllOf(HasSubstr(R"("backfill": {"value": "none"})"),
                          HasSubstr(R"("backfill": {"value": 5})")));  // the C++ default
}

TEST_F(Migrations, OptionThatAnswersNothing_IsTold) {
  EXPECT_EQ(manage({"dmakemigrations", "shop", "--rename", "shop.Item.a:b"}), 1);
  EXPECT_THAT(err, HasSubstr("--rename shop.Item.a:b answers nothing"));
  EXPECT_TRUE(files().empty());
}

TEST_F(Migrations, Rename_IsAskedOnATerminal_AndNeverGuessed) {
  record(
      R"({"name": "name", "type": "text"}, {"name": "title", "type": "text"}, {"name": "price", "type": "integer"})",
      kIndex);
  // A removal would be a guess that costs the values.
  for (const char* option : {"--noinput", "--check"}) {
    EXPECT_EQ(manage({"dmakemigrations", "shop", option, "--default", "shop.Item.subtitle=\"\""}),
              1);
    EXPECT_THAT(err, AllOf(HasSubstr("shop.Item.title is gone, and subtitle is there"),
                           HasSubstr("--rename shop.Item.title:subtitle, or --no-rename")));
    EXPECT_EQ(files().size(), 1u);
  }
  EXPECT_EQ(manage({"dmakemigrations", "shop", "--dry-run", "--noinput", "--no-rename", "--default",
                    "shop.Item.subtitle=\"\""}),
            0);
  EXPECT_THAT(out, AllOf(HasSubstr("Remove field title"), HasSubstr("Add field subtitle"),
                         HasSubstr("Note: Removes shop.Item.title from the rows")));
  EXPECT_EQ(
      manage({"dmakemigrations", "shop", "--dry-run", "--rename", "shop.Item.title:subtitle"}), 0);
  EXPECT_THAT(out, AllOf(HasSubstr("Rename field title of Item to subtitle"),
                         Not(HasSubstr("Remove field"))));
  {
    const Typed no("n\n\"none\"\n");
    EXPECT_EQ(manage({"dmakemigrations", "shop", "--dry-run"}), 0) << err;
    EXPECT_THAT(out, AllOf(HasSubstr("Was shop.Item.title renamed to Item.subtitle (text)? [y/N]"),
                           HasSubstr("Remove field title"), HasSubstr("\"none\"")));
  }
  const Typed yes("y\n");
  EXPECT_EQ(manage({"dmakemigrations", "shop"}), 0) << err;
  EXPECT_THAT(files(), testing::Contains("0002_rename_title_to_subtitle.json"));
}

TEST_F(Migrations, TwoHeads_AreJoinedByMerge) {
  manage({"dmakemigrations", "shop"});
  const auto branch = [&](const std::string& name, const std::string& field) {
    write(
        "shop/migrations/" + name + ".json",
        R"({"dependencies": ["shop.0001_initial"], "operations": [{"operation": "add_field", "model": "Item", "field": {"name": ")" +
            field + R"(", "type": "text", "nullable": true}}]})");
  };
  branch("0002_a", "a");
  branch("0002_b", "a");
  for (const char* command : {"dmakemigrations", "dmigrate"}) {
    EXPECT_EQ(manage({command}), 1);
    EXPECT_THAT(err, AllOf(HasSubstr("0002_a, 0002_b"), HasSubstr("dmakemigrations --merge shop")));
  }
  EXPECT_EQ(manage({"dmakemigrations", "--merge", "shop"}), 1);
  EXPECT_THAT(err, HasSubstr("0002_a and 0002_b both change Item.a"));
  branch("0002_b", "b");
  {
    const Typed no("n\n");
    EXPECT_EQ(manage({"dmakemigrations", "--merge"}), 0);
    EXPECT_THAT(out, AllOf(HasSubstr("Branch 0002_a"), HasSubstr("No branches to merge")));
  }
  EXPECT_EQ(manage({"dmakemigrations", "--merge", "--noinput"}), 0);
  EXPECT_THAT(text_of("0003_merge_0002_a_0002_b.json"),
              HasSubstr(R"("dependencies": ["shop.0002_a", "shop.0002_b"])"));
  EXPECT_EQ(manage({"dmigrate", "--plan"}), 0) << err;
}

TEST_F(Migrations, AppWithoutModels_IsLeftUntilItIsNamed) {
  manage({"dmakemigrations", "shop"});
  write("gone/migrations/0001_initial.json",
        R"({"operations": [{"operation": "create_table", "model": "Old", "table": "gone_old",
          "partition_key": "pk", "fields": [{"name": "pk", "type": "uuid"}]}]})");
  manage({"dmakemigrations", "--dry-run", "--noinput"});
  EXPECT_THAT(out, AllOf(HasSubstr("gone has migrations and no compiled models"),
                         Not(HasSubstr("Delete the table"))));
  project.migrations["gone"] = "gone/migrations";  // where its files are says no more
  manage({"dmakemigrations", "--dry-run", "--noinput"});
  EXPECT_THAT(out, Not(HasSubstr("Delete the table")));
  EXPECT_EQ(manage({"dmakemigrations", "gone", "--dry-run"}), 0);
  EXPECT_THAT(out, AllOf(HasSubstr("Delete the table of Old"),
                         HasSubstr("Note: Deletes the table gone_old")));
}

TEST_F(Migrations, MistakeInAFile_IsOneLineThatNamesIt) {
  write("shop/migrations/0001_initial.json", R"({"operations": [{"operation": "creat_table"}]})");
  for (const char* command : {"dmakemigrations", "dmigrate", "showmigrations"}) {
    EXPECT_EQ(manage({command}), 1);
    EXPECT_THAT(err, AllOf(HasSubstr("shop/migrations/0001_initial.json"), HasSubstr("operation 1"),
                           HasSubstr("creat_table")));
    EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1);
  }
}

// Killed, or out of space, between two files: no file stands there that depends on a missing one.
TEST_F(Migrations, Make_WritesAFileAfterThoseThatItDependsOn) {
  project.models = [](dynamo_backend::Registry& registry) {
    registry.add<shop::Item>();
    registry.add<basket::Line>();
  };
  write("shop/migrations", "in the way");
  EXPECT_EQ(manage({"dmakemigrations", "basket", "shop"}), 1);
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/basket"));
  std::filesystem::remove(folder.path() + "/shop/migrations");
  write("basket/migrations", "in the way");
  EXPECT_EQ(manage({"dmakemigrations", "basket", "shop"}), 1);
  EXPECT_THAT(files(), testing::ElementsAre("0001_initial.json"));
  std::filesystem::remove(folder.path() + "/basket/migrations");
  // And the next run goes on.
  EXPECT_EQ(manage({"dmakemigrations", "basket", "shop"}), 0) << err;
  EXPECT_THAT(out, AllOf(HasSubstr("Create table basket_line"), Not(HasSubstr("shop_item"))));
  EXPECT_EQ(manage({"dmigrate", "basket"}), 0) << err;
  EXPECT_LT(out.find("shop.0001_initial"), out.find("basket.0001_initial"));
}

}  // namespace
}  // namespace management
