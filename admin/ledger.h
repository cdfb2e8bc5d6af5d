// Cost: what is asked of the database and of search: calls, units, dollars. What the footer of each
// page says.
// Thread safety: functions of their arguments.
#pragma once
#include <string>

#include "base/call_ledger.h"

namespace admin {

struct Cost {
  std::size_t calls = 0;
  double read_units = 0, write_units = 0;
  double dollars = 0;        // at the connection's on-demand prices
  bool at_least = false;     // there were more calls than a ledger keeps
  std::string text() const;  // "3 calls, 4.5 RCU, $0.0000006"
};
Cost price_of_reading(double units);
Cost price_of(const base::CallLedger::Calls& calls);

}  // namespace admin
