// Expect: an_index_has_one_to_four_hash_keys_and_up_to_four_sort_keys
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::string a{};
  std::string b{};
#ifndef BAD
  static constexpr auto schema =
      define<Model>(CharField<&Model::a>{}, CharField<&Model::b>{}, Index<&Model::a, &Model::b>{.hash_keys = 2});
#else
  static constexpr auto schema =
      define<Model>(CharField<&Model::a>{}, CharField<&Model::b>{}, Index<&Model::a, &Model::b>{.hash_keys = 3});
#endif
};
void test(Model& row) { row.save(); }
