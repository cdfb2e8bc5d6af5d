// Expect: Index<&Post::slug>
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  using strict::f;
  (void)Post::objects.strict().filter(f<&Post::author_pk> == alice || f<&Post::pk> == post.pk).count();
#ifdef BAD
  (void)Post::objects.strict().filter(f<&Post::author_pk> == alice || f<&Post::slug> == "x").count();
#endif
}
