// Totals: what a ledger's calls come to, as numbers and as text.
// Thread safety: functions of their arguments.
#pragma once
#include <chrono>
#include <span>
#include <string>

#include "base/call_ledger.h"
#include "base/settings.h"

namespace debug_toolbar {

struct Totals {
  // Calls to DynamoDB, by kind; batches are BatchGetItem and BatchWriteItem, writes are PutItem,
  // UpdateItem and DeleteItem, transactions are both kinds.
  int calls = 0, gets = 0, queries = 0, scans = 0, batches = 0, writes = 0, transactions = 0;
  std::size_t items = 0, examined = 0;  // rows returned or written, rows read for them
  int repeated = 0;                     // look-ups answered by what was read before
  double rcu = 0, wcu = 0;              // capacity units
  int searches = 0;                     // calls to the search backend
  std::chrono::nanoseconds time{};      // in calls of all services

  void add(const base::CallLedger::Call& call);
};

Totals total_of(std::span<const base::CallLedger::Call> calls);

// "3.50" of 3.5 and 2. REQUIRES: 0 <= value, below 2^63 with its digits.
std::string decimals(double value, int digits);
void append_decimals(std::string& text, double value, int digits);
// Dollars of on-demand capacity.
double cost_of(const Totals& totals, const base::Prices& prices);

// "3 calls (1 Query, 2 GetItem), 12 rows of 40 read, 3.5 RCU, 0 WCU".
std::string describe(const Totals& totals);
void append_description(std::string& text, const Totals& totals);
// A line for each: "Query posts.feed  12 rows of 40  3.5 RCU  0.41 ms".
std::string list_calls(std::span<const base::CallLedger::Call> calls);

}  // namespace debug_toolbar
