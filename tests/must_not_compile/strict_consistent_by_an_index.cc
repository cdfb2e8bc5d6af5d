// Expect: consistent\(\) reads no global index
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  using strict::f;
  (void)Post::objects.strict().filter(f<&Post::pk> == post.pk).consistent().count();
#ifdef BAD
  (void)Post::objects.strict().filter(f<&Post::author_pk> == alice).consistent().count();
#endif
}
