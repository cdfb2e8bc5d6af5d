// Expect: takes foreign keys and many-to-manys
#include "blog.h"

void test() {
  (void)Post::objects.prefetch<&Post::labels>();
#ifdef BAD
  (void)Post::objects.prefetch<&Post::title>();
#endif
}
