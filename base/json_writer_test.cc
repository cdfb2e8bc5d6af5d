#include "base/json_writer.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/json_text.h"

namespace base {
namespace {

TEST(JsonWriter, NestedValues_AreSeparatedByCommas) {
  JsonWriter out;
  out.begin_object();
  out.member("a", 1);
  out.key("b");
  out.begin_array();
  out.value("x");
  out.value(true);
  out.begin_object();
  out.end_object();
  out.value(nullptr);
  out.end_array();
  out.member("c", std::uint64_t{18446744073709551615u});
  out.end_object();
  EXPECT_EQ(out.text(), R"({"a":1,"b":["x",true,{},null],"c":18446744073709551615})");
}

TEST(JsonWriter, Doubles_ReadBackTheSameAndStayReal) {
  for (const double number : {0.1, 1.0, -0.0, 1e300, 5e-324, 123456789.125}) {
    JsonWriter out;
    out.value(number);
    const Json json = parse_json(out.text());
    EXPECT_TRUE(json.is_number_float()) << out.text();
    EXPECT_EQ(json.get<double>(), number);
  }
  JsonWriter out;
  out.value(std::numeric_limits<double>::infinity());
  EXPECT_EQ(out.text(), "null");
}

TEST(JsonWriter, Strings_AreEscapedAndAlwaysValidUtf8) {
  const std::string every_byte = [] {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
  }();
  for (const std::string& text :
       {std::string("a\"b\\c\n\x01"), std::string("é😀"), every_byte, std::string("\xE2\x82"),
        std::string("\xED\xA0\x80"), std::string("\xF5\x80\x80\x80")}) {
    JsonWriter out;
    out.value(text);
    EXPECT_NO_THROW(parse_json(out.text())) << out.text();
  }
  JsonWriter out;
  out.value("é\x80😀");
  EXPECT_EQ(out.text(), "\"é\xEF\xBF\xBD😀\"");
}

// Text is looked at in blocks: whatever the place in a block, and whatever surrounds it.
TEST(JsonWriter, AnyCharacterAtAnyPlace_ReadsBackTheSame) {
  std::vector<std::string> characters{"é", "日", "😀"};
  for (int c = 0; c < 128; ++c) characters.emplace_back(1, static_cast<char>(c));
  for (const std::string& character : characters) {
    for (std::size_t at = 0; at < 40; ++at) {
      for (const char around : {'x', '\x1f', ' ', '\x7f'}) {
        std::string text(at, 'x');
        text += character + std::string(1, around) + std::string(40 - at, 'y');
        JsonWriter out;
        out.value(text);
        ASSERT_EQ(parse_json(out.text()).get<std::string>(), text) << out.text();
        char utf8[512];
        std::string_view rest = text;
        char* const end = put_json_utf8(utf8, std::end(utf8), rest);
        ASSERT_EQ('"' + std::string(utf8, end) + '"', out.text());
        const std::string behind = text + std::string(kJsonBlock, '"');
        char* const readable =
            put_readable_utf8(utf8, std::string_view(behind).substr(0, text.size()));
        ASSERT_EQ('"' + std::string(utf8, readable) + '"', out.text());
      }
    }
  }
}

// However little room there is at a time, and wherever it ends, the pieces make the same text.
TEST(JsonWriter, TextPutInPieces_IsTheSameText) {
  std::string all;
  for (int i = 0; i < 60; ++i)
    all += i % 7 == 0 ? "é" : i % 5 == 0 ? "\x02" : i % 3 == 0 ? "\"" : "abc";
  for (std::size_t size = 1; size <= all.size(); ++size) {
    const std::string_view text = std::string_view(all).substr(0, size);
    std::string whole;
    append_json_text(whole, text);
    const bool utf8 = text.back() != '\xC3';  // half of a character
    for (const auto put : {put_json_text, put_json_utf8}) {
      if (put == put_json_utf8 && !utf8) continue;
      for (std::size_t room = kJsonTextRoom; room < 80; ++room) {
        std::string buffer(room + kJsonTextRoom, '#'), pieces;
        for (std::string_view rest = text; !rest.empty();) {
          char* const end = put(buffer.data(), buffer.data() + room, rest);
          ASSERT_EQ(buffer[room], '#') << "written past the end";
          ASSERT_NE(end, buffer.data());
          pieces.append(buffer.data(), end);
        }
        ASSERT_EQ(pieces, whole) << room;
      }
    }
  }
}

}  // namespace
}  // namespace base
