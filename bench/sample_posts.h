// Posts of mixed sizes, for benchmarks: about 500 bytes of prose each, now and then without a body
// or an author.
#pragma once
#include <cstddef>
#include <random>

#include "demo_app/models.h"

namespace bench {

// The same for the same generator. `n` tells which members are left out.
demo_app::Post make_post(std::mt19937_64& random, std::size_t n);

}  // namespace bench
