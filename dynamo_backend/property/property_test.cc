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

// How often rows were read in each way, and how often there were any: a generator that has lost its
// aim proves nothing. The bounds are half or less of the least that was seen of a hundred seeds
// with 5,000 cases each: rates differ from seed to seed, since fifty cases share a model and its
// rows.
class Coverage {
 public:
  void count(World& world, const QuerySpec& query) {
    const std::string plan = world.explain(query);
    ++cases_;
    for (Way& way : ways_) way.cases += plan.find(way.name) != std::string::npos;
    if (world.expected_size() > 1) ++with_rows_;
  }
  void expect_all() const {
    EXPECT_GT(with_rows_ * 1000, cases_ * 150) << "too few of " << cases_ << " cases have rows";
    for (const Way& way : ways_)
      EXPECT_GT(way.cases * 1000, cases_ * way.least) << "too few cases with " << way.name;
  }

 private:
  struct Way {
    const char* name;
    std::uint64_t least;  // of 1,000 cases
    std::uint64_t cases = 0;
  };
  std::vector<Way> ways_{{": GetItem on", 44},
                         {": BatchGetItem on", 11},
                         {"Query on index", 175},
                         {"Query on rows", 12},
                         {": Scan of", 125},
                         {": Merge of", 26},
                         {", merged", 2},
                         {", backwards", 9},
                         {"; filtered by DynamoDB", 180},
                         {"rows checked here", 165},
                         {"kept in memory", 160},
                         {"Nothing to read", 40}};
  std::uint64_t cases_ = 0, with_rows_ = 0;
};

TEST(Property, RandomQuerysetsEqualBruteForce) {
  const std::uint64_t nightly = std::getenv("DDB_NIGHTLY") ? 100'000 : 5'000;
  const std::uint64_t seed = number_from("DDB_SEED", std::random_device{}()),
                      cases = number_from("DDB_CASES", nightly);
  std::printf("DDB_SEED=%llu DDB_CASES=%llu\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(cases));
  std::fflush(stdout);
  Generator generator(seed);
  Coverage coverage;
  for (std::uint64_t done = 0; done < cases;) {
    Case c{.world = generator.world()};
    World world(c.world);
    for (std::uint64_t i = 0; i < kCasesOfAWorld && done < cases; ++i, ++done) {
      c.query = generator.query(c.world);
      if (world.check(c.query).empty()) {
        coverage.count(world, c.query);
        continue;
      }
      FAIL() << "case " << done << " of DDB_SEED=" << seed << ", shrunk:\n" << report(c);
    }
  }
  if (cases >= 2000) coverage.expect_all();
}

}  // namespace
}  // namespace property
