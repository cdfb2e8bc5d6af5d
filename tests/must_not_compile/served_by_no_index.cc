// Expect: served_by_index
#include "blog.h"

static_assert(served_by_index<&Post::author_pk>);
#ifdef BAD
static_assert(served_by_index<&Post::title>);
#endif
