// Expect: orders, changes and sums are of the model's own members
#include "blog.h"

void test(Author& alice, Post& post, Tag& tag) {
  (void)alice, (void)post, (void)tag;
  (void)Post::objects.order_by(f<&Post::title>.asc());
#ifdef BAD
  (void)Post::objects.order_by(f<&Post::author_pk, &Author::username>.asc());
#endif
}
