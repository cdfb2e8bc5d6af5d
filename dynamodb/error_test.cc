#include "dynamodb/error.h"

#include <gtest/gtest.h>

namespace dynamodb {
namespace {

TEST(Error, Factories_SetCodeAndAwsMessage) {
  EXPECT_EQ(validation_error("x").code, ErrorCode::validation);
  EXPECT_EQ(conditional_check_failed().message, "The conditional request failed");
  EXPECT_EQ(*conditional_check_failed(PackedItem(Item{{"a", 1}})).item, PackedItem(Item{{"a", 1}}));
  EXPECT_EQ(resource_not_found("x").code, ErrorCode::resource_not_found);
  EXPECT_EQ(resource_in_use("x").code, ErrorCode::resource_in_use);
  EXPECT_EQ(limit_exceeded("x").code, ErrorCode::limit_exceeded);
  EXPECT_EQ(internal_error("x").code, ErrorCode::internal_server_error);
  EXPECT_EQ(unavailable("x").message, "x");
}

TEST(Error, TransactionCanceled_ListsTheReasonsCodes) {
  const Error error = transaction_canceled({{}, {.code = "ValidationError", .message = "m"}});
  EXPECT_EQ(error.code, ErrorCode::transaction_canceled);
  EXPECT_EQ(error.message,
            "Transaction cancelled, please refer cancellation reasons for specific reasons [None, "
            "ValidationError]");
  EXPECT_EQ(error.reasons.size(), 2U);
}

TEST(Error, Names_AreAwsExceptionNames) {
  EXPECT_EQ(error_name(ErrorCode::validation), "ValidationException");
  EXPECT_EQ(error_name(ErrorCode::internal_server_error), "InternalServerError");
  EXPECT_EQ(error_name(ErrorCode::conditional_check_failed), "ConditionalCheckFailedException");
}

TEST(Error, Value_OfAFailedResult_ThrowsTheError) {
  const Result<int> failed = resource_not_found("Requested resource not found");
  try {
    (void)failed.value();
    FAIL();
  } catch (const Exception& e) {
    EXPECT_EQ(e.error().code, ErrorCode::resource_not_found);
    EXPECT_STREQ(e.what(), "ResourceNotFoundException: Requested resource not found");
  }
}

}  // namespace
}  // namespace dynamodb
