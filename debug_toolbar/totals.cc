#include "debug_toolbar/totals.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <utility>

namespace debug_toolbar {
namespace {

using Call = base::CallLedger::Call;

void append(std::string& text, std::integral auto number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

// "3.5", "0", "12".
void append_units(std::string& text, double value) {
  append_decimals(text, value, 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
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

// By integers, which take a tenth of the time of a double's digits: a page has ten of these.
void append_decimals(std::string& text, double value, int digits) {
  std::uint64_t unit = 1;
  for (int i = 0; i < digits; ++i) unit *= 10;
  const auto scaled = static_cast<std::uint64_t>(std::llround(value * static_cast<double>(unit)));
  append(text, scaled / unit);
  if (digits == 0) return;
  text += '.';
  const std::uint64_t fraction = scaled % unit;
  for (unit /= 10; unit > std::max<std::uint64_t>(fraction, 1); unit /= 10) text += '0';
  append(text, fraction);
}

std::string decimals(double value, int digits) {
  std::string text;
  append_decimals(text, value, digits);
  return text;
}

double cost_of(const Totals& totals, const base::Prices& prices) {
  return (totals.rcu * prices.read_per_million + totals.wcu * prices.write_per_million) / 1e6;
}

void append_description(std::string& text, const Totals& totals) {
  append(text, totals.calls);
  text += totals.calls == 1 ? " call" : " calls";
  const char* before = " (";
  const auto add = [&](int count, const char* name) {
    if (count == 0) return;
    text += std::exchange(before, ", ");
    append(text, count);
    text.append(1, ' ').append(name);
  };
  add(totals.gets, "GetItem");
  add(totals.queries, "Query");
  add(totals.scans, "Scan");
  add(totals.batches, "batch");
  add(totals.writes, "write");
  add(totals.transactions, "transaction");
  if (totals.calls > 0) text += ')';
  text += ", ";
  append(text, totals.items);
  text += " rows, ";
  append(text, totals.examined);
  text += " read, ";
  append_units(text, totals.rcu);
  text += " RCU, ";
  append_units(text, totals.wcu);
  text += " WCU";
  if (totals.searches == 0) return;
  text += ", ";
  append(text, totals.searches);
  text += " of search";
}

std::string describe(const Totals& totals) {
  std::string text;
  text.reserve(128);
  append_description(text, totals);
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
    const auto add_units = [&text](double units, const char* name) {
      if (units == 0) return;
      text += "  ";
      append_units(text, units);
      text += name;
    };
    add_units(outcome.read_units, " RCU");
    add_units(outcome.write_units, " WCU");
    if (outcome.repeated) text += "  answered from this request";
    if (!outcome.error.empty()) text += "  " + outcome.error;
    text += "  " + decimals(std::chrono::duration<double, std::milli>(outcome.time).count(), 2) +
            " ms\n";
  }
  return text;
}

}  // namespace debug_toolbar
