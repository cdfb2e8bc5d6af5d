// Expect: the members are of two models
#include "blog.h"

static_assert(served_by_index<&Post::author_pk>);
#ifdef BAD
static_assert(served_by_index<&Post::author_pk, &Author::username>);
#endif
