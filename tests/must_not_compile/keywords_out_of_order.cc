// Expect: order|designator
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)Post{.title = "b", .slug = "a"};
#ifdef BAD
  (void)Post{.slug = "a", .title = "b"};
#endif
}
