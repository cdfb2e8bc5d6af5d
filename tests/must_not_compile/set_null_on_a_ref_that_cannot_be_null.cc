// Expect: on_delete_set_null_needs_an_optional_Ref
#include "blog.h"

struct Model : DynamoModel<Model> {
  Ref<Tag> a{};
#ifndef BAD
  static constexpr auto schema = define<Model>(ForeignKey<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(ForeignKey<&Model::a>{.on_delete = OnDelete::set_null});
#endif
};
void test(Model& row) { row.save(); }
