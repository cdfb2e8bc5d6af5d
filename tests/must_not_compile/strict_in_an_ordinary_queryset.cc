// Expect: scan another model's table for the rows behind a relation
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  using strict::f;
  (void)Post::objects.strict().filter(f<&Post::author_pk>.in(Author::objects.strict().filter(f<&Author::username> == "x"))).count();
#ifdef BAD
  (void)Post::objects.strict().filter(f<&Post::author_pk>.in(Author::objects.filter(f<&Author::username> == "x"))).count();
#endif
}
