// The process's allocator.
#pragma once

namespace base {

// For programs that read pages of rows again and again: puts jemalloc in the place of the C
// library's allocator, by being called at all, and has it give back what has not been used for ten
// seconds. Without it, a page of 1,000 rows costs a tenth to a fifth more, and memory that was
// freed in small pieces stays with the process. Does nothing under sanitizers. Thread safety: call
// it at the start of main().
void use_jemalloc();

}  // namespace base
