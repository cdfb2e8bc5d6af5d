// Faults that a server plays on purpose, so that a program can be tested against what AWS does only
// under load.
//
//   throttle=0.1      ProvisionedThroughputExceededException for this share of item operations
//   unprocessed=0.5   this share of a batch's entries comes back unprocessed
//   conflict=0.1      TransactionConflictException, or a transaction canceled by a conflict
//   latency=20ms      every answer waits so long
//   gsi-lag=500ms     global secondary indexes are read as they were so long ago
//
// Faults are dealt before the operation runs: nothing is read or written then.
#pragma once
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>

#include "dynamodb/error.h"
#include "dynamodb/requests.h"

namespace dynamodb::server {

// What the engine must be able to look back (EngineOptions::index_history).
inline constexpr std::chrono::milliseconds kMaxIndexLag{10'000};

struct FaultPlan {
  double throttle = 0, unprocessed = 0, conflict = 0;  // probabilities
  std::chrono::milliseconds latency{0}, index_lag{0};

  bool any() const {
    return throttle > 0 || unprocessed > 0 || conflict > 0 || latency.count() > 0 ||
           index_lag.count() > 0;
  }
};

// Changes `plan` by a list like "throttle=0.1,latency=20ms"; says what is wrong with it.
std::optional<std::string> apply_faults(std::string_view list, FaultPlan& plan);

// Thread safety: any thread. The same seed gives the same faults to the same calls in the same
// order.
class FaultDice {
 public:
  explicit FaultDice(std::uint64_t seed) : random_(seed) {}
  bool strikes(double probability);

 private:
  std::mutex mutex_;
  std::mt19937_64 random_;
};

// The faults of one call.
class CallFaults {
 public:
  CallFaults() = default;  // none
  // REQUIRES: `dice` outlives the call.
  CallFaults(FaultDice& dice, const FaultPlan& plan) : dice_(&dice), plan_(plan) {}

  // The error that an operation on items fails with instead of being run.
  template <class Request>
  std::optional<Error> strike(const Request& request) {
    if (dice_ == nullptr) return std::nullopt;
    return strike_call(transaction_size(request), is_write<Request>);
  }

  // The same for PartiQL, whose statements are only throttled.
  std::optional<Error> strike_statements() {
    return dice_ == nullptr ? std::nullopt : strike_call(0, /*writes_one=*/false);
  }

  // Takes entries out of a batch; what is not a batch has none.
  template <class Request>
  Request withhold(Request& request) {
    Request withheld;
    if constexpr (is_batch<Request>) {
      if (dice_ != nullptr && plan_.unprocessed > 0) withhold_entries(request, withheld);
    }
    return withheld;
  }

  template <class Request>
  static constexpr bool is_batch = std::is_same_v<Request, BatchGetItemRequest> ||
                                   std::is_same_v<Request, BatchWriteItemRequest>;
  template <class Request>
  static constexpr bool is_write =
      std::is_same_v<Request, PutItemRequest> || std::is_same_v<Request, UpdateItemRequest> ||
      std::is_same_v<Request, DeleteItemRequest>;
  template <class Request>
  static constexpr bool is_on_items =
      is_batch<Request> || is_write<Request> || std::is_same_v<Request, GetItemRequest> ||
      std::is_same_v<Request, QueryRequest> || std::is_same_v<Request, ScanRequest> ||
      std::is_same_v<Request, TransactGetItemsRequest> ||
      std::is_same_v<Request, TransactWriteItemsRequest>;

 private:
  template <class Request>
  static std::size_t transaction_size(const Request& request) {
    if constexpr (std::is_same_v<Request, TransactGetItemsRequest>) return request.gets.size();
    if constexpr (std::is_same_v<Request, TransactWriteItemsRequest>) return request.actions.size();
    return 0;
  }
  std::optional<Error> strike_call(std::size_t transaction_size, bool writes_one);
  void withhold_entries(BatchGetItemRequest& request, BatchGetItemRequest& withheld);
  void withhold_entries(BatchWriteItemRequest& request, BatchWriteItemRequest& withheld);

  FaultDice* dice_ = nullptr;
  FaultPlan plan_{};
};

}  // namespace dynamodb::server
