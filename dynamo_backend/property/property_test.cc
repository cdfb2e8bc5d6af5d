// Random models, rows and querysets against brute force in memory.
//
// DDB_SEED=<n> repeats a run, DDB_CASES=<n> makes it longer; DDB_NIGHTLY=1 runs 100,000 cases. A
// failure is shrunk and printed as the model, the queryset and the rows that show it.
#include <cstdio>

#include <gtest/gtest.h>

#include "dynamo_backend/property/generate.h"
#include "dynamo_backend/property/shrink.h"

namespace property {
namespace {

constexpr std::uint64_t kCasesOfAWorld = 50;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string report(const Case& failing) {
  const Case least = shrink(failing);
  World world(least.world);
  return to_text(least.world, least.query) + "\n" + world.explain(least.query) + "\n" +
         world.check(least.query) + "\nIt was found as " + to_text(failing.query);
}

TEST(Property, RandomQuerysetsEqualBruteForce) {
  const std::uint64_t nightly = std::getenv("DDB_NIGHTLY") ? 100'000 : 5'000;
  const std::uint64_t seed = number_from("DDB_SEED", std::random_device{}()),
                      cases = number_from("DDB_CASES", nightly);
  std::printf("DDB_SEED=%llu DDB_CASES=%llu\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(cases));
  std::fflush(stdout);
  Generator generator(seed);
  for (std::uint64_t done = 0; done < cases;) {
    Case c{.world = generator.world()};
    World world(c.world);
    for (std::uint64_t i = 0; i < kCasesOfAWorld && done < cases; ++i, ++done) {
      c.query = generator.query(c.world);
      if (world.check(c.query).empty()) continue;
      FAIL() << "case " << done << " of DDB_SEED=" << seed << ", shrunk:\n" << report(c);
    }
  }
}

}  // namespace
}  // namespace property
