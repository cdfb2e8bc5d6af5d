// Prints expression trees as DynamoDB's text, with placeholders for every name and value, so that
// no text of a user is ever part of an expression. REQUIRES: trees whose operators have their
// operands, as the builder and the parser make them (check_condition() tells).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "dynamodb/expression.h"

namespace dynamodb {

// Names and values of one request: all its expressions are printed through one printer, so that
// placeholders are shared.
class ExpressionPrinter {
 public:
  std::string print(const Condition& condition);
  std::string print(const UpdateExpression& update);
  std::string print(const Projection& projection);

  const std::map<std::string, std::string>& names() const {
    return names_;
  }  // "#n0" -> attribute name
  const std::map<std::string, AttributeValue>& values() const { return values_; }  // ":v0" -> value

 private:
  std::string name(const std::string& attribute);
  std::string value(const AttributeValue& v);
  std::string path(const Path& p);
  std::string operand(const Operand& o);
  std::string set_operand(const SetOperand& o);
  std::string condition(const Condition& c, int parent_precedence);

  std::map<std::string, std::string> names_{}, name_of_{};
  std::map<std::string, AttributeValue> values_{};
};

}  // namespace dynamodb
