// What the thread's CallLedger says of a model's calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/call_ledger.h"
#include "dynamo_backend/test_blog.h"

namespace test_blog {
namespace {

using base::CallLedger;
using testing::ElementsAre;
using testing::HasSubstr;

struct Ledger : testing::Test {
  Database db;
  static std::vector<std::string> names(const CallLedger& ledger) {
    std::vector<std::string> out;
    for (const auto& call : ledger.calls())
      out.push_back(call.operation + " " + call.target +
                    (call.index.empty() ? "" : "." + call.index));
    return out;
  }
};

TEST_F(Ledger, Reads_TellRowsAndUnits) {
  const Author alice = Author::objects.create({.username = "alice"});
  for (int i = 0; i < 3; ++i)
    Post::objects.create({.title = i == 0 ? "kept" : "other", .slug = "p", .author_pk = alice});
  const CallLedger ledger;
  EXPECT_EQ(Author::objects.get(alice.pk).username, "alice");
  std::size_t found = 0;
  for (const Post& post :
       Post::objects.filter(f<&Post::author_pk> == alice && f<&Post::title> == "kept"))
    found += post.title == "kept" ? 1 : 0;
  EXPECT_EQ(found, 1u);
  EXPECT_THAT(names(ledger), ElementsAre("GetItem test_blog_author", "Query posts.author-recent"));
  const auto calls = ledger.calls();
  EXPECT_EQ(calls[0].outcome.items, 1u);
  EXPECT_GT(calls[0].outcome.read_units, 0);
  EXPECT_EQ(calls[1].outcome.items, 1u);
  EXPECT_EQ(calls[1].outcome.examined, 3u);
  EXPECT_GT(calls[1].outcome.time.count(), 0);
  EXPECT_FALSE(calls[1].request);
}

TEST_F(Ledger, Writes_TellUnitsAndErrors) {
  const CallLedger ledger({.requests = true});
  Author alice = Author::objects.create({.username = "alice"});
  alice.bio = "x";
  alice.save();
  Post gone = Post::objects.create({.title = "t", .slug = "p", .author_pk = alice});
  Post::objects.filter(f<&Post::pk> == gone.pk).remove();
  gone.title = "late";
  EXPECT_THROW(gone.save(), std::exception);
  const auto calls = ledger.calls();
  double written = 0;
  for (const auto& call : calls) written += call.outcome.write_units;
  EXPECT_GE(written, 4);
  const auto& late = calls.at(calls.size() - 2);  // behind it the look whether the row is gone
  EXPECT_EQ(late.operation, "UpdateItem");
  EXPECT_THAT(late.outcome.error, HasSubstr("ConditionalCheckFailed"));
  EXPECT_THAT(late.request(), HasSubstr("\"UpdateExpression\""));
}

TEST_F(Ledger, Batches_TellTheirKeys) {
  const Author alice = Author::objects.create({.username = "alice"});
  const Author bob = Author::objects.create({.username = "bob"});
  const CallLedger ledger({.requests = true});
  EXPECT_EQ(Author::objects.in_bulk({alice.pk, bob.pk}).size(), 2u);
  const auto calls = ledger.calls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].target, "test_blog_author");
  for (const Author& author : {alice, bob})
    EXPECT_THAT(calls[0].request(), HasSubstr("{\"pk\":{\"S\":\"" + author.pk.str() + "\"}}"));
  EXPECT_THAT(calls[0].request(), HasSubstr("\"ConsistentRead\":true"));
}

TEST_F(Ledger, AKeptRow_IsNoCall) {
  const Author alice = Author::objects.create({.username = "alice"});
  const RequestScope scope;
  const CallLedger ledger;
  (void)Author::objects.get(alice.pk);
  (void)Author::objects.get(alice.pk);
  const auto calls = ledger.calls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_FALSE(calls[0].outcome.repeated);
  EXPECT_TRUE(calls[1].outcome.repeated);
}

TEST_F(Ledger, ThreadsOfAScan_AreCounted) {
  for (int i = 0; i < 5; ++i) Author::objects.create({.username = "u" + std::to_string(i)});
  ScopedConnection four(db.client(), {.scan_policy = ScanPolicy::allow, .scan_segments = 4});
  const CallLedger ledger;
  EXPECT_EQ(Author::objects.filter(f<&Author::bio> == "").count(), 5);
  EXPECT_EQ(ledger.calls().size(), 4u);
}

}  // namespace
}  // namespace test_blog
