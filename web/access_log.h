// AccessLog: one line for each answered request, written in blocks.
//
//   2026-11-22T10:00:00Z 127.0.0.1 "GET /api/posts/?page=2" 200 5120 840us 15d74d9bc5d11ab4
//
// or, for machines, a JSON object {"time", "level", "event": "request", "method", "target",
// "status", "bytes", "duration_us", "client", "request_id"}. Control characters, quotes and
// backslashes of a target are escaped; the values of query parameters that carry secrets
// (web/redaction.h) are replaced by "***". A line is written a second later at most,
// after hurry() at once, and at stop.
//
// Thread safety: any thread.
#pragma once
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "net/http_server.h"

namespace web {

enum class LogFormat : std::uint8_t { text, json };

class AccessLog {
 public:
  // 1: standard output. Not closed.
  explicit AccessLog(int file_descriptor, LogFormat format = LogFormat::text);
  ~AccessLog();  // stop()
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void add(const net::AccessRecord& record);
  // Lines wait for no others any more. Returns when those held are written, or nobody has read them
  // for a second. For a process that a signal may end: no signal handler has to write them.
  void hurry();
  // Writes what is held and ends the writing thread; later lines are dropped. What nobody reads
  // for a second is dropped, too.
  void stop();

  // The line without its end, with the time given; for tests and other sinks.
  static void append_line(std::string& out, const net::AccessRecord& record, std::string_view time,
                          LogFormat format = LogFormat::text);

 private:
  void run();
  void write(std::string_view text);
  bool is_stopped();

  const int file_descriptor_;
  const LogFormat format_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable written_;
  std::string lines_;
  std::int64_t second_ = -1;
  std::string second_text_;
  bool writing_ = false;
  bool hurries_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace web
