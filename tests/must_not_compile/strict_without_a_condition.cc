// Expect: this strict queryset would scan its table: it has no condition
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)Post::objects.strict().filter(strict::f<&Post::author_pk> == alice).count();
#ifdef BAD
  (void)Post::objects.strict().order_by("title").count();
#endif
}
