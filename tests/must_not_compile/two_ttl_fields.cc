// Expect: a_model_has_one_TTLField_at_most
#include "blog.h"

struct Model : DynamoModel<Model> {
  Timestamp a{};
  Timestamp b{};
#ifndef BAD
  static constexpr auto schema = define<Model>(TTLField<&Model::a>{}, DateTimeField<&Model::b>{});
#else
  static constexpr auto schema = define<Model>(TTLField<&Model::a>{}, TTLField<&Model::b>{});
#endif
};
void test(Model& row) { row.save(); }
