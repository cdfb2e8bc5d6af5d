// Turns the parts of a statement, with its parameters, into the trees of expression.h and value.h.
//
// What needs no table is checked here, in DynamoDB's words: literals, operands, functions. The
// translator keeps the first error; what it returns after one does not matter. Thread safety: one
// thread at a time.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/error.h"
#include "dynamodb/expression.h"
#include "dynamodb/partiql/statement.h"

namespace dynamodb::partiql {

// A selected path and the name that its value gets in the result: the last name of the path with
// the positions after it. m.list[0] is "list[0]".
struct Column {
  Path path;
  std::string name;
};

class Translator {
 public:
  // REQUIRES: `parameters` outlives the translator and has as many as the statement.
  explicit Translator(const std::vector<AttributeValue>& parameters) : parameters_(parameters) {}

  const std::optional<Error>& error() const { return error_; }

  // A WHERE clause; empty for none.
  Condition where(const std::optional<Expression>& where);
  std::vector<Column> columns(const std::vector<Expression>& columns);
  Item item(const Expression& structure);
  UpdateExpression update(const std::vector<Update::Action>& actions);

 private:
  void fail(std::string message);
  void fail_at(const std::string& message, const Expression& at);
  // A message of check_condition() and its like without the expression's kind, which PartiQL's
  // messages do not have.
  void fail_check(const std::optional<std::string>& problem);

  // ---- values. `where` is the path inside a literal, for messages: "root.a[0]".
  AttributeValue value(const Expression& e);
  AttributeValue literal(const Expression& e, const std::string& where, std::size_t level);
  Number number(const Expression& e, const std::string& where);
  Map structure(const Expression& e, const std::string& where, std::size_t level);
  List list(const Expression& e, const std::string& where, std::size_t level);
  AttributeValue bag(const Expression& e, const std::string& where);

  // ---- conditions
  Condition condition(const Expression& e);
  std::vector<Condition> conditions(const std::vector<Expression>& args, std::string_view problem);
  Condition comparison(const Expression& e, ConditionOp op);
  Condition same_truth(const Expression& condition, const Expression& other);
  Condition is(const Expression& e);
  Condition in(const Expression& e);
  Condition call(const Expression& e);
  Operand operand(const Expression& e);
  Operand call_operand(const Expression& e);
  std::vector<Operand> operands(const std::vector<Expression>& args);

  // ---- updates
  void set(const Update::Action& action, UpdateExpression& update);
  void change_set(const Path& target, const Expression& call, UpdateExpression& update);
  SetOperand set_operand(const Expression& e);
  SetOperand set_call(const Expression& e);
  SetOperand arithmetic(const Expression& e);

  const std::vector<AttributeValue>& parameters_;
  std::optional<Error> error_{};
};

}  // namespace dynamodb::partiql
