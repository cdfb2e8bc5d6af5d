// Integer members in conditions and updates, versions among them.
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"

namespace test_blog {
namespace {

struct Gauge : DynamoModel<Gauge> {
  std::int8_t level = 0;
  std::uint64_t total = 0;
  std::optional<std::uint16_t> port{};
  static constexpr auto schema = define<Gauge>(
      IntegerField<&Gauge::level>{}, IntegerField<&Gauge::total>{}, IntegerField<&Gauge::port>{});
};

TEST(Integers, OfAnyWidthAndSign_AreComparedAndAdded_AndCheckedWhenAssigned) {
  Database db;
  ensure_table<Gauge>();
  Gauge::objects.create({.level = 5, .total = 7, .port = 80});
  const auto count = [](const Q<Gauge>& q) { return Gauge::objects.filter(q).count(); };
  EXPECT_EQ(count(f<&Gauge::total> == 7 && f<&Gauge::level> > 4L && f<&Gauge::port> != 443), 1u);
  EXPECT_EQ(count(f<&Gauge::total>.in(std::vector<int>{7, -1})), 1u);
  EXPECT_EQ(count(f<&Gauge::total>.between(-1, 7)), 1u);
  EXPECT_EQ(count(f<&Gauge::level> == 261), 0u);  // 5 in eight bits
  EXPECT_EQ(count(f<&Gauge::level> < 1000), 1u);
  const auto all = Gauge::objects.all();
  EXPECT_EQ(all.update(f<& Gauge::total> = f<&Gauge::total> - 3, f<& Gauge::level> = 6,
                       f<& Gauge::port> = f<&Gauge::port> + 1),
            1u);
  const auto after = all.get();
  EXPECT_EQ(after.total, 4u);
  EXPECT_EQ(after.level, 6);
  EXPECT_EQ(after.port, 81);
  EXPECT_THROW(all.update(f<& Gauge::level> = 261), ValidationError);
  EXPECT_THROW(all.update(f<&Gauge::port>.if_not_exists(-1)), ValidationError);
  EXPECT_THROW(all.update(f<& Gauge::total> = f<&Gauge::total> - 5), ValidationError);
}

TEST(Integers, TheVersionIsNotAssigned) {
  Database db;
  EXPECT_THROW(Post::objects.all().update(f<& Post::version> = 1), FieldError);
  EXPECT_THROW(Post::objects.all().update(f<& Post::version> = f<&Post::version> - 1), FieldError);
}

}  // namespace
}  // namespace test_blog
