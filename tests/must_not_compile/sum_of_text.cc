// Expect: no match for|invalid operands
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)(f<&Post::view_count> + 1);
#ifdef BAD
  (void)(f<&Post::title> + 1);
#endif
}
