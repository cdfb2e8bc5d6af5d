// Expect: a_field_kind_and_its_members_type_do_not_fit
#include "blog.h"

struct Model : DynamoModel<Model> {
  Decimal a{};
#ifndef BAD
  static constexpr auto schema = define<Model>(DecimalField<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(FloatField<&Model::a>{});
#endif
};
void test(Model& row) { row.save(); }
