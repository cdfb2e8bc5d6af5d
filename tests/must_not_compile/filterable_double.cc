// Expect: filterable_needs_a_text_an_integer_a_decimal_a_bool_a_time_a_uuid_a_foreign_key_or_a_list_of_texts
#include "blog.h"

struct Model : DynamoModel<Model> {
  double a = 0;
#ifndef BAD
  static constexpr auto schema = define<Model>(FloatField<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(FloatField<&Model::a>{.filterable = true});
#endif
};
void test(Model& row) { row.save(); }
