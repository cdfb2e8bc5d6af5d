#include "base/memory.h"

#ifdef DDB_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

namespace base {

void use_jemalloc() {
#ifdef DDB_JEMALLOC
  // Else a thread gives memory back only when it frees more: one that falls idle would keep it.
  bool on = true;
  ::mallctl("background_thread", nullptr, nullptr, &on, sizeof on);
#endif
}

}  // namespace base
