// Ledger: what this thread asks of the database while it lives: calls, units, dollars. What the
// footer of each page says.
// Thread safety: the thread that made it.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/request_scope.h"
#include "dynamodb/capacity_scope.h"

namespace admin {

struct Cost {
  std::size_t calls = 0;
  double units = 0;          // read units of reads, write units of writes
  double dollars = 0;        // at the connection's on-demand price
  std::string text() const;  // "3 calls, 4.5 RCU, $0.0000006"
};
Cost price_of_reading(double units);

class Ledger {
 public:
  Cost cost() const;
  std::vector<dynamo_backend::RequestScope::Call> calls() const { return scope_.calls(); }

 private:
  dynamodb::CapacityScope capacity_{};
  dynamo_backend::RequestScope scope_{};
};

}  // namespace admin
