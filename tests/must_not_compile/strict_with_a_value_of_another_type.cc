// Expect: deleted
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)(strict::f<&Post::view_count> == 1);
#ifdef BAD
  (void)(strict::f<&Post::view_count> == "x");
#endif
}
