// Engine: the Client that stores tables in this process, on RocksDB.
//
// An acknowledged write is on the disk (fsync before the answer) and survives kill -9 and power
// loss. One thread evaluates and commits all writes, in groups that share an fsync; reads run on
// the caller's thread, each on one consistent view. For one process at a time: open_or_connect()
// (connect.h) joins another process's engine through its socket. Not for data that one machine
// cannot hold: settings move the same code to AWS then. Thread safety: see Client.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "base/timestamp.h"
#include "dynamodb/client.h"

namespace rocksdb {
class Env;
}

namespace dynamodb::local {

struct EngineOptions {
  std::string directory{};             // made where missing; empty: in memory, gone with the engine
  std::size_t cache_bytes = 32 << 20;  // of uncompressed blocks
  std::size_t write_buffer_bytes =
      16 << 20;  // what is in memory before it is sorted to a file; bounds recovery time
  bool serve_other_processes = false;  // through a socket in the directory (connect.h)
  // For how long tables are seen as CREATING, UPDATING and DELETING. They can be used meanwhile.
  std::chrono::milliseconds delay_transient_statuses{0};
  base::NowFunction now = base::now;  // of tokens, streams, expiry
  // Between two sweeps for expired rows and old stream records; zero: only when they are called
  // for.
  std::chrono::seconds housekeeping_interval{10};
  // How far back IndexLagScope can look. What was overwritten since is kept so long.
  std::chrono::milliseconds index_history{0};
  rocksdb::Env* environment = nullptr;  // file system, not owned: fault injection
};

enum class OpenFailure : std::uint8_t {
  in_use,    // another process holds the directory
  unusable,  // it cannot be made, read or written, or holds another format
};
class OpenException : public std::runtime_error {
 public:
  OpenException(OpenFailure kind, const std::string& message)
      : std::runtime_error(message), kind_(kind) {}
  OpenFailure kind() const { return kind_; }

 private:
  OpenFailure kind_;
};

class Engine : public Client {
 public:
  using Client::batch_write_item;
  using Client::delete_item;
  using Client::put_item;
  using Client::transact_write_items;
  using Client::update_item;

  // Opens or creates the database. Throws OpenException.
  static std::unique_ptr<Engine> open(EngineOptions options);
  // Finishes accepted writes, flushes, so that the next open is quick, and closes.
  ~Engine() override;

  Result<GetItemResult> get_item(const GetItemRequest& request) override;
  Result<QueryResult> query(const QueryRequest& request) override;
  Result<ScanResult> scan(const ScanRequest& request) override;
  Result<BatchGetItemResult> batch_get_item(const BatchGetItemRequest& request) override;
  Result<TransactGetItemsResult> transact_get_items(
      const TransactGetItemsRequest& request) override;
  void put_item(PutItemRequest request, Completion<PutItemResult> done) override;
  void update_item(UpdateItemRequest request, Completion<UpdateItemResult> done) override;
  void delete_item(DeleteItemRequest request, Completion<DeleteItemResult> done) override;
  void batch_write_item(BatchWriteItemRequest request,
                        Completion<BatchWriteItemResult> done) override;
  void transact_write_items(TransactWriteItemsRequest request,
                            Completion<TransactWriteItemsResult> done) override;
  Result<TableDescription> create_table(const TableDefinition& definition) override;
  Result<TableDescription> update_table(const UpdateTableRequest& request) override;
  Result<TableDescription> delete_table(const std::string& table) override;
  Result<TableDescription> describe_table(const std::string& table) override;
  Result<ListTablesResult> list_tables(const ListTablesRequest& request) override;
  Result<ListStreamsResult> list_streams(const ListStreamsRequest& request) override;
  Result<StreamDescription> describe_stream(const DescribeStreamRequest& request) override;
  Result<GetShardIteratorResult> get_shard_iterator(
      const GetShardIteratorRequest& request) override;
  Result<GetRecordsResult> get_records(const GetRecordsRequest& request) override;
  Result<UpdateTimeToLiveResult> update_time_to_live(
      const UpdateTimeToLiveRequest& request) override;
  Result<TimeToLiveDescription> describe_time_to_live(const std::string& table) override;
  Result<EmptyResult> tag_resource(const TagResourceRequest& request) override;
  Result<EmptyResult> untag_resource(const UntagResourceRequest& request) override;
  Result<ListTagsOfResourceResult> list_tags_of_resource(
      const ListTagsOfResourceRequest& request) override;
  Result<ContinuousBackups> describe_continuous_backups(const std::string& table) override;
  Result<ContinuousBackups> update_continuous_backups(
      const UpdateContinuousBackupsRequest& request) override;

  // Deletes what has expired by the engine's clock, now: the number of items. What the sweeps in
  // the background do.
  Result<std::uint64_t> expire_now();
  // Trims streams and rolls their shards, now.
  Result<void> tend_streams_now();
  // Makes `directory`, which must not exist, with all tables as they are at one moment: hard links
  // where the file system can. Reads and writes go on. On the disk when this returns.
  Result<EmptyResult> snapshot(const std::string& directory);
  // Replaces all tables by those of a snapshot, which stays as it is. Each read sees the old tables
  // or the new; writes wait. A crash leaves the old or the new. On the disk when this returns.
  Result<EmptyResult> restore(const std::string& directory);

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace dynamodb::local
