// The tokens of PartiQL texts. Internal to parser*.cc.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/partiql/statement.h"

namespace dynamodb::partiql {

enum class TokenKind : std::uint8_t {
  word,         // an identifier without quotes that is no keyword
  quoted_word,  // "…": text without quotes, doubled quotes undone
  keyword,      // text in lower case
  string,       // '…': as quoted_word
  number,       // digits, with a fraction and an exponent
  ion,          // `…`
  symbol,
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text{};
  Place place{};
};

// `text` as tokens without its comments; the last one is `end`. nullopt where a character starts no
// token, a quote or comment stays open, or a number's exponent does not fit 32 bits.
std::optional<std::vector<Token>> tokenize(std::string_view text);

// Whether PartiQL reserves `word`, given in lower case: as an identifier it needs quotes.
bool is_keyword(std::string_view word);

}  // namespace dynamodb::partiql
