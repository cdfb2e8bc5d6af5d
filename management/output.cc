#include "management/output.h"

#include <cstdarg>
#include <cstdlib>

#include <unistd.h>

namespace management {

void Output::say(const char* format, ...) const {
  if (is_quiet()) return;
  std::va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
}

void Output::note(const char* format, ...) const {
  if (is_quiet()) return;
  std::va_list arguments;
  va_start(arguments, format);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
}

std::string Output::painted(std::FILE* stream, Colour colour, std::string_view text) const {
  static constexpr const char* kCodes[] = {"31", "33", "32"};  // red, yellow, green
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool shown = coloured_ && (refused == nullptr || *refused == '\0') && terminal != nullptr &&
                     std::string_view(terminal) != "dumb" && ::isatty(::fileno(stream)) != 0;
  if (!shown) return std::string(text);
  return std::string("\033[") + kCodes[static_cast<int>(colour)] + "m" + std::string(text) +
         "\033[0m";
}

}  // namespace management
