#include "web/access_log.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <ctime>

#include <poll.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "base/timestamp.h"
#include "web/redaction.h"

namespace web {
namespace {

constexpr std::size_t kBlock = 64 * 1024;  // written without waiting for the second
constexpr std::size_t kMaxHeld =
    16 * 1024 * 1024;  // lines are dropped beyond: a stuck terminal must not take the memory
constexpr int kPatience = 1000;  // milliseconds for a reader that does not read, at the end

void append_number(std::string& out, std::int64_t number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_escaped(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F || c == '"' || c == '\\') {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
}

void append_json(std::string& out, const net::AccessRecord& record, std::string_view time) {
  const auto text = [&out](const char* name, std::string_view value) {
    out.append(",\"").append(name).append("\":");
    base::append_json_string(out, value);
  };
  const auto number = [&out](const char* name, std::int64_t value) {
    out.append(",\"").append(name).append("\":");
    append_number(out, value);
  };
  out.append(R"({"time":")").append(time).append(R"(","level":"info","event":"request")");
  text("method", record.method);
  text("target", redacted_target(record.target));
  number("status", record.status);
  number("bytes", static_cast<std::int64_t>(record.bytes));
  number("duration_us", record.duration.count());
  text("client", record.peer);
  text("request_id", record.request_id);
  out += '}';
}

void append_text(std::string& out, const net::AccessRecord& record, std::string_view time) {
  out.append(time).append(" ").append(record.peer).append(" \"");
  out.append(record.method.empty() ? "-" : record.method).append(" ");
  append_escaped(out, redacted_target(record.target.empty() ? "-" : record.target));
  out += "\" ";
  append_number(out, record.status);
  out += ' ';
  append_number(out, static_cast<std::int64_t>(record.bytes));
  out += ' ';
  append_number(out, record.duration.count());
  out.append("us ").append(record.request_id);
}

}  // namespace

AccessLog::AccessLog(int file_descriptor, LogFormat format)
    : file_descriptor_(file_descriptor), format_(format), thread_([this] { run(); }) {}

AccessLog::~AccessLog() { stop(); }

void AccessLog::append_line(std::string& out, const net::AccessRecord& record,
                            std::string_view time, LogFormat format) {
  format == LogFormat::json ? append_json(out, record, time) : append_text(out, record, time);
}

void AccessLog::add(const net::AccessRecord& record) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  const std::lock_guard lock(mutex_);
  if (stopped_ || lines_.size() > kMaxHeld) return;
  if (now.tv_sec != second_) {
    second_ = now.tv_sec;
    second_text_ = base::to_iso(base::Timestamp(std::chrono::seconds(second_))).substr(0, 19) + "Z";
  }
  const bool was_empty = lines_.empty();
  const bool was_short = lines_.size() < kBlock;
  append_line(lines_, record, second_text_, format_);
  lines_ += '\n';
  if (was_empty || (was_short && lines_.size() >= kBlock)) wake_.notify_one();
}

void AccessLog::run() {
  // A pipe whose reader has gone must fail a write, not end the process.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopped_ || !lines_.empty(); });
    wake_.wait_for(lock, std::chrono::milliseconds(500),
                   [this] { return stopped_ || hurries_ || lines_.size() >= kBlock; });
    std::string block;
    block.swap(lines_);
    const bool last = stopped_;
    writing_ = true;
    lock.unlock();
    write(block);
    lock.lock();
    writing_ = false;
    written_.notify_all();
    if (last && lines_.empty()) return;
    if (lines_.empty()) {  // gives the memory back for the next lines
      block.clear();
      lines_.swap(block);
    }
  }
}

// In pieces for which a pipe that poll() calls ready has room: no write blocks.
void AccessLog::write(std::string_view text) {
  while (!text.empty()) {
    pollfd out{.fd = file_descriptor_, .events = POLLOUT, .revents = 0};
    const int ready = ::poll(&out, 1, kPatience);
    if (ready == 0 && is_stopped()) return;  // nobody reads: stop() does not wait for it
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t n =
        ::write(file_descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // the log's reader is gone; requests are served without it
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

bool AccessLog::is_stopped() {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

void AccessLog::hurry() {
  std::unique_lock lock(mutex_);
  hurries_ = true;
  wake_.notify_one();
  written_.wait_for(lock, std::chrono::milliseconds(kPatience),
                    [this] { return lines_.empty() && !writing_; });
}

void AccessLog::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    wake_.notify_one();
  }
  thread_.join();
}

}  // namespace web
