// Expect: a_field_kind_and_its_members_type_do_not_fit
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::int64_t a = 0;
#ifndef BAD
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(TTLField<&Model::a>{});
#endif
};
void test(Model& row) { row.save(); }
