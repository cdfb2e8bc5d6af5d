// Expect: fold_case_needs_a_unique_text
#include "blog.h"

struct Model : DynamoModel<Model> {
  int a = 0;
  int b = 0;
#ifndef BAD
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{}, IntegerField<&Model::b>{},
                                               Unique<&Model::a, &Model::b>{});
#else
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{}, IntegerField<&Model::b>{},
                                               Unique<&Model::a, &Model::b>{.fold_case = true});
#endif
};
void test(Model& row) { row.save(); }
