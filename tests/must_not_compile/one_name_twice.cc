// Expect: two_fields_have_one_attribute_name
#include "blog.h"

struct Model : DynamoModel<Model> {
  int a = 0, b = 0;
#ifndef BAD
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{}, IntegerField<&Model::b>{});
#else
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{}, IntegerField<&Model::b>{.attribute = "a"});
#endif
};
void test(Model& row) { row.save(); }
