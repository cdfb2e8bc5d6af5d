// Expect: orders, changes and sums are of the model's own members
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  Post::objects.all().update(f<&Post::title> = "x");
#ifdef BAD
  Post::objects.all().update(f<&Post::author_pk, &Author::username> = "x");
#endif
}
