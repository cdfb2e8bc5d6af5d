// Expect: no match for|invalid operands
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)(f<&Post::slug> == "a" && f<&Post::title> == "b");
#ifdef BAD
  (void)(f<&Author::username> == "a" && f<&Post::title> == "b");
#endif
}
