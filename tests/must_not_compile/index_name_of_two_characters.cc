// Expect: the_name_of_an_index_has_three_characters_at_least
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::string a{};
#ifndef BAD
  static constexpr auto schema = define<Model>(CharField<&Model::a>{}, Index<&Model::a>{.name = "by-a"});
#else
  static constexpr auto schema = define<Model>(CharField<&Model::a>{}, Index<&Model::a>{.name = "ba"});
#endif
};
void test(Model& row) { row.save(); }
