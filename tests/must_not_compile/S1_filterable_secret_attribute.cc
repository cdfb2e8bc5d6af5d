// Expect: a_secret_is_not_searchable_say_not_secret_if_it_is_none
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::string a{};
#ifndef BAD
  static constexpr auto schema = define<Model>(CharField<&Model::a>{.attribute = "password_hash"});
#else
  static constexpr auto schema = define<Model>(CharField<&Model::a>{.attribute = "password_hash", .filterable = true});
#endif
};
void test(Model& row) { row.save(); }
