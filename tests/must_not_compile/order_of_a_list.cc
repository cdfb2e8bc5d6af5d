// Expect: the field's values have no order
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)Post::objects.order_by(f<&Post::published>.asc());
#ifdef BAD
  (void)Post::objects.order_by(f<&Post::tags>.asc());
#endif
}
