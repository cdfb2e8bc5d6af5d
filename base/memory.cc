#include "base/memory.h"

#include <malloc.h>

namespace base {

void keep_freed_memory() {
#ifdef M_TRIM_THRESHOLD  // glibc
  constexpr int kKept = 16 << 20;
  ::mallopt(M_TRIM_THRESHOLD, kKept);
  ::mallopt(M_MMAP_THRESHOLD, kKept);  // larger blocks are mapped, and unmapped when freed
#endif
}

}  // namespace base
