// Expect: remove
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)f<&Post::summary>.remove();
#ifdef BAD
  (void)f<&Post::title>.remove();
#endif
}
