// StopSignals: how commands that take long are stopped: they see the signal, leave off in order,
// and go on from there when they are run again. Thread safety: stopped() and wait() from any
// thread; one StopSignals at a time.
#pragma once
#include <chrono>

namespace management {

// While it lives, Ctrl-C and SIGTERM end what waits; a second one ends the process.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Whether one came.
  static bool stopped();
  // Waits in short parts. False: it is time to stop.
  static bool wait(std::chrono::milliseconds time);

 private:
  void (*before_int_)(int);
  void (*before_term_)(int);
};

}  // namespace management
