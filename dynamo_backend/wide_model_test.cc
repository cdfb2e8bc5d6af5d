// A model with more attributes than one condition can compare.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/rows.h"
#include "dynamo_backend/test_blog.h"
#include "dynamo_backend/transaction.h"

namespace wide_model_test {
namespace {

using namespace dynamo_backend;  // NOLINT: a test
using testing::HasSubstr;

#define TEN(m, t) m(t##0) m(t##1) m(t##2) m(t##3) m(t##4) m(t##5) m(t##6) m(t##7) m(t##8) m(t##9)
#define LEFT(m) TEN(m, a) TEN(m, b) TEN(m, c) TEN(m, d) TEN(m, e) TEN(m, f) TEN(m, g) TEN(m, h)
#define RIGHT(m) TEN(m, i) TEN(m, j) TEN(m, k) TEN(m, l) TEN(m, n) TEN(m, o) TEN(m, p)
#define MEMBER(name) std::int64_t name = 0;
#define LEFT_FIELD(name) \
  , IntegerField<&Left::name> {}
#define RIGHT_FIELD(name) \
  , IntegerField<&Wide::name> {}

template <class T>
struct Left : DynamoModel<T> {
  std::string text{};
  LEFT(MEMBER)
  static constexpr auto left = fields(TextField<&Left::text>{.blank = true} LEFT(LEFT_FIELD));
};
struct Wide : Left<Wide> {
  RIGHT(MEMBER)
  static constexpr auto schema = define<Wide>(left RIGHT(RIGHT_FIELD));
};

#undef TEN
#undef LEFT
#undef RIGHT
#undef MEMBER
#undef LEFT_FIELD
#undef RIGHT_FIELD

TEST(WideModel, IsGuardedAsAWholeByAVersionOnly) {
  test_blog::Database db;
  ensure_table<Wide>();
  Wide row;
  row.save();
  row.text = "b";
  EXPECT_NO_THROW(row.save());
  const auto told = [](auto&& run) -> std::string {
    try {
      run();
    } catch (const ImproperlyConfigured& e) {
      return e.what();
    }
    return "no error";
  };
  row.text = "c";
  EXPECT_THAT(told([&] { write_row_as_read(model_info<Wide>(), &row); }),
              HasSubstr("Wide has 152 attributes"));
  EXPECT_THAT(told([&] { transaction([&](Transaction& t) { (void)t.get<Wide>(row.pk); }); }),
              HasSubstr("VersionField"));
}

}  // namespace
}  // namespace wide_model_test
