#include "dynamodb/client.h"

#include <thread>

#include <gtest/gtest.h>

namespace dynamodb {
namespace {

// Answers writes on another thread, as a client's own threads do; reads are not asked for.
class AnsweringClient : public Client {
 public:
  using Client::batch_write_item;
  using Client::delete_item;
  using Client::put_item;
  using Client::transact_write_items;
  using Client::update_item;

  ~AnsweringClient() override {
    for (auto& thread : threads_) thread.join();
  }

  Result<GetItemResult> get_item(const GetItemRequest&) override { return unavailable("not here"); }
  Result<QueryResult> query(const QueryRequest&) override { return unavailable("not here"); }
  Result<ScanResult> scan(const ScanRequest&) override { return unavailable("not here"); }
  Result<BatchGetItemResult> batch_get_item(const BatchGetItemRequest&) override {
    return unavailable("not here");
  }
  Result<TransactGetItemsResult> transact_get_items(const TransactGetItemsRequest&) override {
    return unavailable("not here");
  }
  void put_item(PutItemRequest request, Completion<PutItemResult> done) override {
    answer([request, done] {
      done(PutItemResult{PackedItem(request.item), {.table = request.table}});
    });
  }
  void update_item(UpdateItemRequest, Completion<UpdateItemResult> done) override {
    answer([done] { done(conditional_check_failed()); });
  }
  void delete_item(DeleteItemRequest request, Completion<DeleteItemResult> done) override {
    done(DeleteItemResult{std::nullopt,
                          {.table = request.table}});  // at once, on the caller's thread
  }
  void batch_write_item(BatchWriteItemRequest request,
                        Completion<BatchWriteItemResult> done) override {
    answer([request, done] { done(BatchWriteItemResult{request.tables, {}}); });
  }
  void transact_write_items(TransactWriteItemsRequest,
                            Completion<TransactWriteItemsResult> done) override {
    answer([done] { done(transaction_canceled({{}, {.code = "ConditionalCheckFailed"}})); });
  }
  Result<TableDescription> create_table(const TableDefinition&) override {
    return unavailable("not here");
  }
  Result<TableDescription> update_table(const UpdateTableRequest&) override {
    return unavailable("not here");
  }
  Result<TableDescription> delete_table(const std::string&) override {
    return unavailable("not here");
  }
  Result<TableDescription> describe_table(const std::string&) override {
    return unavailable("not here");
  }
  Result<ListTablesResult> list_tables(const ListTablesRequest&) override {
    return unavailable("not here");
  }

 private:
  template <class Answer>
  void answer(Answer answer) {
    threads_.emplace_back(std::move(answer));
  }
  std::vector<std::thread> threads_;
};

TEST(Client, BlockingWrite_GivesWhatTheCompletionGot) {
  AnsweringClient client;
  for (int i = 0; i < 50; ++i) {
    const auto put = client.put_item({.table = "t", .item = {{"pk", i}}});
    ASSERT_TRUE(put);
    EXPECT_EQ(put->consumed.table, "t");
    EXPECT_EQ(*put->attributes, PackedItem(Item{{"pk", i}}));
  }
  EXPECT_EQ(client.delete_item({.table = "t"})->consumed.table, "t");
  EXPECT_EQ(
      client.batch_write_item({.tables = {{"t", {DeleteRequest{}}}}})->unprocessed.at("t").size(),
      1U);
}

TEST(Client, BlockingWrite_ThatFails_IsAnError) {
  AnsweringClient client;
  const auto update = client.update_item({.table = "t"});
  ASSERT_FALSE(update);
  EXPECT_EQ(update.error().code, ErrorCode::conditional_check_failed);
  EXPECT_EQ(client.transact_write_items({}).error().message,
            "Transaction cancelled, please refer cancellation reasons for specific reasons "
            "[None, ConditionalCheckFailed]");
}

TEST(ConsumedCapacity, Total_IsTheSumOfTheArms) {
  const ConsumedCapacity consumed{
      .table_units = 1.5, .global_indexes = {{"a", 2}, {"b", 0.5}}, .local_indexes = {{"c", 1}}};
  EXPECT_EQ(consumed.total(), 5);
  EXPECT_EQ(ConsumedCapacity{}.total(), 0);
}

}  // namespace
}  // namespace dynamodb
