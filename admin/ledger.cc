#include "admin/ledger.h"

#include <cstdio>

#include "admin/values.h"
#include "dynamo_backend/connection.h"

namespace admin {

static std::string dollars_text(double dollars) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, dollars >= 0.01 ? "%.2f" : "%.7f", dollars);
  std::string text(buffer);
  if (text.find('.') != std::string::npos && dollars < 0.01) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
  }
  return "$" + text;
}

std::string Cost::text() const {
  std::string text = (at_least ? "at least " : "") + number_text(static_cast<double>(calls)) +
                     (calls == 1 ? " call, " : " calls, ") + number_text(read_units) + " RCU, ";
  if (write_units > 0) text += number_text(write_units) + " WCU, ";
  return text + dollars_text(dollars);
}

Cost price_of_reading(double units) {
  const auto& prices = dynamo_backend::Connection::current().options().prices;
  return {.read_units = units, .dollars = units * prices.read_per_million / 1e6};
}

Cost price_of(const base::CallLedger::Calls& calls) {
  const auto& prices = dynamo_backend::Connection::current().options().prices;
  Cost cost{.at_least = calls.dropped() > 0};
  calls.each([&cost](const base::CallLedger::Call& call) {
    if (call.outcome.repeated) return;
    ++cost.calls;
    cost.read_units += call.outcome.read_units;
    cost.write_units += call.outcome.write_units;
  });
  cost.dollars =
      (cost.read_units * prices.read_per_million + cost.write_units * prices.write_per_million) /
      1e6;
  return cost;
}

}  // namespace admin
