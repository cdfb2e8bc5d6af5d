// Q<T>: a condition on a model, of ONE type however it was built, over an immutable shared tree.
//
// Logic is two-valued, as DynamoDB's and as Django's querysets: a comparison with an absent
// attribute is false, so that its negation holds; `!=` and exclude() therefore find rows without
// the attribute, too.
// Thread safety: immutable values.
#pragma once
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dynamo_backend/member_traits.h"

namespace dynamo_backend {

struct Node;
struct Query;
using NodePtr = std::shared_ptr<const Node>;  // null: every row

enum class Op : std::uint8_t {
  eq,
  lt,
  le,
  gt,
  ge,
  in,
  between,
  startswith,
  contains,
  iexact,
  icontains,
  istartswith,
  isnull,
  and_,
  or_,
  not_,
};

// Where inside a JSON or list member: names of maps and positions in lists.
using PathSteps = std::vector<std::variant<std::string, std::uint32_t>>;

struct Node {
  Op op = Op::eq;
  std::vector<std::string_view>
      path{};  // member names: of the model, then of the models that its relations lead to
  std::vector<Value> values{};              // isnull: one BOOL
  NodePtr left{}, right{};                  // of and_, or_; not_ has `left`
  std::shared_ptr<const Query> subquery{};  // of `in`, instead of values: those of its one field,
                                            // asked for when the condition is used
  PathSteps steps{};                        // inside the last member of `path`
};

NodePtr make_leaf(Op op, std::initializer_list<std::string_view> path, Value value);
NodePtr make_leaf(Op op, std::initializer_list<std::string_view> path, std::vector<Value> values);
// `==`: with NULL it asks whether the attribute is absent.
NodePtr make_equal(std::initializer_list<std::string_view> path, Value value);
NodePtr make_in(std::initializer_list<std::string_view> path,
                std::shared_ptr<const Query> subquery);
NodePtr make_and(const NodePtr& a, const NodePtr& b);
// As in Django, a side that says nothing adds nothing, so that conditions can be gathered in a
// loop.
NodePtr make_or(const NodePtr& a, const NodePtr& b);
NodePtr make_not(const NodePtr& a);
// A condition that no row meets.
NodePtr make_nothing();

template <class T>
class Q {
 public:
  Q() = default;  // no condition: every row; of no effect within && and ||
  explicit Q(NodePtr node) : node_(std::move(node)) {}
  const NodePtr& node() const { return node_; }
  friend Q operator&&(const Q& a, const Q& b) { return Q{make_and(a.node_, b.node_)}; }
  friend Q operator||(const Q& a, const Q& b) { return Q{make_or(a.node_, b.node_)}; }
  friend Q operator!(const Q& a) { return Q{make_not(a.node_)}; }

 private:
  NodePtr node_{};
};

}  // namespace dynamo_backend
