// Expect: isnull
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)f<&Post::summary>.isnull();
#ifdef BAD
  (void)f<&Post::title>.isnull();
#endif
}
