// Expect: on_delete_belongs_to_a_foreign_key
#include "blog.h"

struct Model : DynamoModel<Model> {
  int a = 0;
#ifndef BAD
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{.on_delete = OnDelete::restrict_});
#endif
};
void test(Model& row) { row.save(); }
