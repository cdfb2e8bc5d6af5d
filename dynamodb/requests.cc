#include "dynamodb/requests.h"

namespace dynamodb {

double ConsumedCapacity::total() const {
  double sum = table_units;
  for (const auto& [name, units] : global_indexes) sum += units;
  for (const auto& [name, units] : local_indexes) sum += units;
  return sum;
}

}  // namespace dynamodb
