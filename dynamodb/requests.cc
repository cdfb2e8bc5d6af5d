#include "dynamodb/requests.h"

namespace dynamodb {

double ConsumedCapacity::total() const {
  double sum = table_units;
  for (const auto& [name, units] : global_indexes) sum += units;
  for (const auto& [name, units] : local_indexes) sum += units;
  return sum;
}

std::optional<std::string> check_select(Select select, bool has_index,
                                        std::string_view projection) {
  const auto conflict = [&](std::string_view what) {
    return "Cannot specify the " + std::string(projection) + " when choosing to get " +
           std::string(what);
  };
  switch (select) {
    case Select::default_:
      return std::nullopt;
    case Select::specific_attributes:
      if (!projection.empty()) return std::nullopt;
      return "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
             "SPECIFIC_ATTRIBUTES";
    case Select::count:
      if (projection.empty()) return std::nullopt;
      return conflict("only the Count");
    case Select::all_attributes:
      if (projection.empty()) return std::nullopt;
      return conflict("ALL_ATTRIBUTES");
    case Select::all_projected_attributes:
      if (!projection.empty()) return conflict("ALL_PROJECTED_ATTRIBUTES");
      if (has_index) return std::nullopt;
      return "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName";
  }
  return std::nullopt;
}

std::optional<std::string> check_segments(const ScanRequest& request) {
  if (request.segment && !request.total_segments) {
    return "The TotalSegments parameter is required but was not present in the request when "
           "Segment parameter is present";
  }
  if (!request.segment && request.total_segments) {
    return "The Segment parameter is required but was not present in the request when parameter "
           "TotalSegments is present";
  }
  const std::uint32_t total = request.total_segments.value_or(1),
                      segment = request.segment.value_or(0);
  if (total < 1 || total > 1'000'000) {
    return "1 validation error detected: Value '" + std::to_string(total) +
           "' at 'totalSegments' failed to satisfy constraint: Member must have value " +
           (total < 1 ? "greater than or equal to 1" : "less than or equal to 1000000");
  }
  if (segment >= total) {
    return "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
           "Segment: " +
           std::to_string(segment) + " is not less than TotalSegments: " + std::to_string(total);
  }
  return std::nullopt;
}

}  // namespace dynamodb
