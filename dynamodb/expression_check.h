// What the checks of conditions and of updates share (expression_check.cc and
// expression_check_update.cc; what they offer to others stands in expression.h).
// Thread safety: functions without state.
#pragma once
#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/expression.h"

namespace dynamodb::expression_check {

// What is wrong, in AWS's words.
using Problem = std::optional<std::string>;

std::string invalid(std::string_view kind, std::string_view what);
Problem check_path(const Path& path, std::string_view kind);
Problem check_constant(const AttributeValue& value);
Problem check_disjoint(const std::vector<Path>& paths, std::string_view kind);

inline bool is_one_of(Type type, std::initializer_list<Type> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace dynamodb::expression_check
