// Expect: a_secret_is_not_searchable_say_not_secret_if_it_is_none
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::string api_Token{};
#ifndef BAD
  static constexpr auto schema = define<Model>(CharField<&Model::api_Token>{.searchable = true, .not_secret = true});
#else
  static constexpr auto schema = define<Model>(CharField<&Model::api_Token>{.searchable = true});
#endif
};
void test(Model& row) { row.save(); }
