// Assignments: what update() is given, as DynamoDB's update expression, and applied here to a row
// that was read.
// Thread safety: constant after construction.
#pragma once
#include <vector>

#include "dynamo_backend/query.h"
#include "dynamo_backend/row_actions.h"
#include "dynamodb/expression.h"

namespace dynamo_backend {

class Assignments {
 public:
  // Raises the row's versions too, where there is an assignment. Throws FieldError,
  // ValidationError.
  Assignments(const ModelInfo& model, std::vector<AssignmentNode> assignments, Timestamp now);

  bool empty() const { return assignments_.empty(); }
  const dynamodb::UpdateExpression& update() const { return update_; }
  // What the update needs of a row, beside that it meets the query.
  const dynamodb::Condition& applies() const { return applies_; }
  const std::vector<const FieldInfo*>& fields() const { return fields_; }  // that are written
  dynamodb::Item values() const;  // what a row gets whatever it holds
  // Whether it starts from stored values.
  bool reads() const { return !read_.empty() || !sums_.empty(); }

  // A stored NULL is as good as absent to the models, but not to DynamoDB's functions: whether the
  // row has one that the update starts from, and the condition that it has none.
  bool reads_null(dynamodb::ItemView item) const;
  dynamodb::Condition reads_no_null() const;

  // The same change of a row as it was read; its guards are what is written or started from.
  // Throws ValidationError, DatabaseError.
  RowChange change_of(dynamodb::ItemView now) const;

  // Why DynamoDB refused the update: throws ValidationError where a sum in the row is too large or
  // too small for its member, or a place inside a member is not there or of another type.
  void refuse_sums(dynamodb::ItemView now) const;
  void refuse_nested(const dynamodb::Error& error) const;

 private:
  struct Sum {
    const FieldInfo* field;
    const Shape* shape;  // of what the sum is
    dynamodb::Path to, from;
    Value start;  // where `from` is absent
    dynamodb::Number delta;
  };
  void check();
  void build(const AssignmentNode& assignment);
  void limit_sum(Sum sum);
  void bump_version();
  Value default_of(const FieldInfo& field, Value otherwise) const;
  [[noreturn]] void out_of_range(const Sum& sum) const;

  const ModelInfo& model_;
  std::vector<AssignmentNode> assignments_;
  bool nested_ = false;  // one of them is inside a member
  std::vector<const FieldInfo*> fields_{};
  std::vector<const FieldInfo*> read_{};  // whose stored values the update starts from
  std::vector<Sum> sums_{};               // of integers
  dynamodb::Condition applies_{};
  dynamodb::UpdateExpression update_{};
};

}  // namespace dynamo_backend
