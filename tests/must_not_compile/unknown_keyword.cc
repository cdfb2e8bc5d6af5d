// Expect: titel
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)Post{.title = "b"};
#ifdef BAD
  (void)Post{.titel = "b"};
#endif
}
