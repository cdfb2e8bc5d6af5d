#include "debug_toolbar/totals.h"

#include <charconv>
#include <iterator>
#include <utility>

namespace debug_toolbar {
namespace {

using Call = base::CallLedger::Call;

// "3.5", "0", "12".
void append_units(std::string& text, double value) {
  append_decimals(text, value, 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
}
std::string units_text(double value) {
  std::string text;
  append_units(text, value);
  return text;
}
template <class Number>
void append_number(std::string& text, Number number) {
  char digits[24];
  text.append(digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr);
}

void add_kind(Totals& totals, const std::string& operation) {
  ++totals.calls;
  if (operation == "GetItem")
    ++totals.gets;
  else if (operation == "Query")
    ++totals.queries;
  else if (operation == "Scan")
    ++totals.scans;
  else if (operation.starts_with("Batch"))
    ++totals.batches;
  else if (operation.starts_with("Transact"))
    ++totals.transactions;
  else
    ++totals.writes;
}

}  // namespace

void Totals::add(const Call& call) {
  const auto& outcome = call.outcome;
  time += outcome.time;
  if (call.service == "search") ++searches;
  if (call.service != "dynamodb") return;
  if (outcome.repeated) {
    ++repeated;
    return;
  }
  add_kind(*this, call.operation);
  items += outcome.items;
  examined += outcome.examined;
  rcu += outcome.read_units;
  wcu += outcome.write_units;
}

Totals total_of(std::span<const Call> calls) {
  Totals totals;
  for (const Call& call : calls) totals.add(call);
  return totals;
}

void append_decimals(std::string& text, double value, int digits) {
  char buffer[400];  // which has room for every double
  const auto end =
      std::to_chars(std::begin(buffer), std::end(buffer), value, std::chars_format::fixed, digits);
  text.append(buffer, end.ptr);
}

std::string decimals(double value, int digits) {
  std::string text;
  append_decimals(text, value, digits);
  return text;
}

double cost_of(const Totals& totals, const base::Prices& prices) {
  return (totals.rcu * prices.read_per_million + totals.wcu * prices.write_per_million) / 1e6;
}

std::string describe(const Totals& totals) {
  std::string text;
  text.reserve(160);
  const auto add = [&text](auto number, const char* name) {
    append_number(text, number);
    text += name;
  };
  add(totals.calls, totals.calls == 1 ? " call" : " calls");
  bool first = true;
  const auto add_kind = [&](int count, const char* name) {
    if (count == 0) return;
    text += std::exchange(first, false) ? " (" : ", ";
    add(count, name);
  };
  add_kind(totals.gets, " GetItem");
  add_kind(totals.queries, " Query");
  add_kind(totals.scans, " Scan");
  add_kind(totals.batches, " batch");
  add_kind(totals.writes, " write");
  add_kind(totals.transactions, " transaction");
  text += first ? ", " : "), ";
  add(totals.items, " rows, ");
  add(totals.examined, " read, ");
  append_units(text, totals.rcu);
  text += " RCU, ";
  append_units(text, totals.wcu);
  text += " WCU";
  if (totals.searches > 0) {
    text += ", ";
    add(totals.searches, " of search");
  }
  return text;
}

std::string list_calls(std::span<const Call> calls) {
  std::string text;
  for (const Call& call : calls) {
    const auto& outcome = call.outcome;
    text += "  " + call.operation + " " + call.target;
    if (!call.index.empty()) text += "." + call.index;
    text += "  " + std::to_string(outcome.items) + " rows";
    if (outcome.examined != outcome.items)
      text += " of " + std::to_string(outcome.examined) + " read";
    if (outcome.read_units > 0) text += "  " + units_text(outcome.read_units) + " RCU";
    if (outcome.write_units > 0) text += "  " + units_text(outcome.write_units) + " WCU";
    if (outcome.repeated) text += "  answered from this request";
    if (!outcome.error.empty()) text += "  " + outcome.error;
    text += "  " + decimals(std::chrono::duration<double, std::milli>(outcome.time).count(), 2) +
            " ms\n";
  }
  return text;
}

}  // namespace debug_toolbar
