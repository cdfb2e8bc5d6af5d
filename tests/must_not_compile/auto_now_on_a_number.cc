// Expect: auto_now_needs_a_DateTimeField
#include "blog.h"

struct Model : DynamoModel<Model> {
  int a = 0;
#ifndef BAD
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{.auto_now = true});
#endif
};
void test(Model& row) { row.save(); }
