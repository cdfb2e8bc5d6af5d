// Expect: a member of this model has no field: give it one, or say Transient
#include "blog.h"

struct Model : DynamoModel<Model> {
  int a = 0; bool b = false;
#ifndef BAD
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{}, Transient<&Model::b>{});
#else
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{});
#endif
};
void test(Model& row) { row.save(); }
