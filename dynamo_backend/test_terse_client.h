// TerseClient: a server that does not send the row along whose condition failed.
// Thread safety: as its inner client.
#pragma once
#include "dynamodb/forwarding_client.h"

namespace test_blog {

class TerseClient : public dynamodb::ForwardingClient {
 public:
  using Client::delete_item;
  using Client::transact_write_items;
  using Client::update_item;
  using ForwardingClient::ForwardingClient;

  void update_item(dynamodb::UpdateItemRequest r,
                   dynamodb::Completion<dynamodb::UpdateItemResult> done) override {
    r.return_old_on_condition_failure = false;
    inner_.update_item(std::move(r), std::move(done));
  }
  void delete_item(dynamodb::DeleteItemRequest r,
                   dynamodb::Completion<dynamodb::DeleteItemResult> done) override {
    r.return_old_on_condition_failure = false;
    inner_.delete_item(std::move(r), std::move(done));
  }
  void transact_write_items(
      dynamodb::TransactWriteItemsRequest r,
      dynamodb::Completion<dynamodb::TransactWriteItemsResult> done) override {
    for (auto& action : r.actions)
      std::visit([](auto& a) { a.return_old_on_condition_failure = false; }, action);
    inner_.transact_write_items(std::move(r), std::move(done));
  }
};

}  // namespace test_blog
