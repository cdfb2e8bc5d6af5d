// Expect: searchable_needs_a_text
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::int64_t a = 0;
#ifndef BAD
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{.searchable = true});
#endif
};
void test(Model& row) { row.save(); }
