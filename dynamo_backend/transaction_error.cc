#include "dynamo_backend/transaction_error.h"

namespace dynamo_backend {

std::string TransactionError::text(const std::vector<FailedAction>& failures) {
  std::string out = "The transaction was not made:";
  for (const FailedAction& f : failures)
    out += "\n  " + f.action + " " + f.model + " " + f.key + ": " + f.reason;
  return out;
}

}  // namespace dynamo_backend
