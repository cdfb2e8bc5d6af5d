#include "auth/counters.h"

#include "auth/models.h"
#include "base/secrets.h"
#include "dynamo_backend/retry.h"

namespace auth {

using dynamo_backend::f;

namespace {

auto counter(const std::string& key) {
  return CounterRow::objects.filter(f<&CounterRow::key> == key);
}

}  // namespace

Count count_up(const std::string& key, std::chrono::seconds life) {
  return dynamo_backend::retry_on_conflict([&]() -> Count {
    if (const auto row =
            counter(key).update_returning(f<& CounterRow::count> = f<&CounterRow::count> + 1))
      return {row->count, row->expires_at};
    const auto until = std::chrono::floor<std::chrono::seconds>(
        dynamo_backend::Connection::current().now() + life);
    try {
      CounterRow::objects.create({.key = key, .count = 1, .expires_at = until});
    } catch (const dynamo_backend::IntegrityError&) {
      throw dynamo_backend::ConflictError("another counted first");  // and is counted up then
    }
    return {1, until};
  });
}

void count_down(const std::string& key) {
  counter(key).update(f<& CounterRow::count> = f<&CounterRow::count> - 1);
}

Count look_at_count(const std::string& key) {
  // Consistent, and not what this request has read before.
  const auto row = counter(key).consistent().try_get();
  return row ? Count{row->count, row->expires_at} : Count{};
}

void prolong_count(const std::string& key, base::Timestamp until) {
  counter(key).update(f<& CounterRow::expires_at> = until);
}

void clear_count(const std::string& key) { counter(key).remove(); }

std::string counter_key(std::string_view secret, std::string_view purpose, std::string_view of) {
  return std::string(purpose) + ":" +
         base::to_hex(base::hmac_sha256(secret, std::string(purpose) + ":" + std::string(of)));
}

}  // namespace auth
