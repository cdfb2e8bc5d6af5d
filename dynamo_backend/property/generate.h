// Random worlds and querysets.
#pragma once
#include <random>

#include "dynamo_backend/property/world.h"

namespace property {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}
  WorldSpec world();
  QuerySpec query(const WorldSpec& world);

 private:
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }
  template <class V>
  const V& pick(const std::vector<V>& list) {
    return list[below(list.size())];
  }
  Uuid uuid();
  std::string text();
  Cell cell(const Member& member, const WorldSpec& world);
  Cell value_near(const Member& member, const WorldSpec& world);  // often one that some row has
  ModelSpec model();
  void add_index(ModelSpec& spec, std::string name, const std::vector<std::string_view>& choices);
  Row row(const WorldSpec& world);

  std::string_view usable_member(const ModelSpec& model);
  ConditionPtr leaf(const WorldSpec& world);
  ConditionPtr leaf_on(const Member& member, const WorldSpec& world);
  ConditionPtr group_leaf();
  ConditionPtr equality(std::string_view member, const WorldSpec& world);
  ConditionPtr range(std::string_view member, const WorldSpec& world);
  ConditionPtr key_shaped(const WorldSpec& world);
  ConditionPtr condition(const WorldSpec& world, int depth);
  ConditionPtr group_condition(int depth);
  void add_listing(const WorldSpec& world, QuerySpec& query);
  void add_rare(const WorldSpec& world, QuerySpec& query);
  std::string_view many_member();
  void add_anything(const WorldSpec& world, QuerySpec& query);

  std::mt19937_64 random_;
};

}  // namespace property
