// Expect: rows may be missing from the index that starts with the member it asks for
#include "blog.h"

struct Model : DynamoModel<Model> {
  int a = 0;
  std::optional<int> b{};
  static constexpr auto schema = define<Model>(IntegerField<&Model::a>{}, IntegerField<&Model::b>{}, Index<&Model::a, &Model::b>{});
};
void test() {
  using strict::f;
  (void)Model::objects.strict().filter(f<&Model::a> == 1 && f<&Model::b> != std::nullopt).count();
#ifdef BAD
  (void)Model::objects.strict().filter(f<&Model::a> == 1).count();
#endif
}
