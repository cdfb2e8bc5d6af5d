// The pipeline's writes of items: single, batch and transaction.
#pragma once
#include <memory>

#include "base/timestamp.h"
#include "dynamodb/client.h"
#include "dynamodb/local/write_action.h"

namespace dynamodb::local {

std::unique_ptr<Write> make_single_write(WriteAction action, Completion<WriteResult> done);
std::unique_ptr<Write> make_batch_write(std::vector<WriteAction> actions,
                                        Completion<BatchWriteItemResult> done);

// `token` and `fingerprint` of a transaction with a ClientRequestToken; an empty token has none.
// DynamoDB: within 10 minutes the same token with the same request succeeds without effect, with
// another request is IdempotentParameterMismatchException.
struct TransactionToken {
  std::string token{};
  std::string fingerprint{};
  base::Timestamp now{};
};
std::unique_ptr<Write> make_transaction(std::vector<WriteAction> actions, TransactionToken token,
                                        Completion<TransactWriteItemsResult> done);

// The write that forgets the tokens older than 10 minutes, or a part of them: it submits another
// for the rest to `pipeline`.
std::unique_ptr<Write> make_token_cleanup(Storage& storage, Pipeline& pipeline,
                                          base::Timestamp now);

}  // namespace dynamodb::local
