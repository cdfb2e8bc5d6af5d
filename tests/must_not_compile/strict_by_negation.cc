// Expect: no condition that holds for all its rows is == or in\(\) on the key
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  using strict::f;
  (void)Post::objects.strict().filter(f<&Post::author_pk> == alice).count();
#ifdef BAD
  (void)Post::objects.strict().filter(f<&Post::author_pk> != alice).count();
#endif
}
