// Expect: the row is not of the many-to-many's other model
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)f<&Post::labels>.contains(tag);
#ifdef BAD
  (void)f<&Post::labels>.contains(alice);
#endif
}
