// Ledger: what this thread asks of the database and of search while it lives: calls, units,
// dollars. What the footer of each page says.
// Thread safety: the thread that made it.
#pragma once
#include <string>

#include "base/call_ledger.h"

namespace admin {

struct Cost {
  std::size_t calls = 0;
  double read_units = 0, write_units = 0;
  double dollars = 0;        // at the connection's on-demand prices
  std::string text() const;  // "3 calls, 4.5 RCU, $0.0000006"
};
Cost price_of_reading(double units);

class Ledger {
 public:
  Cost cost() const;
  std::vector<base::CallLedger::Call> calls() const { return ledger_.calls(); }

 private:
  base::CallLedger ledger_{};
};

}  // namespace admin
