// The autodetector on random states: the operations must lead from the one to the other.
#include <algorithm>
#include <cstdlib>
#include <random>

#include "dynamo_backend/migrations/autodetector.h"
#include "dynamo_backend/migrations/graph.h"
#include "dynamo_backend/migrations/test_states.h"
#include "dynamo_backend/migrations/writer.h"

namespace dynamo_backend::migrations {
namespace {

class RandomStates {
 public:
  explicit RandomStates(std::uint32_t seed) : random_(seed) {}

  ProjectState state() {
    std::vector<ModelState> models;
    for (const char* name : {"A", "B", "C", "D"}) {
      if (below(3) > 0) models.push_back(random_model(name));
    }
    return project(std::move(models));
  }
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }

 private:
  ModelState random_model(const std::string& name) {
    static const std::vector<std::string> types{
        "text", "integer",      "decimal",        "boolean", "datetime",
        "uuid", "list of text", "set of integer", "json",    "binary"};
    std::vector<FieldState> fields;
    std::vector<std::string> keys, numbers;
    for (const char* attribute : {"a", "b", "c", "d", "e", "f"}) {
      if (below(3) == 0) continue;
      FieldState f = field(attribute, types[below(types.size())]);
      if (below(4) == 0)
        f = computed(attribute);
      else
        f.nullable = below(3) == 0;
      if (f.type == "uuid" && below(2) == 0)
        f.references = "blog." + std::string(1, static_cast<char>('A' + below(4)));
      if (f.shape().is_key_type()) keys.push_back(f.name);
      if (f.shape().stored() == dynamodb::Type::N) numbers.push_back(f.name);
      fields.push_back(std::move(f));
    }
    ModelState m = model(name, fields);
    for (const char* index_name : {"one", "two", "three"}) {
      if (keys.empty() || below(2) == 0) continue;
      IndexState i = index(index_name, keys[below(keys.size())]);
      const std::string& sort = keys[below(keys.size())];
      if (sort != i.partition[0]) i.sort = {sort};
      if (below(4) == 0) i.projection = dynamodb::ProjectionType::keys_only;
      m.indexes.push_back(std::move(i));
    }
    if (!keys.empty() && below(2) == 0)
      m.unique.push_back({.fields = {keys[below(keys.size())]}, .fold_case = below(3) == 0});
    if (!numbers.empty() && below(2) == 0) m.ttl = numbers[below(numbers.size())];
    if (below(3) == 0) m.stream = static_cast<dynamodb::StreamViewType>(below(4));
    return m;
  }

  std::mt19937 random_;
};

// Answers anything, at random.
class RandomAnswers : public Questioner {
 public:
  explicit RandomAnswers(RandomStates& random) : random_(random) {}
  std::optional<bool> renamed_field(const ModelState&, const FieldState&,
                                    const FieldState&) override {
    return random_.below(2) == 0;
  }
  std::optional<bool> renamed_model(const ModelState&, const ModelState&) override { return false; }
  std::optional<Backfill> backfill(const ModelState&, const FieldState&,
                                   const std::string&) override {
    return random_.below(2) == 0 ? Backfill{} : Backfill{.function = "blog.fill"};
  }
  std::string conversion(const ModelState&, const FieldState&, const FieldState&) override {
    return "@blog.convert";
  }

 private:
  RandomStates& random_;
};

std::string sorted_text(ProjectState state) {
  const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
  for (auto& [label, m] : state.models) {
    std::sort(m.fields.begin(), m.fields.end(), by_name);
    std::sort(m.indexes.begin(), m.indexes.end(), by_name);
    std::sort(m.unique.begin(), m.unique.end(),
              [](const auto& a, const auto& b) { return a.fields < b.fields; });
  }
  return to_json(state).dump(1);
}

TEST(DetectProperty, OperationsOfRandomStates_LeadFromOneToTheOther_AndThroughFiles) {
  const std::uint32_t seed = std::getenv("DDB_SEED")
                                 ? static_cast<std::uint32_t>(std::atoll(std::getenv("DDB_SEED")))
                                 : std::random_device()();
  const int rounds = std::getenv("DDB_NIGHTLY") ? 20'000 : 1'000;
  const DeclaredDefault no_defaults = [](const std::string&, const std::string&) {
    return Backfill{};
  };
  for (int round = 0; round < rounds; ++round) {
    const auto round_seed = seed + static_cast<std::uint32_t>(round);
    SCOPED_TRACE("DDB_SEED=" + std::to_string(round_seed));
    RandomStates random(round_seed);
    RandomAnswers answers(random);
    MigrationGraph graph;
    ProjectState now;
    for (int step = 0; step < 3; ++step) {
      const ProjectState next = random.state();
      const Changes changes = detect(now, next, {"blog"}, answers, no_defaults);
      for (const Migration& made : make_migrations(graph, changes, ""))
        graph.add(migration_from_text(to_text(made), made.id, made.id.str()));
      graph.link();
      ASSERT_EQ(sorted_text(graph.state()), sorted_text(next));
      EXPECT_TRUE(detect(graph.state(), next, {"blog"}, answers, no_defaults).operations.empty());
      now = graph.state();
    }
  }
}

}  // namespace
}  // namespace dynamo_backend::migrations
