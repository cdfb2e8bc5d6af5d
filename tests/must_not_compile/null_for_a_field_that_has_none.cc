// Expect: deleted
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)(f<&Post::summary> == std::nullopt);
#ifdef BAD
  (void)(f<&Post::title> == std::nullopt);
#endif
}
