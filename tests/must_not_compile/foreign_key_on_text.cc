// Expect: a_foreign_key_needs_a_Ref_member
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::string a{};
#ifndef BAD
  static constexpr auto schema = define<Model>(CharField<&Model::a>{});
#else
  static constexpr auto schema = define<Model>(ForeignKey<&Model::a>{});
#endif
};
void test(Model& row) { row.save(); }
