// Expect: the value is not of the type of the list's elements
#include "blog.h"

void test(const QuerySet<Post>& posts) {
  posts.update(f<&Post::tags>[0] = "a");
#ifdef BAD
  posts.update(f<&Post::tags>[0] = 7);
#endif
}
