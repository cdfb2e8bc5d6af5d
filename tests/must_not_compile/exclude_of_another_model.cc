// Expect: this condition is on another model than the queryset's
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)Post::objects.all().exclude(f<&Post::title> == "a");
#ifdef BAD
  (void)Post::objects.all().exclude(f<&Author::username> == "a");
#endif
}
