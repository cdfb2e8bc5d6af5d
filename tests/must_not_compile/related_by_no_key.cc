// Expect: takes a foreign key or a many-to-many
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)alice.related<&Post::author_pk>();
#ifdef BAD
  (void)alice.related<&Post::title>();
#endif
}
