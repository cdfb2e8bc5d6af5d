// Expect: an_index_key_must_be_a_string_a_number_or_binary
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::vector<int> a{};
#ifndef BAD
  static constexpr auto schema = define<Model>(ListField<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(ListField<&Model::a>{.index = true});
#endif
};
void test(Model& row) { row.save(); }
