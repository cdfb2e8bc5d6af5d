// Expect: a_local_index_is_over_the_tables_partition_key_and_one_sort_key
#include "blog.h"

struct Model : DynamoTable<Model> {
  std::string a{};
  std::string b{};
  std::string c{};
#ifndef BAD
  static constexpr auto schema = define<Model>(PartitionKey<&Model::a>{}, SortKey<&Model::b>{}, CharField<&Model::c>{},
                                               Index<&Model::a, &Model::c>{.local = true});
#else
  static constexpr auto schema = define<Model>(PartitionKey<&Model::a>{}, SortKey<&Model::b>{}, CharField<&Model::c>{},
                                               Index<&Model::b, &Model::c>{.local = true});
#endif
};
void test(Model& row) { row.save(); }
