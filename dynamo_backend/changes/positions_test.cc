#include "dynamo_backend/changes/positions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dynamo_backend::changes {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const base::Timestamp kTime = base::parse_iso("2026-03-01T12:00:00Z").value();

TEST(Positions, AreKeptAsTexts) {
  const Positions positions{
      .stream = "2026-01-01T00:00:00.000",
      .since = kTime,
      .shards = {
          {"shardId-1", {.finished = true}}, {"shardId-2", {.after = "100"}}, {"shardId-3", {}}}};
  auto texts = to_texts(positions);
  EXPECT_THAT(
      texts,
      ElementsAre(NamedText("shardId-1", "end"), NamedText("shardId-2", "after 100"),
                  NamedText("shardId-3", "start"),
                  NamedText("stream", "2026-01-01T00:00:00.000 2026-03-01T12:00:00.000000+00:00")));
  texts.emplace_back("segment 1", "whatever else is kept there");
  EXPECT_EQ(positions_from(texts), positions);
}

TEST(Positions, MissingOrDamaged_AreNone) {
  EXPECT_FALSE(positions_from({}));
  EXPECT_FALSE(positions_from({{"shardId-1", "end"}})) << "of no stream";
  EXPECT_FALSE(positions_from({{"stream", "2026"}}));
  EXPECT_FALSE(positions_from({{"stream", "2026 yesterday"}}));
  const NamedText stream("stream", "x " + base::to_iso(kTime));
  EXPECT_TRUE(positions_from({stream}));
  for (const char* text : {"", "after ", "begin", "ended"})
    EXPECT_FALSE(positions_from({stream, {"shardId-1", text}})) << text;
}

TEST(Positions, OnlyWhatChangedIsKeptAnew) {
  const Positions before{.stream = "s",
                         .since = kTime,
                         .shards = {{"shardId-1", {.finished = true}}, {"shardId-2", {}}}};
  Positions after = before;
  EXPECT_THAT(changed_texts(before, after), IsEmpty());
  after.shards.erase("shardId-1");
  after.shards["shardId-2"].after = "7";
  EXPECT_THAT(changed_texts(before, after),
              ElementsAre(NamedText("shardId-2", "after 7"), NamedText("shardId-1", "")));
}

TEST(Positions, TheEarlierOfTwo_MissesNothingOfEither) {
  const Positions a{.stream = "s",
                    .since = kTime,
                    .shards = {{"shardId-1", {.finished = true}},
                               {"shardId-2", {.after = "99"}},
                               {"shardId-3", {.finished = true}},
                               {"shardId-4", {.after = "5"}}}};
  const Positions b{.stream = "s",
                    .since = kTime - std::chrono::hours(1),
                    .shards = {{"shardId-1", {.after = "20"}},
                               {"shardId-2", {.after = "100"}},
                               {"shardId-3", {.finished = true}},
                               {"shardId-5", {}}}};
  const Positions both{.stream = "s",
                       .since = b.since,
                       .shards = {{"shardId-1", {.after = "20"}},
                                  {"shardId-2", {.after = "99"}},
                                  {"shardId-3", {.finished = true}}}};
  EXPECT_EQ(earlier(a, b), both);
  EXPECT_EQ(earlier(b, a), both);
  EXPECT_FALSE(earlier(a, {.stream = "another"}));
}

}  // namespace
}  // namespace dynamo_backend::changes
