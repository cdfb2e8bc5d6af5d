#include "base/log.h"

#include <atomic>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/json_writer.h"
#include "base/log_level.h"

namespace base {
namespace {

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v";
std::atomic<bool> json_lines{false};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

spdlog::logger& logger() {
  // Never destroyed: threads may log while the process ends.
  static auto* const instance = [] {
    auto* made = new std::shared_ptr<spdlog::logger>(std::make_shared<spdlog::logger>(
        "ddbdjango", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()));
    (*made)->set_pattern(kTextPattern);
    (*made)->flush_on(spdlog::level::info);
    return made;
  }();
  return **instance;
}

}  // namespace

void set_json_log(bool json) {
  json_lines = json;
  logger().set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":%v})"
                            : kTextPattern);
}

void set_log_level(LogLevel level) { logger().set_level(to_spdlog(level)); }
LogLevel log_level() {
  for (const LogLevel level :
       {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (log_enabled(level)) return level;
  }
  return LogLevel::off;
}
bool log_enabled(LogLevel level) { return logger().should_log(to_spdlog(level)); }

std::string escape_controls(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string line;
  line.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    const bool c1 = byte == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 to U+009F
    if (byte >= 0x20 && byte != 0x7F && !c1) {
      line += text[i];
      continue;
    }
    const unsigned char control = c1 ? next : byte;
    line += {'\\', 'x', kHex[control >> 4], kHex[control & 15]};
    if (c1) ++i;
  }
  return line;
}

void log(LogLevel level, std::string_view message) {
  if (!log_enabled(level)) return;
  if (json_lines) {
    std::string text;
    append_json_string(text, message);
    logger().log(to_spdlog(level), "{}", text);
  } else {
    logger().log(to_spdlog(level), "{}", escape_controls(message));
  }
}

}  // namespace base
