// Expect: max_length_belongs_to_a_text_field
#include "blog.h"

struct Model : DynamoModel<Model> {
  int a = 0;
#ifndef BAD
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{.max_length = 3});
#endif
};
void test(Model& row) { row.save(); }
