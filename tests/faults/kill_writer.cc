// Writes the workload to an engine until it is killed, and tells each acknowledged write on
// standard output before the next one begins: "<row> <n>\n". With two snapshots it restores them in
// turns instead. Usage: kill_writer <folder> <seed> [<snapshot> <snapshot>]
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "dynamodb/local/engine.h"
#include "tests/faults/workload.h"

namespace {

// One write(2) of less than PIPE_BUF: whole, or not at all.
void tell(const std::string& row, std::int64_t n) {
  const std::string line = row + " " + std::to_string(n) + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(1);
}

int restore_in_turns(const char* folder, const char* first, const char* second) {
  const auto engine = dynamodb::local::Engine::open({.directory = folder});
  for (std::int64_t n = 1; engine->restore(n % 2 == 1 ? first : second).has_value(); ++n)
    tell("restored", n);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5) return restore_in_turns(argv[1], argv[3], argv[4]);
  if (argc != 3) {
    std::fprintf(stderr, "usage: kill_writer <folder> <seed> [<snapshot> <snapshot>]\n");
    return 2;
  }
  // A small write buffer, so that flushes and compactions happen within a round.
  const auto engine =
      dynamodb::local::Engine::open({.directory = argv[1], .write_buffer_bytes = 64 << 10});
  faults::make_workload_table(*engine);
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&, i] {
      faults::write_load(
          *engine,
          static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) * 100 +
              static_cast<unsigned>(i),
          [] { return true; }, tell);
    });
  }
  for (auto& writer : writers) writer.join();
  return 1;
}
