// retry_on_conflict(): does something again when another writer came in between.
//
//   retry_on_conflict([&] {
//     Account account = Account::objects.get(pk);
//     account.balance -= amount;
//     account.save();          // ConflictError: its VersionField is not the one that was read
//   });
// Thread safety: any thread.
#pragma once
#include <optional>
#include <utility>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/request_scope.h"

namespace dynamo_backend {

// Calls `fn` until it ends without ConflictError, `attempts` times at most, with growing random
// pauses; then the last ConflictError is thrown on. `fn` must read what it changes.
template <class Fn>
auto retry_on_conflict(Fn&& fn, int attempts = kMaxAttempts) {
  std::optional<RequestScope::Fresh> fresh;  // what the request has read before is out of date
  for (int attempt = 1;; ++attempt) {
    try {
      return fn();
    } catch (const ConflictError&) {
      if (attempt >= attempts) throw;
    }
    if (!fresh) fresh.emplace();
    Connection::current().back_off(attempt);
  }
}

}  // namespace dynamo_backend
