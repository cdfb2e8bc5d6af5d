// What explain() says: the steps of a plan, and what they are expected to take.
//
// Numbers come from the table's statistics (statistics.h), prices from the connection. Where there
// is no table to look at, they are assumptions, and the text says so. Thread safety: functions of
// their arguments.
#pragma once
#include <string>

#include "dynamo_backend/plan_cost.h"
#include "dynamo_backend/query.h"

namespace dynamo_backend {

// What reads on this thread take while it lives; scopes nest, and an inner one's reads count for
// the outer, too.
class UsageScope {
 public:
  UsageScope();
  ~UsageScope();
  UsageScope(const UsageScope&) = delete;
  UsageScope& operator=(const UsageScope&) = delete;
  // calls, read and units; not rows.
  const Estimate& usage() const { return usage_; }
  static void note(double calls, double read, double units);

 private:
  Estimate usage_{};
  UsageScope* const outer_;
};

// What a query is expected to take, with the queries that its conditions need.
Estimate estimate_query(const Query& query);

}  // namespace dynamo_backend
