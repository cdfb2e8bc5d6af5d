// Expect: a_unique_set_takes_texts_numbers_times_bools_binary_and_foreign_keys
#include "blog.h"

struct Model : DynamoModel<Model> {
  std::string a{};
  std::vector<std::string> b{};
#ifndef BAD
  static constexpr auto schema = define<Model>(CharField<&Model::a>{}, ListField<&Model::b>{});
#else
  static constexpr auto schema = define<Model>(CharField<&Model::a>{}, ListField<&Model::b>{},
                                               Unique<&Model::a, &Model::b>{});
#endif
};
void test(Model& row) { row.save(); }
