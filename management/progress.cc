#include "management/progress.h"

#include <cstdio>

#include <unistd.h>

namespace management {
namespace {

constexpr int kWidth = 30;

}  // namespace

Progress::Progress(const Output& output, std::string what, std::uint64_t total)
    : what_(std::move(what)),
      total_(total),
      quiet_(output.is_quiet()),
      terminal_(::isatty(STDERR_FILENO) != 0) {}

double Progress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
}

void Progress::add(std::uint64_t count) {
  done_ += count;
  if (quiet_) return;
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;  // another thread is drawing
  const auto now = std::chrono::steady_clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + (terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(5));
  if (terminal_ || done_ < total_) draw();
}

void Progress::finish() {
  std::lock_guard lock(mutex_);
  if (quiet_ || !terminal_) return;
  draw();
  std::fputc('\n', stderr);
}

void Progress::draw() {
  const std::uint64_t done = done_;
  const double share = total_ == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total_);
  const double rate = static_cast<double>(done) / std::max(seconds(), 1e-3);
  const double left = rate > 0 ? static_cast<double>(total_ - std::min(done, total_)) / rate : 0;
  std::string bar(static_cast<std::size_t>(share * kWidth), '#');
  bar.resize(kWidth, '.');
  std::fprintf(stderr, "%s[%s] %llu of %llu %s, %.0f/s, %.0f s left%s", terminal_ ? "\r" : "",
               bar.c_str(), static_cast<unsigned long long>(done),
               static_cast<unsigned long long>(total_), what_.c_str(), rate, left,
               terminal_ ? "  " : "\n");
}

}  // namespace management
