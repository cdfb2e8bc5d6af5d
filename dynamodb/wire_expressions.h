// What the requests that carry expressions have in common: which parameters go together, and their
// expressions with the placeholders that they share. Internal to wire_*.cc.
#pragma once
#include <span>
#include <string_view>

#include "dynamodb/wire_json.h"
#include "dynamodb/wire_messages.h"

namespace dynamodb::wire {

// The parameters of one operation, in the order in which AWS's messages list them.
struct ExpressionParameters {
  std::span<const std::string_view> expressions{}, legacy{};
};

// Reads the expressions of one request. The calls stand in the order of AWS's checks: the
// constructor looks at which parameters there are; the request's other values come between; then
// placeholders(), the expressions, finish(). All errors go to the reader's. REQUIRES: the types of
// members are right.
class ExpressionReader {
 public:
  // `request` outlives the reader.
  ExpressionReader(const Reader& request, const ExpressionParameters& parameters);

  void read_placeholders();
  UpdateExpression update();
  Condition condition(std::string_view member);
  Condition key_condition();  // only parsed: as_key_condition() is for after finish()
  Projection projection();
  // That every placeholder was used.
  void finish();

 private:
  Errors& errors() const { return request_.errors(); }
  void check_parameters(const ExpressionParameters& parameters);
  void read_values();
  void check_size();
  template <class Expression, class Parse>
  Expression parsed(std::string_view member, Parse parse);

  const Reader& request_;
  // DynamoDB: reads by key have no ExpressionAttributeValues; the member is ignored there.
  const bool takes_values_;
  Placeholders placeholders_{};
};

}  // namespace dynamodb::wire
