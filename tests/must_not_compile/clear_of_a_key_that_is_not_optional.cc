// Expect: the foreign key is not optional
#include "blog.h"

void test(Author& alice) {
  (void)alice.related<&Post::author_pk>().remove();
#ifdef BAD
  alice.related<&Post::author_pk>().clear();
#endif
}
