// CapacityScope: the consumed capacity of everything that a thread asks for while the scope lives,
// for logs and tool bars of one request.
//
//   dynamodb::CapacityScope scope;
//   handle(request);
//   log(scope.total());
//
// Scopes nest: what an inner one counts, its outer ones count too. A call belongs to the scopes of
// the thread that started it, on whichever thread its answer comes. Clients count by metered().
// Thread safety: made and destroyed on one thread, the last made first; consumed() and total() from
// any.
#pragma once
#include <memory>
#include <vector>

#include "dynamodb/client.h"

namespace dynamodb {

class CapacityScope {
 public:
  CapacityScope();
  ~CapacityScope();
  CapacityScope(const CapacityScope&) = delete;
  CapacityScope& operator=(const CapacityScope&) = delete;

  std::vector<ConsumedCapacity> consumed() const;  // one per table, in order of name
  double total() const;                            // units

  // Where the calls that this thread starts are counted; outlives its scope, so that late answers
  // have a place to go.
  struct Sum;
  static std::shared_ptr<Sum> current();  // nullptr: nobody counts
  // Has this thread count for another one's scopes, for as long as it lives.
  class Lent {
   public:
    explicit Lent(const std::shared_ptr<Sum>& sum);  // REQUIRES: `sum` outlives it; nullptr: none
    ~Lent();
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;

   private:
    const std::shared_ptr<Sum>* before_;
  };
  static void note(Sum& sum, const ConsumedCapacity& consumed);
  static void note(Sum& sum, const std::vector<ConsumedCapacity>& consumed);

 private:
  std::shared_ptr<Sum> sum_;
  const std::shared_ptr<Sum>* outer_;  // of the scope around this one
};

// `sum` += `more`, index by index.
void add_capacity(ConsumedCapacity& sum, const ConsumedCapacity& more);
// Adds to the table's element, which is made where there is none.
void add_capacity(std::vector<ConsumedCapacity>& sums, const ConsumedCapacity& more);

// `done`, with the result's capacity counted in the scopes of the thread that calls this.
template <class R>
Completion<R> metered(Completion<R> done) {
  auto sum = CapacityScope::current();
  if (!sum) return done;
  return [sum = std::move(sum), done = std::move(done)](Result<R> result) {
    if (result) CapacityScope::note(*sum, result->consumed);
    done(std::move(result));
  };
}
template <class R>
Result<R> metered(Result<R> result) {
  if (result) {
    if (const auto sum = CapacityScope::current()) CapacityScope::note(*sum, result->consumed);
  }
  return result;
}

}  // namespace dynamodb
