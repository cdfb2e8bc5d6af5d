#include "dynamodb/server/faults.h"

#include <charconv>
#include <cmath>

#include "dynamodb/server/duration.h"

namespace dynamodb::server {
namespace {

constexpr std::chrono::milliseconds kMaxLatency{60'000};

std::optional<double> read_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

std::optional<std::string> apply_fault(std::string_view name, std::string_view value,
                                       FaultPlan& plan) {
  if (name == "latency") {
    const auto duration = parse_duration(value);
    if (!duration || *duration > kMaxLatency)
      return "latency takes a time of at most 60s, such as 20ms";
    plan.latency = *duration;
    return std::nullopt;
  }
  if (name == "gsi-lag") {
    const auto duration = parse_duration(value);
    if (!duration || *duration > kMaxIndexLag)
      return "gsi-lag takes a time of at most 10s, such as 500ms";
    plan.index_lag = *duration;
    return std::nullopt;
  }
  double* const share = name == "throttle"      ? &plan.throttle
                        : name == "unprocessed" ? &plan.unprocessed
                        : name == "conflict"    ? &plan.conflict
                                                : nullptr;
  if (share == nullptr) {
    return "there is no fault \"" + std::string(name) +
           "\"; there are throttle, unprocessed, conflict, latency and gsi-lag";
  }
  const auto number = read_number(value);
  if (!number || *number < 0 || *number > 1)
    return std::string(name) + " takes a probability from 0 to 1";
  *share = *number;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> apply_faults(std::string_view list, FaultPlan& plan) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view fault = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (fault.starts_with(' ')) fault.remove_prefix(1);
    while (fault.ends_with(' ')) fault.remove_suffix(1);
    const std::size_t equals = fault.find('=');
    if (equals == std::string_view::npos)
      return "a fault is written name=value, not \"" + std::string(fault) + "\"";
    if (auto problem = apply_fault(fault.substr(0, equals), fault.substr(equals + 1), plan))
      return problem;
  }
  return std::nullopt;
}

bool FaultDice::strikes(double probability) {
  if (probability <= 0) return false;
  const std::lock_guard lock(mutex_);
  return std::uniform_real_distribution<>(0, 1)(random_) < probability;
}

std::optional<Error> CallFaults::strike_call(std::size_t transaction_size, bool writes_one) {
  constexpr char kConflict[] = "Transaction is ongoing for the item";
  if (dice_->strikes(plan_.throttle)) {
    return Error{ErrorCode::provisioned_throughput_exceeded,
                 "The level of configured provisioned throughput for the table was exceeded. "
                 "Consider increasing your provisioning level with the UpdateTable API."};
  }
  if ((transaction_size == 0 && !writes_one) || !dice_->strikes(plan_.conflict))
    return std::nullopt;
  if (transaction_size == 0) return Error{ErrorCode::transaction_conflict, kConflict};
  std::vector<CancellationReason> reasons(transaction_size);
  reasons.front() = {.code = "TransactionConflict", .message = kConflict};
  return transaction_canceled(std::move(reasons));
}

void CallFaults::withhold_entries(BatchGetItemRequest& request, BatchGetItemRequest& withheld) {
  for (auto table = request.tables.begin(); table != request.tables.end();) {
    KeysAndAttributes rest = table->second;
    rest.keys.clear();
    std::erase_if(table->second.keys, [&](Item& key) {
      if (!dice_->strikes(plan_.unprocessed)) return false;
      rest.keys.push_back(std::move(key));
      return true;
    });
    const bool all = table->second.keys.empty() && !rest.keys.empty();
    if (!rest.keys.empty()) withheld.tables.emplace(table->first, std::move(rest));
    table = all ? request.tables.erase(table) : std::next(table);
  }
}

void CallFaults::withhold_entries(BatchWriteItemRequest& request, BatchWriteItemRequest& withheld) {
  for (auto table = request.tables.begin(); table != request.tables.end();) {
    std::vector<WriteRequest> rest;
    std::erase_if(table->second, [&](WriteRequest& write) {
      if (!dice_->strikes(plan_.unprocessed)) return false;
      rest.push_back(std::move(write));
      return true;
    });
    const bool all = table->second.empty() && !rest.empty();
    if (!rest.empty()) withheld.tables.emplace(table->first, std::move(rest));
    table = all ? request.tables.erase(table) : std::next(table);
  }
}

}  // namespace dynamodb::server
