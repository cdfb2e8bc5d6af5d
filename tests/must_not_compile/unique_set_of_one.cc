// Expect: of one, say .unique on its field
#include "blog.h"

#ifdef BAD
using Members = Unique<&Post::title>;
#else
using Members = Unique<&Post::title, &Post::slug>;
#endif

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)Members{};
}
