// Expect: a_local_index_needs_a_table_with_a_sort_key
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::string a{};
#ifndef BAD
  static constexpr auto schema = define<Model>(CharField<&Model::a>{}, Index<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(CharField<&Model::a>{}, Index<&Model::pk, &Model::a>{.local = true});
#endif
};
void test(Model& row) { row.save(); }
