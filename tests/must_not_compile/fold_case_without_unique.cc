// Expect: fold_case_needs_a_unique_text
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::string a{};
#ifndef BAD
  static constexpr auto schema = define<Model>(CharField<&Model::a>{.unique = true, .fold_case = true});
#else
  static constexpr auto schema = define<Model>(CharField<&Model::a>{.fold_case = true});
#endif
};
void test(Model& row) { row.save(); }
