// Expect: needs a foreign key that points to this model
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)alice.related<&Post::author_pk>();
#ifdef BAD
  (void)tag.related<&Post::author_pk>();
#endif
}
