// Expect: startswith
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)f<&Post::title>.startswith("x");
#ifdef BAD
  (void)f<&Post::view_count>.startswith("x");
#endif
}
