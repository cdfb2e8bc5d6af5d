// Expect: no matching (member )?function
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)Post::objects.get(post.pk);
#ifdef BAD
  (void)Post::objects.get(5);
#endif
}
