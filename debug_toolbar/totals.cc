#include "debug_toolbar/totals.h"

#include <cmath>
#include <cstdint>

namespace debug_toolbar {
namespace {

using Call = base::CallLedger::Call;

// "3.5", "0", "12".
std::string units_text(double value) {
  std::string text = decimals(value, 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
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
std::string decimals(double value, int digits) {
  std::uint64_t unit = 1;
  for (int i = 0; i < digits; ++i) unit *= 10;
  const auto scaled = static_cast<std::uint64_t>(std::llround(value * static_cast<double>(unit)));
  std::string text = std::to_string(scaled / unit);
  if (digits == 0) return text;
  const std::string fraction = std::to_string(scaled % unit);
  return text.append(1, '.')
      .append(static_cast<std::size_t>(digits) - fraction.size(), '0')
      .append(fraction);
}

double cost_of(const Totals& totals, const base::Prices& prices) {
  return (totals.rcu * prices.read_per_million + totals.wcu * prices.write_per_million) / 1e6;
}

std::string describe(const Totals& totals) {
  std::string kinds;
  const auto add = [&](int count, const char* name) {
    if (count > 0) kinds += (kinds.empty() ? "" : ", ") + std::to_string(count) + " " + name;
  };
  add(totals.gets, "GetItem");
  add(totals.queries, "Query");
  add(totals.scans, "Scan");
  add(totals.batches, "batch");
  add(totals.writes, "write");
  add(totals.transactions, "transaction");
  std::string text;
  text.reserve(128);
  text.append(std::to_string(totals.calls)).append(totals.calls == 1 ? " call" : " calls");
  if (!kinds.empty()) text.append(" (").append(kinds).append(")");
  text.append(", ").append(std::to_string(totals.items)).append(" rows, ");
  text.append(std::to_string(totals.examined)).append(" read, ");
  text.append(units_text(totals.rcu)).append(" RCU, ").append(units_text(totals.wcu));
  text.append(" WCU");
  if (totals.searches > 0) text += ", " + std::to_string(totals.searches) + " of search";
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
