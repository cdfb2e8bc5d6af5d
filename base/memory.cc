#include "base/memory.h"

#ifdef DDB_JEMALLOC
#include <jemalloc/jemalloc.h>

// jemalloc reads it at its start; MALLOC_CONF of the environment goes before. By default it has
// four arenas for each processor and keeps what was freed for ten seconds: twice the memory in all,
// and it rises and falls with what happens to be idle. Threads have caches of their own before
// these, here also for up to two blocks of each size up to 4 MiB: a page of rows is 1 MB, and the
// next one finds its bytes in the processor's caches.
const char* malloc_conf = "narenas:4,dirty_decay_ms:1000,lg_tcache_max:22,tcache_nslots_large:2";
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
