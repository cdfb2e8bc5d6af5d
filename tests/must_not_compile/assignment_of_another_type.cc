// Expect: deleted
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)(f<&Post::view_count> = 5);
#ifdef BAD
  (void)(f<&Post::view_count> = "x");
#endif
}
