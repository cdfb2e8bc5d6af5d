// Expect: an_index_is_keys_only_or_includes_members
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::string a{};
  std::string b{};
#ifndef BAD
  static constexpr auto schema = define<Model>(CharField<&Model::a>{}, CharField<&Model::b>{}, Index<&Model::a>{.keys_only = true});
#else
  static constexpr auto schema = define<Model>(CharField<&Model::a>{}, CharField<&Model::b>{},
                                               Index<&Model::a>{.keys_only = true, .includes = includes<&Model::b>()});
#endif
};
void test(Model& row) { row.save(); }
