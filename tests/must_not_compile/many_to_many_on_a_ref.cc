// Expect: a_many_to_many_field_needs_a_Many_member
#include "blog.h"

struct Model : DynamoModel<Model> {
  Ref<Tag> a{};
#ifndef BAD
  static constexpr auto schema = define<Model>(ForeignKey<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(ManyToManyField<&Model::a>{});
#endif
};
void test(Model& row) { row.save(); }
