// Expect: x is not of the type of the field's elements
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)f<&Post::tags>.contains("x");
#ifdef BAD
  (void)f<&Post::tags>.contains(5);
#endif
}
