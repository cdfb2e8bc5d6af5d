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
  return number_text(static_cast<double>(calls)) + (calls == 1 ? " call, " : " calls, ") +
         number_text(units) + " RCU, " + dollars_text(dollars);
}

Cost price_of_reading(double units) {
  const auto& prices = dynamo_backend::Connection::current().options().prices;
  return {.units = units, .dollars = units * prices.read_per_million / 1e6};
}

Cost Ledger::cost() const {
  Cost cost = price_of_reading(capacity_.total());
  for (const auto& call : scope_.calls()) cost.calls += call.count;
  return cost;
}

}  // namespace admin
