// Expect: a model is a plain struct: no constructors, no private members, no virtual functions
#include "blog.h"

struct Model : DynamoModel<Model> {
#ifdef BAD
  Model() {}
#endif
  int a = 0;
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{});
};
void test(Model& row) { row.save(); }
