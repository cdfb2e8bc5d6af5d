// Expect: deleted
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)(f<&Post::view_count> == 1L);
#ifdef BAD
  (void)(f<&Post::view_count> == 1.5);
#endif
}
