// Expect: a strict queryset takes conditions written with strict::f
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  using strict::f;
  (void)Post::objects.strict().filter(f<&Post::author_pk> == alice).count();
#ifdef BAD
  (void)Post::objects.strict().filter(dynamo_backend::f<&Post::author_pk> == alice).count();
#endif
}
