// Expect: an_index_key_must_be_a_string_a_number_or_binary
#include "blog.h"

struct Model : DynamoModel<Model> {
  bool a = false;
#ifndef BAD
  static constexpr auto schema = define<Model>(BooleanField<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(BooleanField<&Model::a>{.unique = true});
#endif
};
void test(Model& row) { row.save(); }
