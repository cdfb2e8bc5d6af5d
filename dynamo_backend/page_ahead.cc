#include "dynamo_backend/page_ahead.h"

#include "dynamodb/capacity_scope.h"

namespace dynamo_backend {

void PageAhead::start(std::function<Answer()> read) {
  answer_ = std::async(std::launch::async,
                       [read = std::move(read), scope = dynamodb::CapacityScope::current()] {
                         const dynamodb::CapacityScope::Lent lent(scope);
                         return read();
                       });
}

}  // namespace dynamo_backend
