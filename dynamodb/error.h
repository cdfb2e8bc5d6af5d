// Errors of the DynamoDB API as values: Result<T> with one Error{code, message, …}.
//
// A failed condition is an ordinary outcome here, not an exception. Codes carry AWS's exception
// names (error_name()); messages are AWS's where AWS has one.
#pragma once
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "dynamodb/item_view.h"

namespace dynamodb {

enum class ErrorCode : std::uint8_t {
  validation,                           // ValidationException
  conditional_check_failed,             // ConditionalCheckFailedException
  duplicate_item,                       // DuplicateItemException: PartiQL's INSERT
  resource_not_found,                   // ResourceNotFoundException
  resource_in_use,                      // ResourceInUseException
  transaction_canceled,                 // TransactionCanceledException
  transaction_conflict,                 // TransactionConflictException
  transaction_in_progress,              // TransactionInProgressException
  idempotent_parameter_mismatch,        // IdempotentParameterMismatchException
  item_collection_size_limit_exceeded,  // ItemCollectionSizeLimitExceededException
  provisioned_throughput_exceeded,      // ProvisionedThroughputExceededException
  limit_exceeded,                       // LimitExceededException
  serialization,                        // SerializationException: the request is not readable
  access_denied,                        // AccessDeniedException
  table_not_found,                      // TableNotFoundException: of backups
  internal_server_error,  // InternalServerError: storage failed; whether the write happened is not
                          // known
  expired_iterator,       // ExpiredIteratorException: a shard iterator lives 15 minutes
  trimmed_data_access,    // TrimmedDataAccessException: the stream's records are kept for 24 hours
  unavailable,            // the database cannot be reached, or is shutting down; nothing was done
};

// "ValidationException", …: what AWS calls it, without a service prefix.
std::string_view error_name(ErrorCode code);

// Why one action of a transaction did or did not hold. `code` is AWS's short name: "None",
// "ConditionalCheckFailed", "ValidationError", "TransactionConflict", …; `message` is empty for
// None.
struct CancellationReason {
  std::string code = "None";
  std::string message{};
  std::optional<PackedItem>
      item{};  // the stored item, where return_old_on_condition_failure asked for it
};

struct Error {
  ErrorCode code = ErrorCode::internal_server_error;
  std::string message{};
  std::vector<CancellationReason> reasons{};  // transaction_canceled: one per action, in order
  std::optional<PackedItem>
      item{};  // conditional_check_failed: the stored item, where it was asked for
  // Of an attempt before this one the answer was lost, so that the item may be what that attempt
  // wrote.
  bool after_lost_answer = false;
};

template <class T>
using Result = boost::system::result<T, Error>;

Error validation_error(std::string message);
Error conditional_check_failed(std::optional<PackedItem> item = std::nullopt);
Error resource_not_found(std::string message);
Error resource_in_use(std::string message);
Error limit_exceeded(std::string message);
Error internal_error(std::string message);
Error unavailable(std::string message);
// The message lists the reasons' codes, as AWS's does.
Error transaction_canceled(std::vector<CancellationReason> reasons);

// What Result<T>::value() throws when there is no value: for tests and programs that prefer
// exceptions.
class Exception : public std::runtime_error {
 public:
  explicit Exception(Error error);
  const Error& error() const { return error_; }

 private:
  Error error_;
};
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

}  // namespace dynamodb
