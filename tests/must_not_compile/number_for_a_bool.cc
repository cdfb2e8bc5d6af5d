// Expect: deleted
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)(f<&Post::published> == false);
#ifdef BAD
  (void)(f<&Post::published> == 1);
#endif
}
