// Expect: an_index_key_must_be_a_string_a_number_or_binary
#include "blog.h"

struct Model : DynamoModel<Model> {
  int a = 0; bool b = false;
#ifndef BAD
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{}, BooleanField<&Model::b>{});
#else
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{}, BooleanField<&Model::b>{}, Index<&Model::a, &Model::b>{});
#endif
};
void test(Model& row) { row.save(); }
