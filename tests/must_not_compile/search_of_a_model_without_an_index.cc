// Expect: needs a model with .opensearch_sync = true
#include "blog.h"
#include "dynamo_backend/search/queryset.h"

struct Model : DynamoModel<Model> {
  std::string a{};
#ifndef BAD
  static constexpr auto schema = define<Model>({.opensearch_sync = true}, CharField<&Model::a>{.searchable = true});
#else
  static constexpr auto schema = define<Model>(CharField<&Model::a>{});
#endif
};
void test() { Model::objects.search("x").page(); }
