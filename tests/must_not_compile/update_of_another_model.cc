// Expect: update\(\) takes assignments to fields of this model
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)Post::objects.all().update(f<&Post::title> = "x");
#ifdef BAD
  (void)Post::objects.all().update(f<&Author::username> = "x");
#endif
}
