// Expect: an_index_includes_members_that_have_fields_of_their_own
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::string a{};
  std::string b{};
#ifndef BAD
  static constexpr auto schema =
      define<Model>(CharField<&Model::a>{}, CharField<&Model::b>{}, Index<&Model::a>{.includes = includes<&Model::b>()});
#else
  static constexpr auto schema =
      define<Model>(CharField<&Model::a>{}, Transient<&Model::b>{}, Index<&Model::a>{.includes = includes<&Model::b>()});
#endif
};
void test(Model& row) { row.save(); }
