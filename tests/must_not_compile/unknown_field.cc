// Expect: nope
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)(f<&Post::title> == "a");
#ifdef BAD
  (void)(f<&Post::nope> == "a");
#endif
}
