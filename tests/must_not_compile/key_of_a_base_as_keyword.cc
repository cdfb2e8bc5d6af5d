// Expect: pk
#include "blog.h"

void test() {
  (void)Post{.title = "b"};
#ifdef BAD
  (void)Post{.pk = Uuid::random(), .title = "b"};
#endif
}
