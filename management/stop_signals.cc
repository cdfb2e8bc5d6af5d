#include "management/stop_signals.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

#include <unistd.h>

namespace management {
namespace {

using std::chrono::milliseconds;

std::atomic<bool> signalled = false;
void on_signal(int signal) {
  if (signalled.exchange(true)) ::_exit(128 + signal);
}

}  // namespace

StopSignals::StopSignals() {
  signalled = false;
  before_int_ = std::signal(SIGINT, on_signal);
  before_term_ = std::signal(SIGTERM, on_signal);
}

StopSignals::~StopSignals() {
  std::signal(SIGINT, before_int_);
  std::signal(SIGTERM, before_term_);
}

bool StopSignals::stopped() { return signalled; }

bool StopSignals::wait(milliseconds time) {
  for (constexpr milliseconds kPart(50); !signalled && time > milliseconds(0); time -= kPart)
    std::this_thread::sleep_for(std::min(time, kPart));
  return !signalled;
}

}  // namespace management
