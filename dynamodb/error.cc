#include "dynamodb/error.h"

namespace dynamodb {

std::string_view error_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::validation:
      return "ValidationException";
    case ErrorCode::conditional_check_failed:
      return "ConditionalCheckFailedException";
    case ErrorCode::duplicate_item:
      return "DuplicateItemException";
    case ErrorCode::resource_not_found:
      return "ResourceNotFoundException";
    case ErrorCode::resource_in_use:
      return "ResourceInUseException";
    case ErrorCode::transaction_canceled:
      return "TransactionCanceledException";
    case ErrorCode::transaction_conflict:
      return "TransactionConflictException";
    case ErrorCode::transaction_in_progress:
      return "TransactionInProgressException";
    case ErrorCode::idempotent_parameter_mismatch:
      return "IdempotentParameterMismatchException";
    case ErrorCode::item_collection_size_limit_exceeded:
      return "ItemCollectionSizeLimitExceededException";
    case ErrorCode::provisioned_throughput_exceeded:
      return "ProvisionedThroughputExceededException";
    case ErrorCode::limit_exceeded:
      return "LimitExceededException";
    case ErrorCode::serialization:
      return "SerializationException";
    case ErrorCode::access_denied:
      return "AccessDeniedException";
    case ErrorCode::table_not_found:
      return "TableNotFoundException";
    case ErrorCode::internal_server_error:
      return "InternalServerError";
    case ErrorCode::expired_iterator:
      return "ExpiredIteratorException";
    case ErrorCode::trimmed_data_access:
      return "TrimmedDataAccessException";
    case ErrorCode::unavailable:
      return "ServiceUnavailable";
  }
  return "InternalServerError";
}

Error validation_error(std::string message) { return {ErrorCode::validation, std::move(message)}; }
Error conditional_check_failed(std::optional<PackedItem> item) {
  return {
      ErrorCode::conditional_check_failed, "The conditional request failed", {}, std::move(item)};
}
Error resource_not_found(std::string message) {
  return {ErrorCode::resource_not_found, std::move(message)};
}
Error resource_in_use(std::string message) {
  return {ErrorCode::resource_in_use, std::move(message)};
}
Error limit_exceeded(std::string message) {
  return {ErrorCode::limit_exceeded, std::move(message)};
}
Error internal_error(std::string message) {
  return {ErrorCode::internal_server_error, std::move(message)};
}
Error unavailable(std::string message) { return {ErrorCode::unavailable, std::move(message)}; }

Error transaction_canceled(std::vector<CancellationReason> reasons) {
  std::string message =
      "Transaction cancelled, please refer cancellation reasons for specific reasons [";
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (i > 0) message += ", ";
    message += reasons[i].code;
  }
  message += ']';
  return {ErrorCode::transaction_canceled, std::move(message), std::move(reasons)};
}

namespace {

std::string describe(const Error& error) {
  std::string text(error_name(error.code));
  if (!error.message.empty()) text += ": " + error.message;
  return text;
}

}  // namespace

Exception::Exception(Error error) : std::runtime_error(describe(error)), error_(std::move(error)) {}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw Exception(error);
}

}  // namespace dynamodb
