// What visitors type, cut into clauses; and highlights as HTML.
#include "dynamo_backend/search/query_text.h"

#include <gmock/gmock.h>

#include "dynamo_backend/search/errors.h"
#include "dynamo_backend/search/highlight.h"
#include "dynamo_backend/search/words.h"

namespace dynamo_backend::search {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Type = Clause::Type;

std::string show(std::string_view typed) {
  std::string out;
  for (const Clause& clause : parse_query_text(typed).clauses) {
    if (!out.empty()) out += ' ';
    out += clause.type == Type::phrase ? '[' : clause.type == Type::prefix ? '<' : '(';
    for (std::size_t i = 0; i < clause.words.size(); ++i)
      out += (i == 0 ? "" : " ") + clause.words[i];
    out += clause.type == Type::phrase ? ']' : clause.type == Type::prefix ? '>' : ')';
  }
  return out;
}

TEST(QueryTextTest, Words_AreRunsOfLettersAndDigits) {
  EXPECT_EQ(show("two words"), "(two) (words)");
  EXPECT_EQ(show("C++20 & node.js, DynamoDB!"), "(C) (20) (node) (js) (DynamoDB)");
  EXPECT_EQ(show("Crème brûlée 東京"), "(Crème) (brûlée) (東京)");
  EXPECT_EQ(show("snake_case"), "(snake) (case)");
}

TEST(QueryTextTest, Quotes_MakePhrases) {
  EXPECT_EQ(show("\"single table design\" tips"), "[single table design] (tips)");
  EXPECT_EQ(show("\"one\""), "(one)");
  EXPECT_EQ(show("a\"b c\"d"), "(a) [b c] (d)");
}

TEST(QueryTextTest, QuoteWithoutEnd_Separates) { EXPECT_EQ(show("\"open end"), "(open) (end)"); }

TEST(QueryTextTest, S2_Star_MakesAPrefix_OnlyBehindAWord) {
  EXPECT_EQ(show("dyn*"), "<dyn>");
  EXPECT_EQ(show("*namo * dyn *"), "(namo) (dyn)");
  EXPECT_EQ(show("dyn** b*c"), "<dyn> <b> (c)");
  EXPECT_EQ(show("\"dyn* bo*\""), "[dyn bo]");
}

TEST(QueryTextTest, GenitiveS_IsNotAskedFor_OutsideOfPhrases) {
  EXPECT_EQ(show("yesterday's API’S s 's \"John's\""), "(yesterday) (API) (s) [John s]");
}

TEST(QueryTextTest, S2_SyntaxOfEngines_IsSeparators) {
  EXPECT_EQ(show("title:secret AND (a OR -b) ~2 ^3 /x.*/ NEAR(a b, 2)"),
            "(title) (secret) (AND) (a) (OR) (b) (2) (3) (x) (NEAR) (a) (b) (2)");
  EXPECT_EQ(show("'; DROP TABLE d1; --"), "(DROP) (TABLE) (d1)");
}

TEST(QueryTextTest, NothingToSearchFor_IsEmpty) {
  EXPECT_TRUE(parse_query_text("").empty());
  EXPECT_TRUE(parse_query_text("  \"\" *** ?! \x01\x02").empty());
  EXPECT_TRUE(parse_query_text(std::string_view("\0\0", 2)).empty());
}

TEST(QueryTextTest, Accents_AreComposed) {
  EXPECT_EQ(show("cafe\xCC\x81"), "(caf\xC3\xA9)");  // e and a combining accent
}

TEST(QueryTextTest, S2_TooLongOrTooMany_IsInvalidQuery) {
  EXPECT_NO_THROW(parse_query_text(std::string(256, 'a')));
  EXPECT_THROW(parse_query_text(std::string(257, 'a')), InvalidQuery);
  std::string umlauts;
  for (int i = 0; i < 256; ++i) umlauts += "\xC3\xBC";
  EXPECT_NO_THROW(parse_query_text(umlauts));  // characters, not bytes
  std::string words;
  for (int i = 0; i < 16; ++i) words += "w ";
  EXPECT_EQ(parse_query_text(words).clauses.size(), 16u);
  EXPECT_THROW(parse_query_text(words + "w"), InvalidQuery);
  EXPECT_THROW(parse_query_text("\"" + words + "w\""), InvalidQuery);
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "w ";
  EXPECT_THROW(parse_query_text(many), InvalidQuery);
}

TEST(QueryTextTest, BrokenUtf8_IsInvalidQuery) {
  EXPECT_THROW(parse_query_text("caf\xE9"), InvalidQuery);
  EXPECT_THROW(parse_query_text("\xED\xA0\x80"), InvalidQuery);  // a surrogate
}

TEST(WordsTest, IndexableText_IsNfcWithoutMarks) {
  EXPECT_EQ(indexable_text("a\x01"
                           "b\x02"
                           "c"),
            "abc");
  EXPECT_EQ(indexable_text("cafe\xCC\x81"), "caf\xC3\xA9");
  EXPECT_EQ(indexable_text("caf\xE9!"), "caf\xEF\xBF\xBD!");
}

TEST(WordsTest, SplitWords_OfNothing_IsEmpty) {
  EXPECT_THAT(split_words(""), IsEmpty());
  EXPECT_THAT(split_words(" -- "), IsEmpty());
  EXPECT_THAT(split_words("a-b"), ElementsAre("a", "b"));
  EXPECT_THAT(split_words(" é1、東京。x"), ElementsAre("é1", "東京", "x"));
  EXPECT_EQ(count_words("a-b, c "), 3u);
  EXPECT_EQ(count_words(""), 0u);
}

TEST(WordsTest, EditDistance_CountsCharactersAndSwaps) {
  EXPECT_EQ(edit_distance("dynamo", "dynamo", 2), 0u);
  EXPECT_EQ(edit_distance("dynamo", "dinamo", 2), 1u);
  EXPECT_EQ(edit_distance("dynamo", "dyanmo", 2), 1u);  // a swap
  EXPECT_EQ(edit_distance("dynamo", "dynam", 2), 1u);
  EXPECT_EQ(edit_distance("dynamo", "dynamoid", 2), 2u);
  EXPECT_EQ(edit_distance("dynamo", "python", 2), 3u);  // more than 2
  EXPECT_EQ(edit_distance("br\xC3\xBCl\xC3\xA9", "brule", 2), 2u);
  EXPECT_EQ(edit_distance("", "ab", 2), 2u);
}

TEST(HighlightTest, O5_EscapesThenMarks) {
  EXPECT_EQ(highlight_html("a <b> \x01"
                           "C&D\x02 'e' \"f\""),
            "a &lt;b&gt; <mark>C&amp;D</mark> &#39;e&#39; &quot;f&quot;");
}

TEST(HighlightTest, MarksThatDoNotPair_AreDropped) {
  EXPECT_EQ(highlight_html("\x02"
                           "a\x01"
                           "b"),
            "ab");
  EXPECT_EQ(highlight_html("\x01"
                           "a\x01"
                           "b\x02\x02"),
            "<mark>ab</mark>");
}

}  // namespace
}  // namespace dynamo_backend::search
