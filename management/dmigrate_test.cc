// dmigrate and showmigrations as their users type them.
#include "management/test_migrations.h"

namespace management {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

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
    write(std::string("shop/migrations/") + name,
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

// A program that was deployed without the folders has nothing to run, and must not say so.
TEST_F(Migrations, Migrate_WithoutTheFilesOfWhatIsApplied_IsRefused) {
  record(R"({"name": "name", "type": "text"})");
  ASSERT_EQ(manage({"dmigrate"}), 0) << err;
  project.migrations_base = folder.path() + "/elsewhere";
  for (const std::vector<const char*>& command :
       {std::vector{"dmigrate"}, {"migrate", "shop"}, {"dmigrate", "--plan"}}) {
    EXPECT_EQ(manage(command), 1);
    EXPECT_THAT(err, AllOf(HasSubstr("shop.0001_initial"), HasSubstr("/elsewhere/shop/migrations"),
                           HasSubstr("deploy the app's migrations")));
    EXPECT_EQ(out, "");
  }
  EXPECT_EQ(manage({"showmigrations"}), 0) << err;
}

TEST_F(Migrations, Migrate_MakesTheFrameworksOwnTables) {
  const auto tables = [this] {
    std::vector<std::string> names;
    with_database([&](dynamodb::Client& client) { names = client.list_tables({})->table_names; });
    return names;
  };
  record(R"({"name": "name", "type": "text"})");
  ASSERT_EQ(manage({"dmigrate", "shop", "0001"}), 0) << err;  // on the way to it
  EXPECT_THAT(tables(), Not(testing::Contains("ddbdjango_jobs")));
  ASSERT_EQ(manage({"dmigrate"}), 0) << err;
  EXPECT_THAT(tables(), testing::Contains("ddbdjango_jobs"));
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
  write(
      "shop/migrations/0002_f.json",
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
