// Ranges of values: of bytes, and without a value.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_fields.h"

namespace test_blog {
namespace {

using test_fields::Everything;
using testing::ElementsAre;
using testing::HasSubstr;

// A row that bytes identify.
struct Blob : DynamoTable<Blob> {
  Binary id{};
  static constexpr auto schema = define<Blob>({.table_name = "blobs"}, PartitionKey<&Blob::id>{});
};

struct Ranges : testing::Test {
  Database db;
  void SetUp() override { ensure_table<Everything>(); }
};

TEST_F(Ranges, ABinaryIsOrderedByItsBytesFrom0To255) {
  for (const char* bytes : {"", "\x01", "\x7f", "\x7f\x01", "\x80", "\xff"})
    Everything::objects.create({.chars = "x", .bytes = {bytes}});
  const auto texts = [](const auto& rows) {
    std::vector<std::string> out;
    for (const Everything& row : rows) out.push_back(row.bytes.bytes);
    return out;
  };
  const auto all = Everything::objects.order_by(f<&Everything::bytes>.asc());
  EXPECT_THAT(texts(all.filter(f<&Everything::bytes> > Binary{"\x7f"})),
              ElementsAre("\x7f\x01", "\x80", "\xff"));
  EXPECT_THAT(texts(all.filter({{"bytes__lte", Binary{"\x7f"}}})), ElementsAre("", "\x01", "\x7f"));
  EXPECT_THAT(texts(all.filter(f<&Everything::bytes>.between(Binary{"\x02"}, Binary{"\x80"}))),
              ElementsAre("\x7f", "\x7f\x01", "\x80"));
  EXPECT_EQ(all.max<&Everything::bytes>(), Binary{"\xff"});
  EXPECT_EQ(all.slice(1, 4).min<&Everything::bytes>(), Binary{"\x01"});
}

TEST_F(Ranges, ARangeWithoutAValueIsRefused) {
  const auto refused = [](const auto& condition) {
    try {
      (void)Everything::objects.filter(condition).count();
    } catch (const FieldError& e) {
      return std::string(e.what()).find("maybe_integer") != std::string::npos;
    }
    return false;
  };
  const std::optional<std::int64_t> none;
  EXPECT_TRUE(refused(f<&Everything::maybe_integer> < none));
  EXPECT_TRUE(refused(f<&Everything::maybe_integer> >= std::nullopt));
  EXPECT_TRUE(refused(f<&Everything::maybe_integer>.between(none, 5)));
  EXPECT_TRUE(refused(!(f<&Everything::maybe_integer> > none)));
}

TEST_F(Ranges, MessagesHaveBytesInBase64) {
  ensure_table<Blob>();
  try {
    (void)Blob::objects.get(Binary{std::string("\0\xff", 2)});
    FAIL();
  } catch (const Blob::DoesNotExist& e) {
    EXPECT_THAT(e.what(), HasSubstr("AP8="));
  }
  EXPECT_THAT(Everything::objects.filter(f<&Everything::bytes> < Binary{"\xff"}).explain(),
              HasSubstr("bytes < base64 '/w=='"));
}

}  // namespace
}  // namespace test_blog
