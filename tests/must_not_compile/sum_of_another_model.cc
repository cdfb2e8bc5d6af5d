// Expect: take members of this model
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)Post::objects.sum<&Post::view_count>();
#ifdef BAD
  (void)Author::objects.sum<&Post::view_count>();
#endif
}
