#include "dynamodb/local/shard_iterator.h"

#include <gtest/gtest.h>

namespace dynamodb::local {
namespace {

ShardIterator some_iterator() {
  return {.stream = {"table", "2026-03-01T12:00:00.000"},
          .shard = 7,
          .position = 1ull << 63 | 5,
          .issued_at = base::parse_iso("2026-03-01T12:34:56.789012Z").value()};
}

TEST(ShardIterator, Text_ReadsBack) {
  const auto read = parse_shard_iterator(encode(some_iterator()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->stream, some_iterator().stream);
  EXPECT_EQ(read->shard, some_iterator().shard);
  EXPECT_EQ(read->position, some_iterator().position);
  EXPECT_EQ(read->issued_at, some_iterator().issued_at);
}

TEST(ShardIterator, TextCutOrAltered_IsNone) {
  const std::string text = encode(some_iterator());
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(parse_shard_iterator(std::string_view(text).substr(0, i))) << i;
    std::string altered = text;
    altered[i] = altered[i] == 'x' ? 'y' : 'x';
    // Region and account are not looked at.
    const auto read = parse_shard_iterator(altered);
    EXPECT_TRUE(!read || (i < text.find(":table/") && read->stream == some_iterator().stream)) << i;
  }
  EXPECT_FALSE(parse_shard_iterator(""));
  EXPECT_FALSE(parse_shard_iterator(text + "="));
}

}  // namespace
}  // namespace dynamodb::local
