// Output: how much a command prints, and whether in colours. Every command takes --verbosity and
// --no-color.
//
// What was asked for (a list, a plan, what a check found) is printed by std::printf, and what is
// wrong on standard error, whatever the verbosity. What a command says about its work goes through
// say() and note().
// Thread safety: any thread.
#pragma once
#include <cstdio>
#include <string>
#include <string_view>

namespace management {

class Output {
 public:
  enum class Colour { red, yellow, green };

  // verbosity: 0 errors and results alone, 1 normal, 2 and 3 more.
  explicit Output(int verbosity = 1, bool coloured = true)
      : verbosity_(verbosity), coloured_(coloured) {}

  bool is_quiet() const { return verbosity_ < 1; }
  bool is_detailed() const { return verbosity_ > 1; }

  // On standard output, and on standard error.
  void say(const char* format, ...) const __attribute__((format(printf, 2, 3)));
  void note(const char* format, ...) const __attribute__((format(printf, 2, 3)));

  // `text` in the colour where `stream` is a terminal that shows them, and neither --no-color nor
  // the environment's NO_COLOR (no-color.org) is against it; else as it is.
  std::string painted(std::FILE* stream, Colour colour, std::string_view text) const;

 private:
  int verbosity_;
  bool coloured_;
};

}  // namespace management
