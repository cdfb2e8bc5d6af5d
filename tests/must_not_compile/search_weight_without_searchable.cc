// Expect: search_weight_belongs_to_a_searchable_text_and_is_positive
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::string a{};
#ifndef BAD
  static constexpr auto schema = define<Model>(CharField<&Model::a>{.searchable = true, .search_weight = 2});
#else
  static constexpr auto schema = define<Model>(CharField<&Model::a>{.search_weight = 2});
#endif
};
void test(Model& row) { row.save(); }
