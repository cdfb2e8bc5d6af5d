// Why a transaction was not made: TransactionError, with a line for each action that did not hold.
//
//   catch (const TransactionError& e) {
//     for (const FailedAction& f : e.failures()) …  // {"Author", "<pk>", "create", "another row
//     has …"}
//   }
// What is thrown is one of the exceptions that the same writes throw alone, too: an IntegrityError
// (a key or a unique value is taken), a ConflictError (others changed the rows) or a ModelError.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/exceptions.h"

namespace dynamo_backend {

struct FailedAction {
  std::string model{}, key{};
  std::string action{};  // "create", "save", "update", "remove", "check", "read"
  std::string reason{};  // a sentence
};

class TransactionError {
 public:
  explicit TransactionError(std::vector<FailedAction> failures) : failures_(std::move(failures)) {}
  virtual ~TransactionError() = default;
  const std::vector<FailedAction>& failures() const { return failures_; }
  virtual const char* what() const noexcept = 0;

  // One line for each failure.
  static std::string text(const std::vector<FailedAction>& failures);

 private:
  std::vector<FailedAction> failures_;
};

struct TransactionIntegrityError : IntegrityError, TransactionError {
  TransactionIntegrityError(std::vector<std::string> fields, const std::vector<FailedAction>& f)
      : IntegrityError(std::move(fields), text(f)), TransactionError(f) {}
  const char* what() const noexcept override { return IntegrityError::what(); }
};
struct TransactionConflictError : ConflictError, TransactionError {
  explicit TransactionConflictError(const std::vector<FailedAction>& f)
      : ConflictError(text(f)), TransactionError(f) {}
  const char* what() const noexcept override { return ConflictError::what(); }
};
// A check() or an update()'s condition does not hold, or the database refused an action.
struct TransactionFailed : ModelError, TransactionError {
  explicit TransactionFailed(const std::vector<FailedAction>& f)
      : ModelError(text(f)), TransactionError(f) {}
  const char* what() const noexcept override { return ModelError::what(); }
};

}  // namespace dynamo_backend
