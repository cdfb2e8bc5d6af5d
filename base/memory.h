// The process's allocator.
#pragma once

namespace base {

// For programs that read pages of rows again and again: puts jemalloc in the place of the C
// library's allocator, by being called at all, and has it give back what has not been used for a
// second. Rows are many small pieces of memory, for which it takes less time, and which do not
// stay with the process once they are freed. Does nothing under sanitizers. Thread safety: call it
// at the start of main().
void use_jemalloc();

}  // namespace base
