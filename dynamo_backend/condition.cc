#include "dynamo_backend/condition.h"

namespace dynamo_backend {
namespace {

NodePtr node(Node n) { return std::make_shared<const Node>(std::move(n)); }

}  // namespace

NodePtr make_leaf(Op op, std::initializer_list<std::string_view> path, Value value) {
  std::vector<Value> values;
  values.push_back(std::move(value));
  return make_leaf(op, path, std::move(values));
}

NodePtr make_leaf(Op op, std::initializer_list<std::string_view> path, std::vector<Value> values) {
  return node({.op = op, .path = path, .values = std::move(values)});
}

NodePtr make_equal(std::initializer_list<std::string_view> path, Value value) {
  if (value.is<dynamodb::Null>()) return make_leaf(Op::isnull, path, Value(true));
  return make_leaf(Op::eq, path, std::move(value));
}

NodePtr make_in(std::initializer_list<std::string_view> path,
                std::shared_ptr<const Query> subquery) {
  return node({.op = Op::in, .path = path, .subquery = std::move(subquery)});
}

NodePtr make_and(const NodePtr& a, const NodePtr& b) {
  if (!a || !b) return a ? a : b;
  return node({.op = Op::and_, .left = a, .right = b});
}

NodePtr make_or(const NodePtr& a, const NodePtr& b) {
  if (!a) return b;
  if (!b) return a;
  return node({.op = Op::or_, .left = a, .right = b});
}

NodePtr make_not(const NodePtr& a) {
  if (!a) return a;  // no condition, which as in Django excludes nothing
  return node({.op = Op::not_, .left = a});
}

NodePtr make_nothing() { return node({.op = Op::or_}); }

}  // namespace dynamo_backend
