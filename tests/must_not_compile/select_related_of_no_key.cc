// Expect: takes foreign keys
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)Post::objects.select_related<&Post::author_pk>();
#ifdef BAD
  (void)Post::objects.select_related<&Post::title>();
#endif
}
