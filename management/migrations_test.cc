// dmakemigrations, dmigrate and showmigrations as their users type them.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include "dynamo_backend/migrations/functions.h"
#include "dynamo_backend/models.h"
#include "management/database.h"
#include "management/project.h"
#include "tests/temporary_folder.h"

namespace shop {
using namespace dynamo_backend;

struct Item : DynamoModel<Item> {
  std::string name{};
  std::string subtitle{};
  std::int64_t price = 5;
  static constexpr auto schema =
      define<Item>(CharField<&Item::name>{.index = true}, CharField<&Item::subtitle>{},
                   IntegerField<&Item::price>{});
};

}  // namespace shop

namespace basket {
using namespace dynamo_backend;

struct Line : DynamoModel<Line> {
  Ref<shop::Item> item_pk{};
  static constexpr auto schema = define<Line>(ForeignKey<&Line::item_pk>{});
};

}  // namespace basket

namespace management {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

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

struct Migrations : testing::Test {
  Migrations() {
    ::unsetenv("DYNAMO_ENDPOINT_URL");
    ::unsetenv("DYNAMO_TABLE_PREFIX");
    project.models = [](dynamo_backend::Registry& registry) { registry.add<shop::Item>(); };
    project.configure = [](web::Application&) {};
    project.migrations_base = folder.path();
    put("settings.toml", "[dynamo_backend]\nendpoint_url = \"local:" + folder.path() +
                             "/data\"\ncreate_tables_on_startup = false\n[web]\ndebug = true\n");
    project.settings_file = folder.path() + "/settings.toml";
  }

  int manage(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "manage");
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = execute(project, static_cast<int>(arguments.size()), arguments.data());
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return code;
  }
  void put(const std::string& path, const std::string& text) const {
    const auto file = std::filesystem::path(folder.path()) / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::string text_of(const std::string& name) const {
    std::ifstream file(folder.path() + "/shop/migrations/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder.path() + "/shop/migrations", none))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  // A recorded state: a table shop_item with these fields beside its pk, and more members.
  void record(const std::string& fields, const std::string& more = "") const {
    put("shop/migrations/0001_initial.json",
        R"({"operations": [{"operation": "create_table", "model": "Item", "table": "shop_item",
            "partition_key": "pk", "fields": [{"name": "pk", "type": "uuid"}, )" +
            fields + "]" + more + "}]}");
  }
  static constexpr const char* kIndex =
      R"(, "indexes": [{"name": "name-index", "partition_key": "name"}])";

  // Rows of the table, through the database that the settings name.
  template <class Do>
  void with_database(const Do& work) const {
    base::DynamoBackendSettings settings;
    settings.endpoint_url = "local:" + folder.path() + "/data";
    Database database(settings, "secret");
    work(database.client());
  }

  const tests::TemporaryFolder folder;
  Project project;
  std::string out{}, err{};
};

// ---- dmakemigrations

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
    put("shop/migrations/" + name + ".json",
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
  put("gone/migrations/0001_initial.json",
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
  put("shop/migrations/0001_initial.json", R"({"operations": [{"operation": "creat_table"}]})");
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
  put("shop/migrations", "in the way");
  EXPECT_EQ(manage({"dmakemigrations", "basket", "shop"}), 1);
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/basket"));
  std::filesystem::remove(folder.path() + "/shop/migrations");
  put("basket/migrations", "in the way");
  EXPECT_EQ(manage({"dmakemigrations", "basket", "shop"}), 1);
  EXPECT_THAT(files(), testing::ElementsAre("0001_initial.json"));
  std::filesystem::remove(folder.path() + "/basket/migrations");
  // And the next run goes on.
  EXPECT_EQ(manage({"dmakemigrations", "basket", "shop"}), 0) << err;
  EXPECT_THAT(out, AllOf(HasSubstr("Create table basket_line"), Not(HasSubstr("shop_item"))));
  EXPECT_EQ(manage({"dmigrate", "basket"}), 0) << err;
  EXPECT_LT(out.find("shop.0001_initial"), out.find("basket.0001_initial"));
}

// ---- dmigrate, showmigrations

TEST_F(Migrations, Migrate_FromNothingToTheNewestAndBack) {
  record(R"({"name": "name", "type": "text"})");
  EXPECT_EQ(manage({"showmigrations", "shop"}), 0) << err;
  EXPECT_EQ(out, "shop\n [ ] 0001_initial\n");
  EXPECT_EQ(manage({"dmigrate", "--list"}), 0);
  EXPECT_THAT(out, HasSubstr("shop\n [ ] 0001_initial\n"));
  EXPECT_EQ(manage({"dmigrate", "shop"}), 0) << err;
  EXPECT_THAT(
      out, AllOf(testing::StartsWith("Running migrations:\n"), HasSubstr("shop.0001_initial OK")));
  with_database([](dynamodb::Client& client) {
    ASSERT_TRUE(client.put_item({.table = "shop_item", .item = {{"pk", "1"}, {"name", "a"}}}));
  });
  ASSERT_EQ(manage({"dmakemigrations", "shop", "--default", "shop.Item.subtitle=\"none\""}), 0);
  EXPECT_EQ(manage({"migrate", "shop", "--plan"}), 0) << err;
  EXPECT_THAT(out, AllOf(HasSubstr("0002_add_subtitle"), HasSubstr("Add field subtitle to Item"),
                         HasSubstr("Add index name-index to Item")));
  EXPECT_EQ(manage({"migrate", "--budget", "100"}), 0) << err;
  with_database([](dynamodb::Client& client) {
    const auto row = client.get_item({.table = "shop_item", .key = {{"pk", "1"}}});
    EXPECT_EQ(dynamodb::unpack(row->item->view()),
              (dynamodb::Item{{"pk", "1"}, {"name", "a"}, {"subtitle", "none"}, {"price", 5}}));
  });
  EXPECT_EQ(manage({"migrate", "shop"}), 0);
  EXPECT_EQ(out, "No migrations to apply.\n");
  EXPECT_EQ(manage({"showmigrations", "--plan", "shop"}), 0);
  EXPECT_THAT(out, testing::StartsWith(" [X] shop.0001_initial\n [X] shop.0002_"));
  // Back: the values of the fields that go are those that the migration wrote.
  EXPECT_EQ(manage({"dmigrate", "shop", "0001"}), 0) << err;
  with_database([](dynamodb::Client& client) {
    const auto row = client.get_item({.table = "shop_item", .key = {{"pk", "1"}}});
    EXPECT_EQ(dynamodb::unpack(row->item->view()), (dynamodb::Item{{"pk", "1"}, {"name", "a"}}));
  });
  EXPECT_EQ(manage({"dmigrate", "shop", "zero"}), 1);  // the table has a row
  EXPECT_THAT(err, HasSubstr("--allow-data-loss"));
  EXPECT_EQ(out, "");  // nothing is running
  EXPECT_EQ(manage({"dmigrate", "shop", "zero", "--allow-data-loss"}), 0) << err;
  with_database([](dynamodb::Client& client) {
    EXPECT_THAT(client.list_tables({})->table_names, Not(testing::Contains("shop_item")));
  });
}

TEST_F(Migrations, Verbosity_IsOfWhatIsSaid_NotOfWhatIsAskedFor) {
  EXPECT_EQ(manage({"dmakemigrations", "shop", "-v", "0"}), 0) << err;
  EXPECT_EQ(out + err, "");
  EXPECT_EQ(manage({"dmigrate", "shop", "-v", "0"}), 0) << err;
  EXPECT_EQ(out + err, "");
  EXPECT_EQ(manage({"dmigrate", "shop", "-v", "0"}), 0);
  EXPECT_EQ(out + err, "");
  EXPECT_EQ(manage({"showmigrations", "shop", "-v", "0"}), 0);
  EXPECT_EQ(out, "shop\n [X] 0001_initial\n");
  EXPECT_EQ(manage({"dmigrate", "shop", "zero", "-v", "2"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("Consumed about "));
}

TEST_F(Migrations, Fake_RecordsAlone) {
  manage({"dmakemigrations", "shop"});
  EXPECT_EQ(manage({"dmigrate", "shop", "--fake"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("shop.0001_initial... FAKED"));
  manage({"showmigrations", "shop"});
  EXPECT_EQ(out, "shop\n [X] 0001_initial\n");
  with_database([](dynamodb::Client& client) {
    EXPECT_THAT(client.list_tables({})->table_names, Not(testing::Contains("shop_item")));
  });
}

TEST_F(Migrations, List_OfRecordsWithoutAFile) {
  manage({"dmakemigrations", "shop"});
  ASSERT_EQ(manage({"dmigrate", "shop"}), 0) << err;
  with_database([](dynamodb::Client& client) {
    for (const char* state : {"applied", "applying", "reverting"})
      ASSERT_TRUE(
          client.put_item({.table = "ddbdjango_migrations",
                           .item = {{"pk", std::string("shop.0002_") + state}, {"state", state}}}));
  });
  EXPECT_EQ(manage({"dmigrate", "--list"}), 0) << err;
  EXPECT_EQ(out,
            "shop\n [X] 0001_initial\n [X] 0002_applied (its file is gone)\n"
            " [ ] 0002_applying (running; its file is gone)\n"
            " [ ] 0002_reverting (undoing; its file is gone)\n");
}

TEST_F(Migrations, Prune_ForgetsAppliedMigrationsWithoutAFile) {
  record(R"({"name": "name", "type": "text"})");
  const auto keep = [this](const char* name) {
    put(std::string("shop/migrations/") + name,
        R"({"dependencies": ["shop.0001_initial"], "operations": []})");
  };
  keep("0002_gone.json");
  ASSERT_EQ(manage({"dmigrate", "shop"}), 0) << err;
  EXPECT_EQ(manage({"dmigrate", "shop", "--prune"}), 0) << err;
  EXPECT_EQ(out, "No migrations to prune.\n");
  std::filesystem::remove(folder.path() + "/shop/migrations/0002_gone.json");
  // Half done is not forgotten, nor is anything where no file is found.
  const auto state = [&](const char* name, const char* phase) {
    with_database([&](dynamodb::Client& client) {
      ASSERT_TRUE(client.put_item({.table = "ddbdjango_migrations",
                                   .item = {{"pk", name}, {"state", phase}, {"fence", 1}}}));
    });
  };
  state("shop.0003_half", "applying");
  EXPECT_EQ(manage({"dmigrate", "shop", "--prune"}), 1);
  EXPECT_THAT(err, AllOf(HasSubstr("shop.0003_half is half done"), HasSubstr("put the file back")));
  state("shop.0003_half", "applied");
  state("other.0001_initial", "applied");
  project.migrations_base = folder.path() + "/elsewhere";
  EXPECT_EQ(manage({"dmigrate", "shop", "--prune"}), 1);
  EXPECT_THAT(err, HasSubstr("shop has no migration files here"));
  project.migrations_base = folder.path();
  for (const char* no : {"--plan", "--list", "--fake", "0001"})
    EXPECT_EQ(manage({"dmigrate", "shop", no, "--prune"}), 2) << no;
  EXPECT_EQ(manage({"dmigrate", "--prune"}), 2);  // of which app?
  EXPECT_EQ(manage({"dmigrate", "shop", "--prune"}), 0) << err;
  EXPECT_EQ(out, "Pruned shop.0002_gone\nPruned shop.0003_half\n");
  EXPECT_EQ(manage({"showmigrations", "shop"}), 0);
  EXPECT_EQ(out, "shop\n [X] 0001_initial\n");
  with_database([](dynamodb::Client& client) {
    EXPECT_THAT(client.list_tables({})->table_names, testing::Contains("shop_item"));
    const auto other =
        client.get_item({.table = "ddbdjango_migrations", .key = {{"pk", "other.0001_initial"}}});
    EXPECT_TRUE(other->item);
  });
}

// Rows that are still to be converted are no damage.
TEST_F(Migrations, CheckOfTheData_WaitsForThem) {
  record(R"({"name": "name", "type": "text"}, {"name": "subtitle", "type": "text"},
            {"name": "price", "type": "text"})");
  ASSERT_EQ(manage({"dmigrate", "shop"}), 0) << err;
  ASSERT_EQ(manage({"dmakemigrations", "shop", "--noinput"}), 0) << err;
  EXPECT_EQ(manage({"check", "--data"}), 1);
  EXPECT_THAT(err, HasSubstr("the rows of shop.Item; run ./manage dmigrate first"));
  ASSERT_EQ(manage({"dmigrate", "shop"}), 0) << err;
  EXPECT_EQ(manage({"check", "--data"}), 0) << err;
}

TEST_F(Migrations, Migrate_SaysWhenTheModelsAreAhead) {
  record(R"({"name": "name", "type": "text"})");
  ASSERT_EQ(manage({"dmigrate", "shop"}), 0);
  EXPECT_EQ(manage({"dmigrate", "shop"}), 0);
  EXPECT_THAT(out, AllOf(HasSubstr("No migrations to apply."), HasSubstr("dmakemigrations")));
}

TEST_F(Migrations, Migrate_MistakesAreOneLine) {
  manage({"dmakemigrations", "shop"});
  EXPECT_EQ(manage({"dmigrate", "shop", "0007"}), 1);
  EXPECT_THAT(err, AllOf(HasSubstr("no migration 0007"), HasSubstr("0001_initial"),
                         HasSubstr("zero undoes all")));
  EXPECT_EQ(manage({"dmigrate", "zero"}), 1);
  EXPECT_THAT(err, HasSubstr("./manage dmigrate demo_app zero"));
  for (const char* none : {"-1", "nan", "inf", "many"})
    EXPECT_EQ(manage({"dmigrate", "--budget", none}), 2) << none;
  EXPECT_EQ(manage({"dmigrate", "--budget", "2"}), 1);
  EXPECT_EQ(manage({"dmigrate", "--segments", "0"}), 2);
  put("shop/migrations/0002_f.json",
      R"({"dependencies": ["shop.0001_initial"], "operations": [{"operation": "run_function", "function": "shop.nope"}]})");
  EXPECT_EQ(manage({"dmigrate", "shop", "--plan"}), 0);
  EXPECT_THAT(out, HasSubstr("refused: The function \"shop.nope\" is not registered"));
  EXPECT_EQ(manage({"dmigrate", "shop"}), 1);
  EXPECT_THAT(err, AllOf(HasSubstr("shop.nope"), HasSubstr("models()")));
  manage({"showmigrations", "shop"});
  EXPECT_EQ(out, "shop\n [ ] 0001_initial\n [ ] 0002_f\n");  // before anything is done
}

}  // namespace
}  // namespace management
