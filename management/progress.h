// Progress: a bar with rate and time left on a terminal, a line every few seconds elsewhere.
//
// Thread safety: add() from any thread; the other members from one.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "management/output.h"

namespace management {

class Progress {
 public:
  // `what` is counted: "posts". Writes to standard error; nothing where the output is quiet.
  Progress(const Output& output, std::string what, std::uint64_t total);
  void add(std::uint64_t count);
  // Ends the bar's line. Nothing is drawn afterwards.
  void finish();
  double seconds() const;

 private:
  void draw();

  const std::string what_;
  const std::uint64_t total_;
  const bool quiet_, terminal_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> done_ = 0;
  std::mutex mutex_;  // of what follows, and of the terminal
  std::chrono::steady_clock::time_point next_draw_ = started_;
};

}  // namespace management
