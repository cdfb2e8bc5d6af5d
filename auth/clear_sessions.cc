#include "auth/commands.h"
#include "auth/models.h"
#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/rows.h"
#include "management/database.h"

namespace auth {
namespace {

using dynamo_backend::Connection;

class ClearSessions : public management::Command {
 public:
  ClearSessions()
      : Command("clearsessions",
                "Delete the sessions that have expired. DynamoDB does so by itself, within days; "
                "meanwhile they are of no use to anyone.",
                "./manage clearsessions") {}

  int run(management::Context& context) override {
    const Connection& connection = context.database_without_tables().connection();
    const auto& model = dynamo_backend::model_info<SessionRow>();
    const auto expired = dynamo_backend::expired(model.ttl->attribute, connection.now());
    dynamodb::ScanRequest request{.table = connection.table(model.table),
                                  .filter = expired,
                                  .projection = {dynamodb::Path(model.partition->attribute)}};
    std::size_t deleted = 0;
    do {
      auto page = dynamo_backend::take(connection.client().scan(request), model.label().c_str());
      deleted += delete_all(connection, request.table, page.items, expired);
      request.exclusive_start_key = page.last_evaluated_key.value_or(dynamodb::Item());
    } while (!request.exclusive_start_key.empty());
    context.output().say("%zu expired sessions deleted.\n", deleted);
    return 0;
  }

 private:
  // A session that was used meanwhile stays.
  static std::size_t delete_all(const Connection& connection, const std::string& table,
                                const dynamodb::ItemList& items,
                                const dynamodb::Condition& expired) {
    const auto& model = dynamo_backend::model_info<SessionRow>();
    const auto results =
        dynamo_backend::write_side_by_side(connection, items.size(), [&](std::size_t i, auto done) {
          connection.client().delete_item({.table = table,
                                           .key = dynamo_backend::key_of(model, items[i]),
                                           .condition = expired},
                                          std::move(done));
        });
    std::size_t deleted = 0;
    for (const auto& result : results) {
      if (result) {
        ++deleted;
      } else if (result.error().code != dynamodb::ErrorCode::conditional_check_failed) {
        throw dynamo_backend::DatabaseError(result.error(), model.label());
      }
    }
    return deleted;
  }
};

}  // namespace

std::unique_ptr<management::Command> make_clearsessions() {
  return std::make_unique<ClearSessions>();
}

}  // namespace auth
