#include "dynamo_backend/migrations/run_control.h"

#include <algorithm>

namespace dynamo_backend::migrations {
namespace {

using std::chrono::milliseconds;

milliseconds pause_before(int attempt) {
  return milliseconds(std::min(5'000, 10 << std::min(attempt, 10)));
}

}  // namespace

void RunControl::wait(milliseconds time) const {
  constexpr milliseconds kPart(200);
  for (;;) {
    check();
    const milliseconds part = std::min(time, kPart);
    connection_.sleep(part);
    time -= part;
    if (time <= milliseconds(0)) return;
  }
}

bool RunControl::passes(const dynamodb::Error& error, int attempt) const {
  using dynamodb::ErrorCode;
  const auto has_reason = [&](std::string_view code) {
    return std::any_of(error.reasons.begin(), error.reasons.end(),
                       [&](const auto& r) { return r.code == code; });
  };
  bool passing = false;
  switch (error.code) {
    case ErrorCode::provisioned_throughput_exceeded:
    case ErrorCode::limit_exceeded:
    case ErrorCode::internal_server_error:
    case ErrorCode::unavailable:
    case ErrorCode::transaction_conflict:
    case ErrorCode::transaction_in_progress:
      passing = true;
      break;
    case ErrorCode::transaction_canceled:
      passing = !has_reason("ConditionalCheckFailed") && !has_reason("ValidationError");
      break;
    default:
      break;
  }
  if (!passing) return false;
  // A Client has tried for a while before it says that a server does not answer.
  const bool no_answer =
      error.code == ErrorCode::internal_server_error || error.code == ErrorCode::unavailable;
  const milliseconds most = connection_.options().table_timeout;
  return pause(attempt, no_answer ? std::min(most, milliseconds(20'000)) : most);
}

bool RunControl::pause(int attempt, milliseconds most) const {
  milliseconds waited(0);
  for (int i = 1; i < attempt; ++i) waited += pause_before(i);
  if (waited > most) return false;
  wait(pause_before(attempt));
  return true;
}

bool condition_failed(const dynamodb::Error& error, std::size_t action) {
  return action < error.reasons.size() && error.reasons[action].code == "ConditionalCheckFailed";
}

double write_units(std::size_t bytes) {
  return static_cast<double>(std::max<std::size_t>(1, (bytes + 1023) / 1024));
}

}  // namespace dynamo_backend::migrations
