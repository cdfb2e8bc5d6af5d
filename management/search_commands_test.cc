// The commands of full-text search as their users type them.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/models.h"
#include "dynamo_backend/search/sync/dead_letters.h"
#include "dynamo_backend/search/sync/index_state.h"
#include "management/database.h"
#include "management/project.h"
#include "management/search.h"
#include "tests/temporary_folder.h"

namespace stall {

using namespace dynamo_backend;

struct Item : DynamoModel<Item> {
  std::string name{};
  static constexpr auto schema = define<Item>({.table_name = "items", .opensearch_sync = true},
                                              CharField<&Item::name>{.searchable = true});
};
struct Plain : DynamoModel<Plain> {
  std::string name{};
  static constexpr auto schema = define<Plain>(CharField<&Plain::name>{});
};

}  // namespace stall

namespace management {
namespace {

namespace search = dynamo_backend::search;
using stall::Item;
using testing::HasSubstr;
using testing::Not;

// Runs a function of the test's in the project.
class Do : public Command {
 public:
  explicit Do(std::function<void(Context&)>& what) : Command("do", "", ""), what_(what) {}
  int run(Context& context) override {
    context.database();
    what_(context);
    return 0;
  }

 private:
  std::function<void(Context&)>& what_;
};

// Every command names the app: other tests of the program leave models in the registry.
class SearchCommandsTest : public testing::Test {
 protected:
  SearchCommandsTest() {
    for (const char* name :
         {"DYNAMO_ENDPOINT_URL", "DYNAMO_TABLE_PREFIX", "OPENSEARCH_ENDPOINT_URL"})
      ::unsetenv(name);
    project_.models = [](dynamo_backend::Registry& r) {
      r.add<Item>();
      r.add<stall::Plain>();
    };
    project_.configure = [](web::Application&) {};
    project_.commands.push_back(std::make_shared<Do>(what_));
    project_.settings_file = folder_.path() + "/settings.toml";
    project_.migrations_base = folder_.path();
    std::ofstream(project_.settings_file)
        << "[dynamo_backend]\nendpoint_url = \"local:" << folder_.path()
        << "/data\"\ncreate_tables_on_startup = true\n[web]\ndebug = true\n";
  }
  int manage(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "manage");
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = execute(project_, static_cast<int>(arguments.size()), arguments.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }
  void act(std::function<void(Context&)> what) {
    what_ = std::move(what);
    ASSERT_EQ(manage({"do"}), 0) << err_;
  }
  void make_items(int count) {
    act([count](Context&) {
      for (int i = 0; i < count; ++i) Item::objects.create({.name = "item " + std::to_string(i)});
    });
  }
  // Of the index, as it is kept.
  void with_index(
      const std::function<void(search::Backend&, const search::IndexDefinition&)>& use) {
    act([&use](Context& context) {
      const auto backend = open_search_backend(context.settings());
      use(*backend, search::index_definition(context.database().connection(),
                                             dynamo_backend::model_info<Item>()));
    });
  }

  const tests::TemporaryFolder folder_{};
  Project project_{};
  std::function<void(Context&)> what_{};
  std::string out_{}, err_{};
};

TEST_F(SearchCommandsTest, Sync_BuildsFollowsAndEnds) {
  EXPECT_EQ(manage({"search_status", "stall"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("items (stall.Item)\n  no version"));
  EXPECT_THAT(out_, HasSubstr("worker         none"));
  make_items(3);
  EXPECT_EQ(manage({"opensearch_sync", "stall", "--once"}), 0) << err_;
  EXPECT_EQ(manage({"search_status", "stall.Item"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("version 1      searched, 3 documents"));
  EXPECT_THAT(out_, HasSubstr("backlog        0 changes, lag 0.0 s"));
  EXPECT_THAT(out_, HasSubstr("verified       never"));

  make_items(2);
  EXPECT_EQ(manage({"search_status", "stall"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("backlog        2 changes"));
  EXPECT_EQ(manage({"opensearch_sync", "stall", "--once"}), 0) << err_;
  EXPECT_EQ(manage({"search_status", "stall", "--metrics"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("ddbdjango_search_documents{index=\"items\"} 5\n"));
  EXPECT_THAT(out_, HasSubstr("ddbdjango_search_backlog{index=\"items\"} 0\n"));
}

// A site's own credentials need make none.
TEST_F(SearchCommandsTest, Migrate_MakesTheTablesOfLeasesAndDeadLetters) {
  ASSERT_EQ(manage({"migrate"}), 0) << err_;
  act([](Context& context) {
    EXPECT_THAT(context.database().client().list_tables({})->table_names,
                testing::IsSupersetOf({"ddbdjango_leases", "ddbdjango_dead_letters"}));
  });
}

TEST_F(SearchCommandsTest, Reindex_BuildsSwitchesAndGoesBack) {
  make_items(4);
  EXPECT_EQ(manage({"opensearch_reindex", "stall", "--dry-run", "--segments", "3"}), 0) << err_;
  EXPECT_EQ(out_, "items: would read about 4 rows of items in 3 segments; there is no index.\n");
  EXPECT_EQ(manage({"opensearch_reindex", "stall", "--segments", "3"}), 0) << err_;
  EXPECT_EQ(out_, "items: version 1 is searched, 4 rows.\n");
  EXPECT_EQ(manage({"opensearch_reindex", "stall", "--rollback"}), 1);
  EXPECT_THAT(err_, HasSubstr("no former version"));
  EXPECT_EQ(manage({"opensearch_reindex", "stall.item"}), 0) << err_;
  EXPECT_EQ(out_, "items: version 2 is searched, 4 rows.\n");
  EXPECT_EQ(manage({"opensearch_reindex", "stall", "--rollback"}), 0) << err_;
  EXPECT_EQ(out_, "items: version 1 is searched again.\n");
  EXPECT_EQ(manage({"opensearch_reindex", "stall", "--reset"}), 0) << err_;
  EXPECT_EQ(manage({"search_status", "stall"}), 0);
  EXPECT_THAT(out_, HasSubstr("version 3      searched, 4 documents"));
  EXPECT_THAT(out_, Not(HasSubstr("kept")));
}

TEST_F(SearchCommandsTest, VerifyAndRepair) {
  EXPECT_EQ(manage({"search", "verify", "stall"}), 1);
  EXPECT_THAT(err_, HasSubstr("opensearch_reindex"));
  make_items(4);
  ASSERT_EQ(manage({"opensearch_reindex", "stall"}), 0) << err_;
  EXPECT_EQ(manage({"search", "verify", "stall"}), 0) << err_;
  EXPECT_EQ(out_, "items: 4 rows, 4 documents, no differences.\n");

  with_index([](search::Backend& backend, const search::IndexDefinition& index) {
    const search::Document ghost{.key = "ghost", .version = 7, .texts = {"boo"}};
    backend.write(index, 1, std::span(&ghost, 1), {});
  });
  EXPECT_EQ(manage({"search", "verify", "stall.Item", "--patience", "0"}), 1);
  EXPECT_EQ(out_,
            "items: 4 rows, 5 documents, 1 differences.\n"
            "  ghost: version none in the table, 7 in the index\n");
  EXPECT_EQ(manage({"search", "repair", "stall", "--patience", "0"}), 0) << err_;
  EXPECT_EQ(out_, "items: 1 rows indexed anew.\nitems: 4 rows, 4 documents, no differences.\n");
  EXPECT_EQ(manage({"search_status", "stall"}), 0);
  EXPECT_THAT(out_, Not(HasSubstr("verified       never")));
}

TEST_F(SearchCommandsTest, DeadLettersAreShownAndReplayed) {
  EXPECT_EQ(manage({"search_dead_letters", "stall"}), 0) << err_;
  EXPECT_EQ(out_, "items: 0 dead letters\n");
  make_items(1);
  ASSERT_EQ(manage({"opensearch_reindex", "stall"}), 0) << err_;
  with_index([](search::Backend&, const search::IndexDefinition& index) {
    const Item item = Item::objects.all().to_vector().at(0);
    search::sync::keep_dead_letter(index, {.key = item.pk.str(), .version = 3}, "name: too odd");
  });
  EXPECT_EQ(manage({"search_dead_letters", "stall"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("items: 1 dead letters\n"));
  EXPECT_THAT(out_, HasSubstr("version 3, 1 tries"));
  EXPECT_THAT(out_, HasSubstr("name: too odd\n"));
  EXPECT_EQ(manage({"search_dead_letters", "stall", "--replay"}), 0) << err_;
  EXPECT_EQ(out_, "items: 1 taken, 0 refused again\n");
  EXPECT_EQ(manage({"search_dead_letters", "stall"}), 0) << err_;
  EXPECT_EQ(out_, "items: 0 dead letters\n");
}

TEST_F(SearchCommandsTest, ModelsWithoutAnIndex_AreToldSo) {
  EXPECT_EQ(manage({"search_status", "stall.Plain"}), 1);
  EXPECT_THAT(err_, HasSubstr(".opensearch_sync = true"));
  EXPECT_EQ(manage({"opensearch_reindex", "stall.Nothing"}), 1);
  EXPECT_THAT(err_, HasSubstr("stall.Nothing"));
  EXPECT_NE(manage({"search", "explode"}), 0);
}

}  // namespace
}  // namespace management
