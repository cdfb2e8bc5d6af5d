// check_data(): each damage is found, mended as its field says, and gone when it is looked for
// again; beside writers nothing that is right is touched.
#include "dynamo_backend/data_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/data_repair.h"
#include "dynamo_backend/test_blog.h"

namespace test_blog {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using State = DataProblem::State;

struct Seat : DynamoTable<Seat> {
  std::string row{};
  std::int64_t number = 0;
  std::string show{};
  std::string guest{};
  std::optional<Timestamp> until{};
  static constexpr auto schema =
      define<Seat>({.table_name = "seats"}, PartitionKey<&Seat::row>{}, SortKey<&Seat::number>{},
                   CharField<&Seat::show>{}, CharField<&Seat::guest>{}, TTLField<&Seat::until>{},
                   Unique<&Seat::show, &Seat::guest>{.fold_case = true});
};

// Holds a comment back from deletion.
struct Hold : DynamoModel<Hold> {
  Ref<Comment> comment_pk{};
  static constexpr auto schema = define<Hold>(
      {.table_name = "holds"}, ForeignKey<&Hold::comment_pk>{.on_delete = OnDelete::restrict_});
};

struct Checked {
  DataCheckResult result{};
  std::vector<DataProblem> problems{};
  std::vector<std::string> ids() const {
    std::vector<std::string> out;
    for (const auto& p : problems) out.push_back(p.id);
    return out;
  }
};

Checked check(bool repair = false) {
  Registry registry;
  models(registry);
  Checked checked;
  checked.result = check_data(
      registry, {.models = registry.models(), .repair = repair, .report = [&](const auto& p) {
                   checked.problems.push_back(p);
                 }});
  return checked;
}

// Finds `id` once, mends it, and finds nothing then.
DataProblem expect_mended(const std::string& id) {
  const Checked before = check();
  EXPECT_THAT(before.ids(), ElementsAre(id));
  EXPECT_EQ(before.result.repaired, 0u);
  const Checked repair = check(true);
  EXPECT_THAT(repair.ids(), ElementsAre(id));
  EXPECT_EQ(repair.result.repaired, 1u);
  EXPECT_THAT(check().ids(), IsEmpty());
  return repair.problems.empty() ? DataProblem() : repair.problems[0];
}

class DataCheck : public testing::Test {
 protected:
  Database db;
  Author alice = Author::objects.create({.username = "alice"});
  Post post() {
    return Post::objects.create({.title = "a", .slug = "a", .author_pk = alice, .published = true});
  }
  // Behind the models' back.
  void drop(const std::string& table, const Uuid& pk) {
    Connection::current().client().delete_item({.table = table, .key = {{"pk", pk.str()}}}).value();
  }
  void set(const std::string& table, const Uuid& pk, const std::string& name, Value value) {
    auto item = db.stored(table, pk);
    item.insert_or_assign(name, std::move(value));
    db.put(table, item);
  }
  void drop_claim(const std::string& key) {
    Connection::current()
        .client()
        .delete_item({.table = "dynamo_backend_unique", .key = {{"pk", key}}})
        .value();
  }
  const std::string alices_claim = "test_blog_author#username#alice";
};

TEST_F(DataCheck, AHealthyBlog_HasNoProblems) {
  auto p = post();
  p.labels.add(Tag::objects.create({.name = "c++"}));
  Category::objects.create({.name = "parent"});
  const Checked checked = check(true);
  EXPECT_THAT(checked.ids(), IsEmpty());
  EXPECT_EQ(checked.result.rows, 5u);
  EXPECT_EQ(checked.result.claims, 2u);
}

TEST_F(DataCheck, ARowThatCannotBeDecoded_IsReportedAndStays) {
  const auto p = post();
  set("posts", p.pk, "view_count", Value("seven"));
  const Checked checked = check(true);
  ASSERT_THAT(checked.ids(), ElementsAre("data.E001"));
  EXPECT_EQ(checked.problems[0].state, State::left);
  EXPECT_THAT(checked.problems[0].text,
              AllOf(HasSubstr("test_blog.Post " + p.pk.str()), HasSubstr("view_count")));
}

TEST_F(DataCheck, AnOrphanOfCascade_IsDeletedWithWhatHangsOnIt) {
  auto p = post();
  p.labels.add(Tag::objects.create({.name = "c++"}));
  Comment::objects.create({.post_pk = p, .body = "first"});
  drop("test_blog_author", alice.pk);
  drop_claim(alices_claim);
  const DataProblem problem = expect_mended("data.E002");
  EXPECT_THAT(problem.text, AllOf(HasSubstr("test_blog.Post " + p.pk.str()), HasSubstr("author_pk"),
                                  HasSubstr("deleted")));
  EXPECT_EQ(Post::objects.count(), 0u);
  EXPECT_EQ(Comment::objects.count(), 0u);
  EXPECT_EQ(db.rows_in("posts_labels"), 0u);
  EXPECT_EQ(Tag::objects.count(), 1u);
}

TEST_F(DataCheck, WhatIsLeftOfADeletedOrphansRowsIsTold) {
  Registry registry;
  models(registry);
  registry.add<Hold>();
  ensure_tables(registry);
  auto p = post();
  drop("test_blog_author", alice.pk);
  drop_claim(alices_claim);
  // After it was seen that nothing holds the post back.
  db.client().before_write = [&] {
    const auto comment = Comment::objects.create({.post_pk = p, .body = "late"});
    Hold::objects.create({.comment_pk = comment});
  };
  std::vector<DataProblem> problems;
  check_data(registry, {.models = {&model_info<Post>()},
                        .repair = true,
                        .report = [&](auto& found) { problems.push_back(found); }});
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].state, State::left);
  EXPECT_THAT(problems[0].text,
              AllOf(HasSubstr("it is deleted, but test_blog.Comment"), HasSubstr("protects it")));
  EXPECT_EQ(Post::objects.count(), 0u);
}

// Swift, for one, writes UUIDs in capitals; the models read them all the same.
TEST_F(DataCheck, ALinkInAnotherForm_IsNoOrphanThatIsDeleted) {
  const auto p = post();
  std::string capitals = alice.pk.str();
  for (char& c : capitals) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  set("posts", p.pk, "author_pk", Value(capitals));
  const Checked checked = check(true);
  ASSERT_THAT(checked.ids(), ElementsAre("data.E002"));
  EXPECT_EQ(checked.problems[0].state, State::left);
  EXPECT_THAT(checked.problems[0].text, HasSubstr("write it as " + alice.pk.str()));
  EXPECT_EQ(Post::objects.count(), 1u);
}

TEST_F(DataCheck, AnOrphanOfSetNull_LosesItsLink) {
  const auto editor = Author::objects.create({.username = "ed"});
  auto p = post();
  p.editor_pk = editor;
  p.save();
  drop("test_blog_author", editor.pk);
  drop_claim("test_blog_author#username#ed");
  expect_mended("data.E002");
  const auto now = Post::objects.get(p.pk);
  EXPECT_FALSE(now.editor_pk);
  EXPECT_EQ(now.version, p.version + 1);
}

TEST_F(DataCheck, AnOrphanOfRestrict_AndWhatItHolds_NeedTheirOwner) {
  const auto contract = Contract::objects.create({.author_pk = alice});
  drop("test_blog_author", alice.pk);
  drop_claim(alices_claim);
  const Checked checked = check(true);
  ASSERT_THAT(checked.ids(), ElementsAre("data.E002"));
  EXPECT_EQ(checked.problems[0].state, State::left);
  EXPECT_THAT(checked.problems[0].text, HasSubstr("restrict_"));
  EXPECT_EQ(Contract::objects.count(), 1u);
}

TEST_F(DataCheck, AnOrphanWithAUniqueLink_LosesItsClaimToo) {
  Profile::objects.create({.author_pk = alice});
  drop("test_blog_author", alice.pk);
  drop_claim(alices_claim);
  expect_mended("data.E002");
  EXPECT_EQ(Profile::objects.count(), 0u);
  EXPECT_EQ(db.rows_in("dynamo_backend_unique"), 0u);
}

TEST_F(DataCheck, AJoinRowThatLacksAnEnd_IsDeleted) {
  auto p = post();
  const auto tag = Tag::objects.create({.name = "c++"}), other = Tag::objects.create({.name = "x"});
  p.labels.add(tag);
  p.labels.add(other);
  drop("test_blog_tag", tag.pk);
  drop_claim("test_blog_tag#name#c++");
  EXPECT_THAT(expect_mended("data.E003").text, HasSubstr("tag_pk points to no row"));
  EXPECT_EQ(db.rows_in("posts_labels"), 1u);
}

TEST_F(DataCheck, ALostClaim_IsTaken) {
  drop_claim(alices_claim);
  EXPECT_THAT(expect_mended("data.E004").text, HasSubstr(alices_claim));
  EXPECT_THROW(Author::objects.create({.username = "alice"}), IntegrityError);
}

TEST_F(DataCheck, AValueThatTwoRowsHave_IsReportedWithBoth) {
  const auto bob = Author::objects.create({.username = "bob"});
  set("test_blog_author", bob.pk, "username", Value("alice"));
  const Checked checked = check(true);
  ASSERT_THAT(checked.ids(), UnorderedElementsAre("data.E005", "data.E006"));
  const auto& duplicate = checked.problems[checked.ids()[0] == "data.E005" ? 0 : 1];
  EXPECT_EQ(duplicate.state, State::left);
  EXPECT_THAT(duplicate.text, AllOf(HasSubstr(bob.pk.str()), HasSubstr(alice.pk.str())));
  EXPECT_THAT(check(true).ids(), ElementsAre("data.E005"));  // bob's stale claim is gone
  EXPECT_NO_THROW(Author::objects.create({.username = "bob"}));
}

TEST_F(DataCheck, TwoRowsWithOneValueAndNoClaim_OneTakesItTheOtherIsReported) {
  const auto bob = Author::objects.create({.username = "bob"});
  set("test_blog_author", bob.pk, "username", Value("alice"));
  drop_claim(alices_claim);
  drop_claim("test_blog_author#username#bob");
  EXPECT_THAT(check(true).ids(), UnorderedElementsAre("data.E004", "data.E005"));
  EXPECT_THAT(check(true).ids(), ElementsAre("data.E005"));
}

TEST_F(DataCheck, AClaimWhoseOwnerIsGone_IsDeleted) {
  drop("test_blog_author", alice.pk);
  EXPECT_THAT(expect_mended("data.E006").text, HasSubstr(alices_claim));
  EXPECT_NO_THROW(Author::objects.create({.username = "alice"}));
}

TEST_F(DataCheck, AClaimOfAnotherValueOfItsOwner_GoesToTheRowThatHasIt) {
  const auto bob = Author::objects.create({.username = "bob"});
  // As if a rename alice -> carol, bob -> alice had lost both changes of claims.
  set("test_blog_author", alice.pk, "username", Value("carol"));
  set("test_blog_author", bob.pk, "username", Value("alice"));
  const Checked repair = check(true);
  EXPECT_THAT(repair.ids(), UnorderedElementsAre("data.E004", "data.E006", "data.E006"));
  EXPECT_EQ(repair.result.repaired, 3u);
  EXPECT_THAT(check().ids(), IsEmpty());
  EXPECT_EQ(db.rows_in("dynamo_backend_unique"), 2u);
}

TEST_F(DataCheck, AComputedAttributeThatDiffers_IsWritten) {
  const auto p = post();
  auto item = db.stored("posts", p.pk);
  item.erase("feed");
  db.put("posts", item);
  EXPECT_THAT(expect_mended("data.E007").text, HasSubstr("feed"));
  EXPECT_EQ(db.stored("posts", p.pk).at("feed"), Value("all"));
  set("posts", p.pk, "published", Value(false));
  expect_mended("data.E007");
  EXPECT_EQ(db.stored("posts", p.pk).count("feed"), 0u);
}

TEST_F(DataCheck, ModelsWithoutATable_AreAWarning_AndTheirOrphansAreNotTouched) {
  post();
  Connection::current().client().delete_table("test_blog_author").value();
  drop_claim(alices_claim);
  const Checked checked = check(true);
  EXPECT_THAT(checked.ids(), ElementsAre("data.W002"));
  EXPECT_EQ(Post::objects.count(), 1u);
}

TEST_F(DataCheck, ClaimsOfAForgottenTable_AreAWarning) {
  db.put("dynamo_backend_unique", {{"pk", "gone#name#a"}, {"owner", "b"}});
  db.put("dynamo_backend_unique", {{"pk", "without an owner"}});
  EXPECT_THAT(check(true).ids(), ElementsAre("data.W001", "data.W001"));
}

TEST_F(DataCheck, TheKeyOfAnOwner_IsReadBack) {
  const dynamodb::Item key{{"pk", alice.pk.str()}};
  EXPECT_EQ(key_of_owner(model_info<Author>(), claim_owner(model_info<Author>(), key)), key);
  EXPECT_EQ(key_of_owner(model_info<Author>(), ""), std::nullopt);
  const ModelInfo& seat = model_info<Seat>();
  for (const char* row : {"a", "a/b", "%2F", "a%", "/"}) {
    const dynamodb::Item of_seat{{"row", row}, {"number", -7}};
    EXPECT_EQ(key_of_owner(seat, claim_owner(seat, of_seat)), of_seat) << row;
  }
  EXPECT_EQ(key_of_owner(seat, "a"), std::nullopt);
  EXPECT_EQ(key_of_owner(seat, "a/b"), std::nullopt);
}

TEST_F(DataCheck, SetsOfValues_OfATableWithASortKeyAndATime) {
  ensure_table<Seat>();
  Registry registry;
  registry.add<Seat>();
  const auto ids = [&](bool repair) {
    std::vector<std::string> out;
    check_data(registry,
               {.models = registry.models(), .repair = repair, .report = [&](const auto& p) {
                  if (p.is_error()) out.push_back(p.id);
                }});
    return out;
  };
  auto seat = Seat::objects.create({.row = "a/b",
                                    .number = 1,
                                    .show = "Hamlet",
                                    .guest = "Ann",
                                    .until = db.now() + std::chrono::hours(1)});
  EXPECT_THAT(ids(true), IsEmpty());
  auto claims = Connection::current().client().scan({.table = "dynamo_backend_unique"}).value();
  std::string key;
  for (std::size_t i = 0; i < claims.items.size(); ++i) {
    const auto claim = dynamodb::unpack(claims.items[i]);
    if (claim.at("pk").as<std::string>().find("Seat") == std::string::npos &&
        claim.at("pk").as<std::string>().find("seat") == std::string::npos)
      continue;
    key = claim.at("pk").as<std::string>();
    auto wrong = claim;  // it would let the value go too early
    wrong.insert_or_assign("expires", 1);
    db.put("dynamo_backend_unique", wrong);
    EXPECT_THAT(ids(true), ElementsAre("data.E004"));
    EXPECT_THAT(ids(false), IsEmpty());
  }
  ASSERT_NE(key, "");
  drop_claim(key);
  EXPECT_THAT(ids(true), ElementsAre("data.E004"));
  EXPECT_THROW(Seat::objects.create({.row = "c", .number = 1, .show = "HAMLET", .guest = "ann"}),
               IntegrityError);
  // Expired: another takes the value, and the old row's claim is not missed.
  db.tick(std::chrono::hours(2));
  Seat::objects.create({.row = "c", .number = 1, .show = "hamlet", .guest = "ann"});
  EXPECT_THAT(ids(true), IsEmpty());
}

// What seemed wrong for a moment is not touched: the row, or what it needs, comes in between.
TEST_F(DataCheck, ARowThatIsPutRightBetweenReadAndRepair_IsLeftAlone) {
  const auto p = post();
  const auto item = db.stored("test_blog_author", alice.pk);
  drop("test_blog_author", alice.pk);
  db.client().before_write = [&] { db.put("test_blog_author", item); };
  EXPECT_THAT(check(true).ids(), IsEmpty());
  EXPECT_EQ(Post::objects.count(), 1u);
}

TEST_F(DataCheck, BesideWriters_NothingThatIsRightIsTouched) {
  constexpr int kThreads = 4, kRounds = 60;
  std::atomic<int> kept{0};
  std::atomic<bool> stop{false};
  std::thread checker([&] {
    while (!stop) {
      for (const auto& problem : check(true).problems) ADD_FAILURE() << problem.text;
    }
  });
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        const std::string name = "w" + std::to_string(t) + "-" + std::to_string(i);
        auto author = Author::objects.create({.username = name});
        auto p = Post::objects.create({.title = name, .slug = name, .author_pk = author});
        author.username += "-renamed";
        author.save();
        p.published = true;
        p.save();
        if (i % 3 == 0)
          author.remove();
        else
          ++kept;
      }
    });
  }
  for (auto& w : writers) w.join();
  stop = true;
  checker.join();
  EXPECT_THAT(check().ids(), IsEmpty());
  EXPECT_EQ(Author::objects.count(), static_cast<std::size_t>(kept) + 1);
  EXPECT_EQ(Post::objects.count(), static_cast<std::size_t>(kept));
  EXPECT_EQ(db.rows_in("dynamo_backend_unique"), static_cast<std::size_t>(kept) + 1);
}

}  // namespace
}  // namespace test_blog
