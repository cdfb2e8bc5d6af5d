#include "dynamodb/client.h"

#include <optional>
#include <semaphore>

namespace dynamodb {
namespace {

// Starts an operation by `start(completion)` and waits for its answer. What the completion touches
// is shared with it: the caller may have returned before release() has.
template <class T, class Start>
Result<T> wait_for(Start start) {
  struct State {
    std::binary_semaphore answered{0};
    std::optional<Result<T>> answer{};
  };
  const auto state = std::make_shared<State>();
  start([state](Result<T> answer) {
    state->answer.emplace(std::move(answer));
    state->answered.release();
  });
  state->answered.acquire();
  return std::move(*state->answer);
}

Error has_no(const char* what) {
  return validation_error("This database has no " + std::string(what));
}

}  // namespace

Result<PutItemResult> Client::put_item(PutItemRequest request) {
  return wait_for<PutItemResult>([&](auto done) { put_item(std::move(request), std::move(done)); });
}
Result<UpdateItemResult> Client::update_item(UpdateItemRequest request) {
  return wait_for<UpdateItemResult>(
      [&](auto done) { update_item(std::move(request), std::move(done)); });
}
Result<DeleteItemResult> Client::delete_item(DeleteItemRequest request) {
  return wait_for<DeleteItemResult>(
      [&](auto done) { delete_item(std::move(request), std::move(done)); });
}
Result<BatchWriteItemResult> Client::batch_write_item(BatchWriteItemRequest request) {
  return wait_for<BatchWriteItemResult>(
      [&](auto done) { batch_write_item(std::move(request), std::move(done)); });
}
Result<TransactWriteItemsResult> Client::transact_write_items(TransactWriteItemsRequest request) {
  return wait_for<TransactWriteItemsResult>(
      [&](auto done) { transact_write_items(std::move(request), std::move(done)); });
}

Result<ListStreamsResult> Client::list_streams(const ListStreamsRequest&) {
  return has_no("streams");
}
Result<StreamDescription> Client::describe_stream(const DescribeStreamRequest&) {
  return has_no("streams");
}
Result<GetShardIteratorResult> Client::get_shard_iterator(const GetShardIteratorRequest&) {
  return has_no("streams");
}
Result<GetRecordsResult> Client::get_records(const GetRecordsRequest&) { return has_no("streams"); }
Result<UpdateTimeToLiveResult> Client::update_time_to_live(const UpdateTimeToLiveRequest&) {
  return has_no("time to live");
}
Result<TimeToLiveDescription> Client::describe_time_to_live(const std::string&) {
  return has_no("time to live");
}

Result<EmptyResult> Client::tag_resource(const TagResourceRequest&) { return has_no("tags"); }
Result<EmptyResult> Client::untag_resource(const UntagResourceRequest&) { return has_no("tags"); }
Result<ListTagsOfResourceResult> Client::list_tags_of_resource(const ListTagsOfResourceRequest&) {
  return has_no("tags");
}
Result<ContinuousBackups> Client::describe_continuous_backups(const std::string&) {
  return has_no("continuous backups");
}
Result<ContinuousBackups> Client::update_continuous_backups(const UpdateContinuousBackupsRequest&) {
  return has_no("continuous backups");
}

}  // namespace dynamodb
