// Migrations undone: where nothing is lost, what is refused, and what was cut off half done.
#include "dynamo_backend/migrations/estimate.h"
#include "dynamo_backend/migrations/test_runner.h"

namespace dynamo_backend::migrations {
namespace {

using testing::Not;

class UndoTest : public ExecutorTest {
 protected:
  // What --plan prints.
  std::string plan_text(const std::string& target, bool allow_data_loss = false) {
    const auto plan = plan_from_history(*connection_, graph_, {.app = "shop", .target = target});
    return to_text(estimate(*connection_, plan, {.allow_data_loss = allow_data_loss}, registry_));
  }
};

TEST_F(UndoTest, Backwards_WhereNothingIsLost) {
  prepare();
  const std::string before = shop::dump(*engine_);
  go("0003");
  go("0001");
  for (int n = 0; n < kRows; ++n) set(n, "version", Value(1));
  EXPECT_EQ(shop::dump(*engine_), before);
}

TEST_F(UndoTest, Backwards_RefusedWithTheReason_BeforeAnythingIsDone) {
  prepare();
  go();
  const std::string after = shop::dump(*engine_);
  EXPECT_THAT(refusal("0004", options()), HasSubstr("shop.0005_unique cannot be undone: \"Delete"));
  EXPECT_EQ(shop::dump(*engine_), after);
}

TEST_F(UndoTest, Backwards_ValuesThatOthersWrote_AreNotDroppedUnlessAsked) {
  prepare();
  go("0002");
  set(7, "subtitle", Value("mine"));
  EXPECT_THAT(refusal("0001", options()),
              HasSubstr("shop.0002_subtitle cannot be undone safely: \"Add field subtitle"));
  EXPECT_EQ(row(7).at("subtitle"), Value("mine"));
  EXPECT_THAT(plan_text("0001"), HasSubstr("refused: table t_shop_product has rows with values"));
  EXPECT_THAT(plan_text("0001", true), Not(HasSubstr("refused")));
  EXPECT_THAT(refusal("zero", options()), HasSubstr("cannot be undone safely"));
  auto with = options();
  with.allow_data_loss = true;
  go("0001", with);
  EXPECT_EQ(row(7).count("subtitle"), 0u);
  EXPECT_EQ(row(7).at("old_code"), Value("c7"));
  EXPECT_THAT(refusal("zero", options()), HasSubstr("has rows, which would go with it"));
  go("zero", with);
  EXPECT_FALSE(engine_->describe_table("t_shop_product"));
  EXPECT_TRUE(read_history(*connection_).empty());
}

// Of boxes, which no compiled model has.
const ModelState kBox{.app = "shop",
                      .name = "Box",
                      .table = "shop_box",
                      .partition = "pk",
                      .fields = {{.name = "pk", .type = "text"}}};

// The advice to allow the loss would not help.
TEST_F(UndoTest, WhatCannotBeUndoneAtAll_IsSaidBeforeAnyRowIsRead) {
  graph_ = graph_of({{CreateTable{kBox}},
                     {AddField{.model = "Box", .field = {.name = "label", .type = "text"}},
                      RunFunction{.function = "shop.nothing", .model = "Box"}}});
  go("0001");
  put("shop_box", {{"pk", "1"}, {"label", "mine"}});
  auto with = options();
  with.fake = true;
  go("", with);
  EXPECT_THAT(refusal("0001", options()), HasSubstr("0002 cannot be undone: \"Run"));
}

TEST_F(UndoTest, Noop_IsAReverseThatDoesNothing) {
  functions().add_row("shop.fill_label", [](MigrationRow& row) { row.set("label", "filled"); });
  graph_ =
      graph_of({{CreateTable{kBox}},
                {RunFunction{.function = "shop.fill_label", .reverse = "noop", .model = "Box"}}});
  go("0001");
  put("shop_box", {{"pk", "1"}});
  go();
  ASSERT_EQ(item("shop_box", "1").at("label"), Value("filled"));
  EXPECT_EQ(plan_text("0001").find("rows"), std::string::npos) << plan_text("0001");
  EXPECT_EQ(refusal("0001", options()), "none");
  EXPECT_EQ(item("shop_box", "1").at("label"), Value("filled"));
  go();
  EXPECT_EQ(read_history(*connection_).size(), 2u);
}

// What is not done needs no way back, and what is done no function.
TEST_F(UndoTest, HalfDone_ThePlanSaysWhatARunWouldDo) {
  graph_ = graph_of({{CreateTable{kBox}},
                     {AddField{.model = "Box",
                               .field = {.name = "label", .type = "text"},
                               .backfill = {.value = "none"}},
                      RunFunction{.function = "shop.fill_slug", .model = "Box"}}});
  go("0001");
  put("shop_box", {{"pk", "1"}});
  auto with = options();
  bool stop = false;
  with.event = [&](const MigrationEvent& e) { stop = stop || e.operation.starts_with("Add"); };
  with.stop = [&] { return stop; };
  EXPECT_THROW(go("", with), Interrupted);
  ASSERT_EQ(read_history(*connection_).at(1).operation, 0u);
  EXPECT_THAT(plan_text("0001"), HasSubstr("Undo shop.0002 (going on)\n    Undo: Add field"));
  EXPECT_THAT(plan_text("0001"), Not(HasSubstr("refused")));
  EXPECT_EQ(refusal("0001", options()), "none");

  stop = false;
  with.event = [&](const MigrationEvent& e) { stop = stop || e.operation.starts_with("Run"); };
  EXPECT_THROW(go("", with), Interrupted);
  EXPECT_THAT(plan_text(""), HasSubstr("Apply shop.0002 (going on)\n    Run shop.fill_slug"));
  EXPECT_THAT(plan_text("0001"), HasSubstr("refused: the function shop.fill_slug has no reverse"));
  EXPECT_THAT(refusal("0001", options()), HasSubstr("cannot be undone"));
}

TEST_F(UndoTest, HalfDone_MayBeUndone) {
  prepare();
  auto with = options();
  const int first = client_.calls;
  with.stop = [&] { return client_.calls > first + 30; };
  EXPECT_THROW(go("0002", with), Interrupted);
  ASSERT_EQ(read_history(*connection_).at(1).phase, MigrationPhase::applying);
  go("0001");
  ASSERT_EQ(read_history(*connection_).size(), 1u);
  for (int n = 0; n < kRows; ++n) EXPECT_EQ(row(n).count("subtitle"), 0u);
}

TEST_F(UndoTest, HalfDone_AndItsFileChanged_IsRefused) {
  prepare();
  auto with = options();
  bool stop = false;
  with.event = [&](const MigrationEvent& e) { stop = stop || e.operation.starts_with("Rename"); };
  with.stop = [&] { return stop; };
  EXPECT_THROW(go("", with), Interrupted);
  Migration changed = *graph_.find({"shop", "0002_subtitle"});
  std::get<AddField>(changed.operations[0]).backfill.value = Value("another");
  MigrationGraph graph;
  graph.add(*graph_.find({"shop", "0001_initial"}));
  graph.add(changed);
  graph.link();
  graph_ = std::move(graph);
  EXPECT_THAT(plan_text(""), HasSubstr("refused: it is half done"));
  EXPECT_THAT(refusal("", options()), HasSubstr("shop.0002_subtitle is half done"));
}

// What its segments have behind them is not what the operation is by now.
TEST_F(UndoTest, HalfDone_AndTheOperationInWorkChanged_WalksAllRowsAgain) {
  prepare();
  auto with = options();
  with.segments = 8;
  with.stop = [&] {
    for (const MigrationRecord& record : read_history(*connection_))
      for (const SegmentProgress& s : record.segments)
        if (s.done && s.written > 0) return true;
    return false;
  };
  EXPECT_THROW(go("0002", with), Interrupted);
  Migration changed = *graph_.find({"shop", "0002_subtitle"});
  changed.operations.resize(1);
  std::get<AddField>(changed.operations[0]).field.name = "motto";
  MigrationGraph graph;
  graph.add(*graph_.find({"shop", "0001_initial"}));
  graph.add(changed);
  graph.link();
  migrate(*connection_, graph, {}, options(), registry_);
  for (int n = 0; n < kRows; ++n) EXPECT_EQ(row(n).count("motto"), 1u) << n;
}

TEST_F(UndoTest, ValuesThatALaterMigrationRenamed_AreNotDropped) {
  graph_ = graph_of({{CreateTable{kBox}},
                     {AddField{.model = "Box",
                               .field = {.name = "label", .type = "text"},
                               .backfill = {.value = "none"}}},
                     {RenameField{"Box", "label", "title"}}});
  go("0001");
  for (const char* pk : {"1", "2"}) put("shop_box", {{"pk", pk}});
  go();
  put("shop_box", {{"pk", "2"}, {"title", "mine"}});
  EXPECT_THAT(refusal("0001", options()),
              HasSubstr("shop.0002 cannot be undone safely: \"Add field label to Box"));
  EXPECT_EQ(item("shop_box", "2").at("label"), Value("mine")) << "0003 is undone";
  EXPECT_EQ(item("shop_box", "1").at("label"), Value("none"));
  go();  // and forwards again
  EXPECT_EQ(item("shop_box", "2").at("title"), Value("mine"));
  auto with = options();
  with.allow_data_loss = true;
  go("0001", with);
  EXPECT_EQ(item("shop_box", "2"), (dynamodb::Item{{"pk", "2"}}));
}

TEST_F(UndoTest, OfOneMigration_ToTheSameRule) {
  graph_ = graph_of({{CreateTable{kBox}},
                     {AddField{.model = "Box", .field = {.name = "label", .type = "text"}},
                      RenameField{"Box", "label", "title"}}});
  go("0001");
  go();
  put("shop_box", {{"pk", "1"}, {"title", "mine"}});
  EXPECT_THAT(refusal("0001", options()), HasSubstr("0002 cannot be undone safely"));
  EXPECT_EQ(item("shop_box", "1").at("label"), Value("mine"));
}

TEST_F(UndoTest, ABackfillThatALaterMigrationConverted_IsNoLoss) {
  const FieldState size{.name = "size", .type = "text"};
  graph_ = graph_of({{CreateTable{kBox}},
                     {AddField{.model = "Box", .field = size, .backfill = {.value = "5"}}},
                     {AlterField{.model = "Box",
                                 .field = {.name = "size", .type = "integer"},
                                 .conversion = "text to integer",
                                 .reverse_conversion = "integer to text"}}});
  go("0001");
  put("shop_box", {{"pk", "1"}});
  go();
  EXPECT_EQ(item("shop_box", "1").at("size"), Value(5));
  EXPECT_EQ(refusal("0001", options()), "none");
  EXPECT_EQ(item("shop_box", "1"), (dynamodb::Item{{"pk", "1"}}));
}

TEST_F(UndoTest, ATableThatOthersDeleted_LeavesNothingToUndo) {
  graph_ = graph_of({{CreateTable{kBox}},
                     {AddField{.model = "Box",
                               .field = {.name = "label", .type = "text"},
                               .backfill = {.value = "none"}},
                      AddIndex{"Box", {.name = "label-index", .partition = {"label"}}},
                      SetStream{"Box", dynamodb::StreamViewType::keys_only}}});
  go("0001");
  engine_->delete_table("t_shop_box").value();
  const std::string text = refusal("", options());
  EXPECT_THAT(text, HasSubstr("shop.0002: Add field label"));
  EXPECT_THAT(text, HasSubstr("table t_shop_box is gone"));
  EXPECT_THAT(text, HasSubstr("--fake"));
  EXPECT_EQ(refusal("0001", options()), "none");
  EXPECT_EQ(refusal("zero", options()), "none");
  go();
  engine_->delete_table("t_shop_box").value();
  EXPECT_EQ(refusal("zero", options()), "none");
  EXPECT_TRUE(read_history(*connection_).empty());
}

TEST_F(UndoTest, HalfDone_UndoneByRunsThatAreCutOff_NothingStaysBehind) {
  prepare();
  auto with = options();
  with.segments = 1;
  const auto half_done =
      [&] {  // the walk of 0002's first operation has ended, and not the operation
        const auto history = read_history(*connection_);
        return history.size() == 2 && history[1].operation == 0 && !history[1].segments.empty() &&
               history[1].segments[0].done;
      };
  for (int undo_calls = 1;; ++undo_calls) {
    with.stop = half_done;
    EXPECT_THROW(go("0002", with), Interrupted);
    const int last = client_.calls + undo_calls;
    with.stop = [&] { return client_.calls >= last; };
    bool cut_off = false;
    try {
      go("0001", with);
    } catch (const Interrupted&) {
      cut_off = true;
    }
    with.stop = {};
    go("0001", with);
    for (int n = 0; n < kRows; ++n) ASSERT_EQ(row(n).count("subtitle"), 0u) << undo_calls;
    if (!cut_off) break;
  }
}

}  // namespace
}  // namespace dynamo_backend::migrations
