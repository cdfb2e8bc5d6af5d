// The commands of full-text search as their users type them.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/models.h"
#include "dynamo_backend/search/sync/dead_letters.h"
#include "dynamo_backend/search/sync/index_state.h"
#include "management/database.h"
#include "management/search.h"
#include "management/test_program.h"

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
class SearchCommandsTest : public TestProgram {
 protected:
  SearchCommandsTest() {
    project.models = [](dynamo_backend::Registry& r) {
      r.add<Item>();
      r.add<stall::Plain>();
    };
    project.commands.push_back(std::make_shared<Do>(what_));
    set_up_database("create_tables_on_startup = true\n[web]\ndebug = true\n");
  }
  void act(std::function<void(Context&)> what) {
    what_ = std::move(what);
    ASSERT_EQ(manage({"do"}), 0) << err;
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

  std::function<void(Context&)> what_{};
};

TEST_F(SearchCommandsTest, Sync_BuildsFollowsAndEnds) {
  EXPECT_EQ(manage({"search_status", "stall"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("items (stall.Item)\n  no version"));
  EXPECT_THAT(out, HasSubstr("worker         none"));
  make_items(3);
  EXPECT_EQ(manage({"opensearch_sync", "stall", "--once"}), 0) << err;
  EXPECT_EQ(manage({"search_status", "stall.Item"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("version 1      searched, 3 documents"));
  EXPECT_THAT(out, HasSubstr("backlog        0 changes, lag 0.0 s"));
  EXPECT_THAT(out, HasSubstr("verified       never"));

  make_items(2);
  EXPECT_EQ(manage({"search_status", "stall"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("backlog        2 changes"));
  EXPECT_EQ(manage({"opensearch_sync", "stall", "--once"}), 0) << err;
  EXPECT_EQ(manage({"search_status", "stall", "--metrics"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("ddbdjango_search_documents{index=\"items\"} 5\n"));
  EXPECT_THAT(out, HasSubstr("ddbdjango_search_backlog{index=\"items\"} 0\n"));
}

// A site's own credentials need make none.
TEST_F(SearchCommandsTest, Migrate_MakesTheTablesOfLeasesAndDeadLetters) {
  ASSERT_EQ(manage({"migrate"}), 0) << err;
  act([](Context& context) {
    EXPECT_THAT(context.database().client().list_tables({})->table_names,
                testing::IsSupersetOf({"ddbdjango_leases", "ddbdjango_dead_letters"}));
  });
}

TEST_F(SearchCommandsTest, Reindex_BuildsSwitchesAndGoesBack) {
  make_items(4);
  EXPECT_EQ(manage({"opensearch_reindex", "stall", "--dry-run", "--segments", "3"}), 0) << err;
  EXPECT_EQ(out, "items: would read about 4 rows of items in 3 segments; there is no index.\n");
  EXPECT_EQ(manage({"opensearch_reindex", "stall", "--segments", "3"}), 0) << err;
  EXPECT_EQ(out, "items: version 1 is searched, 4 rows.\n");
  EXPECT_EQ(manage({"opensearch_reindex", "stall", "--rollback"}), 1);
  EXPECT_THAT(err, HasSubstr("no former version"));
  EXPECT_EQ(manage({"opensearch_reindex", "stall.item"}), 0) << err;
  EXPECT_EQ(out, "items: version 2 is searched, 4 rows.\n");
  EXPECT_EQ(manage({"opensearch_reindex", "stall", "--rollback"}), 0) << err;
  EXPECT_EQ(out, "items: version 1 is searched again.\n");
  EXPECT_EQ(manage({"opensearch_reindex", "stall", "--reset"}), 0) << err;
  EXPECT_EQ(manage({"search_status", "stall"}), 0);
  EXPECT_THAT(out, HasSubstr("version 3      searched, 4 documents"));
  EXPECT_THAT(out, Not(HasSubstr("kept")));
}

TEST_F(SearchCommandsTest, VerifyAndRepair) {
  EXPECT_EQ(manage({"search", "verify", "stall"}), 1);
  EXPECT_THAT(err, HasSubstr("opensearch_reindex"));
  make_items(4);
  ASSERT_EQ(manage({"opensearch_reindex", "stall"}), 0) << err;
  EXPECT_EQ(manage({"search", "verify", "stall"}), 0) << err;
  EXPECT_EQ(out, "items: 4 rows, 4 documents, no differences.\n");

  with_index([](search::Backend& backend, const search::IndexDefinition& index) {
    const search::Document ghost{.key = "ghost", .version = 7, .texts = {"boo"}};
    backend.write(index, 1, std::span(&ghost, 1), {});
  });
  EXPECT_EQ(manage({"search", "verify", "stall.Item", "--patience", "0"}), 1);
  EXPECT_EQ(out,
            "items: 4 rows, 5 documents, 1 differences.\n"
            "  ghost: version none in the table, 7 in the index\n");
  EXPECT_EQ(manage({"search", "repair", "stall", "--patience", "0"}), 0) << err;
  EXPECT_EQ(out, "items: 1 rows indexed anew.\nitems: 4 rows, 4 documents, no differences.\n");
  EXPECT_EQ(manage({"search_status", "stall"}), 0);
  EXPECT_THAT(out, Not(HasSubstr("verified       never")));
}

TEST_F(SearchCommandsTest, DeadLettersAreShownAndReplayed) {
  EXPECT_EQ(manage({"search_dead_letters", "stall"}), 0) << err;
  EXPECT_EQ(out, "items: 0 dead letters\n");
  make_items(1);
  ASSERT_EQ(manage({"opensearch_reindex", "stall"}), 0) << err;
  with_index([](search::Backend&, const search::IndexDefinition& index) {
    const Item item = Item::objects.all().to_vector().at(0);
    search::sync::keep_dead_letter(index, {.key = item.pk.str(), .version = 3}, "name: too odd");
  });
  EXPECT_EQ(manage({"search_dead_letters", "stall"}), 0) << err;
  EXPECT_THAT(out, HasSubstr("items: 1 dead letters\n"));
  EXPECT_THAT(out, HasSubstr("version 3, 1 tries"));
  EXPECT_THAT(out, HasSubstr("name: too odd\n"));
  EXPECT_EQ(manage({"search_dead_letters", "stall", "--replay"}), 0) << err;
  EXPECT_EQ(out, "items: 1 taken, 0 refused again\n");
  EXPECT_EQ(manage({"search_dead_letters", "stall"}), 0) << err;
  EXPECT_EQ(out, "items: 0 dead letters\n");
}

TEST_F(SearchCommandsTest, ModelsWithoutAnIndex_AreToldSo) {
  EXPECT_EQ(manage({"search_status", "stall.Plain"}), 1);
  EXPECT_THAT(err, HasSubstr(".opensearch_sync = true"));
  EXPECT_EQ(manage({"opensearch_reindex", "stall.Nothing"}), 1);
  EXPECT_THAT(err, HasSubstr("stall.Nothing"));
  EXPECT_NE(manage({"search", "explode"}), 0);
}

}  // namespace
}  // namespace management
