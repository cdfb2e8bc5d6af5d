#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"
#include "dynamodb/capacity_scope.h"
#include "dynamodb/local/connect.h"
#include "dynamodb/local/socket_protocol.h"
#include "dynamodb/wire.h"

namespace dynamodb::local {
namespace {

class SocketClient : public Client {
 public:
  SocketClient(std::string directory, Socket first, std::optional<EngineOptions> heir)
      : directory_(std::move(directory)), heir_(std::move(heir)) {
    idle_.push_back(std::move(first));
  }

  Result<GetItemResult> get_item(const GetItemRequest& r) override {
    return call<GetItemResult>(Operation::get_item, wire::encode(r));
  }
  Result<QueryResult> query(const QueryRequest& r) override {
    return call<QueryResult>(Operation::query, wire::encode(r));
  }
  Result<ScanResult> scan(const ScanRequest& r) override {
    return call<ScanResult>(Operation::scan, wire::encode(r));
  }
  Result<BatchGetItemResult> batch_get_item(const BatchGetItemRequest& r) override {
    return call<BatchGetItemResult>(Operation::batch_get_item, wire::encode(r));
  }
  Result<TransactGetItemsResult> transact_get_items(const TransactGetItemsRequest& r) override {
    return call<TransactGetItemsResult>(Operation::transact_get_items, wire::encode(r));
  }
  void put_item(PutItemRequest r, Completion<PutItemResult> done) override {
    done(call<PutItemResult>(Operation::put_item, wire::encode(r)));
  }
  void update_item(UpdateItemRequest r, Completion<UpdateItemResult> done) override {
    done(call<UpdateItemResult>(Operation::update_item, wire::encode(r)));
  }
  void delete_item(DeleteItemRequest r, Completion<DeleteItemResult> done) override {
    done(call<DeleteItemResult>(Operation::delete_item, wire::encode(r)));
  }
  void batch_write_item(BatchWriteItemRequest r, Completion<BatchWriteItemResult> done) override {
    done(call<BatchWriteItemResult>(Operation::batch_write_item, wire::encode(r)));
  }
  void transact_write_items(TransactWriteItemsRequest r,
                            Completion<TransactWriteItemsResult> done) override {
    done(call<TransactWriteItemsResult>(Operation::transact_write_items, wire::encode(r)));
  }
  Result<TableDescription> create_table(const TableDefinition& r) override {
    return call<TableDescription>(Operation::create_table, wire::encode(r));
  }
  Result<TableDescription> update_table(const UpdateTableRequest& r) override {
    return call<TableDescription>(Operation::update_table, wire::encode(r));
  }
  Result<TableDescription> delete_table(const std::string& table) override {
    return call<TableDescription>(Operation::delete_table, wire::encode_table_name(table));
  }
  Result<TableDescription> describe_table(const std::string& table) override {
    return call<TableDescription>(Operation::describe_table, wire::encode_table_name(table));
  }
  Result<ListTablesResult> list_tables(const ListTablesRequest& r) override {
    return call<ListTablesResult>(Operation::list_tables, wire::encode(r));
  }
  Result<ListStreamsResult> list_streams(const ListStreamsRequest& r) override {
    return call<ListStreamsResult>(Operation::list_streams, wire::encode(r));
  }
  Result<StreamDescription> describe_stream(const DescribeStreamRequest& r) override {
    return call<StreamDescription>(Operation::describe_stream, wire::encode(r));
  }
  Result<GetShardIteratorResult> get_shard_iterator(const GetShardIteratorRequest& r) override {
    return call<GetShardIteratorResult>(Operation::get_shard_iterator, wire::encode(r));
  }
  Result<GetRecordsResult> get_records(const GetRecordsRequest& r) override {
    return call<GetRecordsResult>(Operation::get_records, wire::encode(r));
  }
  Result<UpdateTimeToLiveResult> update_time_to_live(const UpdateTimeToLiveRequest& r) override {
    return call<UpdateTimeToLiveResult>(Operation::update_time_to_live, wire::encode(r));
  }
  Result<TimeToLiveDescription> describe_time_to_live(const std::string& table) override {
    return call<TimeToLiveDescription>(Operation::describe_time_to_live,
                                       wire::encode_table_name(table));
  }
  Result<EmptyResult> tag_resource(const TagResourceRequest& r) override {
    return call<EmptyResult>(Operation::tag_resource, wire::encode(r));
  }
  Result<EmptyResult> untag_resource(const UntagResourceRequest& r) override {
    return call<EmptyResult>(Operation::untag_resource, wire::encode(r));
  }
  Result<ListTagsOfResourceResult> list_tags_of_resource(
      const ListTagsOfResourceRequest& r) override {
    return call<ListTagsOfResourceResult>(Operation::list_tags_of_resource, wire::encode(r));
  }
  Result<ContinuousBackups> describe_continuous_backups(const std::string& table) override {
    return call<ContinuousBackups>(Operation::describe_continuous_backups,
                                   wire::encode_table_name(table));
  }
  Result<ContinuousBackups> update_continuous_backups(
      const UpdateContinuousBackupsRequest& r) override {
    return call<ContinuousBackups>(Operation::update_continuous_backups, wire::encode(r));
  }

 private:
  template <class T>
  Result<T> call(Operation operation, std::string body) {
    const auto answer = exchange({static_cast<std::uint8_t>(operation), std::move(body)});
    if (!answer) {
      return unavailable("the process that holds the data directory " + directory_ +
                         " does not answer; whether the call was carried out is not known");
    }
    if (answer->tag != static_cast<std::uint8_t>(Status::ok))
      return wire::decode_error(answer->body);
    auto result = wire::decode<T>(answer->body);
    if constexpr (requires(const T& value) { value.consumed; })
      return metered(std::move(result));
    else
      return result;
  }

  // A pooled connection may be one to a holder that has ended. What could not be sent was not
  // carried out: it goes to the process that holds the directory now, which may be this one.
  std::optional<Frame> exchange(const Frame& request) {
    if (Engine* const own = own_) return dispatch(*own, request);
    Socket socket = take();
    if (!socket || !socket.send(request)) {
      forget_connections();
      socket = find_holder();
      if (Engine* const own = own_) return dispatch(*own, request);
      if (!socket || !socket.send(request)) return std::nullopt;
    }
    auto answer = socket.receive();
    std::lock_guard lock(mutex_);
    if (answer) {
      idle_.push_back(std::move(socket));
    } else {
      idle_.clear();  // the others lead to the same process
    }
    return answer;
  }

  Socket take() {
    std::lock_guard lock(mutex_);
    if (idle_.empty()) return connect_to(directory_);
    Socket socket = std::move(idle_.back());
    idle_.pop_back();
    return socket;
  }

  // A connection to who holds the directory; none where this process does by now, or nobody can.
  Socket find_holder() {
    const std::lock_guard lock(heir_mutex_);
    for (int attempt = 1; !own_; ++attempt) {
      if (Socket socket = connect_to(directory_)) return socket;
      if (!heir_) break;
      try {
        engine_ = Engine::open(*heir_);
        own_ = engine_.get();
        base::log_info("the process that held the data directory " + directory_ +
                       " has ended; this one holds it");
      } catch (const OpenException& error) {
        if (error.kind() == OpenFailure::in_use && attempt < kTriesForHolder) {
          std::this_thread::sleep_for(kPauseForHolder);
          continue;
        }
        base::log_error(std::string("no process holds the data any more: ") + error.what());
        break;
      }
    }
    return {};
  }

  void forget_connections() {
    std::lock_guard lock(mutex_);
    idle_.clear();
  }

  const std::string directory_;
  const std::optional<EngineOptions> heir_;
  std::mutex mutex_;
  std::vector<Socket> idle_;
  std::mutex heir_mutex_;  // one thread at a time looks for a holder
  std::unique_ptr<Engine> engine_{};
  std::atomic<Engine*> own_{nullptr};  // engine_, once this process holds the directory
};

}  // namespace

std::unique_ptr<Client> connect(const std::string& directory, std::optional<EngineOptions> heir) {
  Socket socket = connect_to(directory);
  if (!socket) {
    throw OpenException(OpenFailure::in_use,
                        "the data directory " + directory +
                            " is in use by another process, which does not answer on its socket");
  }
  return std::make_unique<SocketClient>(directory, std::move(socket), std::move(heir));
}

}  // namespace dynamodb::local
