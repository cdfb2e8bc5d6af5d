// PartiQL statements of DynamoDB's dialect as syntax trees: what parse_statement() (parser.h) makes
// of a text. Names, literals and parameters stand as they were written; what they mean for a table
// is translate.h's and plan.h's business. Thread safety: values.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "dynamodb/expression.h"

namespace dynamodb::partiql {

// Where a token stands: line and column from 1, and its length, all in characters. Messages of
// DynamoDB's end with it: "… at 1:35:6".
struct Place {
  std::uint32_t line = 1, column = 1, length = 0;
};

enum class ExpressionKind : std::uint8_t {
  path,       // steps
  string,     // text
  number,     // text, sign included
  boolean,    // text: "true" or "false"
  null,       //
  missing,    //
  ion,        // text, between the backticks
  parameter,  // parameter: which `?`, from 0
  structure,  // {…}: args: key, value, key, value, …
  list,       // […], and the parenthesised candidates of IN
  bag,        // <<…>>
  call,       // text: the name in lower case; args
  operation,  // op; args
};

enum class Operator : std::uint8_t {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  and_,  // two or more args
  or_,   // two or more args
  not_,
  in,       // args: the value; the candidates
  between,  // args: the value, low, high
  is,       // text: the type's name in upper case
  like,
  plus,
  minus,
  multiply,
  divide,
  modulo,
  concatenate,
  negate,    // of something other than a number literal
  positive,  // the same
};

struct Expression {
  ExpressionKind kind = ExpressionKind::null;
  Place place{};
  Operator op = Operator::equal;
  std::string text{};
  std::vector<Path::Step> steps{};
  std::size_t parameter = 0;
  std::vector<Expression> args{};
};

// FROM "table"."index"
struct Source {
  std::string table{};
  std::string index{};  // empty: the table itself
};

struct OrderTerm {
  std::string attribute{};
  bool descending = false;
};

struct Select {
  std::vector<Expression> columns{};  // empty: *
  Source from{};
  std::optional<Expression> where{};
  std::vector<OrderTerm> order_by{};
};

struct Insert {
  Source into{};
  Expression value{};
};

struct Returning {
  bool modified = false;  // MODIFIED, otherwise ALL
  bool old = false;       // OLD, otherwise NEW
};

struct Update {
  // SET target = value; without a value, REMOVE target.
  struct Action {
    Expression target{};  // a path
    std::optional<Expression> value{};
  };
  Source table{};
  std::vector<Action> actions{};
  std::optional<Expression> where{};
  std::optional<Returning> returning{};
};

struct Delete {
  Source from{};
  std::optional<Expression> where{};
  std::optional<Returning> returning{};
};

// EXISTS(SELECT …): a condition of a transaction.
struct Exists {
  Select select{};
};

struct Statement {
  std::variant<Select, Insert, Update, Delete, Exists> body{};
  std::size_t parameters = 0;  // how many `?` it has
};

}  // namespace dynamodb::partiql
