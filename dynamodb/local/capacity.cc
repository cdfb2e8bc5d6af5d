#include "dynamodb/local/capacity.h"

#include <algorithm>

namespace dynamodb::local {

double read_units(std::size_t bytes, bool consistent) {
  const std::size_t blocks = std::max<std::size_t>(1, (bytes + 4095) / 4096);
  return static_cast<double>(blocks) * (consistent ? 1.0 : 0.5);
}

double write_units(std::size_t bytes) {
  return static_cast<double>(std::max<std::size_t>(1, (bytes + 1023) / 1024));
}

}  // namespace dynamodb::local
