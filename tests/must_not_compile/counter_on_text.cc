// Expect: counter_belongs_to_an_IntegerField
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::string a{};
#ifndef BAD
  static constexpr auto schema = define<Model>(TextField<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(TextField<&Model::a>{.counter = true});
#endif
};
void test(Model& row) { row.save(); }
