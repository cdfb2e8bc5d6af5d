// Expect: a_unique_text_cannot_be_blank
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::string a{};
#ifndef BAD
  static constexpr auto schema = define<Model>(CharField<&Model::a>{.unique = true});
#else
  static constexpr auto schema = define<Model>(CharField<&Model::a>{.unique = true, .blank = true});
#endif
};
void test(Model& row) { row.save(); }
