// Expect: sums in a list are of std::int64_t and whole numbers, of double or of Decimal
#include "blog.h"

void test(const QuerySet<Post>& posts) {
  posts.update(f<&Post::tags>[0] = "a");
#ifdef BAD
  posts.update(f<&Post::tags>[0] = f<&Post::tags>[0] + 1);
#endif
}
