// The process's log: one line an event, to standard error.
//
// Control characters in a message are escaped, so that what a client sends cannot forge a line.
// Secrets never belong in one. Thread safety: any thread.
#pragma once
#include <string>
#include <string_view>

namespace base {

enum class LogLevel { debug, info, warning, error, off };

void set_log_level(LogLevel level);  // the default is info
// As JSON objects {"time", "level", "message"}; the default is text.
void set_json_log(bool json);
bool log_enabled(LogLevel level);
void log(LogLevel level, std::string_view message);
// For one line of a terminal: control characters of ASCII and Latin-1 are shown as \xNN.
std::string escape_controls(std::string_view text);

inline void log_info(std::string_view message) { log(LogLevel::info, message); }
inline void log_warning(std::string_view message) { log(LogLevel::warning, message); }
inline void log_error(std::string_view message) { log(LogLevel::error, message); }

}  // namespace base
