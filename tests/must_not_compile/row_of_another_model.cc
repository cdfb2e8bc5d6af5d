// Expect: deleted
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)(f<&Post::author_pk> == alice);
#ifdef BAD
  (void)(f<&Post::author_pk> == tag);
#endif
}
