// ScopedLogLevel: another level of the log while it lives, then the one before.
// Thread safety: one at a time; the level is the process's.
#pragma once
#include "base/log.h"

namespace base {

LogLevel log_level();

class ScopedLogLevel {
 public:
  explicit ScopedLogLevel(LogLevel level) : before_(log_level()) { set_log_level(level); }
  ~ScopedLogLevel() { set_log_level(before_); }
  ScopedLogLevel(const ScopedLogLevel&) = delete;
  ScopedLogLevel& operator=(const ScopedLogLevel&) = delete;

 private:
  const LogLevel before_;
};

}  // namespace base
