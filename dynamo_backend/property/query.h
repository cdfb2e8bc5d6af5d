// Random querysets as data: built, printed, shrunk and evaluated from one description.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dynamo_backend/property/row.h"

namespace property {

struct Condition;
using ConditionPtr = std::shared_ptr<const Condition>;

// Of Row, or of Group behind `relation`.
struct Condition {
  enum class Logic : std::uint8_t { leaf, both, either, negation };
  Logic logic = Logic::leaf;
  ConditionPtr a{}, b{};

  // ---- leaf
  Op op = Op::eq;
  std::string_view member{};
  std::vector<Cell> values{};
  bool wants_null = true;       // isnull
  std::string_view relation{};  // "group": `member` is Group's
  ConditionPtr in_group{};  // of `member`, a relation: in(Group::objects.filter(…)); leaves of it
                            // are Group's
};

NodePtr node_of(const ConditionPtr& condition);
std::string to_text(const ConditionPtr& condition, std::string_view model = "Row");

struct Term {
  std::string_view member{};
  bool descending = false;
};

struct QuerySpec {
  std::vector<ConditionPtr> filters{}, excludes{};
  std::vector<Term> order{};
  bool reversed = false;
  std::size_t offset = 0;
  std::optional<std::size_t> limit{};
  bool consistent = false;
  std::string index{};                   // using_index()
  std::vector<std::string_view> only{};  // members
  std::size_t page_size = 3;
  std::optional<double> page_budget{};
  std::uint32_t walk = 0;  // which way pages are turned
};
// Without the slice.
Query query_of(const QuerySpec& spec, const ModelInfo& model);
std::string to_text(const QuerySpec& spec);

}  // namespace property
